package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/quality"
	"assay/web/ui"
)

// summarizeScore writes a report of the LQS for a person: the verdict, the
// pillars, what was lost, what to mend first, what was found besides, the gate
// of identifiers, and what was not measured.
func summarizeScore(out io.Writer, r *quality.Report) error {
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, scoreLine(r))
	if r.Score.Reason != "" && r.Score.MeasuredPoints > 0 {
		fmt.Fprintln(w, r.Score.Reason)
	}
	fmt.Fprintf(w, "%s, %s, %s, %s\n", ui.Plural(r.Input.Files, "file", "files"), audit.FormatBytes(r.Input.Bytes),
		ui.Plural(r.Input.Images, "image", "images"), ui.Plural(r.Input.Labels, "label", "labels"))
	if n := r.Input.Patients; n != nil {
		fmt.Fprintf(w, "%s, told by %s\n", ui.Plural(*n, "patient", "patients"), r.Input.PatientsFrom)
	}
	if len(r.Input.Formats) > 0 {
		fmt.Fprintf(w, "Formats: %s\n", formats(r.Input.Formats))
	}
	fmt.Fprintln(w, gateLine(r.Gates.PHI))
	writePillars(w, r)
	writeLosses(w, r)
	writeFixes(w, r)
	writePlaces(w, r)
	return w.Flush()
}

// scoreLine is the verdict: "83.0 of 100, grade B (78.1-87.2, 2,000 of
// 112,120 images, seed 7); measured 85 of 100 points".
func scoreLine(r *quality.Report) string {
	s := r.Score
	if s.MeasuredPoints == 0 {
		return "No score: nothing could be measured"
	}
	line := fmt.Sprintf("%.1f of 100", s.Value)
	if s.Grade != "" {
		line += ", grade " + s.Grade
	} else {
		line += ", no grade"
	}
	if in := r.Input.Sampled; in != nil {
		line += fmt.Sprintf(" (%.1f-%.1f, %s of %s images, seed %d)", s.Low, s.High, ui.Number(in.N), ui.Number(in.Of), in.Seed)
	}
	return line + fmt.Sprintf("; measured %g of 100 points", s.MeasuredPoints)
}

func formats(list []quality.Format) string {
	var parts []string
	for _, f := range list {
		text := fmt.Sprintf("%s %s", f.Name, ui.Number(f.Files))
		if len(f.Also) > 0 {
			text += fmt.Sprintf(" (or %s: say which by --format)", strings.Join(f.Also, ", "))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// gateLine says what stands beside the score.
func gateLine(g quality.Gate) string {
	state := map[string]string{"clear": "clear", "stop": "STOP", "not_checked": "not checked"}[g.State]
	return fmt.Sprintf("Identifiers: %s. %s", state, g.Message)
}

func writePillars(w io.Writer, r *quality.Report) {
	fmt.Fprint(w, "\nPillars\n")
	for _, p := range r.Pillars {
		if p.Measured {
			fmt.Fprintf(w, "  %s  %-24s %5.1f of %g\n", p.ID, p.Name, p.Kept, p.Points)
		} else {
			fmt.Fprintf(w, "  %s  %-24s not measured: %s\n", p.ID, p.Name, p.Why)
		}
	}
}

func writeLosses(w io.Writer, r *quality.Report) {
	if len(r.Losses) == 0 {
		fmt.Fprint(w, "\nNo points lost\n")
		return
	}
	fmt.Fprint(w, "\nPoints lost\n")
	for _, l := range r.Losses {
		fmt.Fprintf(w, "  -%.1f  %s: %s\n", l.Points, l.Code, printable(l.Message))
	}
}

func writeFixes(w io.Writer, r *quality.Report) {
	if len(r.Fixes) == 0 {
		return
	}
	fmt.Fprint(w, "\nMend first, in this order\n")
	for _, l := range r.Fixes {
		gain := fmt.Sprintf("+%.1f", l.Gain)
		if l.Gain == 0 {
			gain = "needed for the next"
		}
		fmt.Fprintf(w, "  %s  %s: %s\n", gain, l.Code, l.Fix)
	}
}

// maxPlaces bounds the places shown of one rule; the report has more.
const maxPlaces = 5

// writePlaces lists the findings with their first places.
func writePlaces(w io.Writer, r *quality.Report) {
	if len(r.Findings) == 0 {
		return
	}
	fmt.Fprint(w, "\nFindings\n")
	for _, f := range r.Findings {
		fmt.Fprintf(w, "  %s %s: %s\n", f.Level, f.Code, printable(f.Message))
		for i, e := range f.Examples {
			if i == maxPlaces {
				// A patient, which counts once, may have several places.
				fmt.Fprintf(w, "    and %s more; see --json\n", ui.Number(max(f.Affected, len(f.Examples))-maxPlaces))
				break
			}
			if place := placeOf(e); place != "" {
				fmt.Fprintf(w, "    - %s\n", printable(place))
			}
		}
	}
}

func placeOf(e quality.Example) string {
	var parts []string
	for _, part := range []string{e.Path, shortPath(e.Pointer)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, " ")
	if e.Shape != "" {
		text += `, like "` + e.Shape + `"`
	}
	if e.Note != "" {
		text += " (" + e.Note + ")"
	}
	return text
}
