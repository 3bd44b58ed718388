package ui

import (
	"fmt"
	"html"
	"math"
	"unicode/utf8"

	"assay/internal/audit/quality"
)

// Badge is a small picture for other people's pages: a label and what it says.
type Badge struct {
	Label, Text string
	Color       string // of the right part; white on it has a contrast of 4.5 or more
}

// Colors of a Badge.
const (
	BadgeGreen = "#1a6b3c"
	BadgeAmber = "#8a5200"
	BadgeRed   = "#9b2c1f"
	BadgeGray  = "#59626b"
)

// Alt is the badge in words.
func (b Badge) Alt() string { return b.Label + ": " + b.Text }

const badgeSVG = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" viewBox="0 0 %[1]d 20" role="img" aria-label="%[2]s">
<title>%[2]s</title>
<rect width="%[1]d" height="20" rx="3" fill="%[5]s"/>
<path d="M3 0h%[6]dv20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#23292f"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="8" y="14" textLength="%[7]d" lengthAdjust="spacingAndGlyphs">%[3]s</text>
<text x="%[8]d" y="14" textLength="%[9]d" lengthAdjust="spacingAndGlyphs">%[4]s</text>
</g>
</svg>
`

// SVG draws the badge. Widths are set, so that it looks alike in any font.
func (b Badge) SVG() []byte {
	const letter, padding = 6.6, 8
	left := int(letter * float64(utf8.RuneCountInString(b.Label)))
	right := int(letter * float64(utf8.RuneCountInString(b.Text)))
	return fmt.Appendf(nil, badgeSVG, left+right+4*padding, html.EscapeString(b.Alt()), html.EscapeString(b.Label), html.EscapeString(b.Text), b.Color,
		left+2*padding-3, left, left+3*padding, right)
}

// QualityBadge is the badge of a score. Verified is for a server that scored
// the same manifest with the same version itself; everybody else is
// self-reported. The score is rounded down, so that it never reads better than
// its grade.
func QualityBadge(r *quality.Report, verified bool) Badge {
	who := "self-reported"
	if verified {
		who = "verified"
	}
	if r == nil || nothingRead(r) {
		return Badge{"LQS", "no score", BadgeGray} // there is nothing to have been verified
	}
	grade := or(r.Score.Grade, "no grade")
	text := Number(int(math.Floor(r.Score.Value)))
	if r.Input.Sampled != nil {
		text += " (" + Number(int(math.Floor(r.Score.Low))) + "–" + Number(int(math.Ceil(r.Score.High))) + ")"
	}
	text += " · " + grade + " · " + badgeCount(r.Input)
	color := badgeColor(r)
	if r.Gates.PHI.State == "stop" {
		text += " · identifiers found"
	}
	return Badge{"LQS", text + " · " + who, color}
}

func badgeCount(in quality.Input) string {
	if in.Images > 0 {
		return "n = " + Number(in.Images)
	}
	return Plural(in.Labels, "label", "labels")
}

func badgeColor(r *quality.Report) string {
	switch {
	case r.Gates.PHI.State == "stop", len(r.Score.HardFails) > 0, r.Score.Grade == "F":
		return BadgeRed
	case r.Score.Grade == "A", r.Score.Grade == "B":
		return BadgeGreen
	case r.Score.Grade == "":
		return BadgeGray
	}
	return BadgeAmber
}
