package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// commercialUses are what a source may say about commercial use.
var commercialUses = []license.CommercialUse{license.Allowed, license.AllowedWithAttribution, license.AllowedShareAlike,
	license.BySeparateAgreement, license.Prohibited, license.CommercialVaries, license.Unclear}

func recheckForm(c catalog.Recheck) page.AdminRecheck {
	form := page.AdminRecheck{Parties: termsOf(listing.AssertedBys, string(c.Party)), Uses: labeled(commercialUses, c.CommercialUse),
		Source: c.Source, SourceURL: c.SourceURL, Statement: c.Statement, Conflict: c.Conflict, Note: c.Note, CheckedOn: c.CheckedOn}
	for _, value := range catalog.Confidences {
		form.Confidences = append(form.Confidences, ui.Option{Value: value, Label: strings.ToUpper(value[:1]) + value[1:], Selected: value == c.Confidence})
	}
	return form
}

func readRecheck(f url.Values, slug string) catalog.Recheck {
	return catalog.Recheck{Slug: slug, Party: listing.AssertedBy(f.Get("party")), Source: strings.TrimSpace(f.Get("source")),
		SourceURL: strings.TrimSpace(f.Get("source_url")), Statement: strings.TrimSpace(f.Get("statement")),
		CommercialUse: license.CommercialUse(f.Get("commercial_use")), CheckedOn: f.Get("checked_on"), Conflict: strings.TrimSpace(f.Get("conflict")),
		Confidence: f.Get("confidence"), Note: strings.TrimSpace(f.Get("note"))}
}

func (s *Server) recheckReference(w http.ResponseWriter, r *http.Request) error {
	view, ref, err := s.referenceView(r)
	if err != nil {
		return err
	}
	c, terms := readRecheck(r.PostForm, ref.Slug), readTerms(r.PostForm)
	if r.PostForm.Get("changes_terms") == "1" {
		c.Terms = &terms
	}
	if err := s.Catalog.Recheck(r.Context(), s.actor(r), c); err != nil {
		view.Form, view.Terms, view.ChangesTerms, view.Errors = recheckForm(c), termsForm(terms), c.Terms != nil, mistakes(err)
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
		Owner: n.Owner, OwnerURL: n.OwnerURL, Route: n.Route, Labels: n.Labels, Countries: strings.Join(n.Countries, "\n"),
		Patients: countText(n.Patients), Images: countText(n.Images), Restrictions: strings.Join(n.Restrictions, "\n"), Caveats: strings.Join(n.Caveats, "\n"),
		Modalities: termsOf(listing.Modalities, n.Modalities...), BodyParts: termsOf(listing.BodyParts, n.BodyParts...), Tasks: termsOf(listing.Tasks, n.Tasks...),
		DeidMethods: append([]ui.Option{{Value: "unknown", Label: "Not known", Selected: n.DeidMethod == "unknown"}}, withoutUnknown(termsOf(listing.DeidMethods, n.DeidMethod))...),
		Terms:       termsForm(n.Terms), Form: recheckForm(n.First), Errors: wrong}
	return view
}

// countText writes a number back into its field; empty for none.
func countText(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// readCount reads a number with or without commas: nil for an empty field, and
// 0, which no field takes, for anything else.
func readCount(text string) *int64 {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(strings.NewReplacer(",", "", " ", "").Replace(text), 10, 64)
	if err != nil {
		n = 0
	}
	return &n
}

// linesOf are the lines of a field that hold something.
func linesOf(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// termsForm shows terms use by use.
func termsForm(t catalog.ReferenceTerms) page.AdminTerms {
	form := page.AdminTerms{LicenseName: t.Name, Tiers: labeled(license.AllTiers(), t.Tier), AccessModes: labeled(license.AllAccessModes(), t.Access)}
	for _, known := range license.Known() {
		if known.SPDX != "" {
			form.Licenses = append(form.Licenses, ui.Option{Value: known.SPDX, Label: known.Name, Selected: known.SPDX == t.SPDX})
		}
	}
	for _, use := range license.AllUses() {
		c := t.Cells[use]
		if c.Verdict == "" {
			c.Verdict = license.NotStated
		}
		form.Uses = append(form.Uses, page.AdminUse{Name: string(use), Label: use.Label(), Verdicts: labeled(license.AllVerdicts(), c.Verdict),
			Clause: c.Clause, Condition: c.Condition})
	}
	return form
}

func readTerms(f url.Values) catalog.ReferenceTerms {
	t := catalog.ReferenceTerms{SPDX: f.Get("license"), Name: strings.TrimSpace(f.Get("license_name")), Tier: license.Tier(f.Get("tier")),
		Access: license.AccessMode(f.Get("access")), Cells: map[license.Use]license.Cell{}}
	for _, use := range license.AllUses() {
		if verdict := f.Get("use_" + string(use)); verdict != "" {
			t.Cells[use] = license.Cell{Verdict: license.Verdict(verdict), Clause: strings.TrimSpace(f.Get("clause_" + string(use))),
				Condition: strings.TrimSpace(f.Get("condition_" + string(use)))}
		}
	}
	return t
}

func withoutUnknown(list []ui.Option) []ui.Option {
	return slices.DeleteFunc(list, func(o ui.Option) bool { return o.Value == "unknown" })
}

func (s *Server) addReference(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	text := func(name string) string { return strings.TrimSpace(f.Get(name)) }
	n := catalog.NewReference{Slug: text("slug"), Title: text("title"), Name: text("name"), Summary: text("summary"), Owner: text("owner"), OwnerURL: text("owner_url"),
		Modalities: f["modalities"], BodyParts: f["body_parts"], Tasks: f["tasks"], DeidMethod: f.Get("deid_method"), Countries: linesOf(f.Get("countries")),
		Patients: readCount(f.Get("patients")), Images: readCount(f.Get("images")), Labels: text("labels"), Restrictions: linesOf(f.Get("restrictions")),
		Caveats: linesOf(f.Get("caveats")), Terms: readTerms(f), Route: text("route"),
		First: readRecheck(f, text("slug"))}
	if err := s.Catalog.AddReference(r.Context(), s.actor(r), n); err != nil {
		return s.renderTry(w, r, err, page.AdminNewReference(s.newReferenceView(r, n, mistakes(err))))
	}
	s.flash(r, "The data set is in the catalog.")
	redirect(w, r, referenceURL(n.Slug))
	return nil
}
