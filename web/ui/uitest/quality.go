package uitest

import (
	"fmt"
	"math"

	"assay/internal/audit/quality"
)

func ptr[T any](v T) *T { return &v }

// wilson is a rough interval around a share, for drawing.
func wilson(k, n int) *[2]float64 {
	if n == 0 {
		return nil
	}
	p := float64(k) / float64(n)
	d := 1.96 * math.Sqrt(p*(1-p)/float64(n)+1/(4*float64(n)*float64(n)))
	return &[2]float64{max(0, p-d), min(1, p+d)}
}

const digest = "9f2c41d70b6ae5d3e80b9f2c41d70b6ae5d3e80b9f2c41d70b6ae5d3e80b0011"

// RichQuality is a report with something in every part.
func RichQuality() *quality.Report {
	r := &quality.Report{
		Schema: quality.Schema,
		Tool:   quality.Tool{Name: "assay", Version: "0.5", Score: "LQS-M 1.0", RulesSHA256: digest},
		Input: quality.Input{
			ManifestSHA256: digest, Files: 8412, Bytes: 3_412_000_000, Images: 8000, Labels: 21_904,
			Formats: []quality.Format{{Name: "COCO instances", Files: 3}, {Name: "PNG mask", Files: 406}, {Name: "generic CSV", Files: 1, Also: []string{"RSNA pneumonia CSV"}}},
			Sampled: &quality.Sample{N: 2000, Of: 8000, Seed: 7},
		},
		Score: quality.Score{Value: 82.6, Low: 79.1, High: 85.4, Grade: "B", MeasuredPoints: 85, Reason: "no split can be measured by patient, so the best grade is B", HardFails: []quality.HardFail{}},
		Pillars: []quality.Pillar{
			{ID: "F", Name: "Format", Points: 25, Kept: 23.4, Measured: true}, {ID: "C", Name: "Completeness", Points: 25, Kept: 18.8, Measured: true},
			{ID: "D", Name: "Distribution", Points: 20, Kept: 15.1, Measured: true}, {ID: "S", Name: "Splits", Points: 15, Why: "the files name no patient, so nobody can tell whether one is in two splits"},
			{ID: "Q", Name: "Image quality", Points: 10, Kept: 9.6, Measured: true}, {ID: "P", Name: "Provenance and agreement", Points: 5, Kept: 3.3, Measured: true},
		},
		Losses: []quality.Loss{
			{Points: 7.3, Code: "C-104", Message: "Image without a label record: 1,240 of 8,000 images", Fix: "Label these images, or record explicitly that they hold no object.", Gain: 7.3},
			{Points: 5.8, Code: "D-003", Message: "Declared class without a label: 2 of 14 classes", Fix: "Remove the class from the label map, or add images that show it.", Gain: 4.1},
			{Points: 1.9, Code: "F-210", Message: "Box outside its image by more than 1 pixel: 88 of 21,904 boxes", Fix: "Clip boxes to the image, or mend the size that the file gives.", Gain: 1.9},
			{Points: 1.4, Code: "P-201", Message: "Agreement that looks adjudicated or filtered: 1 of 3 classes", Gain: 1.4},
			{Points: 1, Code: "lowest-pillar", Message: "No score is higher than its lowest pillar plus 25 points"},
		},
		Gates:   quality.Gates{PHI: quality.Gate{State: "clear", Message: "headers of all files and texts of the tables were searched"}},
		Unknown: []quality.Unknown{{What: "Splits by patient", Why: "no patient key: neither headers nor a table name one"}, {What: "HD95 of masks", Why: "the spacing of 406 masks is not known"}},
	}
	r.Fixes = r.Losses[:3]
	r.Findings = richFindings()
	r.Classes = richClasses(14)
	r.Metrics = richMetrics(r.Classes)
	return r
}

func richFindings() []quality.Finding {
	places := make([]quality.Example, 60)
	for i := range places {
		places[i] = quality.Example{Path: fmt.Sprintf("train/site-%d/images/chest_%06d.png", i%3, i*17), Note: "no record names it"}
	}
	return []quality.Finding{
		{Code: "C-104", Level: "E", Severity: "warning", Pillar: "C", Affected: 1240, Eligible: 8000, Loss: 7.3, Message: "Image without a label record: 1,240 of 8,000 images", Fix: "Label these images, or record explicitly that they hold no object.", Examples: places},
		{Code: "D-003", Level: "W", Severity: "warning", Pillar: "D", Affected: 2, Eligible: 14, Loss: 5.8, Message: "Declared class without a label: 2 of 14 classes", Fix: "Remove the class from the label map, or add images that show it.",
			Examples: []quality.Example{{Path: "annotations/instances.json", Pointer: "/categories/12"}, {Path: "annotations/instances.json", Pointer: "/categories/13"}}},
		{Code: "F-210", Level: "W", Severity: "warning", Pillar: "F", Affected: 88, Eligible: 21904, Loss: 1.9, Message: "Box outside its image by more than 1 pixel: 88 of 21,904 boxes", Fix: "Clip boxes to the image, or mend the size that the file gives.",
			Examples: []quality.Example{
				{Path: "annotations/instances.json", Pointer: "/annotations/1042/bbox", Shape: "[999.9,999.9,99.9,99.9]", Note: "right edge 14 px outside"},
				{Path: "a-folder-with-a-name-that-somebody-thought-would-never-have-to-fit-anywhere/and_another_without_a_single_place_to_break_0123456789.dcm", Pointer: "(3006,0039)[2].(3006,0040)[0].(3006,0050)", Note: "contour off every slice"},
				{Path: "labels.csv", Pointer: "12:Column Finding Labels", Shape: "Aaaaaaaaaa|Aaaa"},
			}},
		{Code: "P-201", Level: "W", Severity: "warning", Pillar: "P", Affected: 1, Eligible: 3, Loss: 1.4, Message: "Agreement that looks adjudicated or filtered: 1 of 3 classes", Examples: []quality.Example{{Note: "kappa is 1 over 4,000 units"}}},
		{Code: "Q-110", Level: "I", Severity: "info", Pillar: "Q", Affected: 31, Eligible: 2000, Message: "Image compressed with loss: 31 of 2,000 images"},
	}
}

// richClasses are n classes in three splits, from frequent to absent.
func richClasses(n int) []quality.Class {
	names := []string{"Infiltration", "Effusion", "Atelectasis", "Nodule", "Mass", "Pneumothorax", "Consolidation", "Pleural thickening",
		"Cardiomegaly, moderate or severe, as read on a single anteroposterior view at the bedside", "Emphysema", "Edema", "Fibrosis", "Hernia"}
	list := make([]quality.Class, n)
	for i := range list {
		images := int(3200 / math.Pow(1.55, float64(min(i, 40))))
		if i >= 12 && i < 14 {
			images = 0
		}
		c := quality.Class{Name: fmt.Sprintf("class_%03d", i), Declared: i != 5, Labels: images * 5 / 4, Negative: 800, Uncertain: images / 9, Blank: 200, Images: images,
			Prevalence: ptr(float64(images) / 8000), CI: wilson(images, 8000), Splits: map[string]quality.Count{}}
		if i < len(names) {
			c.Name = names[i]
		}
		for s, split := range []string{"train", "val", "test"} {
			of := []int{6000, 800, 1200}[s]
			k := min(of, images*of/8000*(10+s*i%5)/10)
			c.Splits[split] = quality.Count{Labels: k * 5 / 4, Images: k, Of: of, CI: wilson(k, of)}
		}
		list[i] = c
	}
	return list
}

func richMetrics(classes []quality.Class) quality.Metrics {
	return quality.Metrics{
		Completeness: quality.Completeness{Images: 8000, Labeled: 6760, Coverage: ptr(.845), Orphans: 14, Boxes: 21_904, BadBoxes: 88, BlankShare: ptr(.7283), UncertainShare: ptr(.1647)},
		Distribution: quality.Distribution{Classes: 14, Labels: 21_904, ZeroClasses: []string{"Hernia", "class_013"}, EntropyNats: ptr(1.982), EntropyNorm: ptr(.751), EffectiveClasses: ptr(7.257), GiniSimpson: ptr(.812), MultiLabel: true, Cardinality: ptr(1.62)},
		CoOccurrence: together(classes[:12]),
		Splits:       []quality.SplitCount{{Split: "train", Images: 6000, Labels: 16_400, Patients: ptr(3104)}, {Split: "val", Images: 800, Labels: 2204, Patients: ptr(402)}, {Split: "test", Images: 1200, Labels: 3300}},
		Drift: []quality.Drift{
			{A: "train", B: "val", JSD: ptr(.004), CramerV: ptr(.031), Chi2: ptr(14.2), P: ptr(.21), PMethod: "chi-square", PSI: ptr(.012), Band: "none"},
			{A: "train", B: "test", JSD: ptr(.061), CramerV: ptr(.142), Chi2: ptr(188.4), P: ptr(.00002), PMethod: "Monte Carlo, 10,000 tables, seed 1", PSI: ptr(.18), Band: "small"},
			{A: "val", B: "test", Band: ""},
		},
		Leakage: &quality.Leakage{PatientsFrom: "the column patient_id of labels.csv",
			Pairs: []quality.Leak{{A: "train", B: "val", Patients: ptr(0)}, {A: "train", B: "test", Patients: ptr(3), Images: 2, NearImages: 11}, {A: "val", B: "test"}},
			Sets:  []quality.Venn{{Splits: []string{"train"}, Patients: 3101}, {Splits: []string{"train", "test"}, Patients: 3}, {Splits: []string{"val"}, Patients: 402}, {Splits: []string{"test"}, Patients: 611}}},
		Duplicates: &quality.Duplicates{Compared: 8000, Exact: 4, Near: 11, Different: 1, Groups: []quality.DupGroup{
			{Paths: []string{"train/site-0/images/chest_000034.png", "test/site-0/images/chest_104034.png"}, Count: 2}, {Near: true, Paths: []string{"train/a.png", "train/b.png"}, Count: 9}}},
		Agreement: []quality.Agreement{
			{Class: "Cardiomegaly", Measure: "Fleiss’ kappa", Readers: 3, Units: 4000, Value: ptr(.7894), CI: &[2]float64{.77, .81}, Raw: ptr(.952), Prevalence: ptr(.14)},
			{Class: "Nodule", Measure: "Dice", Readers: 2, Units: 406, Value: ptr(.71), CI: &[2]float64{.66, .75}, BothEmpty: 122},
			{Class: "No finding", Measure: "Fleiss’ kappa", Readers: 3, Units: 4000, Value: ptr(1.0), CI: &[2]float64{1, 1}, Raw: ptr(1.0), Prevalence: ptr(.71), Note: "looks adjudicated or filtered"},
			{Class: "Hernia", Measure: "Cohen’s kappa", Readers: 2, Units: 0},
		},
		Provenance: quality.Provenance{Labels: map[string]int{"human": 15_100, "model": 4200, "report": 2004, "unknown": 600}, Readers: 5, ReadersPerCase: ptr(1.4)},
		Demographics: quality.Demographics{Of: "patients", Tables: []quality.Group{
			{Name: "Sex", Bins: []quality.Bin{{Label: "F", Count: 1904}, {Label: "M", Count: 2103}}, Unknown: 110, TopShare: ptr(.525), Effective: ptr(2.0)},
			{Name: "Age", Bins: []quality.Bin{{Label: "0–17", Count: 12}, {Label: "18–39", Count: 804}, {Label: "40–64", Count: 1711}, {Label: "65–79", Count: 1202}, {Label: "80+", Count: 388}}, TopShare: ptr(.416), Effective: ptr(3.3)},
			{Name: "Scanner", Bins: []quality.Bin{{Label: "Siemens SOMATOM Definition Flash, software of 2014", Count: 3011}, {Label: "GE Discovery", Count: 1106}}, TopShare: ptr(.73), Effective: ptr(1.8)},
		}},
		Images: quality.ImageFigures{Looked: 2000,
			Width:     []quality.Bin{{Label: "512", Count: 4210}, {Label: "1,024", Count: 3790}},
			SpacingMM: []quality.Bin{{Label: "0.1", Count: 210}, {Label: "0.14", Count: 4100}, {Label: "0.17", Count: 3690}},
			BitsUsed:  []quality.Bin{{Label: "8", Count: 1900}, {Label: "12", Count: 100}},
			LabelSize: []quality.Bin{{Label: "under 0.1 %", Count: 804}, {Label: "0.1 to 1 %", Count: 9100}, {Label: "1 to 10 %", Count: 11_200}, {Label: "over 10 %", Count: 800}}},
		BoxCenters: boxCenters(),
		Tables: []quality.Table{{File: "labels.csv", Rows: 8000, Repeated: 2, More: 3, Columns: []quality.TableColumn{
			{Name: "Path", Kind: "path", Filled: 8000}, {Name: "score", Kind: "number", Filled: 7990, Blank: 10, Zero: 12, Distinct: ptr(101), Min: ptr(-.5), Max: ptr(1.0)},
		}}},
	}
}

func together(classes []quality.Class) *quality.CoOccurrence {
	c := &quality.CoOccurrence{}
	for i, a := range classes {
		c.Classes = append(c.Classes, a.Name)
		counts, jaccard := make([]int, len(classes)), make([]float64, len(classes))
		for j, b := range classes {
			counts[j] = min(a.Images, b.Images) * (1 + (i*7+j*7)%11) / 13
			if i == j {
				counts[j] = a.Images
			}
			jaccard[j] = float64(counts[j]) / float64(max(1, a.Images+b.Images-counts[j]))
		}
		c.Counts, c.Jaccard = append(c.Counts, counts), append(c.Jaccard, jaccard)
	}
	return c
}

func boxCenters() *quality.HeatMap {
	m := &quality.HeatMap{Size: 32}
	for y := range 32 {
		row := make([]int, 32)
		for x := range row {
			lung := func(cx float64) float64 {
				return math.Exp(-(math.Pow((float64(x)-cx)/4, 2) + math.Pow((float64(y)-17)/7, 2)))
			}
			row[x] = int(120*lung(9) + 90*lung(22))
			m.N += row[x]
		}
		m.Counts = append(m.Counts, row)
	}
	return m
}

// EmptyQuality is the report of files that hold no label.
func EmptyQuality() *quality.Report {
	return &quality.Report{Schema: quality.Schema, Tool: quality.Tool{Name: "assay", Version: "0.5", Score: "LQS-M 1.0"}, Input: quality.Input{ManifestSHA256: digest, Files: 3, Bytes: 4120},
		Gates: quality.Gates{PHI: quality.Gate{State: "not_checked"}}}
}

// PlainQuality is the report of a table of labels without images, splits or
// readers.
func PlainQuality() *quality.Report {
	return &quality.Report{
		Schema: quality.Schema, Tool: quality.Tool{Name: "assay", Version: "0.5", Score: "LQS-M 1.0"},
		Input:   quality.Input{ManifestSHA256: digest, Files: 1, Bytes: 812, Labels: 40, Formats: []quality.Format{{Name: "generic CSV", Files: 1}}},
		Score:   quality.Score{Value: 100, Low: 100, High: 100, MeasuredPoints: 45, Reason: "less than 70 of 100 points could be measured"},
		Pillars: []quality.Pillar{{ID: "F", Name: "Format", Points: 25, Kept: 25, Measured: true}, {ID: "S", Name: "Splits", Points: 15}},
		Classes: []quality.Class{{Name: "yes", Declared: true, Labels: 30}, {Name: "", Labels: 10}},
		Metrics: quality.Metrics{Distribution: quality.Distribution{Classes: 1, Labels: 40, Imbalance: ptr(math.Inf(1)), EntropyNorm: ptr(math.NaN())}},
		Gates:   quality.Gates{PHI: quality.Gate{State: "clear"}},
	}
}

// FailedQuality is the report of a set with a hard fail and identifiers.
func FailedQuality() *quality.Report {
	r := RichQuality()
	r.Input.Sampled = nil
	r.Score = quality.Score{Value: 39, Low: 39, High: 39, Grade: "F", MeasuredPoints: 100, Reason: "a hard fail holds the score to 39", HardFails: []quality.HardFail{{Code: "S-101", Title: "Patient in train and test"}, {Code: "C-001", Title: "No label at all"}}}
	r.Losses = append([]quality.Loss{{Points: 43.6, Code: "S-101", Message: "Patient in train and test: 3 of 4,117 patients", Fix: "Move all images of a patient into one split.", Gain: 43.6}}, r.Losses...)
	r.Fixes = r.Losses[:3]
	r.Findings = append([]quality.Finding{{Code: "S-101", Level: "E", Severity: "blocker", Pillar: "S", Affected: 3, Eligible: 4117, Loss: 12, Message: "Patient in train and test: 3 of 4,117 patients", Fix: "Move all images of a patient into one split.",
		Examples: []quality.Example{{Path: "train/site-0/images/chest_000034.png", Note: "the same patient is in test"}}}}, r.Findings...)
	r.Gates.PHI = quality.Gate{State: "stop", Count: 2, Message: "PatientName and PatientBirthDate are filled in 412 files"}
	return r
}

// WideQuality is the report of a set with 500 classes and six splits.
func WideQuality() *quality.Report {
	r := RichQuality()
	r.Classes = richClasses(500)
	r.Metrics.CoOccurrence = together(r.Classes[:40])
	for i := range r.Classes {
		for fold := range 3 {
			r.Classes[i].Splits[fmt.Sprintf("fold %d", fold)] = quality.Count{}
		}
	}
	return r
}
