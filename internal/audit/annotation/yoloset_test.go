package annotation

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestYOLORowsAreHeldAgainstTheirTask(t *testing.T) {
	const yaml = "train: images/train\nval: images/val\nnames:\n  0: a\n  1: b\n"
	const turned = "0 0.5 0.1 0.9 0.5 0.5 0.9 0.1 0.5"
	images := one("images/train/1.png", "images/train/2.png", "images/val/3.png")
	tests := []struct {
		name   string
		files  map[string]string
		want   []string
		format Format
		counts map[string]int
	}{
		{"boxes with Windows line ends and a byte order mark", map[string]string{
			"labels/train/1.txt": "\ufeff0 0.5 0.5 0.2 0.2\r\n1 0.5 0.5 0.1 0.1\r\n", "data.yaml": "\ufeff" + strings.ReplaceAll(yaml, "\n", "\r\n"),
		}, nil, YOLODetect, map[string]int{"a": 1, "b": 1}},
		{"oriented boxes", map[string]string{
			"labels/train/1.txt": turned + "\n" + turned + " 0.5 0.5\n", "labels/train/2.txt": turned + "\n0 0.5 0.5 0.1\n0 0.5 0.5 0.1 0.1\n" + turned, "data.yaml": yaml,
		}, []string{"F-200 labels/train/2.txt 2:1", "F-201 labels/train/2.txt 3:1", "F-208 labels/train/2.txt 4:1"}, YOLOSegment, map[string]int{"a": 6}},
		{"only oriented boxes", map[string]string{
			"labels/train/1.txt": turned + "\n0 0.5 0.5 0.1 0.1\n", "labels/train/2.txt": turned + " 0.3\n" + turned, "data.yaml": yaml,
		}, []string{"F-200 labels/train/2.txt 1:1", "F-201 labels/train/1.txt 2:1"}, YOLOOBB, map[string]int{"a": 4}},
		{"mixed tasks in one file", map[string]string{
			"labels/train/1.txt": "0 0.5 0.5 0.2 0.2\n0 0.1 0.1 0.2 0.2 0.3 0.1\n0 0.4 0.5 0.2 0.2\n", "data.yaml": yaml,
		}, []string{"F-201 labels/train/1.txt 2:1"}, YOLODetect, map[string]int{"a": 3}},
		{"numbers that are none", map[string]string{
			"labels/train/1.txt": "0 NaN 0.5 0.2 0.2\n0 1e999 0.5 0.2 0.2\n0 0.5 0.5 0.2 inf\nx 0.5 0.5 0.2 0.2\n1.5 0.5 0.5 0.1 0.1\n-1 0.5 0.5 0.1 0.1\n99999999999999999999 0.5 0.5 0.1 0.1\n1.0 0.5 0.5 0.1 0.1\n0 0.5 -0.5 0.1 0.1\n0 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1 0.2\n0 0.5 0.5 0.1 0.3\n0 0.5 0.5 0.1 0.4\n",
			"data.yaml":          yaml,
		}, []string{
			"F-202 labels/train/1.txt 4:1", "F-202 labels/train/1.txt 5:1", "F-203 labels/train/1.txt 6:1", "F-203 labels/train/1.txt 7:1",
			"F-204 labels/train/1.txt 1:1", "F-204 labels/train/1.txt 2:1", "F-204 labels/train/1.txt 3:1", "F-204 labels/train/1.txt 9:1",
		}, YOLODetect, map[string]int{"a": 8, "b": 1}},
		{"keypoints of two numbers", map[string]string{
			"labels/train/1.txt": "0 0.5 0.5 0.2 0.2 0.4 0.4 0.6 0.6\n0 0.5 0.5 0.2 0.2 0.4 0.4 2 0.6 0.6 2\n0 0.5 0.5 0 0.2 0.4 0.4 0.6 1.2\n0 0.5 0.5 0 0.2 0.4 0.4 0.6 0.6\n",
			"data.yaml":          yaml + "kpt_shape: [2, 2]\n",
		}, []string{"F-200 labels/train/1.txt 2:1", "F-204 labels/train/1.txt 3:1", "F-209 labels/train/1.txt 4:1"}, YOLOPose, map[string]int{"a": 4}},
		{"tabs between the numbers", map[string]string{
			"labels/train/1.txt": "0\t0.5\t0.5\t0.2\t0.2\n1\t0.5\t0.5\t0.1\t0.1\n", "data.yaml": yaml,
		}, nil, YOLODetect, map[string]int{"a": 1, "b": 1}},
		{"without a description", map[string]string{"labels/train/1.txt": "7 0.5 0.5 0.2 0.2\n"}, nil, YOLODetect, map[string]int{"class_7": 1}},
		{"classes.txt beside the labels", map[string]string{
			"labels/classes.txt": "mass\ncalcification\n", "labels/train/1.txt": "1 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.2 0.2\n",
		}, []string{"F-203 labels/train/1.txt 2:1"}, YOLODetect, map[string]int{"calcification": 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			images := maps.Clone(images)
			if tt.files["data.yaml"] == "" {
				images = one("images/train/1.png")
			}
			set := labelSet{tt.files, images}.join(t)
			if diff := cmp.Diff(tt.want, faults(&set.Book)); diff != "" {
				t.Errorf("Join (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.counts, counts(set)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if got := formatsOf(set); got[tt.format] != len(tt.files) {
				t.Errorf("formats %v, want %d of %s", got, len(tt.files), tt.format)
			}
		})
	}
}

func TestYOLOBoxesAreInPixels(t *testing.T) {
	set := labelSet{map[string]string{"a.txt": "0 0.5 0.5 0.2 0.4\n"}, one("a.png")}.join(t)
	if len(set.Labels) != 1 || set.Labels[0].Box != [4]float32{40, 15, 20, 20} {
		t.Errorf("labels = %+v, want a box at 40,15 of 20 x 20", set.Labels)
	}
}

func TestYOLONegativesAreNoBackgrounds(t *testing.T) {
	set := labelSet{map[string]string{
		"data.yaml": "path: .\ntrain: images\nval: images\ntest: images\nnames: [a]\n", "labels/1.txt": "0 0.5 0.5 0.2 0.2\n", "labels/2.txt": "",
		"labels/blank.txt": "\n", "notes.txt": "",
	}, one("images/1.png", "images/2.png", "images/3.png", "images/blank.png")}.join(t)
	got := map[string][2]bool{}
	for _, it := range set.Items {
		got[[]string{"data.yaml", "1", "2", "3", "blank"}[it.File]] = [2]bool{it.Labeled, it.Labels > 0}
	}
	want := map[string][2]bool{"1": {true, true}, "2": {true, false}, "3": {false, false}, "blank": {true, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	var notes []string
	for _, code := range []string{"C-200", "C-201", "S-200", "S-201", "F-210"} {
		for _, e := range set.Book.Of(code).Examples {
			notes = append(notes, code+" "+e.Note)
		}
	}
	wantNotes := []string{
		"C-200 images/3.png", "C-201 images/2.png", "C-201 images/blank.png",
		"S-200 images/1.png", "S-200 images/2.png", "S-200 images/3.png", "S-200 images/blank.png",
		"S-201 images/1.png", "S-201 images/2.png", "S-201 images/3.png", "S-201 images/blank.png",
	}
	if diff := cmp.Diff(wantNotes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestADescriptionOfAYOLOSetIsChecked(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       []string
	}{
		{"names as a list", "train: images\nnames: [a, b]\nnc: 2", nil},
		{"names numbered", "train: images\nnames: {0: a, 1: b}", nil},
		{"a list of folders and lists", "train: [images, ./list.txt]\nval: [gone]\nnames: [a]", []string{"F-207 data.yaml val[0]"}},
		{"as Roboflow writes it", "train: ../images\nnames: [a]", nil},
		{"the folder is not there", "path: data\ntrain: images\nnames: [a]", []string{"F-207 data.yaml path"}},
		{"a path of one computer", "path: C:\\Users\\me\ntrain: images\nnames: [a]", []string{"F-207 data.yaml path"}},
		{"an empty test part", "train: images\ntest:\nnames: [a]", nil},
		{"fewer names than classes", "train: images\nnc: 3\nnames: [a]", []string{"F-206 data.yaml nc"}},
		{"a gap in the numbers", "train: images\nnames: {0: a, 2: b}", []string{"F-211 data.yaml names"}},
		{"names as text", "train: images\nnames: a", []string{"F-211 data.yaml names"}},
		{"no count", "train: images\nnc: many", []string{"F-211 data.yaml nc"}},
		{"keypoints of one number", "train: images\nnames: [a]\nkpt_shape: [4]", []string{"F-211 data.yaml kpt_shape"}},
		{"no YAML", "train: images\nnames: [a]\n\tnc: 1", []string{"F-001 data.yaml 3:1"}},
		{"an alias", "train: &a images\nval: *a\nnames: [a]", []string{"F-001 data.yaml 2:6"}},
		{"a billion laughs", "train: images\nnames: [a]\na: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]", []string{"F-001 data.yaml 4:8"}},
		{"too large", "train: images\nnames: [a]\n#" + strings.Repeat("x", maxYAML), []string{"F-001 data.yaml"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := labelSet{map[string]string{"data.yaml": tt.yaml, "list.txt": "images/1.png\n"}, one("images/1.png")}.join(t)
			if diff := cmp.Diff(tt.want, faults(&set.Book)); diff != "" {
				t.Errorf("Join (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheNearestDescriptionGovernsAYOLOFile(t *testing.T) {
	set := labelSet{map[string]string{
		"data.yaml": "train: a/images\nnames: [far]\n", "a/data.yaml": "train: images\nnames: [near, other]\n",
		"a/labels/1.txt": "1 0.5 0.5 0.1 0.1\n", "b/labels/1.txt": "1 0.5 0.5 0.1 0.1\n",
	}, one("a/images/1.png", "b/images/1.png")}.join(t)
	if diff := cmp.Diff(map[string]int{"other": 1}, counts(set)); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"F-203 b/labels/1.txt 1:1"}, faults(&set.Book)); diff != "" {
		t.Errorf("Join (-want +got):\n%s", diff)
	}
}

func TestDarknetIsReadWithItsListsAndNames(t *testing.T) {
	set := labelSet{map[string]string{
		"obj.data":                 "classes = 3\ntrain = data/train.txt\nvalid = data/gone.txt\nnames = data/obj.names\nbackup = backup/\n",
		"obj.names":                "mass\nopacity of lung\n",
		"train.txt":                "data/obj_train_data/1.png\ndata/obj_train_data/9.png\n",
		"obj_train_data/1.txt":     "1 0.5 0.5 0.2 0.2\n",
		"obj_train_data/alone.txt": "0 0.5 0.5 0.2 0.2\n",
	}, one("obj_train_data/1.png", "obj_train_data/2.png")}.join(t)
	want := []string{"F-002 train.txt 2:1", "F-206 obj.data 1:1", "F-207 obj.data 3:1", "F-210 obj_train_data/alone.txt"}
	if diff := cmp.Diff(want, faults(&set.Book)); diff != "" {
		t.Errorf("Join (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"mass": 1, "opacity of lung": 1}, counts(set)); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[Format]int{Darknet: 4, ImageList: 1}, formatsOf(set)); diff != "" {
		t.Errorf("formats (-want +got):\n%s", diff)
	}
	if set.Items[0].Split != Train {
		t.Errorf("the listed image is for %q, want train", set.Items[0].Split)
	}
}
