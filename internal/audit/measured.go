package audit

// Measured holds the facts about a data set that a listing may show: counted
// or read from the files, never claimed. Texts appear only if they are on a
// list of known names, so that no identifier can travel in them.
type Measured struct {
	Instances int `json:"instances"` // DICOM instances read
	Series    int `json:"series"`
	Studies   int `json:"studies"`
	Patients  int `json:"patients"`
	Frames    int `json:"frames"` // over all instances with pixel data

	Modalities        map[string]int `json:"modalities,omitempty"`         // instances
	BodyParts         map[string]int `json:"body_parts,omitempty"`         // instances by BodyPartExamined
	SOPClasses        map[string]int `json:"sop_classes,omitempty"`        // instances by name
	TransferSyntaxes  map[string]int `json:"transfer_syntaxes,omitempty"`  // instances by name
	Manufacturers     map[string]int `json:"manufacturers,omitempty"`      // instances
	Models            map[string]int `json:"models,omitempty"`             // instances
	Matrices          map[string]int `json:"matrices,omitempty"`           // instances by "rows×columns"
	Sexes             map[string]int `json:"sexes,omitempty"`              // patients: M, F, O, not stated
	AgeBands          map[string]int `json:"age_bands,omitempty"`          // patients: "0-9" to "80-89", "90+", not stated
	FieldStrengthsT   map[string]int `json:"field_strengths_t,omitempty"`  // instances by tesla, one decimal
	SliceThicknessMM  *Range         `json:"slice_thickness_mm,omitempty"` // instances that state it
	PeakKilovoltageKV *Range         `json:"kvp,omitempty"`                // instances that state it

	InstancesPerSeries []Bin `json:"instances_per_series,omitempty"` // series, by their number of instances; each bin ends at twice its start
	SliceSpacingMM     []Bin `json:"slice_spacing_mm,omitempty"`     // series in which slices lie side by side, by their usual distance

	Kinds map[string]int `json:"kinds"` // files by kind
	Bytes int64          `json:"bytes"`
}

// Bin is one bar of a histogram. The bins of a histogram follow each other
// without a gap, from the first that is not empty to the last.
type Bin struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"` // not in the bin
	Count int     `json:"count"`
}

// Range is the spread of a number over the files that state it.
type Range struct {
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	Count int     `json:"count"`
}

// add widens r by v and returns it; a nil r starts at v.
func (r *Range) add(v float64) *Range {
	if r == nil {
		return &Range{Min: v, Max: v, Count: 1}
	}
	r.Min, r.Max = min(r.Min, v), max(r.Max, v)
	r.Count++
	return r
}

// count adds one to m[key], making m if needed.
func count(m *map[string]int, key string) {
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[key]++
}
