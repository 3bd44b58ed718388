package annotation

import (
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/sniff"
)

func testHash(s string) (h Hash) {
	f := fnv.New64a()
	f.Write([]byte(s))
	f.Sum(h[:0])
	return h
}

// testSplit reads parts from the outermost folder alone.
func testSplit(p string) (Split, byte) {
	first, _, more := strings.Cut(p, "/")
	if !more {
		return NoSplit, 0
	}
	for _, s := range []Split{Train, Validation, Test} {
		if strings.HasPrefix(first, string(s)) {
			return s, 0
		}
	}
	return NoSplit, 0
}

func testOptions() JoinOptions { return JoinOptions{Hash: testHash, SplitOf: testSplit} }

// pictures are members without labels.
func pictures(paths ...string) []Member {
	var list []Member
	for _, p := range paths {
		list = append(list, Member{Index: int32(len(list)), Path: p, Kind: sniff.PNG})
	}
	return list
}

// withLabels adds a label file that names images.
func withLabels(list []Member, path string, images ...Image) []Member {
	f := &Facts{
		Formats: []Match{{Format: Table, Confidence: 1}}, Images: images, Classes: []Class{{Name: "mass", Declared: true}},
		At: Pointers{Image: "%d:image", Patient: "%d:patient", Split: "%d:split", Label: "%d:label"},
	}
	for i := range f.Images {
		im := &f.Images[i]
		im.Place, im.Listed, im.AgeYears = int32(i+2), true, float32(math.NaN())
		f.Labels = append(f.Labels, Label{Image: int32(i), Reader: -1, Unit: -1, Shape: -1, Place: int32(i + 2), Value: float32(math.NaN())})
	}
	return append(list, Member{Index: int32(len(list)), Path: path, Kind: sniff.CSV, Facts: f})
}

func withList(list []Member, path string, s Split, names ...string) []Member {
	l := &List{Names: names, Split: s}
	for i := range names {
		l.Lines = append(l.Lines, int32(i+1))
	}
	return append(list, Member{Index: int32(len(list)), Path: path, Kind: sniff.Text, Facts: &Facts{Formats: []Match{{Format: ImageList, Confidence: 1}}, List: l}})
}

func named(names ...string) []Image {
	var list []Image
	for _, n := range names {
		list = append(list, Image{Name: n})
	}
	return list
}

func TestImagesAreFoundByTheNamesOfLabelFiles(t *testing.T) {
	files := []string{"a/im1.png", "b/im1.png", "b/im2.PNG", "train/x/view.png", "val/x/view.png"}
	tests := []struct {
		name, label, image, want string
	}{
		{"beside the label file", "b/labels.csv", "im1.png", "b/im1.png"},
		{"from the root", "labels/labels.csv", "a/im1.png", "a/im1.png"},
		{"by the end of the path", "labels.csv", "/data/set/b/im1.png", "b/im1.png"},
		{"by the file name, in any case", "labels.csv", "IM2.png", "b/im2.PNG"},
		{"by the stem", "labels.csv", "im2", "b/im2.PNG"},
		{"by the stem of another type", "labels.csv", "im2.jpg", "b/im2.PNG"},
		{"with backslashes", "labels.csv", `b\im1.png`, "b/im1.png"},
		{"by the folder", "labels.csv", "root/val/x/view.png", "val/x/view.png"},
		{"not at all", "labels.csv", "im3.png", ""},
		{"an empty name", "labels.csv", "", ""},
	}
	crowded := append([]string(nil), files...)
	for i := range 100 {
		crowded = append(crowded, fmt.Sprintf("z%02d/im1.png", i), fmt.Sprintf("z%02d/x/view.png", i))
	}
	for _, tt := range tests {
		for _, files := range [][]string{files, crowded} {
			members := withLabels(pictures(files...), tt.label, named(tt.image, "a/im1.png")...)
			j := newJoiner(members, testOptions())
			got := ""
			if i, ok := j.lookup(len(members)-1, tt.image); ok {
				got = members[i].Path
			}
			if got != tt.want {
				t.Errorf("%s, %d files: %q is %q, want %q", tt.name, len(files), tt.image, got, tt.want)
			}
		}
	}
}

func TestMissingImages(t *testing.T) {
	tests := []struct {
		name     string
		files    []string
		images   []string
		eligible int
		affected int
	}{
		{"a set of labels only lacks nothing", nil, []string{"1.png", "2.png"}, 0, 0},
		{"one that is not there", []string{"1.png"}, []string{"1.png", "2.png"}, 2, 1},
		{"none of few is there", []string{"a.png"}, []string{"1.png", "2.png"}, 2, 2},
		{"no image at all", nil, nil, 0, 0},
	}
	for _, tt := range tests {
		set := Join(withLabels(pictures(tt.files...), "labels.csv", named(tt.images...)...), testOptions())
		got := set.Book.Of("F-002")
		if got.Eligible != tt.eligible || got.Affected != tt.affected {
			t.Errorf("%s: F-002 is %d of %d, want %d of %d", tt.name, got.Affected, got.Eligible, tt.affected, tt.eligible)
		}
	}
}

func TestSplitIsDeclaredThenListedThenOfTheFolder(t *testing.T) {
	inList := func(m []Member) []Member { return withList(m, "lists/val.txt", Validation, "1") }
	tests := []struct {
		name    string
		members []Member
		want    Split
		pointer string
	}{
		{"folder", pictures("train/1.png"), Train, ""},
		{"list over folder", inList(pictures("train/1.png")), Validation, "1:1"},
		{"declared over list and folder", inList(withLabels(pictures("train/1.png"), "l.csv", Image{Name: "1.png", Split: Test})), Test, "2:split"},
		{"name of the label file over folder", withLabels(pictures("train/1.png"), "valid.csv", Image{Name: "1.png"}), Validation, "2:image"},
		{"a list of other names says nothing", withList(pictures("train/1.png"), "val.txt", Validation, "7", "8"), Train, ""},
		{"no split", pictures("images/1.png"), NoSplit, ""},
	}
	for _, tt := range tests {
		set := Join(tt.members, testOptions())
		it := set.Items[0]
		pointer := set.Ref(it.SplitAt).Split()
		if tt.pointer == "2:image" {
			pointer = set.Ref(it.SplitAt).Image()
		}
		if it.Split != tt.want || pointer != tt.pointer {
			t.Errorf("%s: split %q at %q, want %q at %q", tt.name, it.Split, pointer, tt.want, tt.pointer)
		}
	}
}

func TestImagesInListsOfTwoPartsAreTold(t *testing.T) {
	tests := []struct {
		name    string
		members []Member
		want    []string
	}{
		{"train and test, at the list for testing", withList(withList(pictures("1.png", "2.png"), "test.txt", Test, "2", "1"), "train.txt", Train, "1"), []string{"2:1"}},
		{"the other order", withList(withList(pictures("1.png", "2.png"), "a.txt", Train, "1"), "b.txt", Test, "2", "1"), []string{"2:1"}},
		{"train_val holds val", withList(withList(pictures("1.png"), "train_val.txt", Train, "1"), "val.txt", Validation, "1"), nil},
		{"train_val does not hold test", withList(withList(pictures("1.png"), "test.txt", Test, "1"), "train_val.txt", Train, "1"), []string{"1:1"}},
		{"two label files", withLabels(withLabels(pictures("1.png"), "train.csv", named("1.png")...), "valid.csv", named("1.png")...), []string{"2:split"}},
		{"one part twice", withList(withList(pictures("1.png"), "test.txt", Test, "1"), "test2.txt", Test, "1"), nil},
	}
	for _, tt := range tests {
		set := Join(tt.members, testOptions())
		var got []string
		for _, e := range set.Book.Of(ruleTwoLists.Code).Examples {
			got = append(got, e.Pointer)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: moved images (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestPatientsAreToldByHeadersThenColumnsThenPaths(t *testing.T) {
	instance := func(patient, study string) *Instance {
		return &Instance{Patient: testHash(patient), Study: testHash(study), Series: testHash(study), SOP: testHash(study), Frames: 1, Modality: "CR"}
	}
	dicom := func(paths []string, patients ...string) []Member {
		list := pictures(paths...)
		for i, p := range patients {
			list[i].Kind, list[i].Instance = sniff.DICOM, instance(p, list[i].Path)
		}
		return list
	}
	tests := []struct {
		name     string
		members  []Member
		patient  func(string) string
		patients int
		without  int
		from     string
	}{
		{"headers", dicom([]string{"patient1/a", "patient2/b"}, "x", "x"), nil, 1, 0, "PatientID of the headers"},
		{"column", withLabels(pictures("1.png", "2.png"), "l.csv", Image{Name: "1.png", Patient: testHash("x")}, Image{Name: "2.png", Patient: testHash("y")}), nil, 2, 0, "what label files say"},
		{"folders", pictures("train/patient00012/view1.png", "train/patient00012/view2.png", "val/patient00013/view1.png"), nil, 2, 0, "names of folders and files that read like patient with a number"},
		{"BIDS", pictures("sub-0012/anat/t1.png", "sub-0013/anat/t1.png"), nil, 2, 0, "names of folders and files that read like sub with a number"},
		{"short", pictures("P0012.png", "P0013.png", "readme.png", "P0014.png", "P0015.png"), nil, 4, 1, "names of folders and files that read like p with a number"},
		{"names without a file", withLabels(nil, "l.csv", named("set/case_12/a.png", "set/case_13/b.png")...), nil, 2, 0, "names of folders and files that read like case with a number"},
		{"too few of the paths", pictures("case_1.png", "a.png", "b.png"), nil, 0, 3, ""},
		{"numbers that start again", pictures("train/case_1.png", "train/case_2.png", "train/case_3.png", "train/case_4.png", "test/case_1.png", "test/case_2.png", "test/case_3.png"), nil, 0, 7, ""},
		{"a given pattern", pictures("x1/a.png", "x2/b.png"), func(p string) string { return p[:2] }, 2, 0, "the pattern that was given, in the paths"},
		{"one PatientID for everybody in two parts is none", dicom([]string{"train/patient1/a", "test/patient2/b"}, "x", "x"), nil, 2, 0, "names of folders and files that read like patient with a number"},
		{"nothing", pictures("1.png"), nil, 0, 1, ""},
	}
	for _, tt := range tests {
		opts := testOptions()
		opts.Patient = tt.patient
		set := Join(tt.members, opts)
		seen, without := map[Hash]bool{}, 0
		for _, it := range set.Items {
			if it.Patient == (Hash{}) {
				without++
			} else {
				seen[it.Patient] = true
			}
		}
		if len(seen) != tt.patients || without != tt.without || set.PatientFrom != tt.from {
			t.Errorf("%s: %d patients, %d images without, from %q, want %d, %d, %q", tt.name, len(seen), without, set.PatientFrom, tt.patients, tt.without, tt.from)
		}
	}
}

func TestPatientInName(t *testing.T) {
	tests := map[string]string{
		"patient00012": "patient 00012", "sub-0012": "sub 0012", "P0012": "p 0012", "case_12": "case 12", "Subject 7_t1.nii": "subject 7",
		"p12": "", "subway12": "", "patient": "", "scan12": "", "patientA1": "", "12p0001": "", "P0012b": "", "": "",
	}
	for name, want := range tests {
		word, number := patientInName(name)
		if got := strings.TrimSpace(word + " " + number); got != want {
			t.Errorf("patientInName(%q) = %q, want %q", name, got, want)
		}
	}
}

// BenchmarkJoin joins images in folders with a table that names them, three
// labels each; the file names repeat in every folder, as those of studies do.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				members := benchmarkSet(n)
				b.StartTimer()
				set := Join(members, testOptions())
				if len(set.Items) != n || len(set.Labels) != 3*n || set.Book.Of("F-002").Affected != 0 {
					b.Fatalf("%d items, %d labels, want %d and %d", len(set.Items), len(set.Labels), n, 3*n)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

func benchmarkSet(n int) []Member {
	paths := make([]string, n)
	images := make([]Image, n)
	for i := range paths {
		paths[i] = fmt.Sprintf("train/patient%06d/study%d/view1_frontal.jpg", i/2, i%2)
		images[i].Name = "set-v1/" + paths[i]
	}
	members := withLabels(pictures(paths...), "train.csv", images...)
	f := members[n].Facts
	for i := range 2 * n {
		l := f.Labels[i%n]
		l.Class = 0
		f.Labels = append(f.Labels, l)
	}
	return members
}
