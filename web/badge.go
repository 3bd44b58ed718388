package web

import (
	"net/http"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
	"assay/internal/errs"
	"assay/web/ui"
)

// badgeOf draws what a certificate says; nil is none.
func badgeOf(c *certificate.Certificate, stale string) ui.Badge {
	const label = "Assay audit"
	if c == nil {
		return ui.Badge{Label: label, Text: "not certified", Color: ui.BadgeGray}
	}
	month := c.AuditedAt.Format("2006-01")
	switch {
	case stale != "":
		return ui.Badge{Label: label, Text: "out of date · " + month, Color: ui.BadgeGray}
	case c.Verdict == audit.Passed:
		return ui.Badge{Label: label, Text: "passed · " + month, Color: ui.BadgeGreen}
	}
	return ui.Badge{Label: label, Text: "flagged, answered · " + month, Color: ui.BadgeAmber}
}

// sendBadge draws the badge of a data set. An address that does not exist, is
// not public or was taken down gets the same gray one.
func (s *Server) sendBadge(w http.ResponseWriter, r *http.Request) error {
	_, c, stale, err := s.certified(r)
	drawn := badgeOf(&c, stale)
	switch {
	case errs.KindOf(err) == errs.NotFound:
		drawn = badgeOf(nil, "")
	case err != nil:
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
