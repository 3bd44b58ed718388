package web

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/license"
	"assay/web/page"
	"assay/web/ui"
)

func (s *Server) showLicenses(w http.ResponseWriter, r *http.Request) error {
	view := page.LicensesView{Shell: s.shell(r, "Licenses, use by use", "licenses")}
	for _, u := range license.AllUses() {
		view.Uses = append(view.Uses, u.Label())
	}
	for _, t := range license.Known() {
		line := page.LicenseLine{ID: shortName(t), Name: t.Name, URL: "/licenses/" + t.SPDX}
		for _, u := range license.AllUses() {
			line.Verdicts = append(line.Verdicts, license.Decide(t, u, license.Context{}).Verdict)
		}
		view.Licenses = append(view.Licenses, line)
	}
	return s.render(w, r, http.StatusOK, page.Licenses(view))
}

func (s *Server) showLicense(w http.ResponseWriter, r *http.Request) error {
	t, ok := license.KnownBySPDX(chi.URLParam(r, "id"))
	if !ok {
		return errs.New(errs.NotFound, "That license is not among those that we have read.")
	}
	view := page.LicenseView{
		Shell:      s.shell(r, t.Name, "licenses"),
		Crumbs:     []ui.Crumb{{Label: "Licenses", URL: "/licenses"}, {Label: t.Name}},
		Name:       t.Name,
		Commercial: license.CommercialUseOf(t),
		Lines: []ui.Pair{
			{Term: "Identifier", Value: t.SPDX},
			{Term: "Tier", Value: t.Tier.Label()},
			{Term: "Usual access", Value: t.Access.Label()},
		},
		DatasetsURL: datasetsURL(catalog.Query{Filters: map[catalog.Field][]string{catalog.FieldTier: {string(t.Tier)}}}),
	}
	if t.URL != "" {
		view.Lines = append(view.Lines, ui.Pair{Term: "Full text", Value: "at its publisher", URL: t.URL})
	}
	for _, u := range license.AllUses() {
		view.Rights = append(view.Rights, ui.RightsRow{Use: u, Decision: license.Decide(t, u, license.Context{})})
	}
	if text, err := license.Text(t.SPDX); err == nil {
		view.Text = text
	}
	return s.render(w, r, http.StatusOK, page.License(view))
}

// shortName is the identifier in words, "CC BY 4.0".
func shortName(t license.Terms) string {
	if id, ours := strings.CutPrefix(t.SPDX, "LicenseRef-"); ours {
		return strings.ReplaceAll(id, "-", " ")
	}
	return strings.ReplaceAll(t.SPDX, "-", " ")
}
