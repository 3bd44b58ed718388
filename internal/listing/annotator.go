package listing

import "assay/internal/id"

// Labels says where the labels come from.
type Labels struct {
	Provenance       []Provenance     `json:"provenance,omitempty"`
	AnnotationTypes  []AnnotationType `json:"annotation_types,omitempty"`
	Protocol         string           `json:"protocol,omitempty"`          // the labeling protocol as text
	ProtocolDocument string           `json:"protocol_document,omitempty"` // or where it is found: a file of the version or a web address
	Tool             string           `json:"tool,omitempty"`              // labeling software
	Asserted         Assertion        `json:"asserted,omitzero"`
}

// Provenance is how labels came about.
type Provenance string

// Provenances that rules refer to.
const (
	MultiReaderIndependent Provenance = "multi_reader_independent"
	MultiReaderConsensus   Provenance = "multi_reader_consensus"
	ProvenanceNone         Provenance = "none"
	ProvenanceUnknown      Provenance = "unknown"
)

// Provenances is the vocabulary of Provenance.
var Provenances = Vocabulary[Provenance]{
	{"radiologist_manual", "Radiologist, by hand", ""},
	{"expert_manual", "Other medical expert, by hand", ""},
	{MultiReaderIndependent, "Several readers, independently", ""},
	{MultiReaderConsensus, "Several readers, consensus", ""},
	{"ai_assisted_expert_reviewed", "Software, reviewed by an expert", ""},
	{"ai_only", "Software only", ""},
	{"nlp_from_reports", "Text mining of reports", "Rules or classic language processing."},
	{"llm_from_reports", "Language model on reports", ""},
	{"pathology_confirmed", "Confirmed by pathology", ""},
	{"clinical_outcome", "Clinical outcome", ""},
	{"crowd_or_trained_nonphysician", "Crowd or trained non-physicians", ""},
	{"synthetic", "Synthetic", "The label is known because the image was generated."},
	{"mixed", "Mixed", "Parts of the set were labeled in different ways. Say how in the protocol."},
	{ProvenanceNone, "No labels", ""},
	{ProvenanceUnknown, "Unknown", "Shown to buyers as unknown."},
}

// byPeople are the provenances that need annotators.
var byPeople = map[Provenance]bool{
	"radiologist_manual": true, "expert_manual": true,
	MultiReaderIndependent: true, MultiReaderConsensus: true,
	"ai_assisted_expert_reviewed": true, "crowd_or_trained_nonphysician": true,
}

// AnnotationType is the form of a label.
type AnnotationType string

// NoAnnotation says that the set carries no label.
const NoAnnotation AnnotationType = "none"

// AnnotationTypes is the vocabulary of AnnotationType.
var AnnotationTypes = Vocabulary[AnnotationType]{
	{"image_label", "Label of an image", ""},
	{"case_label", "Label of a case", ""},
	{"bounding_box", "Bounding box", ""},
	{"contour", "Contour", ""},
	{"segmentation_mask", "Segmentation mask", ""},
	{"keypoint", "Key point", ""},
	{"measurement", "Measurement", ""},
	{"rating", "Rating", ""},
	{"report_text", "Report text", ""},
	{"time_series_label", "Label of a time series", ""},
	{"raw_kspace", "Raw k-space", ""},
	{NoAnnotation, "No annotation", ""},
}

// Annotators says who made the labels, one entry a group of readers alike.
type Annotators struct {
	Groups   []Annotator `json:"groups,omitempty"`
	Asserted Assertion   `json:"asserted,omitzero"`
}

// Annotator is a group of readers with the same role and qualification.
type Annotator struct {
	Role           AnnotatorRole  `json:"role,omitempty"`
	Readers        int            `json:"n_readers,omitempty"` // people in the group; 0 if not stated
	Specialty      string         `json:"specialty,omitempty"`
	Subspecialty   string         `json:"subspecialty,omitempty"`
	BoardCertified Answer         `json:"board_certified,omitempty"`
	Board          string         `json:"board,omitempty"`          // the body that certified them
	Years          int            `json:"years,omitempty"`          // least years of practice in the group; 0 if not stated
	Country        string         `json:"country,omitempty"`        // of practice, ISO 3166-1 alpha-2
	Blinded        Answer         `json:"blinded,omitempty"`        // to each other and to the outcome
	Adjudication   Adjudication   `json:"adjudication,omitempty"`   // how disagreement was settled
	Metric         AgreementScore `json:"metric,omitempty"`         // measure of agreement between readers
	Agreement      string         `json:"metric_value,omitempty"`   // its value as a decimal between -1 and 100
	ReadsPerCase   int            `json:"reads_per_case,omitempty"` // readers that saw each case; 0 if not stated
	// Linked are the organization's own annotators in the group; how many of
	// them were checked is no claim, and is counted when it is shown.
	Linked []id.Annotator `json:"annotators,omitempty"`
}

// AnnotatorRole is what a group of readers is by profession.
type AnnotatorRole string

// AnnotatorRoles is the vocabulary of AnnotatorRole.
var AnnotatorRoles = Vocabulary[AnnotatorRole]{
	{"radiologist", "Radiologist", ""},
	{"pathologist", "Pathologist", ""},
	{"cardiologist", "Cardiologist", ""},
	{"ophthalmologist", "Ophthalmologist", ""},
	{"dermatologist", "Dermatologist", ""},
	{"other_physician", "Other physician", ""},
	{"resident", "Physician in training", ""},
	{"technologist", "Technologist or sonographer", ""},
	{"medical_student", "Medical student", ""},
	{"trained_annotator", "Trained annotator, not a clinician", ""},
	{"crowd", "Crowd", ""},
	{"not_stated", "Not stated", "Shown to buyers as not stated."},
}

// Adjudication is how disagreement between readers was settled.
type Adjudication string

// Adjudications that rules refer to.
const (
	AdjudicationNone Adjudication = "none"
	AdjudicationOpen Adjudication = "not_stated"
)

// Adjudications is the vocabulary of Adjudication.
var Adjudications = Vocabulary[Adjudication]{
	{AdjudicationNone, "None", "Each reading stands for itself."},
	{"majority", "Majority", ""},
	{"consensus_meeting", "Consensus meeting", ""},
	{"senior_arbiter", "Senior arbiter", "A more experienced reader decided."},
	{AdjudicationOpen, "Not stated", "Shown to buyers as not stated."},
}

// AgreementScore is a measure of agreement between readers.
type AgreementScore string

// AgreementScores is the vocabulary of AgreementScore.
var AgreementScores = Vocabulary[AgreementScore]{
	{"cohen_kappa", "Cohen's kappa", "-1 to 1"},
	{"fleiss_kappa", "Fleiss' kappa", "-1 to 1"},
	{"krippendorff_alpha", "Krippendorff's alpha", "-1 to 1"},
	{"icc", "Intraclass correlation", "-1 to 1"},
	{"dice", "Dice coefficient", "0 to 1"},
	{"iou", "Intersection over union", "0 to 1"},
	{"percent_agreement", "Percent agreement", "0 to 100"},
	{"not_measured", "Not measured", ""},
}
