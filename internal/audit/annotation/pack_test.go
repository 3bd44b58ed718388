package annotation

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// manyFacts makes facts of n images and labels that differ in every field.
func manyFacts(n int) *Facts {
	random := rand.New(rand.NewPCG(1, 1))
	few := func() int32 { return int32(random.IntN(3)) - 1 }
	f := &Facts{}
	for i := range n {
		im := Image{Name: strconv.Itoa(random.IntN(1 << 20)), Place: int32(i), Split: []Split{NoSplit, Train, Validation, Test}[random.IntN(4)]}
		if random.IntN(2) == 0 {
			im = Image{
				SOP: Hash{byte(i)}, Series: Hash{1, byte(few())}, Width: 5 + few(), Height: 5 + few(), Depth: few(), Channels: few(),
				Patient: Hash{byte(few())}, Sex: byte(70 + few()), AgeYears: float32(few()), Place: math.MaxInt32, Empty: few() > 0, Listed: few() > 0, Tracks: few(),
			}
		}
		f.Images = append(f.Images, im)
		l := whole(int32(i), few(), int32(i), State(1+few()))
		if random.IntN(2) == 0 {
			l = Label{
				Image: few(), Class: few(), Reader: few(), Unit: few(), Shape: few(), Place: math.MinInt32,
				Kind: Kind(1 + few()), State: State(1 + few()), Origin: Origin(1 + few()),
				Box: [4]float32{float32(few()), 0, float32(math.Inf(1)), 1}, Value: float32(few()),
			}
		}
		f.Labels = append(f.Labels, l)
	}
	f.Images[n/2].AgeYears = float32(math.NaN())
	return f
}

// listed returns the images and labels of facts, packed or not.
func listed(f *Facts) (images []Image, labels []Label) {
	for _, im := range f.images() {
		images = append(images, *im)
	}
	for l := range f.labels() {
		labels = append(labels, *l)
	}
	return images, labels
}

func TestPackedImagesAndLabelsComeBackAsTheyWere(t *testing.T) {
	f := manyFacts(2000)
	images, labels := listed(f)
	f.Pack()
	if f.Packed == nil || f.Images != nil || f.Labels != nil {
		t.Fatal("the facts are not packed")
	}
	gotImages, gotLabels := listed(f)
	if diff := cmp.Diff(images, gotImages, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(labels, gotLabels, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

func TestFactsOfFewRecordsOrOfAnObjectStayUnpacked(t *testing.T) {
	few := manyFacts(leastPacked/2 - 1)
	few.Pack()
	object := manyFacts(leastPacked)
	object.Object = &Object{}
	object.Pack()
	if few.Packed != nil || object.Packed != nil {
		t.Errorf("packed: few %v, object %v; want neither", few.Packed != nil, object.Packed != nil)
	}
}

// A reader that was taken over may send anything.
func FuzzUnpack(f *testing.F) {
	facts := manyFacts(600)
	facts.Pack()
	f.Add(facts.Packed.Names, facts.Packed.Images, facts.Packed.Labels, facts.Packed.ImageCount, facts.Packed.LabelCount)
	f.Add("", []byte{2}, []byte{}, math.MaxInt, -1)
	f.Fuzz(func(t *testing.T, names string, imageBytes, labelBytes []byte, imageCount, labelCount int) {
		facts := &Facts{Packed: &Packed{Names: names, Images: imageBytes, Labels: labelBytes, ImageCount: imageCount, LabelCount: labelCount}}
		wantImages, wantLabels := facts.numbers()
		images, labels := listed(facts)
		if len(images) > wantImages || len(labels) > wantLabels {
			t.Errorf("%d images and %d labels of %d and %d", len(images), len(labels), wantImages, wantLabels)
		}
	})
}
