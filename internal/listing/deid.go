package listing

// Deidentification says how identifiers were removed from the images and
// their headers. Reports and notes are a claim of their own, see Reports.
type Deidentification struct {
	Method DeidMethod   `json:"method,omitempty"`
	Codes  []DeidCode   `json:"codes,omitempty"` // CID 7050, in the order of the standard
	Dates  DateHandling `json:"dates,omitempty"`
	Faces  FaceHandling `json:"faces,omitempty"`
	Expert Expert       `json:"expert,omitzero"`     // for Expert Determination
	Tool   string       `json:"tool,omitempty"`      // software and version, in the seller's words
	Note   string       `json:"statement,omitempty"` // the procedure, in the seller's words

	Asserted Assertion `json:"asserted,omitzero"`
}

// Expert is who determined that the risk of re-identification is very small.
//
// Source: 45 CFR 164.514(b)(1).
type Expert struct {
	Name          string `json:"name,omitempty"`
	Qualification string `json:"qualification,omitempty"`
	Date          string `json:"date,omitempty"`        // 2006-01-02
	ValidUntil    string `json:"valid_until,omitempty"` // 2006-01-02; empty if without end
}

// DeidMethod is the legal ground on which the data counts as de-identified.
type DeidMethod string

// Methods of de-identification.
const (
	SafeHarbor          DeidMethod = "hipaa_safe_harbor"
	ExpertDetermination DeidMethod = "hipaa_expert_determination"
	LimitedDataSet      DeidMethod = "limited_data_set"
	GDPRAnonymized      DeidMethod = "gdpr_anonymized"
	GDPRPseudonymized   DeidMethod = "gdpr_pseudonymized"
	NotHumanData        DeidMethod = "not_human_data"
	SyntheticData       DeidMethod = "synthetic"
	DeidUnknown         DeidMethod = "unknown"
)

// DeidMethods is the vocabulary of DeidMethod.
var DeidMethods = Vocabulary[DeidMethod]{
	{SafeHarbor, "HIPAA Safe Harbor", "All 18 kinds of identifiers are gone, dates down to the year included: 45 CFR 164.514(b)(2)."},
	{ExpertDetermination, "HIPAA Expert Determination", "An expert found the risk very small and documented it: 45 CFR 164.514(b)(1)."},
	{LimitedDataSet, "Limited data set", "Still protected health information, for named recipients under an agreement: 45 CFR 164.514(e). It cannot be listed publicly."},
	{GDPRAnonymized, "Anonymized under the GDPR", "No person can be identified by means reasonably likely to be used (recital 26)."},
	{GDPRPseudonymized, "Pseudonymized under the GDPR", "A key exists somewhere. It is still personal data (article 4(5))."},
	{NotHumanData, "Not human data", "Phantoms, animals or materials."},
	{SyntheticData, "Synthetic", "Made by a program; no image of a person."},
	{DeidUnknown, "Unknown", "Shown to buyers as unknown; it decides nothing in your favor."},
}

// DeidCode is a code of the de-identification profile or of one of its
// options.
//
// Source: DICOM PS3.16 CID 7050; the options are in PS3.15 annex E.
type DeidCode string

// Codes that rules refer to.
const (
	BasicProfile        DeidCode = "113100"
	CleanVisualFeatures DeidCode = "113102"
	RetainFullDates     DeidCode = "113106"
	RetainModifiedDates DeidCode = "113107"
	RetainDevice        DeidCode = "113109"
	RetainUIDs          DeidCode = "113110"
)

// DeidCodes is the vocabulary of DeidCode.
var DeidCodes = Vocabulary[DeidCode]{
	{BasicProfile, "113100 Basic Application Confidentiality Profile", "The basis: every attribute of PS3.15 Table E.1-1 is treated."},
	{"113101", "113101 Clean Pixel Data", "Burned-in text was removed from the pixels. The audit reads the pixels and must agree."},
	{CleanVisualFeatures, "113102 Clean Recognizable Visual Features", "Faces were removed or made unrecognizable."},
	{"113103", "113103 Clean Graphics", "Overlays and graphic annotations were kept and cleaned."},
	{"113104", "113104 Clean Structured Content", "Structured reports were kept and cleaned."},
	{"113105", "113105 Clean Descriptors", "Descriptions and comments were kept and cleaned."},
	{RetainFullDates, "113106 Retain Longitudinal Temporal Information With Full Dates", "True dates were kept. Contradicts Safe Harbor."},
	{RetainModifiedDates, "113107 Retain Longitudinal Temporal Information With Modified Dates", "Dates were shifted; intervals were kept."},
	{"113108", "113108 Retain Patient Characteristics", "Sex, age, size or weight were kept; ages over 89 stay pooled."},
	{RetainDevice, "113109 Retain Device Identity", "Serial numbers of devices were kept. Contradicts Safe Harbor."},
	{RetainUIDs, "113110 Retain UIDs", "The original UIDs were kept. Contradicts Safe Harbor."},
	{"113111", "113111 Retain Safe Private", "Private attributes known to be safe were kept."},
	{"113112", "113112 Retain Institution Identity", "The institution can be read from the files."},
}

// DateHandling is what was done to dates.
type DateHandling string

// Ways to treat dates.
const (
	DatesRemoved  DateHandling = "removed"
	DatesYearOnly DateHandling = "year_only"
	DatesShifted  DateHandling = "shifted_per_patient"
	DatesRelative DateHandling = "relative_days"
	DatesFull     DateHandling = "full"
	DatesUnknown  DateHandling = "unknown"
)

// DateHandlings is the vocabulary of DateHandling.
var DateHandlings = Vocabulary[DateHandling]{
	{DatesRemoved, "Removed", "No date is left."},
	{DatesYearOnly, "Year only", "Month and day are gone."},
	{DatesShifted, "Shifted per patient", "All dates of a patient moved by the same secret number of days."},
	{DatesRelative, "Days since a reference", "Dates were replaced by day counts."},
	{DatesFull, "Kept in full", "True dates are in the files. Contradicts Safe Harbor."},
	{DatesUnknown, "Unknown", "Shown to buyers as unknown."},
}

// FaceHandling is what was done to faces that can be rebuilt from the images.
type FaceHandling string

// Ways to treat faces.
const (
	FacesNotApplicable FaceHandling = "not_applicable"
	FacesDefaced       FaceHandling = "defaced"
	FacesSkullStripped FaceHandling = "skull_stripped"
	FacesNotTreated    FaceHandling = "not_treated"
	FacesUnknown       FaceHandling = "unknown"
)

// FaceHandlings is the vocabulary of FaceHandling.
var FaceHandlings = Vocabulary[FaceHandling]{
	{FacesNotApplicable, "Not applicable", "No image shows a head or a face."},
	{FacesDefaced, "Defaced", "The face was removed or blurred."},
	{FacesSkullStripped, "Skull stripped", "Only the brain is left."},
	{FacesNotTreated, "Not treated", "A face might be rebuilt from the images."},
	{FacesUnknown, "Unknown", "Shown to buyers as unknown."},
}

// Reports says how free text that comes with the images (reports, notes,
// columns of tables) was treated.
type Reports struct {
	Included Answer       `json:"included,omitempty"`
	Method   ReportMethod `json:"method,omitempty"`
	Note     string       `json:"statement,omitempty"` // the procedure, in the seller's words
	Asserted Assertion    `json:"asserted,omitzero"`
}

// ReportMethod is how identifiers were removed from free text.
type ReportMethod string

// Ways to treat free text.
const (
	ReportsManual     ReportMethod = "manually_reviewed"
	ReportsAutomatic  ReportMethod = "automated"
	ReportsBoth       ReportMethod = "automated_and_reviewed"
	ReportsSurrogates ReportMethod = "surrogates"
	ReportsStructured ReportMethod = "structured_only"
	ReportsNotTreated ReportMethod = "not_treated"
	ReportsUnknown    ReportMethod = "unknown"
)

// ReportMethods is the vocabulary of ReportMethod.
var ReportMethods = Vocabulary[ReportMethod]{
	{ReportsManual, "Read by a person", "Every text was read and cleaned by hand."},
	{ReportsAutomatic, "By software", "A program removed identifiers."},
	{ReportsBoth, "By software, then read by a person", ""},
	{ReportsSurrogates, "Replaced with surrogates", "Identifiers were replaced with invented ones of the same kind."},
	{ReportsStructured, "Coded fields only", "Free text was dropped; only coded fields are left."},
	{ReportsNotTreated, "Not treated", "The text is as it was written."},
	{ReportsUnknown, "Unknown", "Shown to buyers as unknown."},
}
