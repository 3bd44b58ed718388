package web

import (
	"fmt"
	"html"
	"net/http"
	"unicode/utf8"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
	"assay/internal/errs"
)

// badge is a small picture for other people's pages.
type badge struct {
	text  string
	color string // of the right half; white text on it has a contrast of 4.5 or more
}

// Colors of a badge.
const (
	badgeGreen = "#1a6b3c"
	badgeAmber = "#8a5200"
	badgeGray  = "#59626b"
)

// badgeOf draws what a certificate says; nil is none.
func badgeOf(c *certificate.Certificate, stale string) badge {
	if c == nil {
		return badge{"not certified", badgeGray}
	}
	month := c.AuditedAt.Format("2006-01")
	switch {
	case stale != "":
		return badge{"out of date · " + month, badgeGray}
	case c.Verdict == audit.Passed:
		return badge{"passed · " + month, badgeGreen}
	}
	return badge{"flagged, answered · " + month, badgeAmber}
}

// alt is the badge in words.
func (b badge) alt() string { return "Assay audit: " + b.text }

const badgeSVG = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" viewBox="0 0 %[1]d 20" role="img" aria-label="%[2]s">
<title>%[2]s</title>
<rect width="%[1]d" height="20" rx="3" fill="%[4]s"/>
<path d="M3 0h%[5]dv20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#23292f"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="8" y="14" textLength="%[6]d" lengthAdjust="spacingAndGlyphs">Assay audit</text>
<text x="%[7]d" y="14" textLength="%[8]d" lengthAdjust="spacingAndGlyphs">%[3]s</text>
</g>
</svg>
`

// svg draws the badge. Widths are set, so that it looks alike in any font.
func (b badge) svg() []byte {
	const letter, padding, left = 6.6, 8, 72
	width := int(letter * float64(utf8.RuneCountInString(b.text)))
	whole := left + 2*padding + width + 2*padding
	return fmt.Appendf(nil, badgeSVG, whole, html.EscapeString(b.alt()), html.EscapeString(b.text), b.color,
		left+2*padding-3, left, left+3*padding, width)
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
	s.write(w, r, drawn.svg())
	return nil
}
