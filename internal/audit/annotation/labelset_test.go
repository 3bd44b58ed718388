package annotation

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/score"
	"assay/internal/audit/sniff"
)

// labelSet reads and joins files of text; images are names with a size.
type labelSet struct {
	files  map[string]string
	images map[string]Picture
}

func (s labelSet) join(t *testing.T) *Set {
	t.Helper()
	var members []Member
	for name, picture := range s.images {
		members = append(members, Member{Path: name, Kind: sniff.PNG, Facts: &Facts{Formats: []Match{{Raster, 1}}, Picture: &picture}})
	}
	for name, content := range s.files {
		facts, kind := readSniffed(t, name, []byte(content))
		members = append(members, Member{Path: name, Kind: kind, SizeBytes: int64(len(content)), Facts: facts})
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Path, b.Path) })
	for i := range members {
		members[i].Index = int32(i)
	}
	set := Join(members, testOptions())
	for i := range set.Book.Tallies {
		for k := range set.Book.Tallies[i].Examples {
			e := &set.Book.Tallies[i].Examples[k]
			e.Note = members[e.File].Path // told by path
		}
	}
	return set
}

// readSniffed reads a file as the audit does.
func readSniffed(t testing.TB, name string, content []byte) (*Facts, sniff.Kind) {
	t.Helper()
	kind, err := sniff.DetectFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	kind = sniff.Refine(kind, name)
	if kind == sniff.Empty {
		return nil, kind
	}
	facts, err := Read(t.Context(), Source{Path: name, SizeBytes: int64(len(content)), Content: bytes.NewReader(content), Kind: kind, Hash: testHash})
	if err != nil {
		t.Fatalf("Read(%s) = %v", name, err)
	}
	return facts, kind
}

// faults are the errors and warnings of a book, as "code path pointer".
func faults(b *score.Book) []string {
	levels := map[string]score.Level{}
	for _, r := range Rules() {
		levels[r.Code] = r.Level
	}
	var list []string
	for _, t := range b.Tallies {
		for _, e := range t.Examples {
			if levels[t.Code] != score.Info {
				list = append(list, strings.TrimSpace(t.Code+" "+e.Note+" "+e.Pointer))
			}
		}
	}
	slices.Sort(list)
	return list
}

// counts are the positive labels of each class.
func counts(s *Set) map[string]int {
	n := map[string]int{}
	for _, l := range s.Labels {
		if l.Class >= 0 && l.State == Positive {
			n[s.Classes[l.Class].Name]++
		}
	}
	return n
}

// formatsOf are the formats of a set with their files.
func formatsOf(s *Set) map[Format]int {
	n := map[Format]int{}
	for _, f := range s.Formats {
		n[f.Format] = f.Files
	}
	return n
}

// one is a gray image of 100 x 50 pixels.
func one(names ...string) map[string]Picture {
	m := map[string]Picture{}
	for _, n := range names {
		m[n] = Picture{Width: 100, Height: 50, Depth: 1, Bits: 8}
	}
	return m
}

func TestRealLabelFilesAreReadInTheirFormat(t *testing.T) {
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the real label files are not there")
	}
	folder := filepath.Join(corpus, "annotations")
	tests := []struct {
		path   string
		format Format
		labels int
		faults []string
	}{
		{"cvat-ai_datumaro/tests/assets/cvat_dataset/for_images/train.xml", CVATImages, 6, []string{
			"F-220 /annotations/image[@id='0']/polyline[1]/@label", "F-220 /annotations/image[@id='1']/polygon[1]/@label",
		}},
		{"cvat-ai_datumaro/tests/assets/cvat_dataset/for_video/annotations.xml", CVATVideo, 4, []string{"F-254 /annotations/track[@id='3']"}},
		{"cvat-ai_datumaro/tests/assets/labelme_dataset/img1.xml", LabelMeXML, 7, nil},
		{"cvat-ai_datumaro/tests/assets/voc_dataset/voc_dataset1/Annotations/2007_000001.xml", VOC, 2, nil},
		{"cvat-ai_datumaro/tests/assets/voc_dataset/voc_dataset1/ImageSets/Main/test.txt", VOCImageSet, 0, nil},
		{"cvat-ai_datumaro/tests/assets/voc_dataset/voc_dataset1/ImageSets/Main/bicycle_train.txt", VOCImageSet, 0, nil},
		{"wkentaro_labelme/examples/bbox_detection/data_annotated/2011_000003.json", LabelMeJSON, 2, nil},
		{"wkentaro_labelme/examples/classification/data_annotated/0001.json", LabelMeJSON, 2, nil},
		{"wkentaro_labelme/examples/semantic_segmentation/data_annotated/2011_000003.json", LabelMeJSON, 4, nil},
		{"obss_sahi/tests/data/coco_utils/terrain1.json", LabelMeJSON, 7, nil},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(tt.path)))
			if err != nil {
				t.Skip("the corpus has no such file")
			}
			facts, _ := readSniffed(t, tt.path, content)
			if facts == nil || facts.Formats[0].Format != tt.format {
				t.Fatalf("Read = %+v, want format %s", facts, tt.format)
			}
			for i := range facts.Book.Tallies {
				for k := range facts.Book.Tallies[i].Examples {
					facts.Book.Tallies[i].Examples[k].Note = ""
				}
			}
			var got []string
			for _, f := range faults(&facts.Book) {
				got = append(got, strings.Join(strings.Fields(f), " "))
			}
			if diff := cmp.Diff(tt.faults, got); diff != "" || len(facts.Labels) != tt.labels {
				t.Errorf("%d labels, want %d; faults (-want +got):\n%s", len(facts.Labels), tt.labels, diff)
			}
		})
	}
}

func TestEveryRealLabelFileIsNamedByItsFormat(t *testing.T) {
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the real label files are not there")
	}
	folder := filepath.Join(corpus, "annotations")
	list, err := os.ReadFile(filepath.Join(folder, "MANIFEST.csv"))
	if err != nil {
		t.Skip("the corpus has no label files")
	}
	formats := map[string]Format{
		"cvat-images": CVATImages, "cvat-video": CVATVideo, "labelme-xml": LabelMeXML, "labelme-json": LabelMeJSON,
		"voc-xml": VOC, "voc-imageset": VOCImageSet,
	}
	read := 0
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(line, ",")
		want, ours := formats[fields[1]]
		if !ours {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(fields[0])))
		if err != nil {
			t.Errorf("the manifest lists %s: %v", fields[0], err)
			continue
		}
		facts, _ := readSniffed(t, fields[0], content)
		if facts == nil || facts.Formats[0].Format != want {
			t.Errorf("Read(%s) = %+v, want %s", fields[0], facts, want)
		}
		read++
	}
	if read < 30 {
		t.Errorf("%d files were read, want 30 or more", read)
	}
}

// vocText is an annotation of an image of 100 x 50 with some objects.
func vocText(size, objects string) string {
	return "<annotation><filename>1.png</filename>" + size + objects + "</annotation>"
}

func TestVOCIsHeldAgainstItsImages(t *testing.T) {
	const size = "<size><width>100</width><height>50</height><depth>1</depth></size>"
	box := func(name, corners string) string {
		v := strings.Fields(corners)
		return "<object><name>" + name + "</name><bndbox><xmin>" + v[0] + "</xmin><ymin>" + v[1] + "</ymin><xmax>" + v[2] + "</xmax><ymax>" + v[3] + "</ymax></bndbox></object>"
	}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"sound", vocText(size, box("a", "1 1 100 50")), nil},
		{"no object: a negative", vocText(size, ""), nil},
		{"depth", vocText(strings.Replace(size, "<depth>1", "<depth>3", 1), ""), []string{"F-231 Annotations/1.xml /annotation/size/depth"}},
		{"height", vocText(strings.Replace(size, "50", "51", 1), ""), []string{"F-003 Annotations/1.xml /annotation/size/height"}},
		{"the size after the objects", vocText(box("a", "1 1 100 51"), size), []string{"F-230 Annotations/1.xml /annotation/object[1]/bndbox/ymax"}},
		{"no class", vocText(size, box("", "1 1 2 2")), []string{"F-220 Annotations/1.xml /annotation/object[1]/name"}},
		{"no box", vocText(size, "<object><name>a</name></object>"), []string{"F-222 Annotations/1.xml /annotation/object[1]"}},
		{"no number", vocText(size, box("a", "1 1 2 2")+box("a", "1 NaN 2 2")), []string{"F-222 Annotations/1.xml /annotation/object[2]/bndbox/ymin"}},
		{"ymin over ymax", vocText(size, box("a", "1 9 2 2")), []string{"F-221 Annotations/1.xml /annotation/object[1]/bndbox/ymin"}},
		{"a part outside", vocText(size, "<object><name>a</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox><part><name>b</name><bndbox><xmin>0</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part></object>"),
			[]string{"F-230 Annotations/1.xml /annotation/object[1]/part[1]/bndbox/xmin"}},
		{"an image that is not there", strings.Replace(vocText(size, ""), "1.png", "7.png", 1), []string{"F-002 Annotations/1.xml /annotation/filename"}},
		{"cut short", "<annotation>" + size + "\n<object>", []string{"F-001 Annotations/1.xml 2:9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := labelSet{map[string]string{"Annotations/1.xml": tt.text}, one("JPEGImages/1.png")}.join(t)
			if diff := cmp.Diff(tt.want, faults(&set.Book)); diff != "" {
				t.Errorf("Join (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImageSetsPartASetByMainAlone(t *testing.T) {
	set := labelSet{map[string]string{
		"Annotations/1.xml": vocText("", ""), "Annotations/2.xml": strings.Replace(vocText("", ""), "1.png", "2.png", 1),
		"ImageSets/Main/train.txt": "1\n", "ImageSets/Main/val.txt": "2\n3\n", "ImageSets/Main/trainval.txt": "1\n2\n",
		"ImageSets/Main/mass_train.txt": "1  1\n4 -1\n", "ImageSets/Segmentation/train.txt": "2\n",
	}, one("JPEGImages/1.png", "JPEGImages/2.png")}.join(t)
	if diff := cmp.Diff([]string{"F-232 ImageSets/Main/val.txt 2:1"}, faults(&set.Book)); diff != "" {
		t.Errorf("Join (-want +got):\n%s", diff)
	}
	var got []Split
	for _, it := range set.Items {
		got = append(got, it.Split)
	}
	if diff := cmp.Diff([]Split{Train, Validation}, got); diff != "" {
		t.Errorf("splits (-want +got):\n%s", diff)
	}
}

func TestLabelMeCountsDeletedObjectsApart(t *testing.T) {
	const xml = "<annotation><filename>1.png</filename><object><name>a</name><deleted>1</deleted><polygon><pt><x>1</x><y>1</y></pt></polygon></object>" +
		"<object><name>b</name><deleted>0</deleted><polygon><username>me</username><pt><x>1</x><y>1</y></pt><pt><x>101</x><y>1</y></pt><pt><x>1</x><y>9</y></pt></polygon></object>" +
		"<object><name>b</name><polygon><pt><x>1</x><y>1</y></pt><pt><x>9</x><y>9</y></pt></polygon></object>" +
		"<object><name></name><polygon><pt><x>one</x><y>1</y></pt></polygon></object>" +
		"<imagesize><nrows>50</nrows><ncols>100</ncols></imagesize></annotation>"
	set := labelSet{map[string]string{"1.xml": xml}, one("1.png")}.join(t)
	want := []string{
		"F-220 1.xml /annotation/object[4]/name", "F-222 1.xml /annotation/object[4]/polygon/pt[1]", "F-223 1.xml /annotation/object[3]/polygon",
		"F-241 1.xml /annotation/object[2]/polygon/pt[2]/x", "F-242 1.xml /annotation/object[1]/deleted",
	}
	if diff := cmp.Diff(want, faults(&set.Book)); diff != "" {
		t.Errorf("Join (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"b": 2}, counts(set)); diff != "" || set.Readers != 1 {
		t.Errorf("%d readers, want 1; labels (-want +got):\n%s", set.Readers, diff)
	}
}

func TestLabelMeJSONShapesAreChecked(t *testing.T) {
	shape := func(rest string) string {
		return `{"imagePath":"1.png","imageHeight":50,"imageWidth":100,"flags":{"sharp":true,"dark":false,"__ignore__":true},"shapes":[` + rest + `]}`
	}
	tests := []struct {
		name, text string
		want       []string
		counts     map[string]int
	}{
		{"flags are labels of the image", shape(""), nil, map[string]int{"sharp": 1}},
		{"a shape of old versions is a polygon", shape(`{"label":"a","points":[[1,1],[2,2]]}`), []string{"F-223 1.json /shapes/0/points"}, map[string]int{"a": 1, "sharp": 1}},
		{"what is to be ignored", shape(`{"label":"__ignore__","shape_type":"polygon","points":[]}`), nil, map[string]int{"sharp": 1}},
		{"no points", shape(`{"label":"a","shape_type":"point"}`), []string{"F-243 1.json /shapes/0/points"}, map[string]int{"a": 1, "sharp": 1}},
		{"a point of one number", shape(`{"label":"a","shape_type":"point","points":[[1]]}`), []string{"F-222 1.json /shapes/0/points/0"}, map[string]int{"a": 1, "sharp": 1}},
		{"outside", shape(`{"label":"a","shape_type":"line","points":[[1,1],[9,-1]]}`), []string{"F-241 1.json /shapes/0/points/1/1"}, map[string]int{"a": 1, "sharp": 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := labelSet{map[string]string{"1.json": tt.text}, one("1.png")}.join(t)
			if diff := cmp.Diff(tt.want, faults(&set.Book)); diff != "" {
				t.Errorf("Join (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.counts, counts(set)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCVATShapesAreHeldAgainstTheirTask(t *testing.T) {
	const attributes = "<attributes><attribute><name>grade</name><input_type>select</input_type><values>low\nhigh</values></attribute>" +
		"<attribute><name>sure</name><input_type>checkbox</input_type><values>false</values></attribute>" +
		"<attribute><name>size</name><input_type>number</input_type><values>0\n10\n1</values></attribute></attributes>"
	const meta = "<meta><task><size>1</size><labels><label><name>a</name>" + attributes + "</label><label><name>b</name></label></labels></task></meta>"
	image := func(shapes string) string {
		return "<annotations>" + meta + "<image id='0' name='1.png' width='100' height='50'>" + shapes + "</image></annotations>"
	}
	value := func(name, v string) string { return "<attribute name='" + name + "'>" + v + "</attribute>" }
	const at = "/annotations/image[@id='0']"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"sound", image("<tag label='b'/><ellipse label='b' cx='1' cy='2' rx='3' ry='4'/><mask label='b' left='1' top='2' width='3' height='4' rle='0,12'/>"), nil},
		{"every attribute", image("<box label='a' xtl='1' ytl='1' xbr='2' ybr='2'>" + value("grade", "low") + value("sure", "true") + value("size", "5") + "</box>"), nil},
		{"an attribute missing", image("<tag label='a'>" + value("grade", "low") + value("sure", "false") + "</tag>"), []string{"F-253 1.xml " + at + "/tag[1]"}},
		{"values outside", image("<tag label='a'>" + value("grade", "x") + value("sure", "maybe") + value("size", "11") + "</tag>"), []string{
			"F-252 1.xml " + at + "/tag[1]/attribute[@name='grade']", "F-252 1.xml " + at + "/tag[1]/attribute[@name='size']", "F-252 1.xml " + at + "/tag[1]/attribute[@name='sure']",
		}},
		{"two shapes without a label", image("<box label='' xtl='1' ytl='1' xbr='2' ybr='2'/><polyline points='1,1;2,2'/>"), []string{
			"F-220 1.xml " + at + "/box[1]/@label", "F-220 1.xml " + at + "/polyline[1]/@label",
		}},
		{"a skeleton with an undeclared point", image("<skeleton label='b'><points label='left' points='1,1'/></skeleton>"), []string{"F-250 1.xml " + at + "/skeleton[1]/points[1]/@label"}},
		{"no numbers", image("<box label='b' xtl='1' ytl='one' xbr='2' ybr='2'/><polygon label='b' points='1,1;2,NaN;3,3'/>"), []string{
			"F-222 1.xml " + at + "/box[1]/@ytl", "F-222 1.xml " + at + "/polygon[1]/@points",
		}},
		{"an image beyond the task", strings.Replace(image(""), "id='0'", "id='1'", 1), []string{"F-251 1.xml /annotations/image[@id='1']/@id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := labelSet{map[string]string{"1.xml": tt.text}, one("1.png")}.join(t)
			if diff := cmp.Diff(tt.want, faults(&set.Book)); diff != "" {
				t.Errorf("Join (-want +got):\n%s", diff)
			}
		})
	}
}

func TestATrackIsOneLabelOfTheFramesItReaches(t *testing.T) {
	const meta = "<meta><task><size>6</size><labels><label><name>a</name></label></labels><original_size><width>100</width><height>50</height></original_size></task></meta>"
	point := func(frame, outside string) string {
		return "<points frame='" + frame + "' outside='" + outside + "' points='1,1'/>"
	}
	text := "<annotations>" + meta + "<track id='0' label='a'>" + point("1", "0") + point("3", "0") + point("4", "1") + "</track>" +
		"<track id='1' label='a'>" + point("5", "0") + "</track><track id='2' label='a'>" + point("2", "0") + point("9", "0") + "</track></annotations>"
	set := labelSet{map[string]string{"video.xml": text}, one("frames/frame_000001.png")}.join(t)
	want := []string{"F-251 video.xml /annotations/track[@id='2']/points[2]/@frame", "F-254 video.xml /annotations/track[@id='2']"}
	var got []string
	for _, f := range faults(&set.Book) {
		if !strings.HasPrefix(f, ruleMissing.Code) {
			got = append(got, f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Join (-want +got):\n%s", diff)
	}
	var labels []int
	for _, it := range set.Items {
		labels = append(labels, it.Labels)
		if !it.Labeled {
			t.Errorf("a frame of the task is not labeled: %+v", it)
		}
	}
	if diff := cmp.Diff([]int{0, 1, 2, 1, 0, 1}, labels); diff != "" || len(set.Labels) != 3 {
		t.Errorf("%d labels, want 3; tracks of each frame (-want +got):\n%s", len(set.Labels), diff)
	}
}

func TestListsTellTheirSplitByName(t *testing.T) {
	for name, want := range map[string]Split{
		"train_val_list.txt": Train, "test_list.txt": Test, "lists/valid.txt": Validation, "splits/Train/images.txt": Train,
		"train_test.txt": NoSplit, "latest.txt": NoSplit, "ImageSets/Main/trainval.txt": Train,
	} {
		if got := splitOfList(name); got != want {
			t.Errorf("splitOfList(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestTextThatIsNoListIsLeftAlone(t *testing.T) {
	for name, text := range map[string]string{
		"README.txt": "This set holds images of chests.\n", "hello.txt": "hello\n", "dwi.bval": "0 1000 1000 2000 3000\n",
		"dwi.bvec": "0.1 0.2 0.3 0.4 0.5\n0.1 0.2 0.3 0.4 0.5\n0.5 0.4 0.3 0.2 0.1\n", "notes.txt": "\n\n", "conf.yaml": "names: [a]\nmodel: b\n",
	} {
		if facts, _ := readSniffed(t, name, []byte(text)); facts != nil {
			t.Errorf("Read(%s) = %+v, want nothing", name, facts.Formats)
		}
	}
}

// No text may panic a reader, whatever it is called.
func FuzzReadLabelText(f *testing.F) {
	for _, s := range []string{"0 0.5 0.5 0.1 0.1\n", "train: a\nnames: [x]\nkpt_shape: [4, 3]\n", "classes = 1\nnames = a\n", "1.png\n2.png\n", "a -1\n", "train: &a [*a]\nnc: 1\n"} {
		for _, name := range []string{"labels/a.txt", "data.yaml", "obj.data", "obj.names", "ImageSets/Main/train.txt"} {
			f.Add(name, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		if len(name) > 255 || strings.HasPrefix(name, "/") || strings.Contains(name, "..") {
			return
		}
		facts, kind := readSniffed(t, name, b)
		members := []Member{{Path: name, Kind: kind, SizeBytes: int64(len(b)), Facts: facts}}
		if image := strings.TrimSuffix(name, filepath.Ext(name)) + ".png"; image != name {
			members = append(members, Member{Index: 1, Path: image, Kind: sniff.PNG})
		}
		set := Join(members, testOptions())
		for _, tally := range set.Book.Tallies {
			if tally.Affected > 0 && tally.Eligible == 0 {
				t.Errorf("%s is found %d times and was held against nothing", tally.Code, tally.Affected)
			}
		}
	})
}

// No document of a label format may panic its reader.
func FuzzReadLabelXML(f *testing.F) {
	f.Add([]byte(vocText("<size><width>9</width></size>", "<object><bndbox><xmin>1</xmin></bndbox></object>")))
	f.Add([]byte("<annotation><object><deleted>1</deleted><polygon><pt><x>1</x><y>2</y></pt></polygon></object><imagesize/></annotation>"))
	f.Add([]byte("<annotations><meta><task><size>9</size></task></meta><track id='1'><skeleton frame='1'/><track><points frame='2' points='1,2'/></track></track></annotations>"))
	f.Add([]byte("<annotations><image id='1'><skeleton><points points=''/></skeleton><box><attribute name='a'>1</attribute></box></image></annotations>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, err := Read(t.Context(), Source{Path: "a.xml", SizeBytes: int64(len(b)), Content: bytes.NewReader(b), Kind: sniff.XML, Hash: testHash})
		if err != nil {
			t.Fatalf("Read = %v", err)
		}
		Join([]Member{{Path: "a.xml", Kind: sniff.XML, Facts: facts}}, testOptions())
	})
}
