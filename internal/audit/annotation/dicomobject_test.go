package annotation

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/series"
	"assay/internal/audit/sniff"

	"github.com/google/go-cmp/cmp"
)

// readDICOM reads a DICOM object of a SOP Class.
func readDICOM(t testing.TB, class string, file []byte) *Facts {
	t.Helper()
	f, err := Read(t.Context(), Source{
		Path: "object.dcm", SizeBytes: int64(len(file)), Content: bytes.NewReader(file), Kind: sniff.DICOM, SOPClass: class, Hash: shortHash, Pixels: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// shortHash keeps the last letters of an identifier.
func shortHash(s string) (h Hash) {
	if s != "" {
		copy(h[:], "........")
		copy(h[max(0, len(h)-len(s)):], s[max(0, len(s)-len(h)):])
	}
	return h
}

// broken lists the rules that a file breaks, with their places: "F-500 pointer".
func broken(f *Facts) []string {
	var list []string
	for _, tally := range f.Book.Tallies {
		for _, e := range tally.Examples {
			list = append(list, strings.TrimSpace(tally.Code+" "+e.Pointer))
		}
	}
	return list
}

// seg describes a segmentation of 4 x 3 pixels.
type seg struct {
	kind, algorithm string
	bits, frames    int   // frames is NumberOfFrames, left out if 0
	numbers         []int // segment of each frame, 0 for none
	pixels          string
	more            string
}

func (s seg) build() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "(0008,0016) UI SegmentationStorage\n(0008,1115) SQ\n  - (0008,114A) SQ\n    - (0008,1155) UI 2.25.11\n    - (0008,1155) UI 2.25.12\n    (0020,000E) UI 2.25.1\n(0020,0052) UI 2.25.5\n")
	if s.frames > 0 {
		fmt.Fprintf(&b, "(0028,0008) IS %d\n", s.frames)
	}
	fmt.Fprintf(&b, "(0028,0010) US 4\n(0028,0011) US 3\n(0028,0100) US %d\n(0062,0001) CS %s\n(0062,0002) SQ\n", s.bits, s.kind)
	for n, label := range []string{"liver", "tumor"} {
		fmt.Fprintf(&b, "  - (0062,0004) US %d\n    (0062,0005) LO %s\n    (0062,0008) CS %s\n", n+1, label, s.algorithm)
	}
	b.WriteString(s.more)
	b.WriteString("(5200,9229) SQ\n  - (0028,9110) SQ\n    - (0018,0050) DS 2\n      (0028,0030) DS 5\\10\n(5200,9230) SQ\n")
	for i, n := range s.numbers {
		fmt.Fprintf(&b, "  - (0020,9111) SQ\n    - (0020,9157) UL %d\n", i)
		if n > 0 {
			fmt.Fprintf(&b, "    (0062,000A) SQ\n    - (0062,000B) US %d\n", n)
		}
	}
	fmt.Fprintf(&b, "(7FE0,0010) OB %s\n", s.pixels)
	return dicomtest.Build(b.String())
}

func TestFaultsOfASegmentationAreFoundAtTheirTag(t *testing.T) {
	sound := func(change func(*seg)) seg {
		// Two frames of 12 bits: 5 pixels of the first, 3 of the second.
		s := seg{kind: "BINARY", algorithm: "MANUAL", bits: 1, frames: 2, numbers: []int{1, 2}, pixels: "hex:1F7000"}
		change(&s)
		return s
	}
	tests := []struct {
		name   string
		object seg
		want   []string
	}{
		{"a sound one", sound(func(s *seg) {}), nil},
		{"NumberOfFrames is absent", sound(func(s *seg) { s.frames = 0 }), []string{"F-500 (0028,0008)"}},
		{"NumberOfFrames is not the number of items", sound(func(s *seg) { s.frames = 3 }), []string{"F-500 (0028,0008)"}},
		{"a frame of an unknown segment", sound(func(s *seg) { s.numbers = []int{1, 9} }), []string{"F-501 (5200,9230)[1].(0062,000A)[0].(0062,000B)", "F-504 (0062,0002)[1]"}},
		{"a frame of no segment", sound(func(s *seg) { s.numbers = []int{1, 0} }), []string{"F-501 (5200,9230)[1]", "F-504 (0062,0002)[1]"}},
		{"binary with 8 bits a pixel", sound(func(s *seg) { s.bits, s.pixels = 8, "zeros:24" }), []string{"F-502 (0028,0100)"}},
		{"a type that is none", sound(func(s *seg) { s.kind = "MASK" }), []string{"F-502 (0062,0001)"}},
		{"each frame rounded up to bytes of its own", sound(func(s *seg) { s.pixels = "hex:1F0007000000" }), []string{"F-503 (7FE0,0010)"}},
		{"pixel data that is too short", sound(func(s *seg) { s.pixels = "hex:1F70" }), []string{"F-503 (7FE0,0010)"}},
		{"a segment by an algorithm", sound(func(s *seg) { s.algorithm = "AUTOMATIC" }), []string{"P-500 (0062,0002)[0].(0062,0008)", "P-500 (0062,0002)[1].(0062,0008)"}},
		{"a segment that a reader and an algorithm made", sound(func(s *seg) { s.algorithm = "SEMIAUTOMATIC" }), nil},
		{"a segment of zeros", sound(func(s *seg) { s.pixels = "hex:1F0000" }), []string{"C-500 (0062,0002)[1]"}},
		{"tiles of a full slide have no items", sound(func(s *seg) {
			s.numbers, s.more = nil, "(0020,9311) CS TILED_FULL\n"
		}), nil},
		{"a label map names segments by its values", sound(func(s *seg) {
			s.kind, s.bits, s.numbers, s.frames, s.pixels = "LABELMAP", 8, []int{0}, 1, "hex:010100000000000000000002"
		}), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := readDICOM(t, segmentationClass, tt.object.build())
			if diff := cmp.Diff(tt.want, broken(f)); diff != "" {
				t.Errorf("broken rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSegmentsAreLabelsWithVoxels(t *testing.T) {
	f := readDICOM(t, segmentationClass, seg{kind: "BINARY", algorithm: "SEMIAUTOMATIC", bits: 1, frames: 3, numbers: []int{1, 2, 1}, pixels: "hex:1F700000000000"}.build())
	// 4 x 3 x 3 bits are 4.5 bytes; frame 1 starts in the middle of a byte.
	want := []MaskSize{{Label: 0, Voxels: 5, ML: 0.5}, {Label: 1, Voxels: 3, ML: 0.3}}
	if diff := cmp.Diff(want, f.Object.Masks, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })); diff != "" {
		t.Errorf("masks (-want +got):\n%s", diff)
	}
	for i, name := range []string{"liver", "tumor"} {
		l := f.Labels[i]
		if f.Classes[l.Class].Name != name || l.Kind != Mask || l.Origin != SemiAutomatic || l.State != Positive {
			t.Errorf("label %d = %+v of %q", i, l, f.Classes[l.Class].Name)
		}
	}
	if want := []string{"(0008,1115)[0].(0008,114A)[0].(0008,1155)", "(0008,1115)[0].(0008,114A)[1].(0008,1155)"}; !cmp.Equal(want, f.Object.Places) {
		t.Errorf("places of images = %v, want %v", f.Object.Places, want)
	}
}

// structureSet is a structure set of one ROI with the contours given.
func structureSet(contours string) []byte {
	return dicomtest.Build(`(0008,0016) UI RTStructureSetStorage
(3006,0010) SQ
  - (0020,0052) UI 2.25.5
    (3006,0012) SQ
    - (3006,0014) SQ
      - (0020,000E) UI 2.25.1
        (3006,0016) SQ
        - (0008,1155) UI 2.25.11
        - (0008,1155) UI 2.25.12
(3006,0020) SQ
  - (3006,0022) IS 7
    (3006,0026) LO liver
    (3006,0036) CS AUTOMATIC
` + contours)
}

// oneContour is a contour of ROI 7.
func oneContour(kind string, points int, data string) []byte {
	return structureSet(fmt.Sprintf(`(3006,0039) SQ
  - (3006,0040) SQ
    - (3006,0042) CS %s
      (3006,0046) IS %d
      (3006,0050) DS %s
    (3006,0084) IS 7
`, kind, points, data))
}

func TestFaultsOfAStructureSetAreFoundAtTheirTag(t *testing.T) {
	const at = "(3006,0039)[0].(3006,0040)[0]"
	tests := []struct {
		name string
		file []byte
		want []string
	}{
		{"a sound one", oneContour("CLOSED_PLANAR", 4, `0\0\5\9\0\5\9\9\5\0\9\5`), nil},
		{"too few numbers", oneContour("CLOSED_PLANAR", 4, `0\0\5\9\0\5\9\9\5\0\9`), []string{"F-510 " + at + ".(3006,0050)"}},
		{"another number of points", oneContour("CLOSED_PLANAR", 5, `0\0\5\9\0\5\9\9\5\0\9\5`), []string{"F-510 " + at + ".(3006,0050)"}},
		{"a value that is no number", oneContour("CLOSED_PLANAR", 3, `0\0\5\9\x\5\9\9\5`), []string{"F-510 " + at + ".(3006,0050)"}},
		{"no data", oneContour("CLOSED_PLANAR", 4, ``), []string{"F-510 " + at + ".(3006,0050)"}},
		{"closed with two points", oneContour("CLOSED_PLANAR", 2, `0\0\5\9\0\5`), []string{"F-511 " + at + ".(3006,0050)"}},
		{"a point", oneContour("POINT", 1, `0\0\5`), []string{"F-515 " + at + ".(3006,0042)"}},
		{"an open line of two points", oneContour("OPEN_PLANAR", 2, `0\0\5\9\0\5`), nil},
		{"a bow tie", oneContour("CLOSED_PLANAR", 4, `0\0\5\9\9\5\9\0\5\0\9\5`), []string{"F-516 " + at + ".(3006,0050)"}},
		{"a bow tie in a sagittal plane", oneContour("CLOSED_PLANAR", 4, `5\0\0\5\9\9\5\9\0\5\0\9`), []string{"F-516 " + at + ".(3006,0050)"}},
		{"a channel to a hole", oneContour("CLOSED_PLANAR", 10, `0\0\5\9\0\5\9\9\5\0\9\5\0\0\5\3\3\5\6\3\5\6\6\5\3\6\5\3\3\5`), nil},
		{"an ROI without contours", structureSet("(3006,0039) SQ\n  - (3006,0084) IS 7\n"), []string{"F-514 (3006,0039)[0]"}},
		{"an ROI that is not drawn at all", structureSet(""), []string{"F-514 (3006,0020)[0]"}},
		{"contours of an ROI that is not defined", structureSet("(3006,0039) SQ\n  - (3006,0084) IS 8\n"), []string{"F-512 (3006,0039)[0].(3006,0084)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := readDICOM(t, structureSetClass, tt.file)
			if diff := cmp.Diff(tt.want, broken(f)); diff != "" {
				t.Errorf("broken rules (-want +got):\n%s", diff)
			}
			if l := f.Labels[0]; l.Origin != Model || f.Classes[l.Class].Name != "liver" {
				t.Errorf("label = %+v of %q, want one of liver by a model", l, f.Classes[l.Class].Name)
			}
		})
	}
}

// A structure set that is known for its two points among five contours, of which
// every one has the length that it states.
func TestContoursOfSeveralROIsAreCounted(t *testing.T) {
	const contour = "  %s (3006,0042) CS %s\n      (3006,0046) IS %d\n      (3006,0050) DS %s\n"
	text := "(0008,0016) UI RTStructureSetStorage\n(3006,0020) SQ\n"
	for n := range 3 {
		text += fmt.Sprintf("  - (3006,0022) IS %d\n    (3006,0026) LO roi %d\n", n, n)
	}
	text += "(3006,0039) SQ\n"
	for n := range 3 {
		text += "  - (3006,0040) SQ\n"
		if n < 1 {
			for z := range 3 {
				text += "  " + fmt.Sprintf(contour, "-", "CLOSED_PLANAR", 3, fmt.Sprintf(`0\0\%d\9\0\%d\9\9\%d`, z, z, z))
			}
		} else {
			text += "  " + fmt.Sprintf(contour, "-", "POINT", 1, `1\2\3`)
		}
		text += fmt.Sprintf("    (3006,0084) IS %d\n", n)
	}
	f := readDICOM(t, structureSetClass, dicomtest.Build(text))
	length, point := f.Book.Of("F-510"), f.Book.Of("F-515")
	if len(f.Labels) != 3 || length.Eligible != 5 || length.Affected != 0 || point.Affected != 2 {
		t.Errorf("%d ROIs, %d contours, %d of a wrong length, %d points; want 3, 5, 0 and 2", len(f.Labels), length.Eligible, length.Affected, point.Affected)
	}
}

// report is a measurement report; group is the content of its group, indented
// by eight.
func report(root, flags, group string) []byte {
	return dicomtest.Build(`(0008,0016) UI ComprehensiveSRStorage
(0040,A040) CS CONTAINER
(0040,A043) SQ
  - (0008,0100) SH ` + root + `
    (0008,0102) SH DCM
` + flags + `(0040,A504) SQ
  - (0008,0105) CS DCMR
    (0040,DB00) CS 1500
(0040,A730) SQ
  - (0040,A040) CS CONTAINER
    (0040,A043) SQ
    - (0008,0100) SH 126010
      (0008,0102) SH DCM
    (0040,A730) SQ
    - (0040,A040) CS CONTAINER
      (0040,A043) SQ
      - (0008,0100) SH 125007
        (0008,0102) SH DCM
      (0040,A730) SQ
` + group)
}

const (
	srTracking = `      - (0040,A040) CS UIDREF
        (0040,A043) SQ
        - (0008,0100) SH 112040
          (0008,0102) SH DCM
        (0040,A124) UI 2.25.77
`
	srLength = `      - (0040,A040) CS NUM
        (0040,A043) SQ
        - (0008,0100) SH 410668003
          (0008,0104) LO Length
        (0040,A300) SQ
        - (0040,A30A) DS 12.5
`
	srUnit = `          (0040,08EA) SQ
          - (0008,0100) SH mm
            (0008,0102) SH UCUM
`
	srFinding = `      - (0040,A040) CS CODE
        (0040,A043) SQ
        - (0008,0100) SH 121071
          (0008,0102) SH DCM
        (0040,A168) SQ
        - (0008,0104) LO Nodule
`
	srComplete = "(0040,A491) CS COMPLETE\n(0040,A493) CS VERIFIED\n"
)

func TestFaultsOfAMeasurementReportAreFoundAtTheirTag(t *testing.T) {
	const group = "(0040,A730)[0].(0040,A730)[0]"
	tests := []struct {
		name string
		file []byte
		want []string
	}{
		{"a sound one", report("126000", srComplete, srTracking+srFinding+srLength+srUnit), nil},
		{"a root of another kind", report("121181", srComplete, srTracking), []string{"F-520 (0040,A043)"}},
		{"a measurement without unit", report("126000", srComplete, srTracking+srLength), []string{"F-521 " + group + ".(0040,A730)[1].(0040,A300)[0].(0040,08EA)"}},
		{"a group without tracking UID", report("126000", srComplete, srFinding), []string{"F-522 " + group + ".(0040,A730) no 112040"}},
		{"a partial one", report("126000", "(0040,A491) CS PARTIAL\n(0040,A493) CS VERIFIED\n", srTracking), []string{"P-501 (0040,A491)"}},
		{"one that is not verified", report("126000", "(0040,A491) CS COMPLETE\n(0040,A493) CS UNVERIFIED\n", srTracking), []string{"P-502 (0040,A493)"}},
		{"a report without template, partial and not verified", dicomtest.Build("(0008,0016) UI EnhancedSRStorage\n(0040,A040) CS CONTAINER\n(0040,A043) SQ\n  - (0008,0100) SH 11528-7\n    (0008,0102) SH LN\n(0040,A491) CS PARTIAL\n(0040,A493) CS UNVERIFIED\n"), []string{"F-523 (0040,A504)", "P-501 (0040,A491)", "P-502 (0040,A493)"}},
		{"a report by another template", dicomtest.Build("(0008,0016) UI BasicTextSRStorage\n(0040,A040) CS CONTAINER\n(0040,A504) SQ\n  - (0040,DB00) CS 2000\n"), []string{"F-523 (0040,A504)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := readDICOM(t, "Comprehensive SR Storage", tt.file)
			if diff := cmp.Diff(tt.want, broken(f)); diff != "" {
				t.Errorf("broken rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMeasurementGroupsAreLabelsWithUnits(t *testing.T) {
	f := readDICOM(t, "Comprehensive SR Storage", report("126000", srComplete, srTracking+srFinding+srLength+srUnit))
	if f.Formats[0].Format != SRTID1500 || len(f.Labels) != 2 {
		t.Fatalf("%v with %d labels, want a TID 1500 with a finding and a measurement", f.Formats, len(f.Labels))
	}
	finding, length := f.Labels[0], f.Labels[1]
	if name := f.Classes[finding.Class].Name; name != "Nodule" || finding.Unit < 0 {
		t.Errorf("finding = %+v of %q", finding, name)
	}
	if name := f.Classes[length.Class].Name; name != "Length (mm)" || length.Value != 12.5 || length.Unit != finding.Unit {
		t.Errorf("measurement = %+v of %q", length, name)
	}
	if got := pointer(f.At.Label, finding.Place); got != "(0040,A730)[0].(0040,A730)[0]" {
		t.Errorf("pointer of the group = %s", got)
	}
}

func TestDeepReportsAreReadWithoutRecursion(t *testing.T) {
	var b strings.Builder
	b.WriteString("(0008,0016) UI ComprehensiveSRStorage\n(0040,A504) SQ\n  - (0040,DB00) CS 1500\n")
	path := ""
	for range 60 {
		path += "(0040,A730)[1]/"
		b.WriteString(path + "(0040,A040) CS NUM\n")
	}
	f := readDICOM(t, "Comprehensive SR Storage", dicomtest.Build(b.String()))
	if f.Formats[0].Format != SRTID1500 {
		t.Errorf("format = %v, want %s", f.Formats, SRTID1500)
	}
	if got := f.Book.Of("F-520").Affected; got != 1 {
		t.Errorf("%d findings on the root, want 1: it is no container", got)
	}
}

// ctSlices makes the slices of a CT series 2.25.1, 3 mm apart, as members.
func ctSlices(n int) []Member {
	list := make([]Member, n)
	for i := range list {
		list[i] = Member{Index: int32(i), Path: fmt.Sprintf("ct/%d.dcm", i), Kind: sniff.DICOM, Instance: &Instance{
			SOP: shortHash(fmt.Sprintf("2.25.%d", 11+i)), Series: shortHash("2.25.1"), Frame: shortHash("2.25.5"), Patient: shortHash("p"),
			SOPClass: "CT Image Storage", Modality: "CT", Rows: 4, Columns: 3, Frames: 1,
			Place: series.Place{Position: [3]float64{0, 0, 3 * float64(i)}, HasPosition: true, Orientation: [6]float64{1, 0, 0, 0, 1, 0}, HasOrientation: true},
		}}
	}
	return list
}

// object makes a label file a member.
func object(index int, class string, f *Facts) Member {
	in := &Instance{SOP: shortHash(fmt.Sprintf("2.25.9%d", index)), Series: shortHash("2.25.99"), SOPClass: class, Modality: "OT"}
	if class == segmentationClass {
		in.Frames = 1
	}
	return Member{Index: int32(index), Path: fmt.Sprintf("labels/%d.dcm", index), Kind: sniff.DICOM, Facts: f, Instance: in}
}

func TestSlicesOfASeriesAreOneItem(t *testing.T) {
	single := func(class, modality string, frames int32) Member {
		return Member{Index: 9, Path: "x.dcm", Kind: sniff.DICOM, Instance: &Instance{
			SOP: shortHash("x"), Series: shortHash("y"), SOPClass: class, Modality: modality, Frames: frames,
		}}
	}
	tests := []struct {
		name    string
		members []Member
		items   int
		files   int // of the first item
	}{
		{"a series of CT", ctSlices(5), 1, 5},
		{"a radiograph beside it", append(ctSlices(5), single("Digital X-Ray Image Storage - For Presentation", "DX", 1)), 2, 5},
		{"a report beside it", append(ctSlices(5), single("Basic Text SR Storage", "SR", 0)), 1, 5},
		{"a presentation state beside it", append(ctSlices(5), single("Grayscale Softcopy Presentation State Storage", "PR", 0)), 1, 5},
		{"a segmentation beside it", append(ctSlices(5), single(segmentationClass, "SEG", 1)), 1, 5},
		{"a dose beside it", append(ctSlices(5), single("RT Dose Storage", "RTDOSE", 1)), 1, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := Join(tt.members, JoinOptions{Hash: shortHash})
			if len(set.Items) != tt.items || len(set.Items[0].Files) != tt.files {
				t.Errorf("%d items, the first of %d files, want %d of %d", len(set.Items), len(set.Items[0].Files), tt.items, tt.files)
			}
			if set.Items[0].Depth != 5 || set.Items[0].Patient != shortHash("p") {
				t.Errorf("the series = %+v, want 5 slices of a patient", set.Items[0])
			}
		})
	}
}

func TestObjectsAreHeldAgainstTheImagesTheyName(t *testing.T) {
	square := func(z string) []byte {
		return oneContour("CLOSED_PLANAR", 4, strings.ReplaceAll(`0\0\z\9\0\z\9\9\z\0\9\z`, "z", z))
	}
	other := func(m []Member) []Member {
		for i := range m {
			m[i].Instance.Frame = shortHash("2.25.6")
		}
		return m
	}
	sound := seg{kind: "BINARY", algorithm: "MANUAL", bits: 1, frames: 2, numbers: []int{1, 2}, pixels: "hex:1F7000"}.build()
	tests := []struct {
		name   string
		images []Member
		class  string
		file   []byte
		want   []string
	}{
		{"a segmentation of a whole series", ctSlices(3), segmentationClass, sound, nil},
		{"a segmentation of which a slice is missing", ctSlices(1), segmentationClass, sound, []string{"F-002 (0008,1115)[0].(0008,114A)[1].(0008,1155)"}},
		{"a segmentation without its images", nil, segmentationClass, sound, nil},
		{"a segmentation in another frame of reference", other(ctSlices(3)), segmentationClass, sound, []string{"F-505 (0020,0052)"}},
		{"a contour on a slice", ctSlices(3), structureSetClass, square("3"), nil},
		{"a contour at the edge of a slice", ctSlices(3), structureSetClass, square("-1.5"), nil},
		{"a contour off every slice", ctSlices(3), structureSetClass, square("8"), []string{"F-513 (3006,0039)[0].(3006,0040)[0].(3006,0050)"}},
		{"a contour where a slice is missing", append(ctSlices(5)[:2], ctSlices(5)[3:]...), structureSetClass, square("6"), []string{"F-513 (3006,0039)[0].(3006,0040)[0].(3006,0050)"}},
		{"a structure set in another frame of reference", other(ctSlices(3)), structureSetClass, square("3"), []string{"F-505 (3006,0010)[0].(0020,0052)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := Join(append(tt.images, object(50, tt.class, readDICOM(t, tt.class, tt.file))), JoinOptions{Hash: shortHash})
			if diff := cmp.Diff(tt.want, broken(&Facts{Book: set.Book})); diff != "" {
				t.Errorf("broken rules (-want +got):\n%s", diff)
			}
			if len(set.Items) != 1 || !set.Items[0].Labeled {
				t.Errorf("items = %+v, want the one labeled series", set.Items)
			}
		})
	}
}

func TestMeasurementOfASegmentationIsOfItsImages(t *testing.T) {
	file := seg{kind: "BINARY", algorithm: "MANUAL", bits: 1, frames: 2, numbers: []int{1, 2}, pixels: "hex:1F7000"}.build()
	image := strings.ReplaceAll(srTracking, "UIDREF", "IMAGE") + "        (0008,1199) SQ\n        - (0008,1155) UI 2.25.950\n"
	sr := report("126000", srComplete, srTracking+srFinding+image)
	members := append(ctSlices(3),
		object(50, segmentationClass, readDICOM(t, segmentationClass, file)),
		object(51, "Comprehensive SR Storage", readDICOM(t, "Comprehensive SR Storage", sr)))
	set := Join(members, JoinOptions{Hash: shortHash})
	if len(set.Items) != 1 {
		t.Fatalf("%d items, want the series alone", len(set.Items))
	}
	if l := set.Labels[len(set.Labels)-1]; l.Item != 0 || set.Classes[l.Class].Name != "Nodule" {
		t.Errorf("label of the report = %+v, want one of the series", l)
	}
}

// fuzzObject reads whatever is put in place of an object.
func fuzzObject(f *testing.F, class string, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		facts := readDICOM(t, class, file)
		if facts == nil {
			t.Fatal("an object of the SOP Class is in no format")
		}
		Join(append(ctSlices(3), object(50, class, facts)), JoinOptions{Hash: shortHash})
	})
}

func FuzzSegmentation(f *testing.F) {
	fuzzObject(f, segmentationClass,
		seg{kind: "BINARY", algorithm: "MANUAL", bits: 1, frames: 2, numbers: []int{1, 2}, pixels: "hex:1F7000"}.build(),
		seg{kind: "LABELMAP", algorithm: "AUTOMATIC", bits: 16, frames: 1, numbers: []int{1}, pixels: "zeros:24"}.build())
}

func FuzzStructureSet(f *testing.F) {
	fuzzObject(f, structureSetClass, oneContour("CLOSED_PLANAR", 4, `0\0\5\9\0\5\9\9\5\0\9\5`), oneContour("POINT", 1, `0\0\5`))
}

func FuzzMeasurementReport(f *testing.F) {
	fuzzObject(f, "Comprehensive SR Storage", report("126000", srComplete, srTracking+srFinding+srLength+srUnit))
}
