package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"assay/internal/audit/synth"
)

// labels makes the label files of series whose files are made.
type labels func(series []synth.Spec, files []synth.File) ([]synth.File, error)

// outlines are a DICOM Segmentation of each series.
func outlines(series []synth.Spec, _ []synth.File) ([]synth.File, error) {
	var list []synth.File
	for _, spec := range series {
		file, err := synth.Segmentation(spec)
		if err != nil {
			return nil, err
		}
		list = append(list, file)
	}
	return list, nil
}

// handReadings are two readers' findings and bone ages for each radiograph of
// the hand, split by patient. Readers differ now and then, and findings are
// seldom, so that the score has something to say.
func handReadings(_ []synth.Spec, files []synth.File) ([]synth.File, error) {
	var b strings.Builder
	b.WriteString("image,patient_id,split,reader_id,bone_age_months,open_growth_plate,fracture,soft_tissue_swelling\n")
	for i, f := range files {
		patient := i / handsOfOne
		split := "train"
		if patient%5 == 4 {
			split = "test"
		}
		random := rand.New(rand.NewPCG(uint64(i), 0xb07e))
		age := 60 + random.IntN(130)
		seen := [...]bool{age < 168, random.Float64() < 0.3, random.Float64() < 0.45}
		for reader := range 2 {
			fmt.Fprintf(&b, "%s,P%03d,%s,R%d,%d", f.Path, patient+1, split, reader+1, age+random.IntN(7)-3)
			for _, present := range seen {
				if random.Float64() < 0.06 {
					present = !present
				}
				fmt.Fprintf(&b, ",%d", flag(present))
			}
			b.WriteString("\n")
		}
	}
	return []synth.File{{Path: "readings.csv", Data: []byte(b.String())}}, nil
}

// handsOfOne is how many radiographs a patient of the hand set has.
const handsOfOne = 2

// liverGrades are grades of steatosis, with mistakes that a reviewer should
// see: an image that was not sent, a grade written in another way, and no grade.
func liverGrades(_ []synth.Spec, files []synth.File) ([]synth.File, error) {
	var b strings.Builder
	b.WriteString("image,split,grade\n")
	for i, f := range files {
		grade := []string{"none", "mild", "moderate", "none", "severe"}[i%5]
		switch i {
		case 3:
			grade = "None"
		case 11:
			grade = ""
		}
		fmt.Fprintf(&b, "%s,%s,%s\n", f.Path, []string{"train", "train", "test"}[i%3], grade)
	}
	b.WriteString("US/left-out.dcm,test,mild\n")
	return []synth.File{{Path: "grades.csv", Data: []byte(b.String())}}, nil
}

func flag(is bool) int {
	if is {
		return 1
	}
	return 0
}
