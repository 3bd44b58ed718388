package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"assay/internal/audit/quality"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

func qualityURL(slug string) string { return "/datasets/" + slug + "/quality" }

// What each reader sees of a quality report.
const (
	publicQualityNote = "Scored here from the exact files of this version, by the same engine that anybody may run. Names of files and places are for the seller and the reviewers."
	ownQualityNote    = "Scored from the exact files of this version. Once it is published, everybody may read the figures, not the names of files and places."
)

// showQuality shows what everybody may read of the LQS of a data set.
func (s *Server) showQuality(w http.ResponseWriter, r *http.Request) error {
	e, number, err := s.auditedEntry(r)
	if err != nil {
		return err
	}
	view := page.QualityView{
		Shell: s.shell(r, "Quality of "+e.Title, "datasets"), Title: e.Title, By: ownerOf(e), Note: publicQualityNote, AuditURL: auditURL(e.Slug),
		Crumbs: []ui.Crumb{{Label: "Data sets", URL: "/datasets"}, {Label: e.Title, URL: "/datasets/" + e.Slug}, {Label: "Quality"}},
	}
	view.Shell.Canonical, view.Shell.Styles = s.config.PublicURL+qualityURL(e.Slug), reportStyles()
	view.ReportURL = reportURL(e.Slug)
	view.Shell.Description = "Completeness, format, class distribution, splits and image quality of this data set, measured from its files."
	if view.Tombstone = taken(e, number); view.Tombstone != nil {
		view.Shell.NoIndex = true
		return s.render(w, r, tombstoneStatus(e), page.Quality(view))
	}
	report, version, err := s.Catalog.Quality(r.Context(), e, number)
	if err != nil {
		return err
	}
	view.Version = fmt.Sprintf("Version %d", version)
	for _, v := range e.Detail.Versions {
		if v.Number > version && v.State == string(listing.Live) {
			view.Newer, view.Shell.NoIndex = qualityURL(e.Slug), true
		}
	}
	view.Report = ui.QualityProps{Report: &report, GuideURL: "/guides/lqs", Form: qualityFilter(r, qualityURL(e.Slug)),
		Downloads: []ui.Pair{{Term: "JSON", URL: fmt.Sprintf("%s.json?version=%d", qualityURL(e.Slug), version)}}}
	view.Shell.Print = view.Shell.Canonical + " " + report.Input.ManifestSHA256
	if view.Newer == "" {
		view.Badge, view.BadgeAlt = qualityURL(e.Slug)+"/badge.svg", ui.QualityBadge(&report, true).Alt()
		view.BadgeCode = fmt.Sprintf(`<a href="%[1]s"><img src="%[1]s/badge.svg" alt="Quality score at Assay" height="20"></a>`, s.config.PublicURL+qualityURL(e.Slug))
	}
	return s.render(w, r, http.StatusOK, page.Quality(view))
}

// sendPublicQuality sends the same as JSON.
func (s *Server) sendPublicQuality(w http.ResponseWriter, r *http.Request) error {
	e, number, err := s.auditedEntry(r)
	if err != nil {
		return err
	}
	if t := taken(e, number); t != nil {
		return sendTombstone(w, e, t)
	}
	report, _, err := s.Catalog.Quality(r.Context(), e, number)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return report.WriteJSON(w)
}

// sendQualityBadge draws the badge of a score: verified, since the server scored
// the files itself. What is not there, or not public, has a gray one.
func (s *Server) sendQualityBadge(w http.ResponseWriter, r *http.Request) error {
	e, _, err := s.auditedEntry(r)
	drawn := ui.QualityBadge(nil, true)
	if err == nil && taken(e, 0) == nil {
		var report quality.Report
		if report, _, err = s.Catalog.Quality(r.Context(), e, 0); err == nil {
			drawn = ui.QualityBadge(&report, true)
		}
	}
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml; charset=utf-8")
	h.Set("Content-Security-Policy", policy+"; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // it is made to stand on other pages
	h.Set("Cache-Control", fewMinutes)
	s.write(w, r, drawn.SVG())
	return nil
}

// showOwnQuality shows a seller the LQS of one of the own versions.
func (s *Server) showOwnQuality(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	crumbs := []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: d.Claims.Claims.Basics.Title, URL: listingURL(d.Listing.ID, "check")},
		{Label: fmt.Sprintf("Version %d", d.Version.Number), URL: versionURL(d.Version.ID)}, {Label: "Quality"}}
	return s.dossierQuality(w, r, d, versionURL(d.Version.ID), "sell", crumbs)
}

// showReviewedQuality shows the same to a reviewer.
func (s *Server) showReviewedQuality(w http.ResponseWriter, r *http.Request) error {
	d, err := s.reviewedVersion(r)
	if err != nil {
		return err
	}
	base := reviewURL(d.Version.ID)
	crumbs := []ui.Crumb{{Label: "Review", URL: "/review"}, {Label: d.Claims.Claims.Basics.Title, URL: base}, {Label: "Quality"}}
	return s.dossierQuality(w, r, d, base, "review", crumbs)
}

func (s *Server) dossierQuality(w http.ResponseWriter, r *http.Request, d listing.Dossier, base, nav string, crumbs []ui.Crumb) error {
	report, err := s.qualityOf(r, d)
	if err != nil {
		return err
	}
	view := page.QualityView{
		Shell: s.formShell(r, "Quality of "+d.Claims.Claims.Basics.Title, nav), Title: d.Claims.Claims.Basics.Title, Crumbs: crumbs,
		Version: fmt.Sprintf("Version %d", d.Version.Number), Note: ownQualityNote, AuditURL: base,
		Report: ui.QualityProps{Report: report, GuideURL: "/guides/lqs", Form: qualityFilter(r, base+"/quality"),
			Downloads: []ui.Pair{{Term: "JSON", URL: base + "/quality/lqs.json"}, {Term: "Findings as CSV", URL: base + "/quality/findings.csv"}, {Term: "One file (HTML)", URL: base + "/quality/report.html"}}},
	}
	view.Shell.Styles = reportStyles()
	view.Shell.Print = s.config.PublicURL + base + "/quality " + report.Input.ManifestSHA256
	return s.render(w, r, http.StatusOK, page.Quality(view))
}

// qualityOf reads the LQS of a version's report.
func (s *Server) qualityOf(r *http.Request, d listing.Dossier) (*quality.Report, error) {
	if d.Report == nil || s.Audits == nil {
		return nil, errs.New(errs.NotFound, "This version has no quality report yet.")
	}
	body, err := s.Audits.Quality(r.Context(), s.actor(r), d.Report.ID)
	if err != nil {
		return nil, err
	}
	var report quality.Report
	return &report, json.Unmarshal(body, &report)
}

// qualityLink leads to the LQS of a version below base; empty if it was not
// scored.
func (s *Server) qualityLink(r *http.Request, d listing.Dossier, base string) string {
	if _, err := s.qualityOf(r, d); err != nil {
		return ""
	}
	return base + "/quality"
}

// sendOwnQuality sends a seller the LQS in the form that the address names.
func (s *Server) sendOwnQuality(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	return s.sendDossierQuality(w, r, d)
}

// sendReviewedQuality sends it to a reviewer.
func (s *Server) sendReviewedQuality(w http.ResponseWriter, r *http.Request) error {
	d, err := s.reviewedVersion(r)
	if err != nil {
		return err
	}
	return s.sendDossierQuality(w, r, d)
}

func (s *Server) sendDossierQuality(w http.ResponseWriter, r *http.Request, d listing.Dossier) error {
	report, err := s.qualityOf(r, d)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.sendQuality(w, r, chi.URLParam(r, "form"), report)
}
