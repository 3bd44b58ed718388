package listing

// Basics says what the data set is.
type Basics struct {
	Title      string     `json:"title,omitempty"`   // 8 to 120 characters
	Summary    string     `json:"summary,omitempty"` // 40 to 2,000 characters
	Modalities []Modality `json:"modalities,omitempty"`
	BodyParts  []BodyPart `json:"body_parts,omitempty"`
	Tasks      []Task     `json:"tasks,omitempty"`
	Keywords   []string   `json:"keywords,omitempty"` // at most 20, each up to 40 characters
	Contact    string     `json:"contact,omitempty"`  // an address for buyers' questions; optional
	Asserted   Assertion  `json:"asserted,omitzero"`
}

// Modality is an acquisition modality. Derived objects (SEG, SR, PR …) are
// labels or reports, never the modality of a data set.
//
// Source: DICOM PS3.16 CID 29 Acquisition Modality.
type Modality string

// Modalities is the vocabulary of Modality: those of CID 29 that data sets on
// offer hold, most frequent first.
var Modalities = Vocabulary[Modality]{
	{"CT", "Computed tomography (CT)", ""},
	{"MR", "Magnetic resonance (MR)", ""},
	{"DX", "Digital radiography (DX)", ""},
	{"CR", "Computed radiography (CR)", ""},
	{"MG", "Mammography (MG)", ""},
	{"US", "Ultrasound (US)", ""},
	{"PT", "Positron emission tomography (PT)", ""},
	{"NM", "Nuclear medicine (NM)", ""},
	{"XA", "X-ray angiography (XA)", ""},
	{"RF", "Radiofluoroscopy (RF)", ""},
	{"SM", "Slide microscopy (SM)", ""},
	{"GM", "General microscopy (GM)", ""},
	{"OP", "Ophthalmic photography (OP)", ""},
	{"OPT", "Ophthalmic tomography (OPT)", ""},
	{"OCT", "Optical coherence tomography (OCT)", ""},
	{"ES", "Endoscopy (ES)", ""},
	{"XC", "External-camera photography (XC)", ""},
	{"IVUS", "Intravascular ultrasound (IVUS)", ""},
	{"IO", "Intra-oral radiography (IO)", ""},
	{"PX", "Panoramic X-ray (PX)", ""},
	{"BDUS", "Ultrasound bone densitometry (BDUS)", ""},
	{"BMD", "Bone mineral densitometry (BMD)", ""},
	{"DG", "Diaphanography (DG)", ""},
	{"ECG", "Electrocardiography (ECG)", ""},
	{"EPS", "Cardiac electrophysiology (EPS)", ""},
	{"HD", "Hemodynamic waveform (HD)", ""},
	{"IVOCT", "Intravascular optical coherence tomography (IVOCT)", ""},
	{"TG", "Thermography (TG)", ""},
	{"OT", "Other", "For what no other code names. Say which in the summary."},
}

// BodyPart is a region of the body, coarse enough to filter by.
type BodyPart string

// BodyParts is the vocabulary of BodyPart.
var BodyParts = Vocabulary[BodyPart]{
	{"head", "Head", ""},
	{"brain", "Brain", ""},
	{"eye", "Eye", ""},
	{"dental", "Teeth and jaw", ""},
	{"neck", "Neck", ""},
	{"spine", "Spine", ""},
	{"chest", "Chest", ""},
	{"lung", "Lung", ""},
	{"heart", "Heart", ""},
	{"vessel", "Blood vessels", ""},
	{"breast", "Breast", ""},
	{"abdomen", "Abdomen", ""},
	{"liver", "Liver", ""},
	{"kidney", "Kidney", ""},
	{"pancreas", "Pancreas", ""},
	{"colon", "Colon and rectum", ""},
	{"pelvis", "Pelvis", ""},
	{"prostate", "Prostate", ""},
	{"uterus", "Uterus and ovaries", ""},
	{"upper_extremity", "Arm and hand", ""},
	{"lower_extremity", "Leg and foot", ""},
	{"knee", "Knee", ""},
	{"skin", "Skin", ""},
	{"lymph_node", "Lymph nodes", ""},
	{"whole_body", "Whole body", ""},
	{"other", "Other", "For what no other entry names. Say which in the summary."},
}

// Task is what the labels are good for.
type Task string

// Tasks is the vocabulary of Task.
var Tasks = Vocabulary[Task]{
	{"classification", "Classification", ""},
	{"detection", "Detection", ""},
	{"segmentation", "Segmentation", ""},
	{"registration", "Registration", ""},
	{"reconstruction", "Reconstruction", ""},
	{"report_generation", "Report generation", ""},
	{"regression", "Regression", ""},
	{"retrieval", "Retrieval", ""},
	{"vqa", "Visual question answering", ""},
	{"survival", "Survival", ""},
}
