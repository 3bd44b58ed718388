package annotation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/sniff"
)

// readJSON reads a label file of JSON.
func readJSON(t *testing.T, name, text string) *Facts {
	t.Helper()
	f, err := Read(t.Context(), Source{Path: name, SizeBytes: int64(len(text)), Content: strings.NewReader(text), Kind: sniff.JSON, Hash: func(s string) (h Hash) {
		copy(h[:], s)
		return h
	}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// faultsOf lists the broken rules of a file with their places.
func faultsOf(f *Facts) []string {
	var list []string
	for _, t := range f.Book.Tallies {
		for _, e := range t.Examples {
			list = append(list, t.Code+" "+e.Pointer)
		}
	}
	return list
}

const cocoImages = `"images":[{"id":1,"file_name":"a.png","width":100,"height":50}],"categories":[{"id":3,"name":"mass","keypoints":["l","r"],"skeleton":[[1,2]]}]`

func TestCOCORules(t *testing.T) {
	tests := []struct {
		name, annotation string
		want             []string
	}{
		{"a box and a polygon", `{"id":1,"image_id":1,"category_id":3,"bbox":[4,5,13,6],"area":78,"iscrowd":0,"segmentation":[[4,5,17,5,17,11,4,11]]}`, nil},
		{"no such image, no such category", `{"id":1,"image_id":2,"category_id":4,"bbox":[4,5,13,6]}`, []string{"F-104 /annotations/0/image_id", "F-105 /annotations/0/category_id"}},
		{"a box of three numbers", `{"id":1,"image_id":1,"category_id":3,"bbox":[4,5,13]}`, []string{"F-106 /annotations/0/bbox"}},
		{"a box without height", `{"id":1,"image_id":1,"category_id":3,"bbox":[4,5,13,0]}`, []string{"F-106 /annotations/0/bbox"}},
		{"a box a little beyond the image", `{"id":1,"image_id":1,"category_id":3,"bbox":[50,0,51.5,50]}`, []string{"F-109 /annotations/0/bbox"}},
		{"a box half a pixel beyond the image", `{"id":1,"image_id":1,"category_id":3,"bbox":[50,0,50.5,50]}`, nil},
		{"a box far beyond the image", `{"id":1,"image_id":1,"category_id":3,"bbox":[50,0,100,50]}`, []string{"F-110 /annotations/0/bbox"}},
		{"a polygon of two vertices", `{"id":1,"image_id":1,"category_id":3,"segmentation":[[4,5,17,5]]}`, []string{"F-107 /annotations/0/segmentation"}},
		{"a polygon that crosses itself has no area to be held against", `{"id":1,"image_id":1,"category_id":3,"area":72,"segmentation":[[31,5,37,17,37,5,31,17]]}`, []string{"F-113 /annotations/0/segmentation"}},
		{"the area of another polygon", `{"id":1,"image_id":1,"category_id":3,"area":80,"segmentation":[[4,5,17,5,17,11,4,11]]}`, []string{"F-112 /annotations/0/area"}},
		{"polygons of a crowd", `{"id":1,"image_id":1,"category_id":3,"iscrowd":1,"segmentation":[[4,5,17,5,17,11,4,11]]}`, []string{"F-111 /annotations/0/iscrowd"}},
		{"runs of a crowd", `{"id":1,"image_id":1,"category_id":3,"iscrowd":1,"area":7,"segmentation":{"size":[50,100],"counts":[4993,7]}}`, nil},
		{"runs with the size the other way around", `{"id":1,"image_id":1,"category_id":3,"segmentation":{"size":[100,50],"counts":[4993,7]}}`, []string{"F-108 /annotations/0/segmentation/size"}},
		{"runs that are too short", `{"id":1,"image_id":1,"category_id":3,"segmentation":{"size":[50,100],"counts":[4993,6]}}`, []string{"F-108 /annotations/0/segmentation/counts"}},
		{"runs as a string that breaks off", `{"id":1,"image_id":1,"category_id":3,"segmentation":{"size":[50,100],"counts":"S"}}`, []string{"F-108 /annotations/0/segmentation/counts"}},
		{"keypoints", `{"id":1,"image_id":1,"category_id":3,"keypoints":[1,2,2,0,0,0],"num_keypoints":1}`, nil},
		{"keypoints of one too many", `{"id":1,"image_id":1,"category_id":3,"keypoints":[1,2,2,0,0,0,1,1,1],"num_keypoints":2}`, []string{"F-115 /annotations/0/keypoints"}},
		{"a keypoint seen twice over", `{"id":1,"image_id":1,"category_id":3,"keypoints":[1,2,2,4,4,3],"num_keypoints":1}`, []string{"F-116 /annotations/0/keypoints/5"}},
		{"one keypoint, said to be two", `{"id":1,"image_id":1,"category_id":3,"keypoints":[1,2,2,0,0,0],"num_keypoints":2}`, []string{"F-117 /annotations/0/num_keypoints"}},
		{"an id twice", `{"id":7,"image_id":1,"category_id":3},{"id":7,"image_id":1,"category_id":3}`, []string{"F-100 /annotations/0/id", "F-100 /annotations/1/id"}},
		{"no object", `5`, []string{"F-124 /annotations/0"}},
	}
	for _, tt := range tests {
		for _, order := range []string{"{%[1]s,%[2]s}", "{%[2]s,%[1]s}"} {
			t.Run(tt.name, func(t *testing.T) {
				f := readJSON(t, "a.json", fmt.Sprintf(order, cocoImages, `"annotations":[`+tt.annotation+`]`))
				if diff := cmp.Diff(tt.want, faultsOf(f)); diff != "" {
					t.Errorf("order %s: %s", order, diff)
				}
			})
		}
	}
}

func TestCOCOImagesAndCategories(t *testing.T) {
	f := readJSON(t, "instances_val2017.json", `{"annotations":[{"id":9007199254740992,"image_id":5,"category_id":1}],
		"images":[{"id":5,"file_name":"a.png","width":10,"height":10,"patient_id":"P1","sex":"F","age":61},{"id":5,"file_name":"b.png","width":10,"height":10},
		{"id":6,"file_name":"a.png","width":10,"height":10},{"id":7,"file_name":"c.png"},{"file_name":"d.png","width":1,"height":1}],
		"categories":[{"id":1,"name":"x","keypoints":["l"],"skeleton":[[0,1]]},{"id":1,"name":"y"},{"id":2,"name":"x"}]}`)
	want := []string{
		"F-124 /images/4", "F-125 /images/3", "F-101 /images/0/id", "F-101 /images/1/id", "F-103 /images/0/file_name", "F-103 /images/2/file_name",
		"F-118 /categories/0/skeleton/0", "F-102 /categories/1/id", "F-102 /categories/2/name",
	}
	got := faultsOf(f)
	slicesSort(want, got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	im := f.Images[0]
	if im.Split != Validation || im.Sex != 'F' || im.AgeYears != 61 || im.Patient == (Hash{}) || pointer(f.At.Patient, im.Place) != "/images/0/patient_id" {
		t.Errorf("the image is %+v at %+v", im, f.At)
	}
	if l := f.Labels[0]; l.Image != 0 || l.Class != 0 {
		t.Errorf("the label is %+v", l)
	}
}

func TestCOCOFormats(t *testing.T) {
	tests := []struct {
		name, text string
		want       Format
		labels     int
	}{
		{"images alone", `{"info":{},"images":[{"id":1,"file_name":"a.png"}]}`, COCOImageInfo, 0},
		{"captions", `{"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"id":1,"image_id":1,"caption":"x"}]}`, COCOCaptions, 1},
		{"labels without boxes", `{"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"id":1,"image_id":1,"category_id":1}],"categories":[{"id":1,"name":"a"}]}`, COCOLabels, 1},
		{"results", `[{"image_id":1,"category_id":1,"bbox":[1,1,2,2],"score":0.5}]`, COCOResults, 0},
		{"keypoints after boxes", `{"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,2,2]},{"id":2,"image_id":1,"category_id":1,"keypoints":[1,1,2]}]}`, COCOKeypoints, 2},
	}
	for _, tt := range tests {
		f := readJSON(t, "a.json", tt.text)
		if f == nil || f.Formats[0].Format != tt.want || len(f.Labels) != tt.labels {
			t.Errorf("%s: %+v, want %s with %d labels", tt.name, f, tt.want, tt.labels)
		}
	}
	if f := readJSON(t, "a.json", `{"images":["a.png"],"version":2}`); f != nil {
		t.Errorf("a file with a list of names is %+v", f.Formats)
	}
}

func TestCutCOCOKeepsWhatComesBefore(t *testing.T) {
	f := readJSON(t, "a.json", `{`+cocoImages+`,"annotations":[{"id":1,"image_id":1,"category_id":3},`+"\n"+`{"id":2,"image_id":1,"cat`)
	if len(f.Labels) != 1 {
		t.Errorf("%d labels, want 1", len(f.Labels))
	}
	if diff := cmp.Diff([]string{"F-001 2:26"}, faultsOf(f)); diff != "" {
		t.Error(diff)
	}
}

func TestCOCOKeepsNoMoreThanItsLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{` + cocoImages + `,"annotations":[`)
	for i := range 1000 {
		fmt.Fprintf(&b, `{"id":%d,"image_id":1,"category_id":3},`, 3*i)
	}
	b.WriteString(`{"id":0,"image_id":1,"category_id":3}]}`)
	limits := DefaultLimits()
	limits.Records = 100
	f, err := Read(t.Context(), Source{Path: "a.json", SizeBytes: int64(b.Len()), Content: strings.NewReader(b.String()), Kind: sniff.JSON, Limits: limits})
	if err != nil || len(f.Labels)+len(f.Images) != 100 || f.Beyond == 0 {
		t.Errorf("%d labels, %d beyond, err %v", len(f.Labels), f.Beyond, err)
	}
	if diff := cmp.Diff([]string{"F-004 ", "F-100 /annotations/0/id", "F-100 /annotations/1000/id"}, inOrder(faultsOf(f))); diff != "" {
		t.Error(diff)
	}
}

func TestPanopticPicturesAreHeldAgainstTheirSegments(t *testing.T) {
	text := `{"images":[{"id":1,"file_name":"a.jpg","width":4,"height":4},{"id":2,"file_name":"b.jpg","width":4,"height":4}],
		"annotations":[{"image_id":1,"file_name":"a.png","segments_info":[{"id":7,"category_id":1,"area":5},{"id":8,"category_id":9,"area":5},{"id":9,"category_id":1,"area":1}]},
		{"image_id":2,"file_name":"b.png","segments_info":[]},{"image_id":3,"file_name":"c.png","segments_info":[]}],
		"categories":[{"id":1,"name":"x"}]}`
	members := []Member{
		{Index: 0, Path: "annotations/panoptic_val.json", Kind: sniff.JSON, Facts: readJSON(t, "annotations/panoptic_val.json", text)},
		{Index: 1, Path: "images/a.jpg", Kind: sniff.JPEG},
		{Index: 2, Path: "annotations/panoptic_val/a.png", Kind: sniff.PNG, Facts: &Facts{Formats: []Match{{PNGMask, 1}}, Picture: &Picture{Values: []Value{{0, 5}, {7, 5}, {8, 4}, {66, 2}}}}},
		{Index: 3, Path: "images/b.png", Kind: sniff.PNG},
	}
	set := Join(members, JoinOptions{})
	var got []string
	for _, t := range set.Book.Tallies {
		for _, e := range t.Examples {
			got = append(got, fmt.Sprintf("%s %d %s", t.Code, e.File, e.Pointer))
		}
	}
	want := []string{
		"F-104 0 /annotations/2/image_id", "F-105 0 /annotations/0/segments_info/1/category_id",
		"F-120 0 /annotations/1/file_name", "F-120 0 /annotations/2/file_name",
		"F-121 0 /annotations/0/segments_info/2/id", "F-122 2 pixel id 66", "F-123 0 /annotations/0/segments_info/1/area",
	}
	if diff := cmp.Diff(want, inOrder(got)); diff != "" {
		t.Error(diff)
	}
	if len(set.Items) != 2 {
		t.Errorf("%d items, want the 2 images: %+v", len(set.Items), set.Items)
	}
}

func inOrder(list []string) []string {
	slicesSort(list)
	return list
}

func slicesSort(lists ...[]string) {
	for _, l := range lists {
		slices.Sort(l)
	}
}

func TestLabelStudioReadersAndPredictions(t *testing.T) {
	f := readJSON(t, "export.json", `[{"id":1,"data":{"image":"/data/upload/3/0a1b2c3d-im1.png","patient_id":"P1"},"annotations":[
		{"id":1,"completed_by":{"id":4,"email":"a@example.org"},"result":[{"type":"rectanglelabels","from_name":"l","to_name":"i","original_width":200,"original_height":100,"value":{"x":10,"y":20,"width":50,"height":30,"rectanglelabels":["mass"]}}]},
		{"id":2,"completed_by":5,"was_cancelled":true,"result":[]}],
		"predictions":[{"model_version":"m1","result":[{"type":"choices","from_name":"c","to_name":"i","value":{"choices":["cyst"]}}]}]},
		{"id":2,"data":{"image":"b.png"},"annotations":[{"completed_by":4,"result":[]}]},
		{"id":3,"data":{"image":"c.png"},"annotations":[],"predictions":[{"result":[]}]},
		{"id":4,"data":{"text":"no picture"},"annotations":[{"result":[{"from_name":"l","to_name":"i","value":{"x":120,"y":0,"width":1,"height":1,"rectanglelabels":["mass"]}}]}]}]`)
	want := []string{"F-151 /3/annotations/0/result/0/value/x", "F-152 /3/annotations/0/result/0", "F-153 /0/annotations/1/was_cancelled", "F-154 /2/predictions", "F-155 /3"}
	if diff := cmp.Diff(want, inOrder(faultsOf(f))); diff != "" {
		t.Error(diff)
	}
	if len(f.Labels) != 2 || len(f.Images) != 3 || f.Images[0].Name != "im1.png" || !f.Images[1].Empty {
		t.Fatalf("labels %+v, images %+v", f.Labels, f.Images)
	}
	l := f.Labels[0]
	if l.Origin != Human || l.Kind != Box || l.Unit != 0 || l.Reader < 0 || l.Box != [4]float32{20, 20, 100, 30} {
		t.Errorf("the label is %+v", l)
	}
	if m := f.Labels[1]; m.Origin != Model || m.Reader == l.Reader || m.Kind != WholeImage {
		t.Errorf("the prediction is %+v", m)
	}
}

func TestLabelStudioPolygonsHaveBoxes(t *testing.T) {
	f := readJSON(t, "export.json", `[{"data":{"image":"a.png"},"annotations":[{"result":[{"type":"polygonlabels","from_name":"l","to_name":"i","original_width":200,"original_height":100,
		"value":{"points":[[10,20],[60,20],[60,50]],"polygonlabels":["mass"]}},{"type":"polygonlabels","from_name":"l","to_name":"i","original_width":200,"original_height":100,
		"value":{"points":[[10,20],[160,20],[60,50]],"polygonlabels":["mass"]}}]}]}]`)
	if diff := cmp.Diff([]string{"F-151 /0/annotations/0/result/1/value/points/1"}, faultsOf(f)); diff != "" {
		t.Error(diff)
	}
	if l := f.Labels[0]; l.Kind != Polygon || l.Box != [4]float32{20, 20, 100, 30} {
		t.Errorf("the label is %+v", l)
	}
}

func TestLabelStudioInItsShortForm(t *testing.T) {
	f := readJSON(t, "min.json", `[{"image":"a.png","id":1,"label":[{"x":10,"y":20,"width":50,"height":90,"rotation":0,"rectanglelabels":["mass"],"original_width":200,"original_height":100}],"annotator":3,"annotation_id":9,"lead_time":2.5}]`)
	if f == nil || f.Formats[0].Format != LabelStudio {
		t.Fatalf("the file is %+v", f)
	}
	if diff := cmp.Diff([]string{"F-151 /0/label/0/height"}, faultsOf(f)); diff != "" {
		t.Error(diff)
	}
	if len(f.Labels) != 1 || f.Labels[0].Box != [4]float32{20, 20, 100, 90} || f.Labels[0].Reader < 0 {
		t.Errorf("labels %+v", f.Labels)
	}
}

func FuzzCOCO(f *testing.F) {
	f.Add(`{` + cocoImages + `,"annotations":[{"id":1,"image_id":1,"category_id":3,"bbox":[4,5,13,6],"area":78,"iscrowd":0,"segmentation":[[4,5,17,5,17,11,4,11]],"keypoints":[1,2,2],"num_keypoints":1}]}`)
	f.Add(`{` + cocoImages + `,"annotations":[{"id":"x","image_id":"1","segmentation":{"size":[50,100],"counts":"SR1;i000"},"iscrowd":true}]}`)
	f.Add(`{"images":[{"id":1,"file_name":"a"}],"annotations":[{"image_id":1,"file_name":"a.png","segments_info":[{"id":7,"category_id":1,"area":5e300}]}]}`)
	f.Add(`[{"image_id":1,"category_id":1,"bbox":[1e400,1,2,-2],"score":0.5}]`)
	f.Add(`[{"id":1,"data":{"image":"a"},"annotations":[{"completed_by":1,"result":[{"value":{"points":[[1,2],[3]],"x":1}}]}]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		facts, err := Read(context.Background(), Source{Path: "a.json", SizeBytes: int64(len(text)), Content: strings.NewReader(text), Kind: sniff.JSON})
		if err != nil {
			t.Fatal(err)
		}
		if facts == nil {
			return
		}
		for _, l := range facts.Labels {
			if int(l.Image) >= len(facts.Images) || int(l.Class) >= len(facts.Classes) || int(l.Reader) >= len(facts.Readers) {
				t.Fatalf("a label points beyond what was read: %+v", l)
			}
		}
		for _, tally := range facts.Book.Tallies {
			if tally.Affected > tally.Eligible {
				t.Errorf("%s: %d of %d are affected", tally.Code, tally.Affected, tally.Eligible)
			}
		}
		kept := len(facts.Labels)
		set := Join([]Member{{Path: "a.json", Kind: sniff.JSON, Facts: facts}}, JoinOptions{})
		if len(set.Labels) != kept {
			t.Errorf("%d of %d labels are in the set", len(set.Labels), kept)
		}
	})
}
