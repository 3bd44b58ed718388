package audit

import (
	"encoding/json"
	"io"

	"assay/internal/audit/finding"
	"assay/internal/audit/quality"
)

// Schema names the shape of a Report's JSON.
const Schema = "assay-report/1"

// Report is what an audit found. Its JSON is the one schema for the command
// line, the browser, the pages and the API; equal input, version, claims
// and day give byte-equal JSON.
type Report struct {
	Schema     string            `json:"schema"`
	Tool       Tool              `json:"tool"`
	Input      Input             `json:"input"`
	AsOf       string            `json:"as_of,omitempty"` // the day, as 2006-01-02, after which a date lies in the future; empty if no date was held against it
	Claims     *Claims           `json:"claims"`          // what the seller declared; null if nothing
	Verdict    Verdict           `json:"verdict"`
	Files      []FileStatus      `json:"files,omitempty"` // with Options.AllLocations only
	Findings   []finding.Finding `json:"findings"`
	NotChecked []NotChecked      `json:"not_checked"`
	Measured   Measured          `json:"measured"`

	// ClaimsChecked says of each claim what the files say to it.
	ClaimsChecked []ClaimCheck `json:"claims_checked,omitempty"`

	// Quality is the LQS, if it was asked for. It has a JSON of its own.
	Quality *quality.Report `json:"-"`

	// Manifest names every file of the input with its size and digest. It is
	// no part of the JSON, since file names may identify a person.
	Manifest Manifest `json:"-"`

	// PixelDigests are those of the images of the set, one for each distinct
	// one, to find copies in other sets. They are no part of the JSON.
	PixelDigests []PixelDigest `json:"-"`

	// Previews show where in frames text was found, with the text filled. They
	// are for the seller and the reviewer alone, and no part of the JSON.
	Previews []Preview `json:"-"`

	// Samples are small pictures of frames in which nothing was found, if they
	// were asked for. They are no part of the JSON.
	Samples Samples `json:"-"`
}

// Tool says what made a report, so that a later one can be compared with it.
type Tool struct {
	Name         string  `json:"name"`
	Version      string  `json:"version"`
	RulesVersion string  `json:"rules_version"`
	Tables       []Table `json:"tables"`
}

// Table is a table of a standard that the rules use, with its edition.
type Table struct {
	Name    string `json:"name"`
	Edition string `json:"edition"`
}

// Input says what was audited.
type Input struct {
	RootDigest string `json:"root_digest"` // see Manifest.Digest
	Files      int    `json:"files"`
	Bytes      int64  `json:"bytes"`
}

// Verdict is the outcome of an audit.
type Verdict string

// Verdicts.
const (
	Passed       Verdict = "passed"       // data was read, nothing to answer
	Flagged      Verdict = "flagged"      // a warning waits for an answer
	Failed       Verdict = "failed"       // a blocker was found
	Unrecognized Verdict = "unrecognized" // no readable data file
)

// FileStatus is what became of one file.
type FileStatus struct {
	Path   string `json:"path"` // masked if the name itself holds an identifier
	Kind   string `json:"kind"`
	SHA256 string `json:"sha256"`
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// Status says how far one file was read.
type Status string

// Statuses of a file.
const (
	Read    Status = "read"    // read to its end
	Refused Status = "refused" // damaged, dangerous or over a limit; Reason says which
	Crashed Status = "crashed" // the parser died or ran out of time on it
	Skipped Status = "skipped" // of a kind that the audit does not read
)

// NotChecked says what the audit did not look at, and why.
type NotChecked struct {
	What  string `json:"what"`
	Why   string `json:"why"`
	Count int    `json:"count"` // files
}

// WriteJSON writes the report, indented by two blanks, with a newline at the
// end.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Count returns the number of findings of a severity.
func (r *Report) Count(s finding.Severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == s {
			n++
		}
	}
	return n
}
