// Package annotationtest makes label files that are synthetic twins of known
// tables: in their columns, words and known faults, with invented content, and
// with the counts that a reader must find.
package annotationtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Counts are the labels of a class.
type Counts struct{ Positive, Negative, Uncertain, Blank int }

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 20261)) }

var chexpert = []string{
	"Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis",
	"Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
}

// CheXpert makes a twin of CheXpert's train.csv: classes in columns with 1, 0,
// -1 and blank, and one row in 1,000 that is all blank.
func CheXpert(rows int, seed uint64) (text string, counts map[string]Counts, allBlank int) {
	r, b := random(seed), strings.Builder{}
	counts = map[string]Counts{}
	names := append([]string{"No Finding"}, chexpert...)
	fmt.Fprintf(&b, "Path,Sex,Age,Frontal/Lateral,AP/PA,%s\n", strings.Join(names, ","))
	for i := range rows {
		patient := i / 3
		fmt.Fprintf(&b, "CheXpert-v1.0-small/train/patient%05d/study%d/view1_frontal.jpg,%s,%d,Frontal,AP",
			patient, i%3+1, []string{"Female", "Male"}[patient%2], 18+r.IntN(73))
		blank, none := i%1000 == 999, r.IntN(10) == 0
		if blank {
			allBlank++
		}
		for _, name := range names {
			c, cell := counts[name], ""
			switch roll := r.IntN(20); {
			case blank:
			case name == "No Finding" && none:
				cell = "1.0"
			case name == "No Finding" || none && name != "Support Devices" && roll < 3:
			case roll < 3:
				cell = "1.0"
			case roll == 3 || name == "Support Devices":
				cell = "0.0"
			case roll == 4:
				cell = "-1.0"
			}
			switch cell {
			case "1.0":
				c.Positive++
			case "0.0":
				c.Negative++
			case "-1.0":
				c.Uncertain++
			default:
				c.Blank++
			}
			counts[name] = c
			b.WriteString("," + cell)
		}
		b.WriteString("\n")
	}
	return b.String(), counts, allBlank
}

var chestXray14 = []string{
	"Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax", "Consolidation", "Edema",
	"Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
}

// ChestXray14 makes twins of ChestX-ray14's table of labels and of its table of
// boxes, which calls Infiltration Infiltrate.
func ChestXray14(rows int, seed uint64) (labels, boxes string, counts map[string]int) {
	r, b, x := random(seed), strings.Builder{}, strings.Builder{}
	counts = map[string]int{}
	b.WriteString("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n")
	x.WriteString("Image Index,Finding Label,Bbox [x,y,w,h],,,\n")
	for i := range rows {
		patient := i / 4
		image := fmt.Sprintf("%08d_%03d.png", patient, i%4)
		var found []string
		for _, name := range chestXray14 {
			if r.IntN(20) == 0 {
				found = append(found, name)
			}
		}
		if len(found) == 0 {
			found = []string{"No Finding"}
		} else if i%10 == 0 {
			name := found[0]
			if name == "Infiltration" {
				name = "Infiltrate"
			}
			fmt.Fprintf(&x, "%s,%s,%d.5,%d,%d,%d,,,\n", image, name, r.IntN(400), r.IntN(400), 1+r.IntN(200), 1+r.IntN(200))
		}
		for _, name := range found {
			counts[name]++
		}
		fmt.Fprintf(&b, "%s,%s,%d,%d,%d,%s,PA,2500,2048,0.171,0.171,\n", image, strings.Join(found, "|"), i%4, patient, 20+r.IntN(70), []string{"F", "M"}[patient%2])
	}
	return b.String(), x.String(), counts
}

// RSNA makes twins of the table of boxes of the RSNA challenge, and of the
// headers of its images as a table, which holds five ages beyond 120.
func RSNA(images int, seed uint64) (labels, headers string, boxes, negative int) {
	r, b, h := random(seed), strings.Builder{}, strings.Builder{}
	b.WriteString("patientId,x,y,width,height,Target\n")
	h.WriteString("patientId,PatientSex,PatientAge\n")
	ages := []int{148, 150, 151, 153, 155}
	for i := range images {
		id := fmt.Sprintf("%08x-synt-4000-8000-%012x", r.Uint32(), i)
		age := 1 + r.IntN(95)
		if i%97 == 50 && i/97 < len(ages) {
			age = ages[i/97]
		}
		fmt.Fprintf(&h, "%s,%s,%d\n", id, []string{"F", "M"}[r.IntN(2)], age)
		if r.IntN(4) > 0 {
			fmt.Fprintf(&b, "%s,,,,,0\n", id)
			negative++
			continue
		}
		for range 1 + r.IntN(3) {
			fmt.Fprintf(&b, "%s,%d.0,%d.0,%d.0,%d.0,1\n", id, r.IntN(500), r.IntN(500), 1+r.IntN(300), 1+r.IntN(300))
			boxes++
		}
	}
	return b.String(), h.String(), boxes, negative
}

// Readings makes a twin of VinBigData's train.csv: three readers an image, who
// disagree on findings, and agree on No finding without exception, as where
// the readings were filtered: its kappa is 1.
func Readings(images int, seed uint64) (text string, rows map[string]int) {
	r, b := random(seed), strings.Builder{}
	rows = map[string]int{}
	classes := []string{"Cardiomegaly", "Aortic enlargement", "Pleural effusion", "Nodule/Mass"}
	b.WriteString("image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n")
	for i := range images {
		id := fmt.Sprintf("%032x", i+1)
		first := r.IntN(14)
		if r.IntN(3) > 0 {
			for k := range 3 {
				fmt.Fprintf(&b, "%s,No finding,14,R%d,,,,\n", id, first+k+1)
				rows["No finding"]++
			}
			continue
		}
		truth := r.IntN(len(classes))
		for k := range 3 {
			class := truth
			if r.IntN(3) == 0 {
				class = r.IntN(len(classes))
			}
			left, top := 100+r.IntN(900), 100+r.IntN(900)
			fmt.Fprintf(&b, "%s,%s,%d,R%d,%d,%d,%d,%d\n", id, classes[class], class, first+k+1, left, top, left+50+r.IntN(300), top+50+r.IntN(300))
			rows[classes[class]]++
		}
	}
	return b.String(), rows
}

// SIIM makes a twin of SIIM-ACR's train-rle.csv: masks as run lengths, -1 for
// images without one, and a blank before the name of the second column.
func SIIM(rows int, seed uint64) (text string, masks, negative int) {
	r, b := random(seed), strings.Builder{}
	b.WriteString("ImageId, EncodedPixels\n")
	for i := range rows {
		fmt.Fprintf(&b, "1.2.276.0.7230010.3.1.4.8323329.%d.1517875160.%d, ", i+1, 100_000+i)
		if r.IntN(4) > 0 {
			b.WriteString("-1\n")
			negative++
			continue
		}
		masks++
		fmt.Fprintf(&b, "%d", 100_000+r.IntN(100_000))
		for range 1 + r.IntN(30) {
			fmt.Fprintf(&b, " %d %d", 1+r.IntN(40), 900+r.IntN(100))
		}
		b.WriteString(" 5\n")
	}
	return b.String(), masks, negative
}
