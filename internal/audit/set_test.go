package audit_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	picture "image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"
)

// image is one CT slice of a set made for a test; empty fields are left out.
type image struct {
	patient, study, series string
	number                 int    // of the instance, and its place
	pixels                 int    // which picture it shows; 0 is blank
	more                   string // elements
	class                  string // CTImageStorage if empty
	syntax                 string // of encapsulated pixels that only a decoder reads; native ones if empty
}

func (i image) build() []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("(0008,0016) UI %s", cmp.Or(i.class, "CTImageStorage"))
	line("(0008,0018) UI 2.25.9%d%s%s%d", i.number, i.series, i.study, i.pixels)
	line("(0008,0060) CS CT")
	if i.patient != "" {
		line("(0010,0020) LO %s", i.patient)
	}
	line("(0020,000D) UI 2.25.%s\n(0020,000E) UI 2.25.%s", i.study, i.series)
	line("(0020,0013) IS %d\n(0020,0032) DS -10\\-10\\%d\n(0020,0037) DS 1\\0\\0\\0\\1\\0", i.number, 3*i.number)
	line("(0028,0010) US 32\n(0028,0011) US 32\n(0028,0100) US 8")
	line("(0028,0002) US 1\n(0028,0004) CS MONOCHROME2\n(0028,0101) US 8\n(0028,0102) US 7\n(0028,0103) US 0")
	bytes := "hex:"
	if i.syntax != "" {
		line("(0002,0010) UI %s", i.syntax)
		bytes = "fragments:|"
	}
	line("(7FE0,0010) OB %s%s", bytes, strings.Repeat(fmt.Sprintf("%02x00%02x%02x", i.pixels, i.pixels/256, i.pixels), 256))
	b.WriteString(i.more)
	return dicomtest.Build(b.String())
}

// setLines are the findings of the set rules: severity, rule, keyword, files.
func setLines(r *audit.Report) []string {
	var lines []string
	for _, f := range r.Findings {
		if !strings.HasPrefix(f.Rule, "set-") {
			continue
		}
		var files []string
		for _, l := range f.Locations {
			files = append(files, l.File)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", f.Severity, f.Rule, shortPath(f.Path), strings.Join(files, ","), f.Message))
	}
	return lines
}

func TestWhatFilesSayAboutEachOther(t *testing.T) {
	sexes := func(s string) string { return "(0010,0040) CS " + s + "\n" }
	tests := []struct {
		name string
		set  map[string]image
		want []string
	}{
		{"two patients with an image each", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
			"b.dcm": {patient: "P2", study: "2", series: "21", number: 1, pixels: 2},
		}, nil},
		{"equal pixels of two patients", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 300},
			"b.dcm": {patient: "P2", study: "2", series: "21", number: 1, pixels: 300},
		}, []string{"blocker set-duplicate-pixels PixelData a.dcm,b.dcm: Different patients have instances with equal pixels: one of them is not who the header says."}},
		{"equal pixels in two studies of a patient", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 300},
			"b.dcm": {patient: "P1", study: "2", series: "21", number: 1, pixels: 300},
		}, []string{"warning set-duplicate-pixels PixelData a.dcm,b.dcm: Instances of different studies of one patient have equal pixels."}},
		{"equal pixels at two places of a series", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 300},
			"b.dcm": {patient: "P1", study: "1", series: "11", number: 2, pixels: 300},
		}, []string{"warning set-duplicate-pixels PixelData a.dcm,b.dcm: Instances of one study have equal pixels and different SOPInstanceUIDs."}},
		{"blank images of two patients", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1},
			"b.dcm": {patient: "P2", study: "2", series: "21", number: 1},
		}, nil},
		{"one cover page of two patients", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 300, class: "SecondaryCaptureImageStorage"},
			"b.dcm": {patient: "P2", study: "2", series: "21", number: 1, pixels: 300, class: "SecondaryCaptureImageStorage"},
		}, []string{"warning set-duplicate-pixels PixelData a.dcm,b.dcm: Different patients have secondary captures with equal pixels: a form or cover page, or one of them is not who the header says."}},
		{"a study of two patients", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
			"b.dcm": {patient: "P1", study: "1", series: "11", number: 2, pixels: 2},
			"c.dcm": {patient: "P2", study: "1", series: "12", number: 1, pixels: 3},
		}, []string{"blocker set-mixed-patient StudyInstanceUID c.dcm: One StudyInstanceUID holds more than one PatientID; these files differ from most."}},
		{"a series in two studies", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
			"b.dcm": {patient: "P1", study: "1", series: "11", number: 2, pixels: 2},
			"c.dcm": {patient: "P1", study: "2", series: "11", number: 3, pixels: 3},
		}, []string{"blocker set-mixed-patient SeriesInstanceUID c.dcm: One SeriesInstanceUID stands in more than one study; these files differ from most."}},
		{"a patient of two sexes", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1, more: sexes("F")},
			"b.dcm": {patient: "P1", study: "1", series: "11", number: 2, pixels: 2, more: sexes("F")},
			"c.dcm": {patient: "P1", study: "2", series: "21", number: 1, pixels: 3, more: sexes("M")},
			"d.dcm": {patient: "P1", study: "3", series: "31", number: 1, pixels: 4},
		}, []string{"warning set-mixed-patient PatientSex c.dcm: One PatientID has more than one PatientSex; these files differ from most."}},
		{"a patient of two birth dates", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1, more: "(0010,0030) DA 19710101\n"},
			"b.dcm": {patient: "P1", study: "2", series: "21", number: 2, pixels: 2, more: "(0010,0030) DA 19720101\n"},
		}, []string{"warning set-mixed-patient PatientBirthDate b.dcm: One PatientID has more than one PatientBirthDate; these files differ from most."}},
		{"two ages in one study, and others years later", map[string]image{
			"a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1, more: "(0010,1010) AS 040Y\n"},
			"b.dcm": {patient: "P1", study: "1", series: "11", number: 2, pixels: 2, more: "(0010,1010) AS 041Y\n"},
			"c.dcm": {patient: "P1", study: "1", series: "12", number: 1, pixels: 3, more: "(0010,1010) AS 047Y\n"},
			"d.dcm": {patient: "P1", study: "2", series: "21", number: 1, pixels: 4, more: "(0010,1010) AS 055Y\n"},
		}, []string{"warning set-mixed-patient PatientAge a.dcm,c.dcm: One patient has ages in one study that are more than a year apart."}},
		{"a patient in train and in test", map[string]image{
			"train/p1/a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
			"train/p2/a.dcm": {patient: "P2", study: "2", series: "21", number: 1, pixels: 2},
			"test/p1/a.dcm":  {patient: "P1", study: "3", series: "31", number: 1, pixels: 3},
			"test/p3/a.dcm":  {patient: "P3", study: "4", series: "41", number: 1, pixels: 4},
		}, []string{"warning set-split-leakage PatientID test/p1/a.dcm,train/p1/a.dcm: One patient is in both training and test data."}},
		{"a study without a patient in imagesTr and imagesTs", map[string]image{
			"imagesTr/a.dcm": {study: "1", series: "11", number: 1, pixels: 1},
			"imagesTs/b.dcm": {study: "1", series: "12", number: 1, pixels: 2},
		}, []string{"warning set-split-leakage StudyInstanceUID imagesTr/a.dcm,imagesTs/b.dcm: One study is in both training and test data."}},
		{"equal pixels of two patients in validation and test", map[string]image{
			"set_val/a.dcm":  {patient: "P1", study: "1", series: "11", number: 1, pixels: 7},
			"set_test/b.dcm": {patient: "P2", study: "2", series: "21", number: 1, pixels: 7},
		}, []string{
			"blocker set-duplicate-pixels PixelData set_test/b.dcm,set_val/a.dcm: Different patients have instances with equal pixels: one of them is not who the header says.",
			"warning set-split-leakage PixelData set_test/b.dcm,set_val/a.dcm: Equal pixels are in both validation and test data.",
		}},
		{"a patient in two folds", map[string]image{
			"fold_0/a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
			"fold_1/b.dcm": {patient: "P1", study: "2", series: "21", number: 1, pixels: 2},
		}, []string{"warning set-split-leakage PatientID fold_0/a.dcm,fold_1/b.dcm: One patient is in more than one fold of the data."}},
		{"folds that each have their training and test data", map[string]image{
			"fold0/train/a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
			"fold0/test/b.dcm":  {patient: "P2", study: "2", series: "21", number: 1, pixels: 2},
			"fold1/train/c.dcm": {patient: "P2", study: "3", series: "31", number: 1, pixels: 3},
			"fold1/test/d.dcm":  {patient: "P1", study: "4", series: "41", number: 1, pixels: 4},
		}, nil},
		{"a test of the heart is no part of a split", map[string]image{
			"P1/stress_test/a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
			"P1/rest/b.dcm":        {patient: "P1", study: "1", series: "12", number: 1, pixels: 2},
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := fstest.MapFS{}
			for path, i := range tt.set {
				set[path] = &fstest.MapFile{Data: i.build()}
			}
			got := setLines(run(t, set, audit.Options{AllLocations: true}))
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFileInTwoPartsOfASplit(t *testing.T) {
	volume := func(n byte) *fstest.MapFile { return &fstest.MapFile{Data: madePNG(t, n)} }
	r := run(t, fstest.MapFS{
		"imagesTr/case_001.png": volume(1),
		"imagesTr/case_002.png": volume(2),
		"imagesTs/case_003.png": volume(1),
		"labelsTr/case_001.png": volume(9), // empty masks are equal without being copies
		"labelsTs/case_003.png": volume(9),
	}, audit.Options{})
	want := []string{"warning set-split-leakage file content imagesTr/case_001.png,imagesTs/case_003.png: One file is in both training and test data."}
	if diff := gocmp.Diff(want, setLines(r)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestDigestsOfPixelsNameEachPictureOnce(t *testing.T) {
	set := fstest.MapFS{}
	for n, pixels := range []int{5, 6, 5, 7, 0} {
		set[fmt.Sprintf("%d.dcm", n)] = &fstest.MapFile{Data: image{patient: "P", study: "1", series: fmt.Sprint(n), number: 1, pixels: pixels}.build()}
	}
	r := run(t, set, audit.Options{})
	var instances []int
	for _, d := range r.PixelDigests {
		instances = append(instances, d.Instances)
	}
	slices.Sort(instances)
	if diff := gocmp.Diff([]int{1, 1, 2}, instances); diff != "" {
		t.Errorf("instances of each digest (-want +got):\n%s", diff)
	}
	if strings.Contains(jsonOf(t, r), "igests") {
		t.Error("digests of pixels stand in the report")
	}
}

// madePNG returns a small picture of one gray and a dot that depends on n.
func madePNG(t *testing.T, n byte) []byte {
	t.Helper()
	m := picture.NewGray(picture.Rect(0, 0, 64, 64))
	m.Pix[int(n)] = n
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// native is a decoded file.
type native struct{ *bytes.Reader }

func (native) Close() error { return nil }

func TestEqualPixelsAreFoundAcrossTransferSyntaxes(t *testing.T) {
	one := image{patient: "P1", study: "1", series: "11", number: 1, pixels: 300}.build()
	other := image{patient: "P2", study: "2", series: "21", number: 1, pixels: 300}.build()
	packed := image{patient: "P2", study: "2", series: "21", number: 1, pixels: 300, syntax: "JPEGLSLossless"}.build()
	set := fstest.MapFS{"a.dcm": &fstest.MapFile{Data: one}, "b.dcm": &fstest.MapFile{Data: packed}}
	decoded := 0
	r := run(t, set, audit.Options{Tools: audit.Tools{
		Decode: func(context.Context, audit.File) (audit.Decoded, error) {
			decoded++
			return native{bytes.NewReader(other)}, nil
		},
	}})
	if decoded != 1 {
		t.Fatalf("%d files were decoded, want 1", decoded)
	}
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Rule == "set-duplicate-pixels" && f.Severity == finding.Blocker && len(f.Locations) == 2
	}) {
		t.Errorf("findings %v, want equal pixels of two patients", setLines(r))
	}
	if len(r.PixelDigests) != 1 || r.PixelDigests[0].Instances != 2 {
		t.Errorf("digests %+v, want one of two instances", r.PixelDigests)
	}
}
