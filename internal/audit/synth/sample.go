package synth

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Sample is a small set with labels, to try the audit on. It is the same bytes
// each time.
type Sample struct {
	Name  string // of its archive, without the ending
	Title string
	Shows string // what the audit says of it, a sentence
	files func() ([]File, error)
}

// Samples returns all samples.
func Samples() []Sample {
	return []Sample{
		{"chest-table", "Chest radiographs with a table",
			"400 radiographs of 200 patients in two splits, with a table as CheXpert has it. Complete, well-formed and balanced.", chestTable},
		{"boxes-coco", "Boxes in COCO, with planted faults",
			"72 images with boxes: some reach past their image, one is empty, one has a class that is not defined, three files are not there, and ids are used twice.", boxesCOCO},
		{"ct-seg", "CT with DICOM segmentations",
			"Three CT series with segmentations of lung, heart and nodule. All objects are sound, but one patient is in the training and in the test set.", ctSeg},
	}
}

// Zip packs the files of a sample.
func (s Sample) Zip() ([]byte, error) {
	files, err := s.files()
	if err != nil {
		return nil, fmt.Errorf("synth: sample %s: %w", s.Name, err)
	}
	return Zip(files)
}

// chestFindings are what the radiographs show, named as in CheXpert.
var chestFindings = []string{"Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Pneumothorax", "Pleural Effusion", "Support Devices"}

// A third of the radiographs show nothing, the others most of the findings, so
// that each class has 100 labels to learn from.
const (
	nothingShare = 0.36
	findingShare = 0.66
)

// chestTable makes radiographs of 200 patients, two of each, and a table for
// each split.
//
// Source: the columns of Irvin et al., CheXpert, 2019.
func chestTable() ([]File, error) {
	var files []File
	heads := []string{"Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", "No Finding"}
	heads = append(heads, chestFindings...)
	for _, split := range []struct {
		name        string
		first, last int
	}{{"train", 1, 160}, {"valid", 161, 200}} {
		table := strings.Join(heads, ",") + "\n"
		for patient := split.first; patient <= split.last; patient++ {
			random := rand.New(rand.NewPCG(uint64(patient), 0xc4e57))
			sex, age := [...]string{"Female", "Male"}[random.IntN(2)], 25+random.IntN(60)
			for view := range 2 {
				seen := make([]bool, len(chestFindings))
				nothing := random.Float64() < nothingShare
				for i := range seen {
					seen[i] = !nothing && random.Float64() < findingShare
				}
				name := fmt.Sprintf("%s/patient%05d/study1/view%d_frontal.png", split.name, patient, view+1)
				picture, err := radiograph(random, seen)
				if err != nil {
					return nil, err
				}
				files = append(files, File{name, picture})
				table += fmt.Sprintf("%s,%s,%d,Frontal,PA,%s\n", name, sex, age, flags(seen))
			}
		}
		files = append(files, File{split.name + ".csv", []byte(table)})
	}
	return append(files, File{"README.md", []byte("# Chest radiographs\n\nPhantoms made by a program, of no real person. Each image was labeled by the program that drew it.\n\n1 means present, 0 absent.\n")}), nil
}

// flags writes the columns from No Finding on; a device is no finding.
func flags(seen []bool) string {
	none := !slices.Contains(seen[:len(seen)-1], true)
	text := []string{number(none)}
	for _, s := range seen {
		text = append(text, number(s))
	}
	return strings.Join(text, ",")
}

func number(is bool) string {
	if is {
		return "1.0"
	}
	return "0.0"
}

// radiograph draws a chest with what is seen, by index of chestFindings, a
// little different each time.
func radiograph(r *rand.Rand, seen []bool) ([]byte, error) {
	c := newCanvas(96, 96, 300)
	at := func(v, by float64) float64 { return v + by*(2*r.Float64()-1) }
	x, size := at(0, 0.05), at(1, 0.06)
	c.ellipse(x, 0.1, 0.85*size, 1.1*size, 0, 2200)
	left, right := at(1000, 150), at(1000, 150)
	c.ellipse(x-0.38*size, 0, 0.3*size, at(0.62, 0.03)*size, at(5, 3), left)
	c.ellipse(x+0.38*size, 0, 0.3*size, at(0.62, 0.03)*size, at(5, 3), right)
	heart, middle := at(0.3, 0.02), at(0.12, 0.02)
	if seen[0] {
		middle *= 2
	}
	if seen[1] {
		heart *= 1.4
	}
	c.ellipse(x, -0.1, middle*size, 0.5*size, 0, 2400)
	c.ellipse(x+0.12, 0.28, heart*size, at(0.32, 0.02)*size, at(25, 5), 2500)
	if seen[2] {
		c.ellipse(x+at(-0.38, 0.08), at(-0.1, 0.2), at(0.14, 0.04), at(0.12, 0.04), at(0, 90), 1900)
	}
	if seen[3] {
		c.ellipse(x-0.5*size, at(-0.35, 0.05), 0.12, 0.2, 20, 400)
	}
	if seen[4] {
		c.ellipse(x-0.42*size, 0.55, 0.26, at(0.2, 0.05), 0, 2300)
	}
	if seen[5] {
		c.ellipse(x+at(0.3, 0.05), at(-0.45, 0.05), 0.1, 0.07, 0, 3900)
	}
	rib := at(0, 0.3)
	c.each(func(x, y float64, v *float64) {
		if x > -0.08 && x < 0.08 {
			*v += 500
		}
		if k := y*5 + x*x*2.2 + 10 + rib; k-float64(int(k)) < 0.22 && x > -0.72 && x < 0.72 && y > -0.68 && y < 0.68 {
			*v += 260
		}
	})
	c.noise(r, 40)
	return c.png(255.0 / 4095)
}

// boxesCOCO makes images with boxes, and plants a fault of each of the kinds
// that its Sample names.
//
// Source: the data format of COCO, https://cocodataset.org/#format-data.
func boxesCOCO() ([]File, error) {
	var files []File
	var images, labels []string
	for i := range 72 {
		random := rand.New(rand.NewPCG(uint64(i), 0xb0c5))
		split := [...]string{"train", "train", "val"}[i%3]
		name := fmt.Sprintf("%s/image%03d.png", split, i+1)
		c := newCanvas(128, 128, 70)
		c.ellipse(0, 0, 0.8+0.1*random.Float64(), 0.8+0.1*random.Float64(), 0, 110)
		for k := range 2 {
			class := (i/3 + k) % 3
			x, y, half := 18+random.IntN(28)+46*k, 24+random.IntN(76), 6+random.IntN(8)
			value := [...]float64{170, 35, 240}[class]
			u, w := 2*float64(x)/128-1, 2*float64(y)/128-1
			c.ellipse(u, w, float64(half)/64, float64(half)/64, 0, value)
			labels = append(labels, fmt.Sprintf(`{"id":%d,"image_id":%d,"category_id":%d,"bbox":[%d,%d,%d,%d],"area":%d,"iscrowd":0}`,
				len(labels)+1, i+1, class+1, x-half, y-half, 2*half, 2*half, 4*half*half))
		}
		c.noise(random, 7)
		picture, err := c.png(1)
		if err != nil {
			return nil, err
		}
		if i < 69 { // the last three are not there
			files = append(files, File{name, picture})
		}
		images = append(images, fmt.Sprintf(`{"id":%d,"file_name":"%s","width":128,"height":128}`, i+1, name))
	}
	plant := func(label int, from, to string) {
		labels[label] = strings.Replace(labels[label], from, to, 1)
	}
	for _, i := range []int{10, 13, 50, 77, 91} {
		plant(i, `"bbox":[`, `"bbox":[100`) // past the right edge
	}
	for _, i := range []int{40, 61, 80, 101} {
		plant(i, fmt.Sprintf(`"id":%d,`, i+1), fmt.Sprintf(`"id":%d,`, i)) // that of the label before
	}
	plant(21, `"category_id":`, `"category_id":9`)
	labels[30] = `{"id":31,"image_id":16,"category_id":1,"bbox":[60,60,0,14],"area":0,"iscrowd":0}`
	text := `{"info":{"description":"Phantoms made by a program, of no real person.","version":"1.0"},` + "\n" +
		`"licenses":[],"categories":[{"id":1,"name":"nodule"},{"id":2,"name":"cyst"},{"id":3,"name":"calcification"}],` + "\n" +
		`"images":[` + strings.Join(images, ",\n") + "],\n" + `"annotations":[` + strings.Join(labels, ",\n") + "]}\n"
	return append(files, File{"annotations/instances.json", []byte(text)}), nil
}

// ctSeg makes three series with segmentations; two are of one patient.
func ctSeg() ([]File, error) {
	var files []File
	for _, spec := range []Spec{
		{Seed: 41, Subject: "SUBJ-0001", Folder: "train"},
		{Seed: 42, Subject: "SUBJ-0002", Folder: "train"},
		{Seed: 43, Subject: "SUBJ-0001", Folder: "test"},
	} {
		spec.Modality, spec.Slices, spec.Rows, spec.Columns, spec.Part = CT, 24, 96, 96, "CHEST"
		made, err := Series(spec)
		if err != nil {
			return nil, err
		}
		labels, err := Segmentation(spec)
		if err != nil {
			return nil, err
		}
		files = append(append(files, made...), labels)
	}
	return files, nil
}
