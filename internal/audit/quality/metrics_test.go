package quality_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
	"assay/internal/audit/quality"
	"assay/internal/audit/score"
)

var nan32 = float32(math.NaN())

// key is a patient, or a series, of a number.
func key(n int) annotation.Hash { return annotation.Hash{1, byte(n >> 16), byte(n >> 8), byte(n)} }

// setOf makes a set of images; file numbers are those of the images.
func setOf(images int, classes ...string) *annotation.Set {
	set := &annotation.Set{FormatOf: map[int32]annotation.Format{}, LabelAt: map[int32]*annotation.Pointers{}}
	for i := range images {
		set.Items = append(set.Items, annotation.Item{File: int32(i), Age: nan32})
	}
	for _, c := range classes {
		set.Classes = append(set.Classes, annotation.SetClass{Name: c, Declared: true})
	}
	set.ImageFiles = images
	return set
}

// say adds a label of a whole image by a reader, -1 for an unknown one.
func say(set *annotation.Set, item, class, reader int, state annotation.State) {
	set.Labels = append(set.Labels, annotation.SetLabel{
		Item: int32(item), Class: int32(class), Reader: int32(reader), Unit: -1, Shape: -1, State: state, Value: nan32,
	})
	set.Items[item].Labeled = true
	if state == annotation.Positive {
		set.Items[item].Labels++
	}
	set.Readers = max(set.Readers, reader+1)
}

// found counts what a rule found, with its pointers.
func found(r *quality.Report, code string) (affected int, pointers []string) {
	for _, f := range r.Findings {
		if f.Code == code {
			for _, e := range f.Examples {
				pointers = append(pointers, e.Pointer)
			}
			return f.Affected, pointers
		}
	}
	return 0, nil
}

// Readings as those of VinBigData: three readers of each image, of whom 0 to 3
// see a class. One class was filtered, so that its readers always agree.
func TestAgreementOfReadingsLikeThoseOfVinBigData(t *testing.T) {
	tests := []struct {
		class   string
		images  [4]int
		kappa   float64
		perfect bool
	}{
		{"Pneumothorax", [4]int{14904, 38, 13, 45}, 0.7425802255176697, false},
		{"Atelectasis", [4]int{14814, 124, 44, 18}, 0.3646655199271466, false},
		{"No finding", [4]int{4394, 0, 0, 10606}, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.class, func(t *testing.T) {
			set := setOf(15000, tt.class)
			item := 0
			for seen, n := range tt.images {
				for range n {
					set.Items[item].Patient = key(item)
					for reader := range 3 {
						state := annotation.Negative
						if reader < seen {
							state = annotation.Positive
						}
						say(set, item, 0, reader, state)
					}
					item++
				}
			}
			r := conclude(set)
			if len(r.Metrics.Agreement) != 1 {
				t.Fatalf("agreement %+v, want one figure", r.Metrics.Agreement)
			}
			a := r.Metrics.Agreement[0]
			if a.Measure != "Fleiss' kappa" || a.Units != 15000 || a.Value == nil || math.Abs(*a.Value-tt.kappa) > 1e-9 {
				t.Errorf("%s of %d things is %v, want Fleiss' kappa of 15000, %v", a.Measure, a.Units, *a.Value, tt.kappa)
			}
			if a.CI == nil || a.CI[0] > *a.Value || a.CI[1] < *a.Value {
				t.Errorf("interval %v does not hold %v", a.CI, *a.Value)
			}
			if n, _ := found(r, "P-013"); (n == 1) != tt.perfect {
				t.Errorf("P-013 found %d, want %v", n, tt.perfect)
			}
			if n, _ := found(r, "P-012"); (n == 1) != (tt.kappa < 0.4) {
				t.Errorf("P-012 found %d for kappa %v", n, tt.kappa)
			}
		})
	}
}

func TestTwoReadersAreComparedByCohen(t *testing.T) {
	set := setOf(4376, "Pneumothorax")
	item := 0
	for _, c := range []struct {
		n     int
		first annotation.State
		other annotation.State
	}{{109, annotation.Positive, annotation.Positive}, {129, annotation.Positive, annotation.Negative}, {129, annotation.Negative, annotation.Positive}, {4009, annotation.Negative, annotation.Negative}} {
		for range c.n {
			say(set, item, 0, 0, c.first)
			say(set, item, 0, 1, c.other)
			item++
		}
	}
	a := conclude(set).Metrics.Agreement[0]
	if a.Measure != "Cohen's kappa" || math.Abs(*a.Value-0.4268087128519852) > 1e-9 || math.Abs(*a.Raw-0.9410) > 1e-4 {
		t.Errorf("%s %v with raw agreement %v, want Cohen's kappa 0.4268 with 0.9410", a.Measure, *a.Value, *a.Raw)
	}
}

func TestReaderWhoFoundNothingDisagreesWithOneWhoDid(t *testing.T) {
	set := setOf(4, "mass")
	for item := range 2 { // both see it
		say(set, item, 0, 0, annotation.Positive)
		say(set, item, 0, 1, annotation.Positive)
	}
	say(set, 2, 0, 0, annotation.Positive) // one sees it, of the last image nobody anything
	set.Blanks = []annotation.Blank{{Image: 2, Reader: 1}, {Image: 3, Reader: 0}, {Image: 3, Reader: 1}}
	r := conclude(set)
	a := r.Metrics.Agreement[0]
	if a.Units != 4 || a.Value == nil || math.Abs(*a.Value-0.5) > 1e-9 || *a.Raw != 0.75 { // (0.75 - 0.5) / (1 - 0.5)
		t.Errorf("%+v, want kappa 0.5 of 4 images, 3 of them read alike", a)
	}
	if p := r.Metrics.Provenance; p.ReadersPerCase == nil || *p.ReadersPerCase != 2 {
		t.Errorf("readers of an image: %v, want 2", p.ReadersPerCase)
	}
}

func TestReportSaysWhatPassed(t *testing.T) {
	set := setOf(2, "mass")
	say(set, 0, 0, 0, annotation.Positive)
	set.Items[0].Patient, set.Items[1].Patient = key(1), key(1)
	r := conclude(set)
	if at := slices.IndexFunc(r.Passed, func(p quality.Passed) bool { return p.Code == "D-010" }); at < 0 || r.Passed[at].Eligible != 1 {
		t.Errorf("passed: %+v, want D-010 held against one class", r.Passed)
	}
	for _, f := range r.Findings {
		if slices.ContainsFunc(r.Passed, func(p quality.Passed) bool { return p.Code == f.Code }) {
			t.Errorf("%s is broken and passed", f.Code)
		}
	}
	if r.Input.Patients == nil || *r.Input.Patients != 1 {
		t.Errorf("patients: %v, want 1", r.Input.Patients)
	}
	if diff := cmp.Diff(map[string]int{"image": 1}, r.Metrics.Completeness.Kinds); diff != "" {
		t.Errorf("kinds of labels (-want +got):\n%s", diff)
	}
}

func TestReadersOfDifferentNumberAreComparedByKrippendorff(t *testing.T) {
	set := setOf(3, "mass")
	for item, readers := range []int{2, 3, 3} {
		for r := range readers {
			say(set, item, 0, r, annotation.State(item%2))
		}
	}
	a := conclude(set).Metrics.Agreement[0]
	if a.Measure != "Krippendorff's alpha" || a.Value == nil || *a.Value != 1 {
		t.Errorf("%+v, want Krippendorff's alpha of 1", a)
	}
}

func TestAgreementOnBoxesLeavesEmptyImagesOut(t *testing.T) {
	set := setOf(3, "mass")
	for item := range 2 {
		for reader := range 2 {
			say(set, item, 0, reader, annotation.Positive)
			l := &set.Labels[len(set.Labels)-1]
			l.Kind, l.Box = annotation.Box, [4]float32{float32(100 * item * reader), 0, 10, 10}
		}
	}
	set.Classes = append(set.Classes, annotation.SetClass{Name: "other"})
	say(set, 2, 1, 0, annotation.Negative)
	say(set, 2, 1, 1, annotation.Negative)
	for _, a := range conclude(set).Metrics.Agreement {
		if a.Class == "mass" && a.Measure == "box F1" {
			if a.Units != 2 || a.BothEmpty != 1 || *a.Value != 0.5 {
				t.Errorf("%d pairs with F1 %v, %d both empty, want 2 with 0.5, 1", a.Units, *a.Value, a.BothEmpty)
			}
			return
		}
	}
	t.Error("no F1 of boxes")
}

func TestMasksOfTwoReadersAreCompared(t *testing.T) {
	set := setOf(1, "liver")
	set.Items[0].Quality = &annotation.Quality{RowMM: 2, ColMM: 1}
	set.Shapes = []annotation.Shape{ // 4 x 4, column by column
		{Width: 4, Height: 4, Runs: []uint32{0, 2, 2, 2, 10}},      // two columns, two rows
		{Width: 4, Height: 4, Runs: []uint32{0, 2, 2, 2, 2, 2, 6}}, // three columns
	}
	for reader := range 2 {
		say(set, 0, 0, reader, annotation.Positive)
		l := &set.Labels[reader]
		l.Kind, l.Shape = annotation.Mask, int32(reader)
	}
	want := map[string]float64{"Dice": 0.8, "IoU": 2. / 3, "HD95 (mm)": 1}
	for _, a := range conclude(set).Metrics.Agreement {
		if w, ok := want[a.Measure]; ok {
			if a.Value == nil || math.Abs(*a.Value-w) > 1e-9 || a.CI != nil {
				t.Errorf("%s is %v with interval %v, want %v without one for a single patient", a.Measure, a.Value, a.CI, w)
			}
			delete(want, a.Measure)
		}
	}
	if len(want) > 0 {
		t.Errorf("not measured: %v", want)
	}
}

func TestInstitutionsAreCountedAndHeldAgainstSplits(t *testing.T) {
	set := setOf(24, "mass")
	for i := range set.Items {
		it := &set.Items[i]
		it.Split, it.Sex, it.Patient = annotation.Train, 'F', key(i/2) // two images a patient
		in := &annotation.Instance{Manufacturer: "Siemens", Institution: key(100)}
		if i >= 16 {
			it.Split, in.Institution = annotation.Test, key(200)
		}
		if i/2%2 == 1 {
			it.Sex = 'M'
		}
		it.Instance = in
	}
	d := conclude(set).Metrics.Demographics
	if d.Of != "patients" {
		t.Fatalf("counted %s, want patients", d.Of)
	}
	got := map[string]quality.Group{}
	for _, g := range d.Tables {
		got[g.Name] = g
	}
	g := got["Institution"]
	want := []quality.Bin{{Label: "institution 1", Count: 8}, {Label: "institution 2", Count: 4}}
	if diff := cmp.Diff(want, g.Bins); diff != "" || g.Values != 2 || g.CramersV == nil || math.Abs(*g.CramersV-1) > 1e-9 {
		t.Errorf("institutions: %d, V %v, want 2 with a V of 1 (-want +got)\n%s", g.Values, g.CramersV, diff)
	}
	if v := got["Sex"].CramersV; v == nil || *v > 1e-9 {
		t.Errorf("V of sex is %v, want 0: splits have as many of each", v)
	}
	if got["Scanner"].CramersV != nil {
		t.Error("one scanner alone has a V")
	}
}

func TestAttributesThatAreThereAreHeldAgainstThoseDue(t *testing.T) {
	set := setOf(1, "mass")
	if c := conclude(set).Metrics.Completeness; c.AttributeCover != nil || c.Attributes != 0 {
		t.Errorf("coverage %v of %d attributes, want none: no format declares any", c.AttributeCover, c.Attributes)
	}
	missing := ruleOf(t, "F-253")
	set.Book.Check(missing, 8)
	set.Book.Find(missing, score.Example{})
	set.Book.Find(missing, score.Example{})
	if c := conclude(set).Metrics.Completeness; c.AttributeCover == nil || *c.AttributeCover != 0.75 || c.Attributes != 8 {
		t.Errorf("coverage %v of %d attributes, want 0.75 of 8", c.AttributeCover, c.Attributes)
	}
}

func TestMasksOfVolumesAreComparedInThreeDimensions(t *testing.T) {
	set := setOf(3, "liver")
	cube := func(from int) annotation.Shape { // 2 x 2 x 2 of 4 x 4 x 8 voxels, from a slice on
		runs := []uint32{uint32(16*from + 5), 2, 2, 2, 10, 2, 2, 2}
		return annotation.Shape{Width: 4, Height: 4, Depth: 8, StepMM: [3]float32{1, 1, 3}, Runs: append(runs, uint32(128-16*from-27))}
	}
	set.Shapes = []annotation.Shape{cube(1), cube(2), cube(1), cube(1)}
	for item := range 2 {
		for reader := range 2 {
			say(set, item, 0, reader, annotation.Positive)
			l := &set.Labels[len(set.Labels)-1]
			l.Kind, l.Shape, l.Unit = annotation.Mask, int32(2*item+reader), -1
		}
	}
	for reader := range 2 { // both see nothing in the third
		set.Blanks = append(set.Blanks, annotation.Blank{Image: 2, Reader: int32(reader)})
	}
	want := map[string]float64{"Dice": 0.75, "IoU": (1./3 + 1) / 2, "HD95 (mm)": 1.5}
	for _, a := range conclude(set).Metrics.Agreement {
		if w, ok := want[a.Measure]; ok {
			if a.Value == nil || math.Abs(*a.Value-w) > 1e-9 || a.Units != 2 || a.BothEmpty != 1 || a.CI == nil {
				t.Errorf("%s is %v over %d pairs, %d empty, interval %v; want %v over 2, 1 and one", a.Measure, a.Value, a.Units, a.BothEmpty, a.CI, w)
			}
			delete(want, a.Measure)
		}
	}
	if len(want) > 0 {
		t.Errorf("not measured: %v", want)
	}
}

func TestPatientInTwoSplitsIsToldAtItsRecordOutsideOfTraining(t *testing.T) {
	at := &annotation.Pointers{Image: "%d:Path", Patient: "%d:Patient"}
	parts := func(patients []int, splits ...annotation.Split) *annotation.Set {
		set := setOf(len(splits), "mass")
		for i, s := range splits {
			it := &set.Items[i]
			it.Split, it.Patient = s, key(patients[i])
			it.Named = set.Where(at, 9, int32(i+2))
			it.PatientAt = it.Named
			say(set, i, 0, -1, annotation.Positive)
		}
		return set
	}
	const train, val, test = annotation.Train, annotation.Validation, annotation.Test
	tests := []struct {
		name     string
		set      *annotation.Set
		code     string
		affected int
		pointers []string
		hard     bool
	}{
		{"train and test", parts([]int{1, 2, 1, 1, 3}, train, train, test, test, test), "S-010", 1, []string{"4:Patient", "5:Patient"}, true},
		{"train and val", parts([]int{1, 2, 2}, train, train, val), "S-011", 1, []string{"4:Patient"}, false},
		{"val and test", parts([]int{1, 2, 2}, train, val, test), "S-012", 1, []string{"4:Patient"}, false},
		{"nobody", parts([]int{1, 2, 3}, train, val, test), "S-010", 0, nil, false},
	}
	for _, tt := range tests {
		r := conclude(tt.set)
		n, pointers := found(r, tt.code)
		if diff := cmp.Diff(tt.pointers, pointers); n != tt.affected || diff != "" {
			t.Errorf("%s: %s found %d at (-want +got):\n%s", tt.name, tt.code, n, diff)
		}
		if hard := len(r.Score.HardFails) > 0; hard != tt.hard {
			t.Errorf("%s: hard fails %v, want %v", tt.name, r.Score.HardFails, tt.hard)
		}
	}
}

func TestEqualImagesAreToldOnce(t *testing.T) {
	set := setOf(6, "mass", "other")
	for i := range set.Items {
		set.Items[i].Digest = [16]byte{byte(i/2 + 1)}
		set.Items[i].Split = []annotation.Split{annotation.Train, annotation.Train, annotation.Train, annotation.Test, annotation.Validation, annotation.Train}[i]
		say(set, i, 0, -1, annotation.Positive)
	}
	say(set, 1, 1, -1, annotation.Positive)
	r := conclude(set)
	d := r.Metrics.Duplicates
	if d == nil || d.Compared != 6 || d.Exact != 3 || d.Different != 1 || len(d.Groups) != 3 {
		t.Fatalf("duplicates %+v, want 3 of 6 in 3 groups, 1 with other labels", d)
	}
	got := map[string]int{}
	for _, code := range []string{"C-015", "C-016", "S-013", "S-014"} {
		got[code], _ = found(r, code)
	}
	if diff := cmp.Diff(map[string]int{"C-015": 1, "C-016": 1, "S-013": 1, "S-014": 1}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestBoxesThatTheirFormatTellsAreNotToldTwice(t *testing.T) {
	boxes := []struct {
		box  [4]float32
		code string
	}{
		{[4]float32{10, 10, 20, 20}, ""}, {[4]float32{10, 10, 0, 20}, "C-011"}, {[4]float32{10, 10, 0.5, 0.5}, "C-011"},
		{[4]float32{99.5, 10, 1, 1}, ""}, {[4]float32{50, 50, 52, 20}, "C-012"}, {[4]float32{90, 10, 40, 20}, "C-013"}, {[4]float32{nan32, 1, nan32, 5}, "C-011"},
	}
	for _, format := range []annotation.Format{annotation.Croissant, annotation.COCOInstances} {
		set := setOf(1, "mass")
		set.Items[0].Width, set.Items[0].Height = 100, 100
		set.FormatOf[0] = format
		want := map[string]int{}
		for _, b := range boxes {
			say(set, 0, 0, -1, annotation.Positive)
			l := &set.Labels[len(set.Labels)-1]
			l.Kind, l.Box = annotation.Box, b.box
			if b.code != "" && format == annotation.Croissant {
				want[b.code]++
			}
		}
		r := conclude(set)
		got := map[string]int{}
		for _, code := range []string{"C-011", "C-012", "C-013"} {
			if n, _ := found(r, code); n > 0 {
				got[code] = n
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
		if r.Metrics.Completeness.BadBoxes != 5 {
			t.Errorf("%s: %d bad boxes, want 5 of any format", format, r.Metrics.Completeness.BadBoxes)
		}
	}
}

func TestDistributionCountsDeclaredClasses(t *testing.T) {
	set := setOf(20, "a", "b", "unused")
	for i := range 20 {
		say(set, i, i%2, -1, annotation.Positive)
	}
	d := conclude(set).Metrics.Distribution
	if d.Classes != 3 || d.Labels != 20 || d.Imbalance != nil || math.Abs(*d.EntropyNorm-0.6309297535714574) > 1e-9 {
		t.Errorf("%+v, want 3 classes without imbalance and 0.6309", d)
	}
	if diff := cmp.Diff([]string{"unused"}, d.ZeroClasses); diff != "" {
		t.Errorf("zero classes (-want +got):\n%s", diff)
	}
}

func TestBoundarySetsAreMeasuredWithoutFigures(t *testing.T) {
	one := setOf(1, "mass")
	say(one, 0, 0, 0, annotation.Positive)
	absent := setOf(0, "mass")
	absent.Items = []annotation.Item{{File: score.NoFile, Age: nan32}}
	say(absent, 0, 0, -1, annotation.Positive)
	orphan := setOf(0)
	orphan.Labels = []annotation.SetLabel{{Item: -1, Class: -1, Reader: -1, Unit: -1, Shape: -1}}
	tests := []struct {
		name   string
		set    *annotation.Set
		images int
	}{
		{"nothing", &annotation.Set{}, 0},
		{"no images", setOf(0, "mass"), 0},
		{"no classes", setOf(3), 3},
		{"one class, one reader", one, 1},
		{"an image that labels name alone", absent, 1},
		{"a label of nothing", orphan, 0},
	}
	for _, tt := range tests {
		m := conclude(tt.set).Metrics
		if m.Completeness.Images != tt.images || len(m.Agreement) != 0 || m.Leakage != nil || m.CoOccurrence != nil || m.Duplicates != nil || m.BoxCenters != nil {
			t.Errorf("%s: %+v, want %d images and nothing else", tt.name, m, tt.images)
		}
		if m.Distribution.EntropyNorm != nil {
			t.Errorf("%s: normalized entropy %v, want none", tt.name, *m.Distribution.EntropyNorm)
		}
	}
}

// mixed makes a set with everything in it, its images in an order by a seed.
func mixed(seed uint64) *annotation.Set {
	rng := rand.New(rand.NewPCG(5, 5))
	set := setOf(0, "a", "b", "c")
	type image struct {
		it     annotation.Item
		labels []annotation.SetLabel
	}
	var images []image
	for i := range 60 {
		im := image{it: annotation.Item{File: int32(i), Age: float32(i / 2 * 3), Sex: "MF"[i/2%2], Patient: key(i / 2), Width: 100, Height: 100, Labeled: true}}
		im.it.Split = []annotation.Split{annotation.Train, annotation.Test, annotation.Validation}[min(2, i/25)]
		im.it.Digest = [16]byte{byte(i/3 + 1)}
		for k := range 4 {
			im.labels = append(im.labels, annotation.SetLabel{
				Class: int32(rng.IntN(3)), Reader: int32(k % 3), Unit: -1, Shape: -1, Value: nan32, State: annotation.State(rng.IntN(2)),
				Kind: annotation.Kind(k % 2), Box: [4]float32{float32(rng.IntN(80)), float32(rng.IntN(80)), 10, 10}, File: 99,
			})
		}
		images = append(images, im)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(images), func(a, b int) { images[a], images[b] = images[b], images[a] })
	for i, im := range images {
		set.Items = append(set.Items, im.it)
		for _, l := range im.labels {
			l.Item = int32(i)
			set.Labels = append(set.Labels, l)
		}
	}
	set.Readers = 3
	return set
}

func TestFiguresDoNotDependOnTheOrderOfImages(t *testing.T) {
	figures := func(set *annotation.Set) string {
		m := conclude(set).Metrics
		m.Duplicates.Groups = nil // in the order of images
		for i := range m.Agreement {
			m.Agreement[i].CI = nil // patients are drawn by their number
		}
		return fmt.Sprintf("%+v", cmp.Diff(quality.Metrics{}, m))
	}
	want := figures(mixed(1))
	for seed := range uint64(4) {
		if got := figures(mixed(seed + 2)); got != want {
			t.Fatalf("figures differ in another order:\n%s", cmp.Diff(want, got))
		}
	}
	if a, b := conclude(mixed(1)), conclude(mixed(1)); !slices.Equal([]string{cmp.Diff(a, b)}, []string{""}) {
		t.Errorf("two reports of one set differ:\n%s", cmp.Diff(a, b))
	}
}
