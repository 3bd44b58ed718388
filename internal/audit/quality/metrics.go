package quality

// Metrics are the figures of a set besides its classes. A figure that is not
// defined is null, never 0.
type Metrics struct {
	Completeness Completeness  `json:"completeness"`
	Distribution Distribution  `json:"distribution"`
	CoOccurrence *CoOccurrence `json:"co_occurrence"` // null without two classes in one image
	Splits       []SplitCount  `json:"splits"`
	Drift        []Drift       `json:"drift"`
	Leakage      *Leakage      `json:"leakage"` // null without splits
	Duplicates   *Duplicates   `json:"duplicates"`
	Agreement    []Agreement   `json:"agreement"`
	Provenance   Provenance    `json:"provenance"`
	Demographics Demographics  `json:"demographics"`
	Images       ImageFigures  `json:"images"`
	Tables       []Table       `json:"tables"` // at most 100
	BoxCenters   *HeatMap      `json:"box_centers"`
}

// Completeness says how much of the set is labeled.
type Completeness struct {
	Images         int            `json:"images"`
	Labeled        int            `json:"labeled"` // explicit negatives too
	Coverage       *float64       `json:"coverage"`
	Orphans        int            `json:"orphans"` // labels whose image is not there
	Kinds          map[string]int `json:"kinds"`   // labels by what they are: "image", "box", "polygon", "mask", "keypoints", "point", "line", "measurement"
	Boxes          int            `json:"boxes"`
	BadBoxes       int            `json:"bad_boxes"`     // degenerate or out of bounds
	Attributes     int            `json:"attributes"`    // due on labels
	AttributeCover *float64       `json:"attr_coverage"` // of these, those that are there
	BlankShare     *float64       `json:"blank_share"`
	UncertainShare *float64       `json:"uncertain_share"` // of those that are not blank
}

// Distribution says how labels are spread over the declared classes.
type Distribution struct {
	Classes          int      `json:"classes"`   // declared, K
	Labels           int      `json:"labels"`    // N
	Imbalance        *float64 `json:"imbalance"` // largest count by smallest; null if one is 0
	ZeroClasses      []string `json:"zero_classes"`
	EntropyNats      *float64 `json:"entropy_nats"`
	EntropyNorm      *float64 `json:"entropy_norm"`
	EffectiveClasses *float64 `json:"effective_classes"`
	GiniSimpson      *float64 `json:"gini_simpson"`
	MultiLabel       bool     `json:"multi_label"`
	Cardinality      *float64 `json:"cardinality"` // classes an image
}

// CoOccurrence counts images that hold two classes.
type CoOccurrence struct {
	Classes []string    `json:"classes"` // at most 40, the most frequent
	Counts  [][]int     `json:"counts"`  // the diagonal is the class alone
	Jaccard [][]float64 `json:"jaccard"`
}

// SplitCount is one part of the set.
type SplitCount struct {
	Split    string `json:"split"`
	Images   int    `json:"images"`
	Labels   int    `json:"labels"`
	Patients *int   `json:"patients"` // null if they cannot be told
}

// Drift compares the classes of two splits.
type Drift struct {
	A       string   `json:"a"`
	B       string   `json:"b"`
	JSD     *float64 `json:"jsd"`
	CramerV *float64 `json:"cramers_v"`
	Chi2    *float64 `json:"chi2"`
	P       *float64 `json:"p"`
	PMethod string   `json:"p_method,omitempty"` // "chi-square" or "Monte Carlo, 10,000 tables, seed 1"
	PSI     *float64 `json:"psi"`
	Band    string   `json:"band"` // "none", "small", "large"
}

// Leakage counts what two splits share.
type Leakage struct {
	PatientsFrom string `json:"patients_from"` // how patients were told apart; empty if they were not
	Pairs        []Leak `json:"pairs"`
	Sets         []Venn `json:"sets"` // patients by the splits they are in
}

// Leak is what a pair of splits shares.
type Leak struct {
	A          string `json:"a"`
	B          string `json:"b"`
	Patients   *int   `json:"patients"`
	Images     int    `json:"images"` // exact copies
	NearImages int    `json:"near_images"`
}

// Venn is the patients that are in exactly these splits.
type Venn struct {
	Splits   []string `json:"splits"`
	Patients int      `json:"patients"`
}

// Duplicates counts equal images.
type Duplicates struct {
	Compared  int        `json:"compared"`
	Exact     int        `json:"exact"` // images that have an equal before them
	Near      int        `json:"near"`
	Different int        `json:"different_labels"` // equal images with other labels
	Groups    []DupGroup `json:"groups"`           // at most 50
}

// DupGroup is images that are equal, or nearly so.
type DupGroup struct {
	Near  bool     `json:"near"`
	Paths []string `json:"paths"` // masked if they hold an identifier; at most 8
	Count int      `json:"count"`
}

// Agreement is how far readers agree on a class, or on where it is.
type Agreement struct {
	Class      string      `json:"class"`
	Measure    string      `json:"measure"` // "Cohen's kappa", "Fleiss' kappa", "Krippendorff's alpha", "ICC(2,1)", "Dice", "IoU", "HD95 (mm)", "box F1"
	Readers    int         `json:"readers"`
	Units      int         `json:"units"`
	Value      *float64    `json:"value"`
	CI         *[2]float64 `json:"ci"` // bootstrap over patients, 95 %
	Raw        *float64    `json:"raw_agreement"`
	Prevalence *float64    `json:"prevalence"`
	BothEmpty  int         `json:"both_empty"` // left out of the value
	Note       string      `json:"note,omitempty"`
}

// Provenance says where labels come from.
type Provenance struct {
	Labels         map[string]int `json:"labels"` // by origin: "human", "model", "semi-automatic", "report", "unknown"
	Readers        int            `json:"readers"`
	ReadersPerCase *float64       `json:"readers_per_case"`
}

// Demographics counts images or patients by what is known of them.
type Demographics struct {
	Of     string  `json:"of"` // "patients" or "images"
	Tables []Group `json:"tables"`
}

// Group is one attribute with its values.
type Group struct {
	Name      string   `json:"name"` // "Sex", "Age", "Scanner", "Field strength", "Institution", "Tube voltage"
	Bins      []Bin    `json:"bins"`
	Values    int      `json:"values"` // different ones; beyond 20 the last bin holds the rest
	Unknown   int      `json:"unknown"`
	TopShare  *float64 `json:"top_share"`
	Effective *float64 `json:"effective"`
	Drift     *float64 `json:"drift"`     // largest Jensen-Shannon divergence of two splits; null if unknown
	CramersV  *float64 `json:"cramers_v"` // largest of two splits; null if unknown
}

// Bin is a value or range with its count.
type Bin struct {
	Label string `json:"label"`
	Count int    `json:"count"`
}

// ImageFigures are histograms of the images.
type ImageFigures struct {
	Looked      int   `json:"looked"` // images whose pixels were read
	Width       []Bin `json:"width"`
	Height      []Bin `json:"height"`
	SpacingMM   []Bin `json:"spacing_mm"`
	ThicknessMM []Bin `json:"thickness_mm"`
	BitsUsed    []Bin `json:"bits_used"`
	LabelSize   []Bin `json:"label_size"` // boxes, by the share of the image that they cover
}

// Table is what a table, or a file of records, holds.
type Table struct {
	File     string        `json:"file"` // masked if it holds an identifier
	Rows     int           `json:"rows"`
	Repeated int           `json:"duplicate_keys"` // rows whose key was there before
	Columns  []TableColumn `json:"columns"`        // at most 200
	More     int           `json:"more_columns"`
}

// TableColumn is what a column holds. No value of it is here, but the range of
// plain numbers, to three digits.
type TableColumn struct {
	Name     string   `json:"name"` // masked if it reads like an identifier
	Kind     string   `json:"kind"` // "empty", "integer", "number", "boolean", "date", "path", "category", "text", "object", "list" or "mixed"
	Filled   int      `json:"filled"`
	Blank    int      `json:"blank"`
	Zero     int      `json:"zero"`
	Distinct *int     `json:"distinct"` // null above 1000
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
}

// HeatMap is where the centers of boxes lie, as shares of width and height.
type HeatMap struct {
	Size   int     `json:"size"` // cells a side
	N      int     `json:"n"`
	Counts [][]int `json:"counts"` // rows from the top
}
