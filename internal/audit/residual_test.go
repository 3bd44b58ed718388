package audit_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
)

func described(n int, description string) *fstest.MapFile {
	return &fstest.MapFile{Data: dicomtest.Build(fmt.Sprintf("(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.%d\n(0008,103E) LO %s\n(0029,0010) LO ACME\n(0029,1010) LO Plimsworth\n", n, description))}
}

func TestResidualTextsAreForTheSellerAlone(t *testing.T) {
	set := fstest.MapFS{"1.dcm": described(1, "Quolvex knee"), "2.dcm": described(2, "Quolvex knee"), "3.dcm": described(3, "knee sagittal")}
	var residual audit.Residual
	r, err := audit.Run(t.Context(), set, audit.Options{ListTexts: true, Residual: &residual})
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.ResidualText{{"(0029,1010)", "Plimsworth", 3}, {"SeriesDescription", "Quolvex knee", 2}}
	if diff := cmp.Diff(want, residual.Texts()); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "Quolvex") || strings.Contains(b.String(), "Plimsworth") {
		t.Error("the report holds a text")
	}
	if !strings.Contains(b.String(), "text-residual-list") || !strings.Contains(b.String(), "AAAAAAA AAAA") {
		t.Errorf("the report does not list the texts masked:\n%s", b.String())
	}
}

// Documents give the lines that a person should read, each once a file, and
// no finding tells of them.
func TestResidualTextsOfDocuments(t *testing.T) {
	many := &strings.Builder{}
	for i := range 600 {
		fmt.Fprintf(many, "Zorbleth %d\n", i)
	}
	set := fstest.MapFS{
		"a.txt":     {Data: []byte("Findings: none.\nSeen with Quolvex today.\n\nSeen with Quolvex today.\n")},
		"b.txt":     {Data: []byte("Seen with Quolvex today.\n")},
		"table.csv": {Data: []byte("finding,note\nnodule,Plimsworth\n")},
		"many.txt":  {Data: []byte(many.String())},
	}
	var residual audit.Residual
	r, err := audit.Run(t.Context(), set, audit.Options{ListTexts: true, Residual: &residual})
	if err != nil {
		t.Fatal(err)
	}
	got := map[audit.ResidualText]bool{}
	zorbleths := 0
	for _, x := range residual.Texts() {
		got[x] = true
		if strings.HasPrefix(x.Text, "Zorbleth") {
			zorbleths++
		}
	}
	for _, want := range []audit.ResidualText{{"text of text", "Seen with Quolvex today.", 2}, {"text of csv", "Plimsworth", 1}} {
		if !got[want] {
			t.Errorf("no %v among the texts", want)
		}
	}
	if zorbleths != 512 || residual.Beyond() != 600-512 {
		t.Errorf("%d lines of one file, %d beyond; want 512 and 88", zorbleths, residual.Beyond())
	}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "Quolvex") || strings.Contains(b.String(), "Plimsworth") {
		t.Error("the report holds a text")
	}
}

func TestResidualTextsAreBounded(t *testing.T) {
	long := strings.Repeat("Zorbleth ", 900)
	set := fstest.MapFS{}
	for i := range 700 {
		text := fmt.Sprintf("(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.%d\n(0020,4000) LT %s %d\n(0010,4000) LT %s\n", i, long, i, strings.Repeat("Zorbleth ", 1100))
		set[fmt.Sprintf("%d.dcm", i)] = &fstest.MapFile{Data: dicomtest.Build(text)}
	}
	var residual audit.Residual
	if _, err := audit.Run(t.Context(), set, audit.Options{Residual: &residual}); err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, x := range residual.Texts() {
		size += len(x.Text)
	}
	if size > 4<<20 || size < 3<<20 || residual.Beyond() == 0 {
		t.Errorf("%d bytes kept, %d texts beyond; want at most 4 MiB and the rest counted", size, residual.Beyond())
	}
}

// A name that only a column of a table calls one is a name in a header, too,
// and in the name of a file.
func TestNamesOfAColumnAreFoundElsewhere(t *testing.T) {
	set := fstest.MapFS{
		"subjects.csv":         {Data: []byte("patient_name,mrn,age\n\"Zorbleth, Quinby\",KX482,54\n\"Wexcombe, Orla\",KX517,61\n")},
		"1.dcm":                described(1, "Zorbleth knee"),
		"2.dcm":                described(2, "knee sagittal"),
		"scans/KX517_knee.dcm": described(3, "knee sagittal"),
	}
	r, err := audit.Run(t.Context(), set, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range r.Findings {
		found[string(f.Severity)+" "+f.Rule+" "+f.Path] = true
	}
	for _, want := range []string{"blocker text-name (0008,103E) SeriesDescription", "blocker name-in-path file name"} {
		if !found[want] {
			t.Errorf("no finding %q; found %v", want, found)
		}
	}
}
