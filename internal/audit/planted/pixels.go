package planted

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/finding"
)

// pixelKinds are the kinds of items that stand in images, with the rule that
// finds them.
var pixelKinds = map[string]string{
	"burned_in_pixels": "pix-ocr-text", "icon_pixels": "phi-icon", "overlay_pixels": "phi-overlay",
}

// pixelTally counts the files with text in images, and in which some was read.
type pixelTally struct {
	items                 map[string]int
	files, read, blockers map[string][]string
}

// take counts an item in a file with those findings.
func (t *pixelTally) take(kind, file string, all []finding.Finding) {
	if t.items == nil {
		t.items = map[string]int{}
		t.files, t.read, t.blockers = map[string][]string{}, map[string][]string{}, map[string][]string{}
	}
	t.items[kind]++
	add := func(m map[string][]string) {
		if !slices.Contains(m[kind], file) {
			m[kind] = append(m[kind], file)
		}
	}
	add(t.files)
	for _, f := range all {
		// The header alone makes a warning of an overlay or icon.
		if f.Rule != pixelKinds[kind] || !strings.HasPrefix(f.Message, "The image shows") {
			continue
		}
		add(t.read)
		if f.Severity == finding.Blocker {
			add(t.blockers)
		}
	}
}

func (t *pixelTally) write(w io.Writer, tools audit.Tools) {
	if tools.ReadText == nil {
		fmt.Fprintf(w, "\nText in images: not measured, tesseract is not installed.\n")
		return
	}
	fmt.Fprintf(w, "\nText in images, by file: flagged is a file with a finding on what was read.\n\n")
	fmt.Fprintf(w, "| kind | items | files | flagged | with a blocker | not flagged |\n|---|---|---|---|---|---|\n")
	for _, kind := range []string{"burned_in_pixels", "icon_pixels", "overlay_pixels"} {
		var missed []string
		for _, f := range t.files[kind] {
			if !slices.Contains(t.read[kind], f) {
				missed = append(missed, f)
			}
		}
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %s |\n", kind, t.items[kind], len(t.files[kind]), len(t.read[kind]), len(t.blockers[kind]), strings.Join(missed, ", "))
	}
}
