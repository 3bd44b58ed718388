package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

func auditURL(slug string) string { return "/datasets/" + slug + "/audit" }

// publicVersion reads the version in the address; 0 is the newest.
func publicVersion(r *http.Request) (int, error) {
	text := r.URL.Query().Get("version")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<20 {
		return 0, errs.New(errs.NotFound, "There is no such version.")
	}
	return n, nil
}

// showAudit shows what everybody may read of the audit of a data set.
func (s *Server) showAudit(w http.ResponseWriter, r *http.Request) error {
	e, number, err := s.auditedEntry(r)
	if err != nil {
		return err
	}
	view := page.AuditView{
		Shell: s.shell(r, "Audit of "+e.Title, "datasets"), Title: e.Title, By: ownerOf(e), ListingURL: "/datasets/" + e.Slug,
		Crumbs: []ui.Crumb{{Label: "Data sets", URL: "/datasets"}, {Label: e.Title, URL: "/datasets/" + e.Slug}, {Label: "Audit"}},
	}
	view.Shell.Canonical, view.Shell.Styles = s.config.PublicURL+auditURL(e.Slug), reportStyles()
	view.ReportURL = reportURL(e.Slug)
	view.Shell.Description = "What the audit of these exact bytes found and measured, and what it did not check."
	if view.Tombstone = taken(e, number); view.Tombstone != nil {
		view.Shell.NoIndex = true
		return s.render(w, r, tombstoneStatus(e), page.Audit(view))
	}
	a, err := s.Catalog.Audit(r.Context(), e, number)
	if err != nil {
		return err
	}
	auditView(&view, e, a)
	view.Shell.Print = view.Shell.Canonical + " " + a.RootDigest
	return s.render(w, r, http.StatusOK, page.Audit(view))
}

func (s *Server) auditedEntry(r *http.Request) (e catalog.Entry, number int, err error) {
	if number, err = publicVersion(r); err != nil {
		return e, 0, err
	}
	if e, err = s.Catalog.Get(r.Context(), chi.URLParam(r, "slug")); err == nil && e.Kind != catalog.Hosted {
		err = errs.New(errs.NotFound, "This data set lies at its owner; Assay has not audited its files.")
	}
	return e, number, err
}

func auditView(view *page.AuditView, e catalog.Entry, a catalog.PublicAudit) {
	view.Version = fmt.Sprintf("Version %d", a.Version)
	view.JSONURL = fmt.Sprintf("%s.json?version=%d", auditURL(e.Slug), a.Version)
	view.Head = ui.ReportHeadProps{
		Verdict: a.Verdict, Next: buyersNext(a), Blockers: a.Blockers, Warnings: a.Warnings, Infos: a.Infos, Answered: a.Answered,
		NotChecked: len(a.NotChecked), Files: a.Files, Bytes: a.Bytes, Digest: a.RootDigest, Claims: a.ClaimsDigest,
		When: ui.DateTime(a.AuditedAt), Tool: a.Tool.Name + " " + a.Tool.Version, Rules: a.Tool.RulesVersion, Tables: tablePairs(a.Tool.Tables),
	}
	for _, c := range a.Rules {
		view.Rules = append(view.Rules, page.RuleCount{Rule: c.Rule, Severity: c.Severity, Findings: c.Findings, Places: c.Places, Answered: c.Answered})
	}
	view.Measured, view.Plots = measuredPairs(a.Measured), measuredPlots(a.Measured)
	for _, n := range a.NotChecked {
		view.NotChecked = append(view.NotChecked, ui.NotCheckedItem{What: n.What, Why: n.Why, Count: n.Count})
	}
	newest := a.Version
	for _, v := range e.Detail.Versions {
		newest = max(newest, v.Number)
		if v.Number != a.Version && (v.State == string(listing.Live) || v.State == string(listing.Superseded)) {
			view.Versions = append(view.Versions, ui.Pair{Term: fmt.Sprintf("Version %d", v.Number), Value: dayInWords(v.On),
				URL: fmt.Sprintf("%s?version=%d", auditURL(e.Slug), v.Number)})
		}
	}
	if newest == a.Version {
		view.Claims = claimRows(e.Detail.Measured)
	} else {
		view.Newer, view.Shell.NoIndex = auditURL(e.Slug), true
	}
}

// buyersNext says beside the verdict what it means to somebody who thinks of
// using the data.
func buyersNext(a catalog.PublicAudit) string {
	if a.Warnings > 0 {
		return fmt.Sprintf("The seller answered %s of %s, and a reviewer accepted the answers and approved exactly these files. Read below what the warnings are about.",
			ui.Number(a.Answered), ui.Plural(a.Warnings, "warning", "warnings"))
	}
	return "A passed audit is no proof: read below what was not checked."
}

// sendAudit sends the same as JSON.
func (s *Server) sendAudit(w http.ResponseWriter, r *http.Request) error {
	e, number, err := s.auditedEntry(r)
	if err != nil {
		return err
	}
	if t := taken(e, number); t != nil {
		return sendTombstone(w, e, t)
	}
	a, err := s.Catalog.Audit(r.Context(), e, number)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(a)
}
