package typed

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
)

// Values are attributes of the outermost data set. A number that is absent,
// empty or not a number is 0.
type Values struct {
	Modality         string
	Manufacturer     string
	BodyPartExamined string
	PatientSex       string
	PatientAgeYears  float64 // from AgeString: days, weeks and months are parts of a year
	HasPatientAge    bool
	Rows, Columns    int
	Frames           int // NumberOfFrames
	BitsAllocated    int
	BitsStored       int
	SamplesPerPixel  int
	SliceThicknessMM float64
	PixelSpacingMM   [2]float64 // between rows, then between columns
	KVP              float64    // kilovolts
	RepetitionTimeMS float64
	EchoTimeMS       float64
	FieldStrengthT   float64
}

// attributes are the tags that both readers compare.
var attributes = [...]dicom.Tag{
	0x00080060, 0x00080070, 0x00100040, 0x00101010, 0x00180015, 0x00180050, 0x00180060,
	0x00180080, 0x00180081, 0x00180087, 0x00280002, 0x00280008, 0x00280010, 0x00280011,
	0x00280030, 0x00280100, 0x00280101,
}

func isAttribute(t dicom.Tag) bool {
	for _, a := range attributes {
		if a == t {
			return true
		}
	}
	return false
}

// textOf returns the values of an element as strings: text without padding,
// numbers in decimal.
func textOf(e *dicom.Element) []string {
	if e.VR.IsText() {
		text, _ := dicom.Text(e, e.Charset)
		values := strings.Split(text, `\`)
		for i := range values {
			values[i] = strings.Trim(values[i], " \x00")
		}
		return values
	}
	var order binary.ByteOrder = binary.LittleEndian
	if e.BigEndian {
		order = binary.BigEndian
	}
	var values []string
	if e.VR == dicom.US {
		for b := e.Value; len(b) >= 2; b = b[2:] {
			values = append(values, strconv.Itoa(int(order.Uint16(b))))
		}
	}
	return values
}

// typedValues turns the strings of the attributes into Values.
func typedValues(read map[dicom.Tag][]string) Values {
	text := func(t dicom.Tag) string {
		if v := read[t]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return 0
		}
		return f
	}
	integer := func(t dicom.Tag) int {
		n, err := strconv.Atoi(text(t))
		if err != nil {
			return 0
		}
		return n
	}
	v := Values{
		Modality: text(0x00080060), Manufacturer: text(0x00080070),
		BodyPartExamined: text(0x00180015), PatientSex: text(0x00100040),
		Rows: integer(0x00280010), Columns: integer(0x00280011), Frames: integer(0x00280008),
		BitsAllocated: integer(0x00280100), BitsStored: integer(0x00280101), SamplesPerPixel: integer(0x00280002),
		SliceThicknessMM: number(text(0x00180050)), KVP: number(text(0x00180060)),
		RepetitionTimeMS: number(text(0x00180080)), EchoTimeMS: number(text(0x00180081)),
		FieldStrengthT: number(text(0x00180087)),
	}
	v.PatientAgeYears, v.HasPatientAge = ageYears(text(0x00101010))
	if spacing := read[0x00280030]; len(spacing) == 2 {
		v.PixelSpacingMM = [2]float64{number(spacing[0]), number(spacing[1])}
	}
	return v
}

// ageYears reads an age such as "018M".
//
// Source: DICOM PS3.5 Section 6.2, AS.
func ageYears(text string) (float64, bool) {
	if len(text) != 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(text[:3], 10, 16)
	if err != nil {
		return 0, false
	}
	switch text[3] {
	case 'Y':
		return float64(n), true
	case 'M':
		return float64(n) / 12, true
	case 'W':
		return float64(n) * 7 / 365.25, true
	case 'D':
		return float64(n) / 365.25, true
	}
	return 0, false
}
