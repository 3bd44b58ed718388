package web

import (
	"net/http"

	"assay/internal/catalog"
	"assay/internal/license"
	"assay/web/page"
	"assay/web/ui"
)

func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error {
	counts, err := s.Catalog.Counts(r.Context())
	if err != nil {
		return err
	}
	view := page.HomeView{
		Shell:  s.shell(r, "", ""),
		Search: ui.SearchProps{Action: "/datasets"},
		Counts: homeCounts(counts),
		Quick: []page.QuickSearch{
			quick("I want to ship a product", catalog.FieldUse, string(license.ShipModelInProduct)),
			quick("CT", catalog.FieldModality, "CT"),
			quick("MRI", catalog.FieldModality, "MR"),
			quick("Chest X-ray", catalog.FieldModality, "DX"),
			quick("Pathology slides", catalog.FieldModality, "SM"),
			quick("Audited, offered here", catalog.FieldKind, string(catalog.Hosted)),
		},
	}
	view.Shell.Description = "Find medical imaging data sets by what their license lets you do, with the clause for each answer and an audit of the exact files."
	return s.render(w, r, http.StatusOK, page.Home(view))
}

func homeCounts(c catalog.Counts) []ui.Fact {
	return []ui.Fact{
		{Value: ui.Number(c.Hosted), Text: "audited and offered here"},
		{Value: ui.Number(c.External), Text: "described at their owners"},
		{Value: ui.Number(c.Commercial), Text: "with commercial use allowed"},
		{Value: ui.Number(c.ShipAllowed), Text: "whose model may ship in a product"},
	}
}

func quick(label string, field catalog.Field, value string) page.QuickSearch {
	q := catalog.Query{Filters: map[catalog.Field][]string{field: {value}}}
	return page.QuickSearch{Label: label, URL: datasetsURL(q)}
}
