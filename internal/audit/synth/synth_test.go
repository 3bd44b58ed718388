package synth_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"assay/internal/audit/archive"
	scan "assay/internal/audit/dicom"
	"assay/internal/audit/synth"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

func series(t *testing.T, spec synth.Spec) []synth.File {
	t.Helper()
	files, err := synth.Series(spec)
	if err != nil {
		t.Fatalf("Series(%+v): %v", spec, err)
	}
	return files
}

func parse(t *testing.T, f synth.File) dicom.Dataset {
	t.Helper()
	set, err := dicom.Parse(bytes.NewReader(f.Data), int64(len(f.Data)), nil)
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	return set
}

func value(t *testing.T, set dicom.Dataset, of tag.Tag) string {
	t.Helper()
	e, err := set.FindElementByTag(of)
	if err != nil {
		return ""
	}
	list, _ := e.Value.GetValue().([]string)
	return strings.Join(list, "\\")
}

func TestSeriesIsReadByTheLibraryAndTheScanner(t *testing.T) {
	for _, modality := range synth.Modalities() {
		t.Run(string(modality), func(t *testing.T) {
			files := series(t, synth.Spec{Modality: modality, Seed: 7})
			if len(files) != 24 {
				t.Fatalf("%d files, want 24", len(files))
			}
			uids, studies := map[string]bool{}, map[string]bool{}
			for _, f := range files {
				h, err := scan.Scan(context.Background(), bytes.NewReader(f.Data), int64(len(f.Data)), scan.Limits{}, func(*scan.Element) error { return nil })
				if err != nil || len(h.Problems) > 0 {
					t.Fatalf("Scan: %v, problems %v, want none", err, h.Problems)
				}
			}
			for _, f := range files[:3] {
				set := parse(t, f)
				uids[value(t, set, tag.SOPInstanceUID)] = true
				studies[value(t, set, tag.StudyInstanceUID)] = true
				pixels, err := set.FindElementByTag(tag.PixelData)
				if err != nil {
					t.Fatal(err)
				}
				info := dicom.MustGetPixelDataInfo(pixels.Value)
				if len(info.Frames) != 1 || info.Frames[0].NativeData == nil {
					t.Errorf("%s has %d frames, want 1", f.Path, len(info.Frames))
				}
				if got := value(t, set, tag.PatientIdentityRemoved); got != "YES" {
					t.Errorf("PatientIdentityRemoved = %q, want YES", got)
				}
			}
			if len(uids) != 3 || len(studies) != 1 {
				t.Errorf("%d instances in %d studies, want 3 in 1", len(uids), len(studies))
			}
		})
	}
}

func TestPartIsTheOneAskedFor(t *testing.T) {
	for _, modality := range synth.Modalities() {
		for _, part := range synth.Parts(modality) {
			files := series(t, synth.Spec{Modality: modality, Seed: 3, Slices: 1, Part: part})
			if got := value(t, parse(t, files[0]), tag.BodyPartExamined); got != part {
				t.Errorf("%s: BodyPartExamined = %q, want %q", modality, got, part)
			}
		}
	}
	if _, err := synth.Series(synth.Spec{Modality: synth.MR, Part: "HAND"}); err == nil {
		t.Error("Series of a part without a phantom: no error")
	}
}

func TestSameSpecGivesSameBytes(t *testing.T) {
	spec := synth.Spec{Modality: synth.US, Seed: 11, Slices: 3, Problems: []synth.Problem{synth.BurnedInText}}
	a, b := series(t, spec), series(t, spec)
	for i := range a {
		if a[i].Path != b[i].Path || !bytes.Equal(a[i].Data, b[i].Data) {
			t.Errorf("file %d differs between two runs", i)
		}
	}
	spec.Seed++
	if other := series(t, spec); bytes.Equal(a[0].Data, other[0].Data) {
		t.Error("another seed gives the same bytes")
	}
}

func TestProblemsArePlanted(t *testing.T) {
	person := synth.NewPerson(3)
	tests := []struct {
		problem synth.Problem
		tag     tag.Tag
		want    string
	}{
		{synth.PatientName, tag.PatientName, person.Name},
		{synth.BirthDate, tag.PatientBirthDate, person.BirthDate},
		{synth.PatientID, tag.PatientID, person.ID},
		{synth.DatesKept, tag.StudyDate, person.StudyDate},
		{synth.StaffName, tag.ReferringPhysicianName, person.Physician},
		{synth.Age, tag.PatientAge, "094Y"},
		{synth.NoClaim, tag.PatientIdentityRemoved, ""},
	}
	for _, tt := range tests {
		t.Run(string(tt.problem), func(t *testing.T) {
			files := series(t, synth.Spec{Modality: synth.CT, Seed: 3, Slices: 2, Problems: []synth.Problem{tt.problem}})
			if got := value(t, parse(t, files[0]), tt.tag); got != tt.want {
				t.Errorf("%v = %q, want %q", tt.tag, got, tt.want)
			}
		})
	}
}

func TestCleanSeriesHoldsNothingOfThePerson(t *testing.T) {
	person := synth.NewPerson(5)
	for _, modality := range synth.Modalities() {
		for _, f := range series(t, synth.Spec{Modality: modality, Seed: 5, Slices: 2}) {
			for _, secret := range []string{strings.Split(person.Name, "^")[0], person.ID, person.BirthDate, person.StudyDate} {
				if bytes.Contains(f.Data, []byte(secret)) || strings.Contains(f.Path, secret) {
					t.Errorf("%s holds an identifier without a planted problem", f.Path)
				}
			}
		}
	}
}

func TestSetProblemsChangeTheSet(t *testing.T) {
	count := func(problem synth.Problem, of tag.Tag) (files, distinct int) {
		list := series(t, synth.Spec{Modality: synth.MR, Seed: 9, Slices: 6, Rows: 32, Columns: 32, Problems: []synth.Problem{problem}})
		seen := map[string]bool{}
		for _, f := range list {
			seen[value(t, parse(t, f), of)] = true
		}
		return len(list), len(seen)
	}
	if files, ids := count(synth.MixedPatients, tag.PatientID); files != 6 || ids != 2 {
		t.Errorf("mixed patients: %d files, %d ids, want 6 and 2", files, ids)
	}
	if files, uids := count(synth.DuplicateUID, tag.SOPInstanceUID); files != 6 || uids != 5 {
		t.Errorf("duplicate UID: %d files, %d UIDs, want 6 and 5", files, uids)
	}
	if files, _ := count(synth.MissingSlice, tag.PatientID); files != 5 {
		t.Errorf("missing slice: %d files, want 5", files)
	}
}

func TestBurnedInTextChangesPixelsOnly(t *testing.T) {
	for _, modality := range []synth.Modality{synth.US, synth.SC, synth.CT} {
		spec := synth.Spec{Modality: modality, Seed: 4, Slices: 1}
		clean := series(t, spec)[0].Data
		spec.Problems = []synth.Problem{synth.BurnedInText}
		burned := series(t, spec)[0].Data
		differ, first := 0, -1
		for i := range clean {
			if clean[i] != burned[i] {
				if differ++; first < 0 {
					first = i
				}
			}
		}
		if len(clean) != len(burned) || differ < 500 || first < 1000 {
			t.Errorf("%s: %d bytes differ from %d on, want at least 500, in the pixels", modality, differ, first)
		}
	}
}

func TestPacksAreReadByTheArchiveReader(t *testing.T) {
	files := series(t, synth.Spec{Modality: synth.DX, Seed: 2, Slices: 4, Rows: 64, Columns: 64})
	zipped, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	tarred, err := synth.Tar(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{zipped, tarred} {
		set, err := archive.Open(bytes.NewReader(b), int64(len(b)), "set", archive.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, f := range files {
			paths = append(paths, f.Path)
			in, err := set.Open(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(in)
			if err != nil || !bytes.Equal(got, f.Data) {
				t.Errorf("%s: %v, or its bytes differ", f.Path, err)
			}
		}
		slices.Sort(paths)
		if !slices.Equal(paths, set.Files()) {
			t.Errorf("Files = %v, want %v", set.Files(), paths)
		}
	}
}
