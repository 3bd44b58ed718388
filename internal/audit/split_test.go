package audit_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
)

// TestTablesOfASplit puts a table beside the slices of five patients, of whom
// the third shares a picture with the fourth.
func TestTablesOfASplit(t *testing.T) {
	images := map[string]image{
		"p1/a.dcm": {patient: "P1", study: "1", series: "11", number: 1, pixels: 1},
		"p1/b.dcm": {patient: "P1", study: "1", series: "11", number: 2, pixels: 2},
		"p2/a.dcm": {patient: "P2", study: "2", series: "21", number: 1, pixels: 3},
		"p3/a.dcm": {patient: "P3", study: "3", series: "31", number: 1, pixels: 400},
		"p4/a.dcm": {patient: "P4", study: "4", series: "41", number: 1, pixels: 400},
		"p5/c.dcm": {patient: "P5", study: "5", series: "51", number: 1, pixels: 6},
	}
	const shared = "warning set-split-leakage PixelData p3/a.dcm,p4/a.dcm: Equal pixels are in both training and test data."
	tests := []struct {
		name, file, table string
		want              []string
	}{
		{"parts by patient, with a shared picture", "split.csv", "patient_id,split\nP1,train\nP2,train\nP3,train\nP4,test\nP5,test\n", []string{shared}},
		{"parts by patient, without one", "split.csv", "patient_id;split\nP1;train\nP2;test\nP3;train\nP4;train\nP5;val\n", nil},
		{"one patient in two parts", "split.tsv", "subject\tage group\tset\nP1\told\ttraining\nP2\told\tvalidation\nP2\told\ttest\n",
			[]string{"warning set-split-leakage table of a split p2/a.dcm,split.tsv: A table puts one patient, study, series or file into both validation and test data."}},
		{"files of one patient in two parts", "files.csv", "image path,Partition\np1/a.dcm,Train\n./p1/b.dcm,Test\np2/a.dcm,Train\n",
			[]string{"warning set-split-leakage PatientID p1/a.dcm,p1/b.dcm: One patient is in both training and test data."}},
		{"file names that many folders hold say nothing", "files.csv", "file,split\na.dcm,train\na.dcm,test\n", nil},
		{"series in two folds", "folds.csv", "SeriesInstanceUID,fold\n2.25.11,0\n2.25.21,1\n2.25.21,2\n",
			[]string{"warning set-split-leakage table of a split folds.csv,p2/a.dcm: A table puts one patient, study, series or file into more than one fold of the data."}},
		{"words of a column that are no names of the set", "list.csv", "study,split\nchest,train\nchest,test\n", nil},
		{"no parts", "list.csv", "patient,set\nP1,a\nP1,b\n", nil},
		{"one part", "list.csv", "patient,set\nP1,train\nP2,train\n", nil},
		{"the list of MONAI", "dataset.json", `{"name": "test", "training": [{"image": "./p1/a.dcm", "label": "x"}, {"image": "./p2/a.dcm"}], "test": ["./p1/b.dcm"]}`,
			[]string{"warning set-split-leakage PatientID p1/a.dcm,p1/b.dcm: One patient is in both training and test data."}},
		{"the folds of nnU-Net", "splits_final.json", `[{"train": ["P1", "P2"], "val": ["P3"]}, {"train": ["P3", "P2"], "val": ["P1"]}]`, nil},
		{"a case in both parts of a fold", "splits_final.json", `[{"train": ["P1", "P2"], "val": ["P3"]}, {"train": ["P3", "P1"], "val": ["P1"]}]`,
			[]string{"warning set-split-leakage table of a split p1/a.dcm,splits_final.json: A table puts one patient, study, series or file into both training and validation data."}},
		{"no table at all", "notes.json", `{"train": {"test": [1, {"val": null}]}, "x": "train"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := fstest.MapFS{tt.file: &fstest.MapFile{Data: []byte(tt.table)}}
			for path, i := range images {
				set[path] = &fstest.MapFile{Data: i.build()}
			}
			var got []string
			for _, line := range setLines(run(t, set, audit.Options{AllLocations: true})) {
				if strings.Contains(line, "set-split-leakage") {
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
