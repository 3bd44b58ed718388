package pixel

import (
	"strings"
	"testing"

	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// printed returns the words of lines as a reader would find them: letters 10
// wide and 20 high, all read with one confidence.
func printed(confidence float64, lines ...string) []Word {
	var words []Word
	for n, l := range lines {
		x := 10
		for _, w := range strings.Fields(l) {
			width := 10 * len([]rune(w))
			words = append(words, Word{Text: w, Confidence: confidence, Line: n, Box: Box{x, 40 * n, width, 20}})
			x += width + 10
		}
	}
	return words
}

var plainScanner = text.New(text.Options{})

var frame = Raster{Source: "(7FE0,0010) PixelData", Frame: 2, Offset: 900, Width: 800, Height: 800, Scale: 2}

func TestJudgeOfText(t *testing.T) {
	tests := []struct {
		name       string
		confidence float64
		lines      []string
		want       finding.Severity // empty for nothing
		rule       string           // of the text, in the message
	}{
		{"a labeled number", 80, []string{"MRN: 7781234"}, finding.Blocker, "text-mrn"},
		{"a label that was misread", 80, []string{"MRM; 7781234"}, finding.Blocker, "text-mrn"},
		{"digits read as letters", 70, []string{"MRN: 778l2O4"}, finding.Blocker, "text-mrn"},
		{"a birth date", 80, []string{"DOB 07/17/1965"}, finding.Blocker, "text-date"},
		{"a date with an O for a zero", 60, []string{"DOB O7/17/1965"}, finding.Blocker, "text-date"},
		{"a date with misread separators", 60, []string{"07,17,1965"}, finding.Blocker, "text-date"},
		{"a caret read as an asterisk", 80, []string{"QUIBLE*AMANDINE"}, finding.Blocker, "text-name"},
		{"a word that names nobody for sure", 90, []string{"Zandrovic"}, finding.Warning, ""},
		{"the same without confidence", 45, []string{"Zandrovic"}, "", ""},
		{"markers", 95, []string{"L", "SUP", "120 kV 200 mA", "PORTABLE AP", "R"}, "", ""},
		{"words of an examination", 95, []string{"CHEST LATERAL", "Slice 3.0 mm", "Gain 45 Freq 12"}, "", ""},
		{"noise", 75, []string{"eeee", "| ~ —", "ILLI", "Sss", "oO0o"}, "", ""},
		{"noise in short words", 70, []string{"Aren", "dafe"}, "", ""},
		{"a birth date beyond recognition", 70, []string{"DOB: O6 10/1385"}, finding.Blocker, "text-date"},
		{"last and first name", 80, []string{"Castellane, Percival"}, finding.Blocker, "text-name"},
		{"a time of day", 90, []string{"12:31:05"}, "", ""},
		{"a number behind a bare ID", 90, []string{"ID: 85377124"}, finding.Blocker, "text-mrn"},
		{"a short number behind a bare ID", 90, []string{"ID: 12"}, "", ""},
		{"a long number alone", 90, []string{"40027160"}, finding.Warning, ""},
		{"a short number alone", 90, []string{"400271"}, "", ""},
		{"a label before what cannot be read", 90, []string{"DOB zr"}, finding.Warning, ""},
		{"nothing", 0, nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Judge(&frame, printed(tt.confidence, tt.lines...), plainScanner)
			var severity finding.Severity
			var messages []string
			for _, f := range got.Findings {
				if severity == "" || f.Severity.Rank() < severity.Rank() {
					severity = f.Severity
				}
				messages = append(messages, f.Message)
			}
			if severity != tt.want {
				t.Fatalf("Judge(%q) = %q (%q), want %q", tt.lines, severity, messages, tt.want)
			}
			if tt.rule != "" && !strings.Contains(strings.Join(messages, " "), tt.rule) {
				t.Errorf("Judge(%q) says %q, want %s", tt.lines, messages, tt.rule)
			}
		})
	}
}

func TestFindingSaysWhereAndNeverWhat(t *testing.T) {
	got := Judge(&frame, printed(80, "MRN: 7781234"), plainScanner)
	if len(got.Findings) != 1 {
		t.Fatalf("%d findings, want 1: %+v", len(got.Findings), got.Findings)
	}
	f := got.Findings[0]
	if f.Rule != "pix-ocr-text" || f.Path != "(7FE0,0010) PixelData" || strings.Contains(f.Message+f.Shape, "7781234") {
		t.Errorf("finding %+v", f)
	}
	at := f.Locations[0]
	if at.Frame != 2 || at.Offset != 900 || len(at.Boxes) == 0 {
		t.Fatalf("location %+v, want frame 2, offset 900 and a box", at)
	}
	// The number stands at x 60 to 130 of a raster of twice the frame's size.
	if want := (finding.Box{30, 0, 35, 10}); at.Boxes[len(at.Boxes)-1] != want {
		t.Errorf("box %v, want %v", at.Boxes[len(at.Boxes)-1], want)
	}
}

func TestLabelAndValueFarApartAreOneRow(t *testing.T) {
	words := printed(80, "MRN:", "7781234")
	words[1].Box = Box{400, 2, 70, 18}
	if got := Judge(&frame, words, plainScanner); !got.HasIdentifier() {
		t.Error("a number to the right of its label is not found")
	}
	words[1].Box.Y = 300
	if got := Judge(&frame, words, plainScanner); got.HasIdentifier() {
		t.Error("a number far below a label is taken for its value")
	}
}

func TestTwoReadingsOfOnePlaceAreOneFinding(t *testing.T) {
	words := append(printed(80, "MRN: 7781234"), printed(70, "MRN: 7781234")...)
	for i := range words[2:] {
		words[2+i].Line = 7
	}
	if got := Judge(&frame, words, plainScanner); len(got.Findings) != 1 {
		t.Errorf("%d findings, want 1", len(got.Findings))
	}
}

func TestSourceDecidesTheRule(t *testing.T) {
	for source, want := range map[string]string{
		"(7FE0,0010) PixelData":                "pix-ocr-text",
		"(6000,3000) OverlayData":              "phi-overlay",
		"(0088,0200)[1]/(7FE0,0010) PixelData": "phi-icon",
		"image":                                "img-ocr",
	} {
		r := frame
		r.Source = source
		got := Judge(&r, printed(80, "MRN: 7781234"), plainScanner)
		if len(got.Findings) != 1 || got.Findings[0].Rule != want || got.Findings[0].Severity != finding.Blocker {
			t.Errorf("text in %s gives %+v, want a blocker of %s", source, got.Findings, want)
		}
	}
}

func TestKnownNameIsFoundInASecondLook(t *testing.T) {
	known := text.New(text.Options{Known: []string{"Zandrovic"}})
	words := printed(50, "ZANDR0VIC")
	if got := Judge(&frame, words, plainScanner); got.HasIdentifier() {
		t.Error("a word that nobody knows is a blocker")
	}
	got := JudgeKnown(&frame, words, known)
	if len(got) != 1 || got[0].Severity != finding.Blocker {
		t.Errorf("JudgeKnown = %+v, want one blocker", got)
	}
}
