package synth

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// device is a scanner.
type device struct{ maker, model, software string }

var devices = map[Modality][]device{
	CT: {{"SIEMENS", "SOMATOM Force", "VB20A"}, {"GE MEDICAL SYSTEMS", "Revolution CT", "revo_ct_21b"}, {"Canon Medical Systems", "Aquilion ONE", "V8.4"}},
	MR: {{"SIEMENS", "MAGNETOM Skyra", "syngo MR E11"}, {"Philips", "Ingenia", "5.7.1"}, {"GE MEDICAL SYSTEMS", "SIGNA Premier", "RX29.0"}},
	US: {{"Philips", "EPIQ 7C", "EPIQ 7C_5.0"}, {"GE Vingmed Ultrasound", "Vivid E95", "203"}, {"SAMSUNG MEDISON", "HS70A", "2.00"}},
	DX: {{"Carestream Health", "DRX-Evolution", "5.7"}, {"FUJIFILM Corporation", "FDR D-EVO II", "A15"}, {"Philips", "DigitalDiagnost C90", "1.1"}},
	SC: {{"Phantom Works", "Report Viewer", "4.2"}, {"Phantom Works", "Perfusion Station", "2.0"}},
}

// words are the descriptors of a series that a cleaned data set keeps.
type words struct{ study, series, protocol, part string }

var vocabulary = map[Modality][]words{
	CT: {
		{"CT CHEST W CONTRAST", "CHEST AX 5.0 B30f", "Thorax Routine", "CHEST"},
		{"CT ABDOMEN AND PELVIS", "ABD PELVIS 3.0 SOFT TISSUE", "Abdomen Portal Venous", "ABDOMEN"},
		{"CT CHEST LOW DOSE SCREENING", "LUNG 1.25 MM", "Low Dose Lung", "CHEST"},
	},
	MR: {
		{"MRI BRAIN WITHOUT CONTRAST", "AX T2 TSE", "t2_tse_tra", "BRAIN"},
		{"MRI BRAIN WITHOUT CONTRAST", "AX T1 SE", "t1_se_tra", "BRAIN"},
		{"MRI BRAIN TUMOR FOLLOW UP", "AX FLAIR", "flair_tra_dark_fluid", "BRAIN"},
	},
	US: {
		{"US ABDOMEN COMPLETE", "LIVER", "Abdomen General", "ABDOMEN"},
		{"US ABDOMEN LIMITED", "LIVER LONG", "Liver", "LIVER"},
		{"US RENAL", "RIGHT KIDNEY", "Renal", "KIDNEY"},
		{"US THYROID", "THYROID TRANS", "Small Parts", "THYROID"},
	},
	DX: {
		{"CHEST 2 VIEWS", "CHEST PA", "Chest PA", "CHEST"},
		{"CHEST 1 VIEW", "CHEST AP", "Chest AP", "CHEST"},
		{"BONE AGE", "LEFT HAND PA", "Hand PA", "HAND"},
	},
	SC: {
		{"CT PERFUSION ANALYSIS", "PERFUSION MAP", "Perfusion", "BRAIN"},
		{"MRI QUANTITATIVE ANALYSIS", "VOLUME CHART", "Quantification", "BRAIN"},
		{"CT CHEST DOSE SUMMARY", "DOSE CHART", "Dose", "CHEST"},
	},
}

// Person is somebody invented, whose identifiers are planted.
type Person struct {
	Name      string // PN, "Family^Given"
	BirthDate string // DA
	StudyDate string // DA
	ID        string // a medical record number
	Phone     string
	Physician string // PN
	Hospital  string
}

// Word lists for invented people: syllables, so that no list of real names is
// needed and no detector can hold one.
var (
	onsets = []string{"Bram", "Quill", "Thorn", "Hather", "Wex", "Marl", "Osgo", "Pell", "Dren", "Fen", "Gris", "Lang"}
	codas  = []string{"worth", "feather", "bury", "sage", "combe", "stead", "wick", "by", "ford", "mere", "shaw", "ley"}
	givens = []string{"Magnus", "Oriel", "Tamsin", "Corwin", "Isolde", "Piers", "Linnet", "Edric", "Sunniva", "Jorah"}
)

// NewPerson invents a person from a seed.
func NewPerson(seed uint64) Person {
	r := rand.New(rand.NewPCG(seed, 0x9e7507))
	family := func() string { return onsets[r.IntN(len(onsets))] + codas[r.IntN(len(codas))] }
	given := func() string { return givens[r.IntN(len(givens))] }
	year := 1935 + r.IntN(60)
	return Person{
		Name:      family() + "^" + given(),
		BirthDate: fmt.Sprintf("%04d%02d%02d", year, 1+r.IntN(12), 1+r.IntN(28)),
		StudyDate: fmt.Sprintf("20%02d%02d%02d", 12+r.IntN(12), 1+r.IntN(12), 1+r.IntN(28)),
		ID:        fmt.Sprintf("%08d", 10_000_000+r.IntN(89_999_999)),
		Phone:     fmt.Sprintf("(%d) %d-%04d", 212+r.IntN(700), 220+r.IntN(700), r.IntN(10_000)),
		Physician: family() + "^" + given() + "^^Dr.",
		Hospital:  "St. " + given() + " Hospital",
	}
}

// plain returns the name as it is written on a screen: "FAMILY, GIVEN".
func (p Person) plain() string {
	return strings.ToUpper(strings.ReplaceAll(p.Name, "^", ", "))
}

// fileName returns the name as it is written in a path.
func (p Person) fileName() string {
	return strings.ReplaceAll(p.Name, "^", "_") + "_" + p.BirthDate
}
