package quality

import (
	"encoding/json"
	"io"
)

// Schema names the shape of a Report's JSON.
const Schema = "lqs-report/1"

// Report is the LQS of a set. Equal input, version and seed give byte-equal
// JSON. No field holds a value of a patient: keys are not in it at all, places
// are pointers, shapes are masked.
type Report struct {
	Schema   string    `json:"schema"`
	Tool     Tool      `json:"tool"`
	Input    Input     `json:"input"`
	Score    Score     `json:"score"`
	Pillars  []Pillar  `json:"pillars"`
	Losses   []Loss    `json:"losses"` // what the score lost, largest first; they sum to 100 minus the score
	Fixes    []Loss    `json:"fixes"`  // the three to mend first; the gain of each is after those before it
	Findings []Finding `json:"findings"`
	Passed   []Passed  `json:"passed"`
	Classes  []Class   `json:"classes"`
	Metrics  Metrics   `json:"metrics"`
	Gates    Gates     `json:"gates"`
	Unknown  []Unknown `json:"not_measured"`
}

// Tool says what made a report.
type Tool struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	Score       string `json:"score"`        // "LQS-M 1.0"
	RulesSHA256 string `json:"rules_sha256"` // of the registry with its weights
}

// Input says what was scored.
type Input struct {
	ManifestSHA256 string   `json:"manifest_sha256"`   // of the sorted (path, size, SHA-256) of all files
	Partial        bool     `json:"partial,omitempty"` // files were not read whole: the digest is over paths and sizes alone
	Files          int      `json:"files"`
	Bytes          int64    `json:"bytes"`
	Images         int      `json:"images"`
	Labels         int      `json:"labels"`
	Patients       *int     `json:"patients"` // of the images; null if they cannot be told
	PatientsFrom   string   `json:"patients_from,omitempty"`
	Formats        []Format `json:"formats"`
	Sampled        *Sample  `json:"sampled"` // null if everything was read
}

// Format is a format with the files in it.
type Format struct {
	Name  string   `json:"name"`
	Files int      `json:"files"`
	Also  []string `json:"also,omitempty"` // with which its files tie
}

// Sample says which images had their pixels read.
type Sample struct {
	N    int    `json:"n"`
	Of   int    `json:"N"`
	Seed uint64 `json:"seed"`
}

// Score is the outcome, 0 to 100.
type Score struct {
	Value          float64    `json:"value"` // to one decimal
	Low            float64    `json:"low"`   // equal to Value unless sampled
	High           float64    `json:"high"`
	Grade          string     `json:"grade"`           // "A" to "D", "F"; empty if too little could be measured
	MeasuredPoints float64    `json:"measured_points"` // of 100
	HardFails      []HardFail `json:"hard_fails"`
	Reason         string     `json:"reason,omitempty"` // why there is no grade, or not a better one
}

// HardFail is a fault that holds the score down whatever else is good.
type HardFail struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// Pillar is one part of the score.
type Pillar struct {
	ID       string  `json:"id"` // "F"
	Name     string  `json:"name"`
	Points   float64 `json:"points"`
	Kept     float64 `json:"kept"`
	Measured bool    `json:"measured"`
	Why      string  `json:"why,omitempty"` // why it was not measured
}

// Loss is a line of what the score lost.
type Loss struct {
	Points  float64 `json:"points"` // of the 100 of the score, above 0
	Code    string  `json:"code"`   // of the finding, or the name of the cap
	Message string  `json:"message"`
	Fix     string  `json:"fix,omitempty"`
	Gain    float64 `json:"gain"` // points of the score that mending this alone would add
}

// Finding is a rule that was held against the set and broken.
type Finding struct {
	Code     string    `json:"code"`
	Level    string    `json:"level"`    // "E", "W", "I"
	Severity string    `json:"severity"` // as in assay-report/1
	Pillar   string    `json:"pillar"`
	Affected int       `json:"affected"`
	Eligible int       `json:"eligible"`
	Loss     float64   `json:"loss"`
	Message  string    `json:"message"`
	Fix      string    `json:"fix,omitempty"`
	Examples []Example `json:"examples"`
}

// Passed is a rule that was held against the set and not broken.
type Passed struct {
	Code     string `json:"code"`
	Eligible int    `json:"eligible"`
}

// Example is a place where the rule was broken.
type Example struct {
	Path    string `json:"path,omitempty"` // masked if it holds an identifier
	Pointer string `json:"pointer,omitempty"`
	Shape   string `json:"shape,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Class is a class with its counts.
type Class struct {
	Name       string           `json:"name"`
	Masked     bool             `json:"masked,omitempty"` // Name is the shape of what reads like an identifier
	Declared   bool             `json:"declared"`
	Labels     int              `json:"labels"` // positive ones
	Negative   int              `json:"negative"`
	Uncertain  int              `json:"uncertain"`
	Blank      int              `json:"blank"`
	Images     int              `json:"images"`     // with at least one
	Splits     map[string]Count `json:"splits"`     // by split
	Prevalence *float64         `json:"prevalence"` // images with it in images; null if there are none
	CI         *[2]float64      `json:"ci"`         // Wilson, 95 %
	ML         *float64         `json:"ml,omitempty"`
	Voxels     *int64           `json:"voxels,omitempty"`
	Components *int64           `json:"components,omitempty"`
}

// Count is the count of a class in one split.
type Count struct {
	Labels int         `json:"labels"`
	Images int         `json:"images"` // with at least one
	Of     int         `json:"of"`     // images of the split
	CI     *[2]float64 `json:"ci"`     // of Images in Of, Wilson, 95 %
}

// Gates stand beside the score and are never averaged into it.
type Gates struct {
	PHI Gate `json:"phi"`
}

// Gate is open, closed, or was not looked at.
type Gate struct {
	State   string `json:"state"` // "clear", "stop", "not_checked"
	Count   int    `json:"count"` // of blockers
	Message string `json:"message"`
}

// Unknown says what was not measured, and why. Unknown is not pass.
type Unknown struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// WriteJSON writes the report, indented by two blanks, with a newline at the
// end.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
