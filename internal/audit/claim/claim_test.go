package claim_test

import (
	"strings"
	"testing"

	"assay/internal/audit/claim"
)

// measured is what the headers of a plain CT set tell.
func measured() claim.Measured {
	return claim.Measured{
		Instances: 900, Series: 130, Studies: 120, Patients: 120,
		Modalities: map[string]int{"CT": 890, "SEG": 10}, BodyParts: map[string]int{"CHEST": 900},
		Manufacturers: map[string]int{"Siemens": 890, "QIICR": 10}, Models: map[string]int{"SOMATOM Force": 890},
		Sexes: map[string]int{"female": 55, "male": 60, "not stated": 5}, AgeBands: map[string]int{"50-59": 80, "60-69": 40},
		SliceThicknessMM: &claim.Range{Min: 0.6, Max: 1.25}, KVp: &claim.Range{Min: 100, Max: 120},
		Manufacturer: func(s string) string {
			for _, known := range []string{"Siemens", "Philips", "QIICR"} {
				if strings.Contains(strings.ToLower(s), strings.ToLower(known)) {
					return known
				}
			}
			return ""
		},
		Model: func(s string) string {
			for _, known := range []string{"SOMATOM Force", "SOMATOM Drive"} {
				if strings.EqualFold(s, known) {
					return known
				}
			}
			return ""
		},
	}
}

func TestClaimsAgainstFiles(t *testing.T) {
	type contents = claim.Contents
	type device = claim.Device
	list := func(d ...device) contents { return contents{Devices: d} }
	for _, tt := range []struct {
		name, claim string
		claimed     contents
		change      func(*claim.Measured)
		want        claim.Outcome
	}{
		{"the same number", "patients", contents{Patients: 120}, nil, claim.Confirmed},
		{"one too many", "patients", contents{Patients: 121}, nil, claim.Contradicted},
		{"one too few", "instances", contents{Instances: 899}, nil, claim.Contradicted},
		{"one too many, beside a volume that may be of another patient", "patients", contents{Patients: 121}, func(m *claim.Measured) { m.Others = 1 }, claim.NoContradiction},
		{"more in the headers than claimed, whatever else there is", "patients", contents{Patients: 100}, func(m *claim.Measured) { m.Others = 40 }, claim.Contradicted},
		{"no header tells", "patients", contents{Patients: 120}, func(m *claim.Measured) { m.Patients = 0 }, claim.NotCheckable},
		{"nobody claims", "studies", contents{}, nil, claim.NotClaimed},

		{"the modality, and segmentations of it", "modalities", contents{Modalities: []string{"CT"}}, nil, claim.Confirmed},
		{"another modality", "modalities", contents{Modalities: []string{"MR"}}, nil, claim.Contradicted},
		{"one modality more than there is", "modalities", contents{Modalities: []string{"CT", "PT"}}, nil, claim.Contradicted},
		{"one modality more, which files that are no DICOM may hold", "modalities", contents{Modalities: []string{"CT", "PT"}}, func(m *claim.Measured) { m.Others = 3 }, claim.NoContradiction},
		{"one modality that nobody claims", "modalities", contents{Modalities: []string{"CT"}}, func(m *claim.Measured) { m.Modalities["MR"] = 1 }, claim.Contradicted},

		{"the region of what is to be seen", "body_parts", contents{BodyParts: []string{"lung", "heart"}}, nil, claim.Confirmed},
		{"vessels are everywhere", "body_parts", contents{BodyParts: []string{"vessel"}}, nil, claim.Confirmed},
		{"another region", "body_parts", contents{BodyParts: []string{"brain"}}, nil, claim.Contradicted},
		{"a region that no file states", "body_parts", contents{BodyParts: []string{"lung", "knee"}}, nil, claim.Contradicted},
		{"a region that files without a stated one may show", "body_parts", contents{BodyParts: []string{"lung", "knee"}}, func(m *claim.Measured) { m.BodyParts["CHEST"] = 400 }, claim.NoContradiction},
		{"neighbors show in each other's images", "body_parts", contents{BodyParts: []string{"liver"}}, func(m *claim.Measured) { m.BodyParts = map[string]int{"CHESTABDOMEN": 900} }, claim.Confirmed},
		{"a part on no list", "body_parts", contents{BodyParts: []string{"brain"}}, func(m *claim.Measured) { m.BodyParts = map[string]int{"other": 900} }, claim.NoContradiction},
		{"no part stated", "body_parts", contents{BodyParts: []string{"brain"}}, func(m *claim.Measured) { m.BodyParts = nil }, claim.NotCheckable},

		{"the maker in other words, beside a program that made segmentations", "manufacturers", list(device{Manufacturer: "SIEMENS Healthineers"}), nil, claim.Confirmed},
		{"another maker", "manufacturers", list(device{Manufacturer: "Philips"}), nil, claim.Contradicted},
		{"a maker on no list, while all files name known ones", "manufacturers", list(device{Manufacturer: "Northwind"}), nil, claim.Contradicted},
		{"a maker on no list, and files that name such a one", "manufacturers", list(device{Manufacturer: "Northwind"}), func(m *claim.Measured) { m.Manufacturers = map[string]int{"other": 900} }, claim.NoContradiction},
		{"a second maker that no file names", "manufacturers", list(device{Manufacturer: "Siemens"}, device{Manufacturer: "Philips"}), nil, claim.Contradicted},
		{"a second maker that files without a name may be of", "manufacturers", list(device{Manufacturer: "Siemens"}, device{Manufacturer: "Philips"}), func(m *claim.Measured) { m.Manufacturers["Siemens"] = 400 }, claim.NoContradiction},
		{"the model", "models", list(device{Model: "Somatom Force"}), nil, claim.Confirmed}, // the segmentations name none
		{"another model", "models", list(device{Model: "SOMATOM Drive"}), nil, claim.Contradicted},
		{"a model as no list has it", "models", list(device{Model: "Force, dual source"}), nil, claim.NoContradiction},

		{"a thickness within the claim", "slice_thickness_mm", list(device{SliceThicknessMinMM: 0.5, SliceThicknessMaxMM: 2}), nil, claim.Confirmed},
		{"a thicker slice", "slice_thickness_mm", list(device{SliceThicknessMinMM: 0.5, SliceThicknessMaxMM: 1}), nil, claim.Contradicted},
		{"two devices together", "slice_thickness_mm", list(device{SliceThicknessMinMM: 0.5, SliceThicknessMaxMM: 1}, device{SliceThicknessMinMM: 1, SliceThicknessMaxMM: 1.25}), nil, claim.Confirmed},
		{"a rounded thickness", "slice_thickness_mm", list(device{SliceThicknessMinMM: 0.6, SliceThicknessMaxMM: 1.25}), func(m *claim.Measured) { m.SliceThicknessMM.Max = 1.2500001 }, claim.Confirmed},
		{"another tension", "kvp", list(device{KVp: 120}), nil, claim.Contradicted},
		{"no header tells the tension", "kvp", list(device{KVp: 120}), func(m *claim.Measured) { m.KVp = nil }, claim.NotCheckable},
		{"a magnet of 3 T states 2.9", "field_strength_t", list(device{FieldStrengthT: 3}), func(m *claim.Measured) { m.FieldStrengthsT = map[string]int{"2.9": 9} }, claim.Confirmed},
		{"another magnet", "field_strength_t", list(device{FieldStrengthT: 3}), func(m *claim.Measured) { m.FieldStrengthsT = map[string]int{"1.5": 9} }, claim.Contradicted},
		{"a second magnet that MR without a stated field may be of", "field_strength_t", list(device{FieldStrengthT: 3}, device{FieldStrengthT: 1.5}), func(m *claim.Measured) {
			m.FieldStrengthsT, m.Modalities = map[string]int{"1.5": 9}, map[string]int{"MR": 10}
		}, claim.NoContradiction},

		{"the sexes, some not stated in headers", "sexes", contents{Sexes: claim.Groups{"female": 58, "male": 62}}, nil, claim.NoContradiction},
		{"the sexes as stated", "sexes", contents{Sexes: claim.Groups{"female": 55, "male": 60}}, nil, claim.Confirmed},
		{"one sex too many for those not stated", "sexes", contents{Sexes: claim.Groups{"female": 61, "male": 60}}, nil, claim.Contradicted},
		{"headers that state more than the seller knows", "sexes", contents{Sexes: claim.Groups{"female": 50, "male": 60, claim.Missing: 10}}, nil, claim.NoContradiction},
		{"headers that state another sex", "sexes", contents{Sexes: claim.Groups{"female": 60, "male": 55}}, nil, claim.Contradicted},
		{"the ages", "age_bands", contents{AgeBands: claim.Groups{"50-59": 80, "60-69": 40}}, nil, claim.Confirmed},
		{"a patient more in one band, less in the next", "age_bands", contents{AgeBands: claim.Groups{"50-59": 79, "60-69": 41}}, nil, claim.Contradicted},
		{"the same, of patients who came back", "age_bands", contents{AgeBands: claim.Groups{"50-59": 79, "60-69": 41}}, func(m *claim.Measured) { m.Studies = 121 }, claim.NoContradiction},
		{"no header tells the age", "age_bands", contents{AgeBands: claim.Groups{"50-59": 80}}, func(m *claim.Measured) { m.AgeBands = map[string]int{"not stated": 120} }, claim.NotCheckable},

		{"countries stand in no header that is kept", "countries", contents{Countries: []string{"DE"}}, nil, claim.NotCheckable},
	} {
		t.Run(tt.claim+": "+tt.name, func(t *testing.T) {
			m := measured()
			if tt.change != nil {
				tt.change(&m)
			}
			if list := tt.claimed.Problems(); len(list) > 0 {
				t.Errorf("the claims of the case do not fit their vocabulary: %v", list)
			}
			for _, c := range tt.claimed.Against(m) {
				if c.Claim == tt.claim {
					if c.Outcome != tt.want {
						t.Errorf("claimed %q, measured %q: %s, want %s", c.Claimed, c.Measured, c.Outcome, tt.want)
					}
					return
				}
			}
			t.Errorf("no check of %s", tt.claim)
		})
	}
}

func TestSentencesHoldNoWordOfTheSeller(t *testing.T) {
	c := claim.Contents{Devices: []claim.Device{{Manufacturer: "Jane Roe Imaging", Model: "MRN 778812"}, {Manufacturer: "Philips", Model: "SOMATOM Drive"}}}
	for _, x := range c.Against(measured()) {
		for _, word := range []string{"Jane", "Roe", "778812"} {
			if strings.Contains(x.Sentence(), word) {
				t.Errorf("%s: %q quotes the seller", x.Claim, x.Sentence())
			}
		}
	}
}

func TestProblemsNameWhatIsOnNoList(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    claim.Contents
		want string
	}{
		{"a negative number", claim.Contents{Patients: -1}, "patients are numbers"},
		{"an object that is derived", claim.Contents{Modalities: []string{"SEG"}}, "modalities holds one"},
		{"a modality in words", claim.Contents{Modalities: []string{"computed tomography"}}, "modalities holds one"},
		{"a part of the body in other words", claim.Contents{BodyParts: []string{"thorax"}}, "body_parts holds one"},
		{"a country in words", claim.Contents{Countries: []string{"Germany"}}, "countries holds one"},
		{"a sex of the headers", claim.Contents{Sexes: claim.Groups{"F": 3}}, "sexes is not"},
		{"an age band of five years", claim.Contents{AgeBands: claim.Groups{"0-4": 3}}, "age_bands is not"},
		{"a negative thickness", claim.Contents{Devices: []claim.Device{{SliceThicknessMinMM: -1}}}, "devices holds"},
		{"a thickness from more to less", claim.Contents{Devices: []claim.Device{{SliceThicknessMinMM: 3, SliceThicknessMaxMM: 1}}}, "devices holds"},
		{"a name without end", claim.Contents{Devices: []claim.Device{{Model: strings.Repeat("x", 200)}}}, "devices holds"},
	} {
		if got := strings.Join(tt.c.Problems(), " "); !strings.Contains(got, tt.want) {
			t.Errorf("%s: Problems = %q, want a sentence with %q", tt.name, got, tt.want)
		}
	}
}
