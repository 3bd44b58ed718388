package typed_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/dicom/typed"

	"github.com/google/go-cmp/cmp"
)

func check(t *testing.T, file []byte) typed.Result {
	t.Helper()
	var r typed.Reader
	h, err := dicom.Scan(t.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
		r.Element(e)
		return nil
	})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return r.Check(bytes.NewReader(file), int64(len(file)), h, "a.dcm")
}

const slice = `
(0008,0016) UI CTImageStorage
(0008,0018) UI 2.25.7
(0008,0060) CS CT
(0008,0070) LO ACME
(0010,0040) CS F
(0010,1010) AS 018M
(0018,0015) CS CHEST
(0018,0050) DS 1.25
(0018,0060) DS 120
(0028,0002) US 1
(0028,0008) IS 1
(0028,0010) US 4
(0028,0011) US 2
(0028,0030) DS 0.5\0.75
(0028,0100) US 16
(0028,0101) US 12
(7FE0,0010) OW zeros:16
`

func TestTwoReadersAgreeOnTypedValues(t *testing.T) {
	want := typed.Values{
		Modality: "CT", Manufacturer: "ACME", BodyPartExamined: "CHEST", PatientSex: "F",
		PatientAgeYears: 1.5, HasPatientAge: true, Rows: 4, Columns: 2, Frames: 1,
		BitsAllocated: 16, BitsStored: 12, SamplesPerPixel: 1,
		SliceThicknessMM: 1.25, PixelSpacingMM: [2]float64{0.5, 0.75}, KVP: 120,
	}
	for _, syntax := range []string{"ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "ExplicitVRBigEndian"} {
		got := check(t, dicomtest.Build("(0002,0010) UI "+syntax+slice))
		if diff := cmp.Diff(want, got.Values); diff != "" {
			t.Errorf("%s: values (-want +got):\n%s", syntax, diff)
		}
		if !got.Checked || got.Compared != 14 || len(got.Findings) != 0 {
			t.Errorf("%s: checked %v (%s), %d compared, findings %v", syntax, got.Checked, got.Reason, got.Compared, got.Findings)
		}
	}
}

func TestReadersThatDisagreeAreAFinding(t *testing.T) {
	got := check(t, dicomtest.Build(slice[:strings.Index(slice, "(0028,0011)")]+"(0028,0010) US 8\n"))
	if len(got.Findings) != 1 || got.Findings[0].Path != "(0028,0010) Rows" || got.Findings[0].Rule != "fmt-reader-mismatch" {
		t.Errorf("findings = %+v, want one about Rows, which is there twice", got.Findings)
	}
}

func TestWhatTheSecondReaderDoesNotSurviveIsNotChecked(t *testing.T) {
	deep := strings.Builder{}
	for i := range 40 {
		deep.WriteString(strings.Repeat("    ", i) + map[bool]string{true: "", false: "- "}[i == 0] + "(0040,A730) SQ\n")
	}
	tests := []struct {
		name, text string
		opts       dicomtest.Options
		want       string
	}{
		{"a transfer syntax it does not know", "(0002,0010) UI HTJ2KLossless\n(0008,0060) CS CT", dicomtest.Options{}, "does not know its transfer syntax"},
		{"deflated", "(0002,0010) UI DeflatedExplicitVRLittleEndian\n(0008,0060) CS CT", dicomtest.Options{}, "without a limit"},
		{"values of 64 bits", "(0008,0060) CS CT\n(0072,0083) UV 1", dicomtest.Options{}, "64 bits"},
		{"sequences nested 40 deep", deep.String(), dicomtest.Options{}, "nested deeper than 32"},
		{"trailing bytes", "(0008,0060) CS CT\n(7FE0,0010) OW zeros:2", dicomtest.Options{Trailing: []byte("some more bytes")}, "faults"},
		{"no meta information", "(0008,0060) CS CT", dicomtest.Options{NoMeta: true}, "Part 10"},
		{"a character set that makes it panic", "(0008,0005) CS ISO_IR 166\n(0008,0060) CS CT", dicomtest.Options{}, "could not read it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := check(t, dicomtest.BuildWith(tt.text, tt.opts))
			if got.Checked || !strings.Contains(got.Reason, tt.want) {
				t.Errorf("checked %v, reason %q, want one with %q", got.Checked, got.Reason, tt.want)
			}
		})
	}
}

func TestReadersAgreeOnTheCorpus(t *testing.T) {
	root := os.Getenv("ASSAY_CORPUS")
	if root == "" {
		t.Skip("ASSAY_CORPUS is not set: the folder of test files of many origins is not here")
	}
	files, checked, compared := 0, 0, 0
	err := filepath.WalkDir(filepath.Join(root, "dicom"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if len(b) < 132 || string(b[128:132]) != "DICM" {
			return nil
		}
		files++
		got := check(t, b)
		if got.Checked {
			checked++
			compared += got.Compared
		}
		for _, f := range got.Findings {
			t.Errorf("%s: the readers disagree on %s", filepath.Base(path), f.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d files checked, %d attributes compared", checked, files, compared)
	if checked*100 < files*80 {
		t.Errorf("only %d of %d files could be checked by the second reader", checked, files)
	}
}

// The second reader must survive all that gets through to it.
func FuzzSecondReaderSurvives(f *testing.F) {
	f.Add(dicomtest.Build(slice))
	f.Add(dicomtest.BuildWith("(0002,0010) UI ImplicitVRLittleEndian"+slice, dicomtest.Options{UndefinedLengths: true}))
	f.Add(dicomtest.Build("(0008,1140) SQ\n  - (0008,1155) UI 2.25.8\n(0009,0010) LO ACME\n(0009,1001) UN hex:0102\n(0018,0088) DS 1"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 64<<10 {
			return
		}
		check(t, file)
	})
}
