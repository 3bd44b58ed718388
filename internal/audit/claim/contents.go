package claim

import (
	"fmt"
	"slices"
	"strings"
)

// Contents is what a listing states about the contents of a data set, as part
// of the JSON of "lqs audit --claims FILE". Zero and empty is not stated.
type Contents struct {
	Instances int `json:"instances,omitempty"` // DICOM instances
	Series    int `json:"series,omitempty"`
	Studies   int `json:"studies,omitempty"`
	Patients  int `json:"patients,omitempty"`

	Modalities []string `json:"modalities,omitempty"` // acquisition modalities, "CT"
	BodyParts  []string `json:"body_parts,omitempty"` // words of BodyParts
	Devices    []Device `json:"devices,omitempty"`
	Countries  []string `json:"countries,omitempty"` // ISO 3166-1 alpha-2

	Sexes    Groups `json:"sexes,omitempty"`     // female, male, other
	AgeBands Groups `json:"age_bands,omitempty"` // "0-9" to "80-89", "90+"
}

// Device is a model of scanner, camera or probe. Zero is not stated.
type Device struct {
	Manufacturer        string  `json:"manufacturer,omitempty"`
	Model               string  `json:"model,omitempty"`
	FieldStrengthT      float64 `json:"field_strength_t,omitempty"`       // tesla
	KVp                 float64 `json:"kvp,omitempty"`                    // kilovolts
	SliceThicknessMinMM float64 `json:"slice_thickness_min_mm,omitempty"` // millimeters
	SliceThicknessMaxMM float64 `json:"slice_thickness_max_mm,omitempty"` // millimeters
}

// Groups counts patients by group, those of whom the seller does not know it
// under Missing.
type Groups map[string]int

// Missing is the key of Groups for patients of no stated group.
const Missing = "missing"

// SexGroups and AgeGroups are the keys that Groups may have besides Missing.
//
// Source: DICOM PS3.3 Section C.7.1.1 (PatientSex); 45 CFR 164.514(b)(2)(i)(C),
// which pools the ages over 89.
var (
	SexGroups = []string{"female", "male", "other"}
	AgeGroups = []string{"0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89", "90+"}
)

// acquisition are the modalities that acquire images or waveforms, and OT,
// which stands for what no other code names. The last line is from the defined
// terms of Modality.
//
// Source: DICOM PS3.16 CID 29; PS3.3 Section C.7.3.1.1.1.
var acquisition = strings.Fields(`
	AR BDUS BI BMD CR CT DG DMS DX ECG EEG EMG EOG EPS ES GM HD IO IVOCT IVUS KER LEN LS MG MR NM
	OAM OCT OP OPM OPT OPTBSV OPTENF OPV OSS PT PX RESP RF RG RTIMAGE SM SRF TG US VA XA XC
	OT`)

// Acquires reports whether a modality is one of images or waveforms, not of
// objects derived from them such as SEG or SR.
func Acquires(modality string) bool { return slices.Contains(acquisition, modality) }

// Bounds of what is stated.
const (
	maxStated = 1_000_000_000
	maxListed = 250
	maxName   = 120 // bytes
)

// Problems returns a sentence for each value that cannot be held against files.
func (c *Contents) Problems() []string {
	var list []string
	say := func(wrong bool, sentence string, args ...any) {
		if wrong {
			list = append(list, fmt.Sprintf(sentence, args...))
		}
	}
	for _, n := range []int{c.Instances, c.Series, c.Studies, c.Patients} {
		if n < 0 || n > maxStated {
			say(true, "instances, series, studies and patients are numbers from 0 to %d.", maxStated)
			break
		}
	}
	say(max(len(c.Modalities), len(c.BodyParts), len(c.Devices), len(c.Countries)) > maxListed, "a list holds more than %d entries.", maxListed)
	say(!every(c.Modalities, Acquires), "modalities holds one that is not an acquisition modality (DICOM PS3.16 CID 29) or OT.")
	say(!every(c.BodyParts, func(p string) bool { _, ok := regionsOf[p]; return ok }), "body_parts holds one that is not among %s.", strings.Join(BodyParts(), ", "))
	say(!every(c.Countries, isCountryCode), "countries holds one that is not two capital letters (ISO 3166-1 alpha-2).")
	say(!every(c.Devices, Device.fits), "devices holds a name over %d bytes or a figure that is not above 0.", maxName)
	say(!c.Sexes.fits(SexGroups), "sexes is not a number of patients for each of female, male, other, missing.")
	say(!c.AgeBands.fits(AgeGroups), "age_bands is not a number of patients for each of %s, missing.", strings.Join(AgeGroups, ", "))
	return list
}

func every[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}

func isCountryCode(s string) bool {
	return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (d Device) fits() bool {
	const most = 1e6
	for _, v := range []float64{d.FieldStrengthT, d.KVp, d.SliceThicknessMinMM, d.SliceThicknessMaxMM} {
		if !(v >= 0 && v < most) {
			return false
		}
	}
	return len(d.Manufacturer) <= maxName && len(d.Model) <= maxName &&
		(d.SliceThicknessMaxMM == 0 || d.SliceThicknessMinMM <= d.SliceThicknessMaxMM)
}

func (g Groups) fits(words []string) bool {
	for key, n := range g {
		if key != Missing && !slices.Contains(words, key) || n < 0 || n > maxStated {
			return false
		}
	}
	return true
}
