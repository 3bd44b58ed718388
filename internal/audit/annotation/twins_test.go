package annotation

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation/annotationtest"
	"assay/internal/audit/sniff"
)

// twinRows is how many rows a twin has.
const twinRows = 10_000

// countsOf counts the labels of a file by class.
func countsOf(f *Facts) map[string]annotationtest.Counts {
	counts := map[string]annotationtest.Counts{}
	for _, c := range f.Classes {
		counts[c.Name] = annotationtest.Counts{Blank: c.Blank}
	}
	for _, l := range f.Labels {
		name := f.Classes[l.Class].Name
		c := counts[name]
		switch l.State {
		case Positive:
			c.Positive++
		case Negative:
			c.Negative++
		case Uncertain:
			c.Uncertain++
		}
		counts[name] = c
	}
	return counts
}

// rulesBroken lists the rules that a file breaks, with how often.
func rulesBroken(f *Facts) map[string]int {
	list := map[string]int{}
	for _, t := range f.Book.Tallies {
		if t.Affected > 0 {
			list[t.Code] = t.Affected
		}
	}
	return list
}

func TestTwinOfCheXpertIsCountedExactly(t *testing.T) {
	text, want, allBlank := annotationtest.CheXpert(twinRows, 1)
	f := readText(t, "train.csv", text, sniff.CSV)
	if diff := cmp.Diff(want, countsOf(f)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{ruleAllBlank.Code: allBlank}, rulesBroken(f)); diff != "" {
		t.Errorf("rules broken (-want +got):\n%s", diff)
	}
	if im := f.Images[0]; im.Split != Train || im.Patient != textSource("", "", "").Hash("patient00000") {
		t.Errorf("the first image is of split %q and patient %q", im.Split, im.Patient)
	}
}

func TestTwinOfChestXray14IsCountedExactlyAndItsBoxesUseAnotherWord(t *testing.T) {
	labels, boxes, want := annotationtest.ChestXray14(twinRows, 1)
	f, g := readText(t, "Data_Entry_2017.csv", labels, sniff.CSV), readText(t, "BBox_List_2017.csv", boxes, sniff.CSV)
	got := map[string]int{}
	for name, c := range countsOf(f) {
		got[name] = c.Positive
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if len(rulesBroken(f))+len(rulesBroken(g)) > 0 {
		t.Errorf("rules broken: %v, %v, want none", rulesBroken(f), rulesBroken(g))
	}
	set := Join([]Member{{Index: 0, Path: "BBox_List_2017.csv", Facts: g}, {Index: 1, Path: "Data_Entry_2017.csv", Facts: f}}, JoinOptions{})
	words := set.Book.Of(ruleVocabulary.Code)
	if words.Affected != 1 || words.Examples[0].File != 0 || !strings.HasSuffix(words.Examples[0].Pointer, ":Bbox [x,y,w,h]") {
		t.Errorf("words that differ: %+v, want the one of the boxes", words)
	}
	if again := slices.IndexFunc(set.Labels, func(l SetLabel) bool { return l.Again != (l.Kind == Box) }); again >= 0 {
		t.Errorf("label %+v counts twice, or not at all", set.Labels[again])
	}
}

func TestTwinOfRSNAHasImpossibleAges(t *testing.T) {
	labels, headers, boxes, negative := annotationtest.RSNA(twinRows, 1)
	f, g := readText(t, "stage_2_train_labels.csv", labels, sniff.CSV), readText(t, "headers.csv", headers, sniff.CSV)
	want := map[string]annotationtest.Counts{"1": {Positive: boxes}, "0": {Positive: negative}}
	if diff := cmp.Diff(want, countsOf(f)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if len(f.Images) != twinRows {
		t.Errorf("%d images, want %d: rows are boxes", len(f.Images), twinRows)
	}
	if diff := cmp.Diff(map[string]int{ruleAge.Code: 5}, rulesBroken(g)); diff != "" {
		t.Errorf("rules broken by the headers (-want +got):\n%s", diff)
	}
	set := Join([]Member{{Index: 0, Path: "headers.csv", Facts: g}, {Index: 1, Path: "labels.csv", Facts: f}}, JoinOptions{})
	if without := slices.IndexFunc(set.Items, func(it Item) bool { return it.Sex == 0 || it.Age != it.Age }); without >= 0 || len(set.Items) != twinRows {
		t.Errorf("of %d items, %d has no sex or age from the table of headers", len(set.Items), without)
	}
}

func TestImpossibleAgesOfHeadersAreTold(t *testing.T) {
	header := func(i int32, age float32) Member { return Member{Index: i, Instance: &Instance{AgeYears: age}} }
	set := Join([]Member{header(0, 45), header(1, 148), header(2, float32(math.NaN()))}, JoinOptions{})
	got := set.Book.Of(ruleAge.Code)
	if got.Eligible != 2 || got.Affected != 1 || got.Examples[0].File != 1 || got.Examples[0].Pointer != "(0010,1010)" {
		t.Errorf("ages: %+v, want 1 of 2 impossible, that of file 1", got)
	}
}

func TestTwinOfSIIMHasABlankInItsHeader(t *testing.T) {
	text, masks, negative := annotationtest.SIIM(twinRows, 1)
	f := readText(t, "train-rle.csv", text, sniff.CSV)
	want := map[string]annotationtest.Counts{"EncodedPixels": {Positive: masks, Negative: negative}}
	if diff := cmp.Diff(want, countsOf(f)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"F-304 1:EncodedPixels: spaces at an end"}, told(f)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestTwinOfReadingsKeepsItsReaders(t *testing.T) {
	text, want := annotationtest.Readings(twinRows/3, 1)
	f := readText(t, "train.csv", text, sniff.CSV)
	got := map[string]int{}
	for name, c := range countsOf(f) {
		got[name] = c.Positive
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	readers := map[int32]map[int32]bool{}
	for _, l := range f.Labels {
		if readers[l.Image] == nil {
			readers[l.Image] = map[int32]bool{}
		}
		readers[l.Image][l.Reader] = true
	}
	for image, list := range readers {
		if len(list) != 3 || list[-1] {
			t.Fatalf("image %d has the readers %v, want three", image, list)
		}
	}
}
