package iod_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"assay/internal/audit/dicom/dicomtest"
)

// whole is a CT image with every attribute that its object definition asks for.
const whole = `(0008,0008) CS ORIGINAL\PRIMARY\AXIAL
(0008,0016) UI CTImageStorage
(0008,0018) UI 2.25.11
(0008,0020) DA
(0008,0030) TM
(0008,0050) SH
(0008,0060) CS CT
(0008,0070) LO
(0008,0090) PN
(0010,0010) PN
(0010,0020) LO
(0010,0030) DA
(0010,0040) CS
(0018,0050) DS
(0018,0060) DS
(0018,5100) CS HFS
(0020,000D) UI 2.25.1
(0020,000E) UI 2.25.2
(0020,0010) SH
(0020,0011) IS
(0020,0012) IS
(0020,0013) IS 1
(0020,0032) DS 0\0\0
(0020,0037) DS 1\0\0\0\1\0
(0020,0052) UI 2.25.3
(0020,1040) LO
(0028,0002) US 1
(0028,0004) CS MONOCHROME2
(0028,0010) US 1
(0028,0011) US 1
(0028,0030) DS 1\1
(0028,0100) US 16
(0028,0101) US 16
(0028,0102) US 15
(0028,0103) US 0
(0028,1052) DS 0
(0028,1053) DS 1
(7FE0,0010) OW 0000
`

// with returns whole with lines put in place of those of the same tag, added,
// or taken out where a line is only "-(gggg,eeee)".
func with(lines ...string) string {
	list := strings.Split(strings.TrimSpace(whole), "\n")
	for _, line := range lines {
		tag := strings.TrimPrefix(line, "-")[:len("(gggg,eeee)")]
		list = slices.DeleteFunc(list, func(l string) bool { return strings.HasPrefix(l, tag) })
		if line[0] != '-' {
			list = append(list, line)
		}
	}
	slices.Sort(list)
	return strings.Join(list, "\n") + "\n"
}

// found returns "severity rule path state" of each finding.
func found(t *testing.T, text string) []string {
	t.Helper()
	_, list, err := scan(t.Context(), dicomtest.Build(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list {
		state := ""
		for _, s := range []string{"absent", "empty"} {
			if strings.Contains(f.Message, "is "+s) {
				state = " " + s
			}
		}
		got = append(got, string(f.Severity)+" "+f.Rule+" "+f.Path+state)
	}
	return got
}

func TestRules(t *testing.T) {
	mr := []string{"(0008,0016) UI MRImageStorage", "(0018,0020) CS SE", "(0018,0021) CS NONE", "(0018,0022) CS", "(0018,0023) CS", "(0018,0081) DS", "(0018,0091) IS"}
	tests := []struct {
		name string
		text string
		want []string
	}{
		{"a whole object is clean", with(), nil},
		{"without pixel attributes no frame can be read", with("-(0028,0010)"), []string{"blocker iod-type1 (0028,0010) Rows absent"}},
		{"an empty type 1 attribute is as bad as none", with("(0020,000D) UI"), []string{"blocker iod-type1 (0020,000D) StudyInstanceUID empty"}},
		{"blanks are no value", with(`(0008,0060) CS  `), []string{"blocker iod-type1 (0008,0060) Modality empty"}},
		{"a type 1 attribute of lesser weight is a warning", with("-(0028,1052)"), []string{"warning iod-type1 (0028,1052) RescaleIntercept absent"}},
		{"a removed name must stay as an empty attribute", with("-(0010,0010)"), []string{"info iod-type2 (0010,0010) PatientName absent"}},
		{"color needs a planar configuration", with("(0028,0002) US 3", "(0028,0004) CS RGB"), []string{"warning iod-1c (0028,0006) PlanarConfiguration absent"}},
		{"palette color needs its tables", with("(0028,0004) CS PALETTE COLOR", "(0028,1101) US 1", "(0028,1102) US 1", "(0028,1221) OW 0000", "(0028,1222) OW 0000", "(0028,1223) OW 0000"),
			[]string{"warning iod-1c (0028,1103) BluePaletteColorLookupTableDescriptor absent"}},
		{"pixel data may stand elsewhere", with("-(7FE0,0010)", "(0028,7FE0) UR http://example.org/1"), nil},
		{"pixel data may not be missing", with("-(7FE0,0010)"), []string{"warning iod-1c (7FE0,0010) PixelData absent"}},
		{"a conditional attribute is never empty", with("(0012,0063) LO"), []string{"warning iod-1c (0012,0063) DeidentificationMethod empty"}},
		{"CT says how the patient lay", with("-(0018,5100)"), []string{"warning iod-1c (0018,5100) PatientPosition absent"}},
		{"or says so by codes", with("-(0018,5100)", "(0054,0410) SQ"), nil},
		{"spin echo has a repetition time", with(mr...), []string{"warning iod-1c (0018,0080) RepetitionTime absent"}},
		{"echo planar imaging need not", with(append(mr, "(0018,0020) CS EP")...), nil},
		{"with segmented k-space it must", with(append(mr, "(0018,0020) CS EP", `(0018,0021) CS SK\SP`)...), []string{"warning iod-1c (0018,0080) RepetitionTime absent"}},
		{"inversion recovery has an inversion time", with(append(mr, `(0018,0020) CS SE\IR`, "(0018,0080) DS 1")...), []string{"warning iod-1c (0018,0082) InversionTime absent"}},
		{"a SOP Class that is no object", with("(0008,0016) UI 1.2.840.10008.1.1"), []string{"warning iod-unknown-class (0008,0016) SOPClassUID"}},
		{"a SOP Class of nobody", with("(0008,0016) UI 1.2.3.4"), []string{"warning iod-unknown-class (0008,0016) SOPClassUID"}},
		{"a class without a table has a patient and a study all the same", with("(0008,0016) UI MRSpectroscopyStorage", "-(0010,0040)", "-(0020,0011)", "-(0028,0010)"),
			[]string{"info iod-type2 (0010,0040) PatientSex absent", "info iod-type2 (0020,0011) SeriesNumber absent"}},
		{"a protocol has no patient", with("(0008,0016) UI CTDefinedProcedureProtocolStorage", "-(0010,0040)"), nil},
		{"a sequence without items has no value", with("(0012,0064) SQ"), []string{"warning iod-1c (0012,0064) DeidentificationMethodCodeSequence empty"}},
		{"a sequence with an item has one", with("(0012,0064)[1]/(0008,0100) SH 113100"), nil},
		{"elements out of order are seen", "(0028,0103) US 0\n" + with("-(0028,0103)"), nil},
		{"an attribute inside an item is not the one of the object", with("-(0010,0040)", "(0008,1140)[1]/(0010,0040) CS M"), []string{"info iod-type2 (0010,0040) PatientSex absent"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := gocmp.Diff(tt.want, found(t, tt.text)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%s", diff, tt.text)
			}
		})
	}
}

// TestTablesAgreeWithTheirData takes every attribute of every class out of an
// object that has none and compares with the data files.
func TestTablesAgreeWithTheirData(t *testing.T) {
	modules := map[string][][]string{}
	for _, r := range rows(t, "data/modules.csv") {
		modules[r[0]] = append(modules[r[0]], r)
	}
	for _, r := range rows(t, "data/classes.csv") {
		duty := map[string]string{}
		for _, m := range strings.Fields(r[3]) {
			for _, a := range modules[m] {
				// An object with nothing in it lacks what is of type 1 or 2.
				if name := "(" + a[1] + ") " + a[2]; a[3] == "1" || a[3] == "2" && duty[name] == "" {
					duty[name] = a[3]
				}
			}
		}
		for _, keyword := range strings.Fields(r[4]) {
			delete(duty, "(0008,0060) "+keyword)
		}
		var want []string
		for name, d := range duty {
			if name != "(0008,0016) SOPClassUID" && !strings.HasPrefix(name, "(0048,0001)") && !strings.HasPrefix(name, "(0048,0002)") && !strings.HasPrefix(name, "(0048,0003)") {
				want = append(want, "iod-type"+d+" "+name+" absent")
			}
		}
		slices.Sort(want)
		var got []string
		for _, f := range found(t, "(0008,0016) UI "+r[0]+"\n") {
			if _, rest, _ := strings.Cut(f, " "); !strings.HasPrefix(rest, "iod-1c") {
				got = append(got, rest)
			}
		}
		slices.Sort(got)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r[1], diff)
		}
	}
}

func rows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return list[1:]
}
