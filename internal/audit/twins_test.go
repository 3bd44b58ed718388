package audit_test

import (
	"bytes"
	"fmt"
	picture "image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/annotation/annotationtest"
	"assay/internal/audit/audittest"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/quality"
)

// Twins of known sets: tables and files made here with exactly the counts that
// are known of the originals, so that the report must give their figures.

// scoreTexts scores a set of files of text.
func scoreTexts(t *testing.T, files map[string]string) *quality.Report {
	t.Helper()
	set := fstest.MapFS{}
	for name, text := range files {
		set[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return scoreFiles(t, set)
}

func scoreFiles(t *testing.T, set fstest.MapFS) *quality.Report {
	t.Helper()
	r, err := audit.Run(t.Context(), set, audit.Options{Scoring: &audit.Scoring{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range audittest.Unsound(r.Quality) {
		t.Error(wrong)
	}
	return r.Quality
}

// figures holds imbalance, normalized entropy and effective classes against
// printed figures, to as many digits as these have.
func figures(t *testing.T, d quality.Distribution, imbalance, normalized, effective string) {
	t.Helper()
	for _, f := range []struct {
		name string
		got  *float64
		want string
	}{{"imbalance", d.Imbalance, imbalance}, {"normalized entropy", d.EntropyNorm, normalized}, {"effective classes", d.EffectiveClasses, effective}} {
		if f.want == "" {
			continue
		}
		if got := printed(f.got, f.want); got != f.want {
			t.Errorf("%s is %s, want %s", f.name, got, f.want)
		}
	}
}

// printed writes a figure with the digits of another.
func printed(v *float64, like string) string {
	if v == nil {
		return "null"
	}
	_, digits, _ := strings.Cut(like, ".")
	return fmt.Sprintf("%.*f", len(digits), *v)
}

// labelsOf counts the labels of the classes of a report.
func labelsOf(r *quality.Report) map[string]int {
	got := map[string]int{}
	for _, c := range r.Classes {
		got[c.Name] = c.Labels
	}
	return got
}

// named is a class with a count.
type named struct {
	name string
	n    int
}

// The findings of ChestX-ray14's Data_Entry_2017_v2020.csv: how many images
// have each, and of these how many nothing else.
var chestXray14 = []struct {
	name       string
	all, alone int
}{
	{"Infiltration", 19894, 11000}, {"Effusion", 13317, 5000}, {"Atelectasis", 11559, 6500}, {"Nodule", 6331, 3000}, {"Mass", 5782, 2500},
	{"Pneumothorax", 5302, 2000}, {"Consolidation", 4667, 963}, {"Pleural_Thickening", 3385, 0}, {"Cardiomegaly", 2776, 0},
	{"Emphysema", 2516, 0}, {"Edema", 2303, 0}, {"Fibrosis", 1686, 0}, {"Pneumonia", 1431, 0}, {"Hernia", 227, 0},
}

// chestXray14Rows are the labels of the 51,759 images with a finding: 30,963
// with one, 4,000 with effusion and infiltration, the others with two or three.
func chestXray14Rows() []string {
	const pair, several, triple = 4000, 16796, 8621
	var rows, rest []string
	for _, c := range chestXray14 {
		rows = append(rows, slices.Repeat([]string{c.name}, c.alone)...)
		left := c.all - c.alone
		if c.name == "Infiltration" || c.name == "Effusion" {
			left -= pair
		}
		rest = append(rest, slices.Repeat([]string{c.name}, left)...)
	}
	rows = append(rows, slices.Repeat([]string{"Effusion|Infiltration"}, pair)...)
	for i := range several {
		row := rest[i] + "|" + rest[i+several]
		if i < triple {
			row += "|" + rest[i+2*several]
		}
		rows = append(rows, row)
	}
	return rows
}

func chestXray14Table(rows []string) string {
	var b strings.Builder
	b.WriteString("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n")
	for i, labels := range rows {
		patient := i % 30805
		fmt.Fprintf(&b, "%08d_%03d.png,%s,%d,%d,%d,%s,PA,2500,2048,0.171,0.171,\n",
			patient, i/30805, labels, i/30805, patient, 20+patient%70, []string{"M", "F"}[patient%2])
	}
	return b.String()
}

func TestTwinOfChestXray14HasItsFigures(t *testing.T) {
	rows := append(chestXray14Rows(), slices.Repeat([]string{"No Finding"}, 60361)...)
	r := scoreTexts(t, map[string]string{"Data_Entry_2017_v2020.csv": chestXray14Table(rows)})
	want := map[string]int{"No Finding": 60361}
	for _, c := range chestXray14 {
		want[c.name] = c.all
	}
	if diff := cmp.Diff(want, labelsOf(r)); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if n := r.Metrics.Completeness.Images; n != 112120 || r.Input.Patients == nil || *r.Input.Patients != 30805 {
		t.Errorf("%d images of %v patients, want 112,120 of 30,805", n, r.Input.Patients)
	}
	figures(t, r.Metrics.Distribution, "265.91", "0.7334", "7.286")
	a, b, most := topPair(r.Metrics.CoOccurrence)
	if got := []string{min(a, b), max(a, b)}; most != 4000 || !slices.Equal(got, []string{"Effusion", "Infiltration"}) {
		t.Errorf("%v are together in %d images, want Effusion and Infiltration in 4,000", got, most)
	}
	if len(r.Findings) == 0 || slices.ContainsFunc(r.Findings, func(f quality.Finding) bool { return f.Level == "E" }) {
		t.Errorf("findings %+v, want no error, and that classes are outweighed", codes(r))
	}
}

func TestTwinOfChestXray14WithoutNoFindingHasItsFigures(t *testing.T) {
	r := scoreTexts(t, map[string]string{"Data_Entry_2017_v2020.csv": chestXray14Table(chestXray14Rows())})
	figures(t, r.Metrics.Distribution, "87.64", "0.8613", "9.709")
}

// topPair returns the two classes that most images share.
func topPair(c *quality.CoOccurrence) (a, b string, most int) {
	if c == nil {
		return "", "", 0
	}
	for i := range c.Classes {
		for k := range i {
			if c.Counts[i][k] > most {
				a, b, most = c.Classes[i], c.Classes[k], c.Counts[i][k]
			}
		}
	}
	return a, b, most
}

func codes(r *quality.Report) []string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, f.Level+" "+f.Code)
	}
	return list
}

// chestXray14Boxes makes the 984 boxes of BBox_List_2017.csv in 880 images.
func chestXray14Boxes() string {
	var b strings.Builder
	b.WriteString("Image Index,Finding Label,Bbox [x,y,w,h],,,\n")
	i := 0
	for _, c := range []named{
		{"Atelectasis", 180}, {"Effusion", 153}, {"Cardiomegaly", 146}, {"Infiltrate", 123}, {"Pneumonia", 120}, {"Pneumothorax", 98}, {"Mass", 85}, {"Nodule", 79},
	} {
		for range c.n {
			fmt.Fprintf(&b, "%08d_000.png,%s,%d.5,%d,200,150,,,\n", i%880, c.name, i%700, i%800)
			i++
		}
	}
	return b.String()
}

func TestTwinOfTheBoxesOfChestXray14HasTheirFigures(t *testing.T) {
	r := scoreTexts(t, map[string]string{"BBox_List_2017.csv": chestXray14Boxes()})
	c := r.Metrics.Completeness
	if c.Boxes != 984 || c.BadBoxes != 0 || c.Images != 880 || len(r.Classes) != 8 {
		t.Errorf("%d boxes, %d bad, in %d images, of %d names, want 984, none, 880 and 8", c.Boxes, c.BadBoxes, c.Images, len(r.Classes))
	}
	figures(t, r.Metrics.Distribution, "2.28", "0.9827", "")
}

func TestVocabularyThatDiffersBetweenTwoTablesIsTold(t *testing.T) {
	r := scoreTexts(t, map[string]string{
		"BBox_List_2017.csv":        chestXray14Boxes(),
		"Data_Entry_2017_v2020.csv": chestXray14Table(append(chestXray14Rows()[:2000:2000], "Mass", "Nodule", "Pneumonia|Cardiomegaly|Atelectasis", "Pneumothorax|Effusion")),
	})
	f := findingOf(r, "C-305")
	if f.Level != "W" || f.Affected != 1 || len(f.Examples) != 1 || f.Examples[0].Path != "BBox_List_2017.csv" {
		t.Errorf("names of classes that differ: %+v, want Infiltrate of the table of boxes", f)
	}
}

// CheXpert's train.csv: 223,414 rows of 64,540 patients, of which 12 are all
// blank, with the four counts of Atelectasis. The other classes fill up to the
// shares of blank and uncertain labels of the whole.
func TestTwinOfCheXpertHasItsShares(t *testing.T) {
	const rows, patients, allBlank = 223414, 64540, 12
	const said, uncertain = 849_800, 139_954 // 1 - 0.7283 of the cells, and 0.16469 of these
	names := []string{
		"No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia",
		"Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
	}
	const atelectasis, devices = 8, 13
	// Each class says something from its own row on, so that all rows but the
	// last are mentioned: Support Devices of those that no other class is.
	cells := make([][]string, len(names))
	fill := func(class, from int, value string, n int) {
		for i := range n {
			cells[class][(from+i)%(rows-allBlank)] = value
		}
	}
	for c := range cells {
		cells[c] = make([]string, rows)
	}
	fill(atelectasis, 0, "1.0", 33376)
	fill(atelectasis, 33376, "0.0", 1328)
	fill(atelectasis, 33376+1328, "-1.0", 33739)
	fill(devices, 68443, "1.0", rows-allBlank-68443)
	left, doubtful := said-68443-(rows-allBlank-68443), uncertain-33739
	fill(1, 0, "-1.0", doubtful)
	fill(1, doubtful, "0.0", rows-allBlank-doubtful)
	left -= rows - allBlank
	for c := 2; left > 0; c++ {
		if c == atelectasis {
			continue
		}
		n := min(left, rows-allBlank)
		fill(c, 0, "0.0", n)
		left -= n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Path,Sex,Age,Frontal/Lateral,AP/PA,%s\n", strings.Join(names, ","))
	for i := range rows {
		fmt.Fprintf(&b, "CheXpert-v1.0/train/patient%05d/study%d/view1_frontal.jpg,%s,%d,Frontal,AP", i%patients, i/patients+1, []string{"Male", "Female"}[i%patients%2], 18+i%patients%70)
		for c := range names {
			b.WriteString("," + cells[c][i])
		}
		b.WriteString("\n")
	}
	r := scoreTexts(t, map[string]string{"CheXpert-v1.0/train.csv": b.String()})
	m := r.Metrics.Completeness
	if got := printed(m.BlankShare, "0.7283") + " " + printed(m.UncertainShare, "0.16469"); got != "0.7283 0.16469" {
		t.Errorf("shares of blank and uncertain labels are %s, want 0.7283 0.16469", got)
	}
	if m.Images != rows || r.Input.Patients == nil || *r.Input.Patients != patients {
		t.Errorf("%d images of %v patients, want %d of %d", m.Images, r.Input.Patients, rows, patients)
	}
	c := classesOf(r)["Atelectasis"]
	if got, want := [4]int{c.Labels, c.Negative, c.Uncertain, c.Blank}, [4]int{33376, 1328, 33739, 154971}; got != want {
		t.Errorf("Atelectasis 1, 0, -1, blank is %v, want %v", got, want)
	}
	if f := findingOf(r, "C-301"); f.Affected != allBlank || f.Eligible != rows {
		t.Errorf("%d of %d rows are all blank, want %d of %d", f.Affected, f.Eligible, allBlank, rows)
	}
}

// The RSNA challenge: 26,684 patients, 6,012 of them with 9,555 boxes, and five
// ages in the headers that nobody reaches.
func TestAgesOver120OfTheTwinOfRSNAAreTold(t *testing.T) {
	const patients, positive, boxes, men = 26684, 6012, 9555, 15166
	ages := []int{148, 150, 151, 153, 155}
	var labels, headers strings.Builder
	labels.WriteString("patientId,x,y,width,height,Target\n")
	headers.WriteString("patientId,PatientSex,PatientAge\n")
	for i := range patients {
		id := fmt.Sprintf("%08x-synt-4000-8000-%012x", i*2654435761%(1<<32), i)
		age := 1 + i%95
		if i%5000 == 77 && i/5000 < len(ages) {
			age = ages[i/5000]
		}
		fmt.Fprintf(&headers, "%s,%s,%d\n", id, map[bool]string{true: "M", false: "F"}[i < men], age)
		if i >= positive {
			fmt.Fprintf(&labels, "%s,,,,,0\n", id)
			continue
		}
		n := boxes / positive
		if i < boxes%positive {
			n++
		}
		for k := range n {
			fmt.Fprintf(&labels, "%s,%d.0,%d.0,200.0,150.0,1\n", id, 100+400*k, 200+i%300)
		}
	}
	r := scoreTexts(t, map[string]string{"stage_2_train_labels.csv": labels.String(), "headers.csv": headers.String()})
	if f := findingOf(r, "F-305"); f.Level != "E" || f.Affected != len(ages) || f.Eligible != patients {
		t.Errorf("%d of %d ages are impossible (%s), want 5 of 26,684 as an error", f.Affected, f.Eligible, f.Level)
	}
	if got, want := labelsOf(r), map[string]int{"1": boxes, "0": patients - positive}; !cmp.Equal(want, got) {
		t.Errorf("labels %v, want %v", got, want)
	}
	c := r.Metrics.Completeness
	if c.Images != patients || c.Boxes != boxes || c.BadBoxes != 0 || classesOf(r)["1"].Images != positive {
		t.Errorf("%d images, %d of them positive, %d boxes, %d bad, want 26,684, 6,012, 9,555, none", c.Images, classesOf(r)["1"].Images, c.Boxes, c.BadBoxes)
	}
	var sex quality.Group
	for _, g := range r.Metrics.Demographics.Tables {
		if g.Name == "Sex" {
			sex = g
		}
	}
	if want := []quality.Bin{{Label: "female", Count: patients - men}, {Label: "male", Count: men}}; r.Metrics.Demographics.Of != "patients" || !slices.Equal(want, sex.Bins) {
		t.Errorf("sex of %s %v, want of patients %v", r.Metrics.Demographics.Of, sex.Bins, want)
	}
}

// How many of the 15,000 images of VinBigData's train.csv have a finding by
// one, two and all three of their readers, and Fleiss' kappa of it.
var vinBigData = []struct {
	name  string
	by    [4]int // readers
	kappa string
}{
	{"Aortic enlargement", [4]int{0, 721, 602, 1744}, "0.7802"}, {"Atelectasis", [4]int{0, 124, 44, 18}, "0.3647"},
	{"Calcification", [4]int{0, 275, 120, 57}, "0.4153"}, {"Cardiomegaly", [4]int{0, 483, 520, 1297}, "0.7894"},
	{"Consolidation", [4]int{0, 232, 90, 31}, "0.3551"}, {"ILD", [4]int{0, 234, 81, 71}, "0.4757"},
	{"Infiltration", [4]int{0, 368, 154, 91}, "0.4381"}, {"Lung Opacity", [4]int{0, 775, 380, 167}, "0.4058"},
	{"Nodule/Mass", [4]int{0, 421, 224, 181}, "0.5284"}, {"Other lesion", [4]int{0, 772, 235, 127}, "0.3563"},
	{"Pleural effusion", [4]int{0, 398, 195, 439}, "0.7045"}, {"Pleural thickening", [4]int{0, 1099, 517, 365}, "0.4607"},
	{"Pneumothorax", [4]int{0, 38, 13, 45}, "0.7426"}, {"Pulmonary fibrosis", [4]int{0, 600, 384, 633}, "0.6752"},
}

// vinBigDataTable deals the findings of each class to images and readers so
// that every reader of the 4,394 images with findings sees something; of the
// others all three say No finding.
func vinBigDataTable() string {
	const images, sick = 15000, 4394
	var b strings.Builder
	b.WriteString("image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n")
	reader := func(image, k int) int { return (image + []int{0, 5, 11}[k]) % 17 }
	sees, has := make([][3]bool, sick), make([]map[int]bool, sick)
	for i := range has {
		has[i] = map[int]bool{}
	}
	next := 0
	for by := 3; by > 0; by-- {
		for c, class := range vinBigData {
			for range class.by[by] {
				for has[next%sick][c] {
					next++
				}
				image := next % sick
				has[image][c] = true
				next++
				order := []int{0, 1, 2}
				slices.SortStableFunc(order, func(x, y int) int { // those who saw nothing yet first
					return map[bool]int{true: 1}[sees[image][x]] - map[bool]int{true: 1}[sees[image][y]]
				})
				for _, k := range order[:by] {
					sees[image][k] = true
					left, top := 100+(image*7+c*31)%900, 100+(image*13+c*17)%900
					fmt.Fprintf(&b, "%032x,%s,%d,R%d,%d,%d,%d,%d\n", image+1, class.name, c, reader(image, k)+1, left, top, left+300, top+250)
				}
			}
		}
	}
	for image := sick; image < images; image++ {
		for k := range 3 {
			fmt.Fprintf(&b, "%032x,No finding,14,R%d,,,,\n", image+1, reader(image, k)+1)
		}
	}
	return b.String()
}

func TestTwinOfVinBigDataHasItsKappas(t *testing.T) {
	r := scoreTexts(t, map[string]string{"train.csv": vinBigDataTable()})
	want := map[string]string{"No finding": "1.0000"}
	for _, c := range vinBigData {
		want[c.name] = c.kappa
	}
	got := map[string]string{}
	for _, a := range r.Metrics.Agreement {
		if a.Measure == "Fleiss' kappa" {
			got[a.Class] = printed(a.Value, "0.0000")
			if a.Units != 15000 || a.CI == nil || a.Raw == nil || a.Prevalence == nil {
				t.Errorf("%s: %+v, want an interval, raw agreement and prevalence of 15,000 images", a.Class, a)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kappas (-want +got):\n%s", diff)
	}
	if p := r.Metrics.Provenance; p.Readers != 17 || printed(p.ReadersPerCase, "3.00") != "3.00" {
		t.Errorf("%d readers, %v an image, want 17 and 3", p.Readers, p.ReadersPerCase)
	}
}

func TestKappaOfOneFromFilteredReadingsIsTold(t *testing.T) {
	text, _ := annotationtest.Readings(1000, 1)
	f := findingOf(scoreTexts(t, map[string]string{"train.csv": text}), "P-013")
	if f.Level != "W" || f.Affected != 1 || !strings.Contains(f.Examples[0].Note, "No finding") {
		t.Errorf("agreement without a flaw: %+v, want a warning on No finding", f)
	}
}

func TestShapesWithAnEmptyLabelAreTold(t *testing.T) {
	shape := func(label string) string {
		return "<box label='" + label + "' xtl='1' ytl='1' xbr='8' ybr='6'/>"
	}
	r := scoreTexts(t, map[string]string{"annotations.xml": "<annotations><version>1.1</version><meta><task><size>2</size><labels><label><name>car</name></label></labels></task></meta>" +
		"<image id='0' name='img0.jpg' width='8' height='8'>" + shape("car") + shape("") + "</image>" +
		"<image id='1' name='img1.jpg' width='10' height='10'>" + shape("") + shape("car") + "</image></annotations>"})
	f := findingOf(r, "F-220")
	if f.Level != "E" || f.Affected != 2 || f.Eligible != 4 || r.Metrics.Completeness.Images != 2 {
		t.Errorf("%d of %d shapes of %d images have no declared label, want 2 of 4 of 2", f.Affected, f.Eligible, r.Metrics.Completeness.Images)
	}
}

func TestSegmentationWithoutNumberOfFramesIsTold(t *testing.T) {
	var b strings.Builder
	b.WriteString("(0008,0016) UI SegmentationStorage\n(0008,0018) UI 2.25.100\n(0028,0010) US 4\n(0028,0011) US 3\n(0028,0100) US 1\n(0062,0001) CS BINARY\n(0062,0002) SQ\n" +
		"  - (0062,0004) US 1\n    (0062,0005) LO liver\n    (0062,0008) CS SEMIAUTOMATIC\n(5200,9230) SQ\n")
	for i := range 3 {
		fmt.Fprintf(&b, "  - (0020,9111) SQ\n    - (0020,9157) UL %d\n    (0062,000A) SQ\n    - (0062,000B) US 1\n", i+1)
	}
	b.WriteString("(7FE0,0010) OB hex:1FF0E0F10F00\n")
	r := scoreFiles(t, fstest.MapFS{"liver_1frame.dcm": {Data: dicomtest.Build(b.String())}})
	f := findingOf(r, "F-500")
	if f.Level != "E" || f.Affected != 1 || len(f.Examples) != 1 || f.Examples[0].Pointer != "(0028,0008)" {
		t.Errorf("NumberOfFrames: %+v, want an error at (0028,0008)", f)
	}
	if got := r.Metrics.Provenance.Labels; !cmp.Equal(got, map[string]int{"semi-automatic": 1}) {
		t.Errorf("origins of labels %v, want one that is semi-automatic", got)
	}
}

// cocoOf makes a COCO file of images that share boxes of classes between them.
func cocoOf(images int, classes []named) string {
	var pictures, boxes, categories []string
	for i := range images {
		pictures = append(pictures, fmt.Sprintf(`{"id":%d,"file_name":"%d.png","width":64,"height":48}`, i+1, i+1))
	}
	for k, c := range classes {
		categories = append(categories, fmt.Sprintf(`{"id":%d,"name":%q}`, k+1, c.name))
		for range c.n {
			n := len(boxes)
			boxes = append(boxes, fmt.Sprintf(`{"id":%d,"image_id":%d,"category_id":%d,"bbox":[%d,4,10,8],"area":80,"iscrowd":0}`, n+1, n%images+1, k+1, n%50))
		}
	}
	return `{"images":[` + strings.Join(pictures, ",") + `],"annotations":[` + strings.Join(boxes, ",") + `],"categories":[` + strings.Join(categories, ",") + `]}`
}

func TestTwinOfCOCOInstancesHasItsFigures(t *testing.T) {
	r := scoreTexts(t, map[string]string{"instances_val.json": cocoOf(1, []named{{"a", 1}, {"b", 1}, {"c", 0}})})
	d := r.Metrics.Distribution
	if r.Metrics.Completeness.Images != 1 || d.Labels != 2 || d.Classes != 3 || d.Imbalance != nil || !slices.Equal(d.ZeroClasses, []string{"c"}) {
		t.Errorf("%d images, %+v, want 1 image, 2 labels, 3 classes, no imbalance, and c without a label", r.Metrics.Completeness.Images, d)
	}
	figures(t, d, "", "0.6309", "")
}

func TestTwinOfNoisyLabelsHasItsCounts(t *testing.T) {
	r := scoreTexts(t, map[string]string{"instances.json": cocoOf(10, []named{{"a", 14}, {"b", 13}, {"c", 12}, {"d", 11}, {"e", 9}, {"f", 8}})})
	c, d := r.Metrics.Completeness, r.Metrics.Distribution
	if c.Images != 10 || c.Boxes != 67 || d.Classes != 6 || printed(d.Imbalance, "1.75") != "1.75" {
		t.Errorf("%d images, %d boxes, %d classes, imbalance %v, want 10, 67, 6, 1.75", c.Images, c.Boxes, d.Classes, d.Imbalance)
	}
}

func TestTwinOfLabelMeHasItsCounts(t *testing.T) {
	var b strings.Builder
	b.WriteString("<annotation><filename>img1.png</filename>")
	for i := range 7 {
		fmt.Fprintf(&b, "<object><name>thing %c</name><deleted>0</deleted><polygon><username>me</username><pt><x>%d</x><y>1</y></pt><pt><x>%d</x><y>1</y></pt><pt><x>%d</x><y>30</y></pt></polygon></object>", 'a'+i, i, i+9, i)
	}
	b.WriteString("<imagesize><nrows>77</nrows><ncols>102</ncols></imagesize></annotation>")
	r := scoreTexts(t, map[string]string{"img1.xml": b.String()})
	if n := r.Metrics.Completeness.Kinds["polygon"]; n != 7 || len(r.Classes) != 7 {
		t.Errorf("%d polygons of %d names, want 7 of 7", n, len(r.Classes))
	}
}

func TestTwinOfVOCHasItsCounts(t *testing.T) {
	box := "<bndbox><xmin>2</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox>"
	r := scoreFiles(t, fstest.MapFS{
		"JPEGImages/2007_000001.png": {Data: unevenPNG(t, 20, 10)},
		"Annotations/2007_000001.xml": {Data: []byte("<annotation><filename>2007_000001.png</filename><size><width>20</width><height>10</height><depth>1</depth></size>" +
			"<object><name>cat</name>" + box + "</object><object><name>person</name>" + box + "<part><name>head</name>" + box + "</part></object></annotation>")},
	})
	got := labelsOf(r)
	if got["cat"] != 1 || got["person"] != 1 || r.Metrics.Completeness.Images != 1 || findingOf(r, "F-003").Affected != 0 || heldAgainst(r, "F-003") != 1 {
		t.Errorf("labels %v of %d images, want a cat and a person in one of 20 x 10", got, r.Metrics.Completeness.Images)
	}
}

func TestTwinOfYOLOHasItsCounts(t *testing.T) {
	r := scoreFiles(t, fstest.MapFS{
		"data.yaml":          {Data: []byte("train: images/train\nnames: [a, b, c, d, e, f, g, h, i, j]\n")},
		"images/train/1.png": {Data: unevenPNG(t, 32, 24)},
		"labels/train/1.txt": {Data: []byte("2 0.5 0.5 0.25 0.25\n4 0.3 0.3 0.2 0.2\n")},
	})
	c, d := r.Metrics.Completeness, r.Metrics.Distribution
	if c.Boxes != 2 || d.Classes != 10 || len(d.ZeroClasses) != 8 || d.Imbalance != nil {
		t.Errorf("%d boxes, %d classes, %d unused, imbalance %v, want 2, 10, 8, null", c.Boxes, d.Classes, len(d.ZeroClasses), d.Imbalance)
	}
}

// unevenPNG makes a picture that is not blank.
func unevenPNG(t *testing.T, width, height int) []byte {
	t.Helper()
	im := picture.NewGray(picture.Rect(0, 0, width, height))
	for i := range im.Pix {
		im.Pix[i] = byte(i * 37)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
