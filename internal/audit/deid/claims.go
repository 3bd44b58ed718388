package deid

import (
	"regexp"
	"slices"

	"assay/internal/audit/claim"
)

// Claims is what a seller declares about a data set, as far as the audit holds
// it against the files: how it was de-identified, and what it contains. Its JSON
// is that of "lqs audit --claims FILE":
//
//	{
//	  "method": "hipaa_safe_harbor",
//	  "codes": ["113100", "113105", "113107"],
//	  "dates": "shifted_per_patient",
//	  "faces": "defaced",
//	  "compression": "lossless",
//	  "patient_id_pattern": "SUBJ-[0-9]{4}",
//	  "reports": "hipaa_safe_harbor",
//
//	  "instances": 900, "series": 130, "studies": 121, "patients": 120,
//	  "modalities": ["CT"],
//	  "body_parts": ["chest", "lung"],
//	  "countries": ["DE", "US"],
//	  "devices": [{"manufacturer": "Siemens", "model": "SOMATOM Force", "kvp": 120,
//	               "slice_thickness_min_mm": 0.6, "slice_thickness_max_mm": 1.25}],
//	  "sexes": {"female": 55, "male": 60, "missing": 5},
//	  "age_bands": {"50-59": 60, "60-69": 40, "90+": 1, "missing": 19}
//	}
//
// Every field may be absent: what is not declared decides nothing in the
// seller's favor.
type Claims struct {
	Method Method       `json:"method,omitempty"`
	Codes  []string     `json:"codes,omitempty"` // CID 7050
	Dates  DateHandling `json:"dates,omitempty"`
	Faces  FaceHandling `json:"faces,omitempty"`

	// PatientIDPattern is a regular expression (RE2) that every PatientID
	// matches as a whole.
	PatientIDPattern string `json:"patient_id_pattern,omitempty"`

	// Compression says whether images lost something when they were compressed.
	Compression Compression `json:"compression,omitempty"`

	// Reports is how reports and notes were treated, a claim of its own: a
	// method, or one of "manually_reviewed", "automated",
	// "automated_and_reviewed", "surrogates", "structured_only",
	// "not_treated". ReportsIncluded is "yes" or "no".
	Reports         Method `json:"reports,omitempty"`
	ReportsIncluded string `json:"reports_included,omitempty"`

	claim.Contents // its fields stand beside the others
}

// Method is the legal ground on which the data counts as de-identified.
type Method string

// Methods.
const (
	SafeHarbor          Method = "hipaa_safe_harbor"          // 45 CFR 164.514(b)(2)
	ExpertDetermination Method = "hipaa_expert_determination" // 45 CFR 164.514(b)(1)
	LimitedDataSet      Method = "limited_data_set"           // 45 CFR 164.514(e)
	GDPRAnonymized      Method = "gdpr_anonymized"            // recital 26
	GDPRPseudonymized   Method = "gdpr_pseudonymized"         // article 4(5)
	NotHumanData        Method = "not_human_data"             // phantoms, animals, materials
	Synthetic           Method = "synthetic"                  // made by a program
	UnknownMethod       Method = "unknown"                    // decides nothing
)

// DateHandling is what became of dates.
type DateHandling string

// Ways to handle dates.
const (
	DatesRemoved  DateHandling = "removed"
	DatesYearOnly DateHandling = "year_only"
	DatesShifted  DateHandling = "shifted_per_patient"
	DatesRelative DateHandling = "relative_days"
	DatesFull     DateHandling = "full"
)

// FaceHandling is what became of faces in head images and photographs.
type FaceHandling string

// Ways to handle faces.
const (
	FacesNone         FaceHandling = "not_applicable"
	FacesDefaced      FaceHandling = "defaced"
	FacesSkullRemoved FaceHandling = "skull_stripped"
	FacesNotTreated   FaceHandling = "not_treated"
)

// Compression is what compression did to the images.
type Compression string

// Kinds of compression.
const (
	CompressionLossless Compression = "lossless" // none, or without loss
	CompressionLossy    Compression = "lossy"    // some images at least
)

// Problems returns a sentence for each value that is not of its vocabulary.
func (c *Claims) Problems() []string {
	var list []string
	methods := []Method{"", SafeHarbor, ExpertDetermination, LimitedDataSet, GDPRAnonymized, GDPRPseudonymized, NotHumanData, Synthetic, UnknownMethod}
	if !slices.Contains(methods, c.Method) {
		list = append(list, "method is not one of the methods of de-identification.")
	}
	if !slices.Contains(methods, c.Reports) && !slices.Contains(reportMethods, c.Reports) {
		list = append(list, "reports is not one of the methods of de-identification, nor one of those for text.")
	}
	if !slices.Contains([]string{"", "yes", "no", "not_stated"}, c.ReportsIncluded) {
		list = append(list, "reports_included is not one of yes, no, not_stated.")
	}
	for _, code := range c.Codes {
		if _, ok := meaningOf(code); !ok {
			list = append(list, "codes holds one that is not in CID 7050 (113100 to 113112).")
			break
		}
	}
	if !slices.Contains([]DateHandling{"", DatesRemoved, DatesYearOnly, DatesShifted, DatesRelative, DatesFull}, c.Dates) {
		list = append(list, "dates is not one of removed, year_only, shifted_per_patient, relative_days, full.")
	}
	if !slices.Contains([]FaceHandling{"", FacesNone, FacesDefaced, FacesSkullRemoved, FacesNotTreated}, c.Faces) {
		list = append(list, "faces is not one of not_applicable, defaced, skull_stripped, not_treated.")
	}
	if !slices.Contains([]Compression{"", CompressionLossless, CompressionLossy}, c.Compression) {
		list = append(list, "compression is not one of lossless, lossy.")
	}
	if _, err := regexp.Compile(c.PatientIDPattern); err != nil {
		list = append(list, "patient_id_pattern is not a regular expression.")
	}
	return append(list, c.Contents.Problems()...)
}

// reportMethods are ways to treat free text that are no legal ground.
var reportMethods = []Method{"manually_reviewed", "automated", "automated_and_reviewed", "surrogates", "structured_only", "not_treated"}

// SayHowReportsWereTreated reports whether the claims name a way in which the
// text of reports and notes was de-identified.
func (c *Claims) SayHowReportsWereTreated() bool {
	switch c.Reports {
	case "", UnknownMethod, "not_treated":
		return false
	}
	return true
}

// options returns the options that the claims declare; none without claims.
func (c *Claims) options() Options {
	if c == nil {
		return 0
	}
	return OptionsOf(c.Codes)
}

func (c *Claims) declares(code string) bool { return c != nil && slices.Contains(c.Codes, code) }
