package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
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
		if ref.Conflict != "" {
			sources = page.AdminCell{Text: "disagree", Tag: "warn", Small: sources.Text}
		}
		name := page.AdminCell{Text: ref.Title, URL: referenceURL(ref.Slug)}
		if ref.IsEdited {
			name.Small = "kept here"
		}
		view.Table.Rows = append(view.Table.Rows, []page.AdminCell{name, checked, cell(ref.License), sources, cell(ref.Confidence), cell(string(ref.State))})
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
	return s.render(w, r, http.StatusOK, page.AdminReference(view))
}

func (s *Server) referenceView(r *http.Request) (view page.AdminReferenceView, ref catalog.Reference, err error) {
	ref, history, err := s.Catalog.Reference(r.Context(), s.actor(r), chi.URLParam(r, "reference"))
	if err != nil {
		return view, ref, err
	}
	view = page.AdminReferenceView{Shell: s.adminShell(r, ref.Title), URL: referenceURL(ref.Slug), Title: ref.Title, PublicURL: "/datasets/" + ref.Slug,
		State: page.AdminCell{Text: string(ref.State)}, Conflict: ref.Conflict,
		Facts: []ui.Pair{{Term: "Owner", Value: ref.Owner, URL: ref.OwnerURL}, {Term: "License", Value: ref.License}, {Term: "Checked", Value: dayWords(ref.CheckedOn)},
			{Term: "Confidence", Value: ref.Confidence}, {Term: "Learnt from", Value: catalog.Bases.Label(ref.Basis)}},
		Said:    page.AdminTable{Caption: "Who says what", TestID: "said", Heads: []string{"Source", "Statement", "Commercial use", "Read on"}},
		History: page.AdminTable{Caption: "Checks", TestID: "history", Heads: []string{"When", "By", "Source", "Statement", "What changed"}},
	}
	for _, a := range ref.Assertions {
		view.Said.Rows = append(view.Said.Rows, []page.AdminCell{
			{Text: a.Source, Small: listing.AssertedBys.Label(a.By)}, cell(a.Statement), cell(a.CommercialUse.Label()), cell(dayWords(a.CheckedOn))})
	}
	for _, h := range history {
		statement := page.AdminCell{Text: h.Statement, Small: h.CommercialUse.Label()}
		view.History.Rows = append(view.History.Rows, []page.AdminCell{cell(ui.DateTime(h.At)), cell(h.By),
			{Text: h.Source, Small: "read on " + ui.Date(h.CheckedOn)}, statement, cell(h.Note)})
	}
	return view, ref, nil
}

// commercialUses are what a source may say about commercial use.
var commercialUses = []license.CommercialUse{license.Allowed, license.AllowedWithAttribution, license.AllowedShareAlike,
	license.BySeparateAgreement, license.Prohibited, license.CommercialVaries, license.Unclear}

func recheckForm(c catalog.Recheck) page.AdminRecheck {
	form := page.AdminRecheck{Parties: termsOf(listing.AssertedBys, string(c.Party)), Uses: labeled(commercialUses, c.CommercialUse),
		Source: c.Source, Statement: c.Statement, Conflict: c.Conflict, Note: c.Note, CheckedOn: c.CheckedOn}
	for _, value := range catalog.Confidences {
		form.Confidences = append(form.Confidences, ui.Option{Value: value, Label: strings.ToUpper(value[:1]) + value[1:], Selected: value == c.Confidence})
	}
	return form
}

func readRecheck(f url.Values, slug string) catalog.Recheck {
	return catalog.Recheck{Slug: slug, Party: listing.AssertedBy(f.Get("party")), Source: strings.TrimSpace(f.Get("source")), Statement: strings.TrimSpace(f.Get("statement")),
		CommercialUse: license.CommercialUse(f.Get("commercial_use")), CheckedOn: f.Get("checked_on"), Conflict: strings.TrimSpace(f.Get("conflict")),
		Confidence: f.Get("confidence"), Note: strings.TrimSpace(f.Get("note"))}
}

func (s *Server) recheckReference(w http.ResponseWriter, r *http.Request) error {
	view, ref, err := s.referenceView(r)
	if err != nil {
		return err
	}
	c := readRecheck(r.PostForm, ref.Slug)
	if err := s.Catalog.Recheck(r.Context(), s.actor(r), c); err != nil {
		view.Form, view.Errors = recheckForm(c), mistakes(err)
		return s.renderTry(w, r, err, page.AdminReference(view))
	}
	s.flash(r, "The check is saved, and buyers see it.")
	redirect(w, r, referenceURL(ref.Slug))
	return nil
}

func (s *Server) showNewReference(w http.ResponseWriter, r *http.Request) error {
	n := catalog.NewReference{First: catalog.Recheck{CheckedOn: time.Now().UTC().Format(time.DateOnly), Confidence: "medium"}}
	return s.render(w, r, http.StatusOK, page.AdminNewReference(s.newReferenceView(r, n, nil)))
}

func (s *Server) newReferenceView(r *http.Request, n catalog.NewReference, wrong []errs.FieldError) page.AdminNewReferenceView {
	view := page.AdminNewReferenceView{Shell: s.adminShell(r, "Add a reference data set"), Slug: n.Slug, Title: n.Title, Name: n.Name, Summary: n.Summary,
		Owner: n.Owner, OwnerURL: n.OwnerURL, LicenseName: n.LicenseName, Route: n.Route,
		Modalities: termsOf(listing.Modalities, n.Modalities...), BodyParts: termsOf(listing.BodyParts, n.BodyParts...), Tasks: termsOf(listing.Tasks, n.Tasks...),
		DeidMethods: append([]ui.Option{{Value: "unknown", Label: "Not known", Selected: n.DeidMethod == "unknown"}}, withoutUnknown(termsOf(listing.DeidMethods, n.DeidMethod))...),
		Tiers:       labeled(license.AllTiers(), n.Tier), AccessModes: labeled(license.AllAccessModes(), n.Access),
		Form: recheckForm(n.First), Errors: wrong}
	for _, t := range license.Known() {
		if t.SPDX != "" {
			view.Licenses = append(view.Licenses, ui.Option{Value: t.SPDX, Label: t.Name, Selected: t.SPDX == n.License})
		}
	}
	return view
}

func withoutUnknown(list []ui.Option) []ui.Option {
	return slices.DeleteFunc(list, func(o ui.Option) bool { return o.Value == "unknown" })
}

func (s *Server) addReference(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	text := func(name string) string { return strings.TrimSpace(f.Get(name)) }
	n := catalog.NewReference{Slug: text("slug"), Title: text("title"), Name: text("name"), Summary: text("summary"), Owner: text("owner"), OwnerURL: text("owner_url"),
		Modalities: f["modalities"], BodyParts: f["body_parts"], Tasks: f["tasks"], DeidMethod: f.Get("deid_method"), License: f.Get("license"),
		LicenseName: text("license_name"), Tier: license.Tier(f.Get("tier")), Access: license.AccessMode(f.Get("access")), Route: text("route"),
		First: readRecheck(f, text("slug"))}
	if err := s.Catalog.AddReference(r.Context(), s.actor(r), n); err != nil {
		return s.renderTry(w, r, err, page.AdminNewReference(s.newReferenceView(r, n, mistakes(err))))
	}
	s.flash(r, "The data set is in the catalog.")
	redirect(w, r, referenceURL(n.Slug))
	return nil
}
