package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/catalog"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

const adminReferencesPath = "/admin/references"

// termsOf are the terms of a vocabulary as choices.
func termsOf[T ~string](v listing.Vocabulary[T], chosen ...string) []ui.Option {
	var list []ui.Option
	for _, t := range v {
		list = append(list, ui.Option{Value: string(t.Value), Label: t.Label, Selected: slices.Contains(chosen, string(t.Value))})
	}
	return list
}

// labeled are values that say themselves in words as choices.
func labeled[T interface {
	~string
	Label() string
}](values []T, chosen T) []ui.Option {
	var list []ui.Option
	for _, v := range values {
		list = append(list, ui.Option{Value: string(v), Label: v.Label(), Selected: v == chosen})
	}
	return list
}

func (s *Server) showReferences(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Catalog.References(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.AdminReferencesView{Shell: s.adminShell(r, "Reference data sets"),
		Table: page.AdminTable{Caption: "Reference data sets", TestID: "references", Heads: []string{"Data set", "Checked", "License", "Sources", "Confidence", "State"}}}
	stale := 0
	for _, ref := range list {
		checked := cell(dayWords(ref.CheckedOn))
		if ref.IsStale(time.Now()) && ref.State == catalog.Live {
			stale++
			checked = page.AdminCell{Text: "not in 12 months", Tag: "warn", Small: dayWords(ref.CheckedOn)}
		}
		sources := page.AdminCell{Text: ui.Plural(len(ref.Assertions), "source", "sources")}
		if ref.SourcesDisagree() {
			sources = page.AdminCell{Text: "disagree", Tag: "warn", Small: sources.Text}
		}
		name := page.AdminCell{Text: ref.Title, URL: referenceURL(ref.Slug)}
		if ref.IsEdited {
			name.Small = "kept here"
		}
		view.Table.Rows = append(view.Table.Rows, []page.AdminCell{name, checked, cell(ref.License), sources, cell(ref.Confidence), referenceState(ref)})
	}
	if stale > 0 {
		view.Stale = ui.Plural(stale, "description was", "descriptions were") + " not checked for 12 months."
	}
	return s.render(w, r, http.StatusOK, page.AdminReferences(view))
}

// dayWords says a day like 2026-11-24 as pages do; empty stays so.
func dayWords(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return ui.Date(at)
}

func referenceURL(slug string) string { return adminReferencesPath + "/" + url.PathEscape(slug) }

func (s *Server) showReference(w http.ResponseWriter, r *http.Request) error {
	view, ref, err := s.referenceView(r)
	if err != nil {
		return err
	}
	view.Form = recheckForm(catalog.Recheck{CheckedOn: time.Now().UTC().Format(time.DateOnly), Conflict: ref.Conflict, Confidence: ref.Confidence})
	view.Terms = termsForm(ref.Terms)
	return s.render(w, r, http.StatusOK, page.AdminReference(view))
}

func (s *Server) referenceView(r *http.Request) (view page.AdminReferenceView, ref catalog.Reference, err error) {
	ref, history, err := s.Catalog.Reference(r.Context(), s.actor(r), chi.URLParam(r, "reference"))
	if err != nil {
		return view, ref, err
	}
	view = page.AdminReferenceView{Shell: s.adminShell(r, ref.Title), URL: referenceURL(ref.Slug), Title: ref.Title, PublicURL: "/datasets/" + ref.Slug,
		State: referenceState(ref), Conflict: ref.Conflict, CanWithdraw: ref.State == catalog.Live, WithdrawnFor: ref.WithdrawnFor,
		Facts: []ui.Pair{{Term: "Owner", Value: ref.Owner, URL: ref.OwnerURL}, {Term: "License", Value: ref.License}, {Term: "Tier", Value: ref.Terms.Tier.Label()},
			{Term: "Access", Value: ref.Terms.Access.Label()}, {Term: "Commercial use", Value: ref.CommercialUse.Label()}, {Term: "Checked", Value: dayWords(ref.CheckedOn)},
			{Term: "Confidence", Value: ref.Confidence}, {Term: "Learnt from", Value: catalog.Bases.Label(ref.Basis)}},
		Said:    page.AdminTable{Caption: "Who says what", TestID: "said", Heads: []string{"Source", "Statement", "Commercial use", "Read on", "Against the listing"}},
		History: page.AdminTable{Caption: "Checks", TestID: "history", Heads: []string{"When", "Source", "Statement", "What changed", "By"}},
	}
	if ref.Parts > 1 {
		view.ManyParts = fmt.Sprintf("The listing has terms for %d groups of files. New terms take the place of all of them.", ref.Parts)
	}
	for _, a := range ref.Assertions {
		view.Said.Rows = append(view.Said.Rows, []page.AdminCell{{Text: a.Source, URL: a.SourceURL, Small: listing.AssertedBys.Label(a.By)},
			cell(a.Statement), cell(a.CommercialUse.Label()), cell(dayWords(a.CheckedOn)), againstListing(ref, a)})
	}
	for _, h := range history {
		statement := page.AdminCell{Text: h.Statement, Small: h.CommercialUse.Label()}
		changed := page.AdminCell{Text: h.Note}
		if h.TierAfter != "" {
			changed = page.AdminCell{Text: termsChange(h.LicenseBefore, h.LicenseAfter, h.TierBefore, h.TierAfter), Small: h.Note}
		}
		view.History.Rows = append(view.History.Rows, []page.AdminCell{cell(ui.DateTime(h.At)),
			{Text: h.Source, URL: h.SourceURL, Small: "read on " + ui.Date(h.CheckedOn)}, statement, changed, cell(h.By)})
	}
	return view, ref, nil
}

func referenceState(ref catalog.Reference) page.AdminCell {
	if ref.State == catalog.Live {
		return page.AdminCell{Text: "live", Tag: "ok"}
	}
	return page.AdminCell{Text: string(ref.State), Tag: "warn"}
}

// againstListing says whether a source says what the listing shows.
func againstListing(ref catalog.Reference, a catalog.Assertion) page.AdminCell {
	switch {
	case a.CommercialUse == "":
		return page.AdminCell{Text: "says nothing of it", Tag: "plain"}
	case ref.Disagrees(a):
		return page.AdminCell{Text: "disagrees", Tag: "warn", Small: "the listing: " + lowerFirst(ref.CommercialUse.Label())}
	}
	return page.AdminCell{Text: "agrees", Tag: "ok"}
}

// termsChange says what a check changed.
func termsChange(licenseBefore, licenseAfter string, before, after license.Tier) string {
	text := "License: " + licenseBefore + " → " + licenseAfter
	if licenseBefore == licenseAfter {
		text = "License: " + licenseAfter
	}
	if before != after {
		text += "; tier: " + before.Label() + " → " + after.Label()
	}
	return text
}

func (s *Server) withdrawReference(w http.ResponseWriter, r *http.Request) error {
	view, ref, err := s.referenceView(r)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(r.PostForm.Get("reason"))
	if err := s.Catalog.WithdrawReference(r.Context(), s.actor(r), ref.Slug, reason); err != nil {
		view.Form, view.Terms = recheckForm(catalog.Recheck{Conflict: ref.Conflict, Confidence: ref.Confidence}), termsForm(ref.Terms)
		view.Reason, view.Errors = reason, mistakes(err)
		return s.renderTry(w, r, err, page.AdminReference(view))
	}
	s.flash(r, "The data set is withdrawn. Its address shows why.")
	redirect(w, r, referenceURL(ref.Slug))
	return nil
}

func (s *Server) restoreReference(w http.ResponseWriter, r *http.Request) error {
	slug := chi.URLParam(r, "reference")
	if err := s.Catalog.RestoreReference(r.Context(), s.actor(r), slug); err != nil {
		return err
	}
	s.flash(r, "The data set is back in the catalog.")
	redirect(w, r, referenceURL(slug))
	return nil
}
