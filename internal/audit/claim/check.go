package claim

import (
	"strconv"
	"strings"
)

// Outcome of holding a statement against the files.
type Outcome string

// Outcomes.
const (
	Confirmed       Outcome = "confirmed"
	NoContradiction Outcome = "no_contradiction" // the files allow it and do not show it
	Contradicted    Outcome = "contradicted"
	NotCheckable    Outcome = "not_checkable" // the files do not tell
	NotClaimed      Outcome = "not_claimed"   // measured only
)

// Check is what the files say to one statement.
type Check struct {
	Claim    string  `json:"claim"` // as the field of Contents is named, or of a device
	Outcome  Outcome `json:"outcome"`
	Claimed  string  `json:"claimed,omitempty"`
	Measured string  `json:"measured,omitempty"`
}

// labels name the statements in sentences.
var labels = map[string]string{
	"body_parts": "parts of the body", "sexes": "the sex of patients", "age_bands": "the age of patients",
	"field_strength_t": "field strength", "kvp": "peak kilovoltage", "slice_thickness_mm": "slice thickness",
}

// Sentence says how a statement and the files differ.
func (c Check) Sentence() string {
	label, ok := labels[c.Claim]
	if !ok {
		label = c.Claim
	}
	return "The claim on " + label + " does not fit the files: " + c.Claimed + " claimed, " + c.Measured + " measured."
}

// Measured is what was counted in the files, and how the names in it are known.
type Measured struct {
	Instances, Series, Studies, Patients int

	// Others is how many files of images or volumes are no DICOM instances, or
	// were not read as such: each may show what no header tells.
	Others int

	Modalities, BodyParts, Manufacturers, Models map[string]int // instances
	FieldStrengthsT                              map[string]int // instances by tesla
	Sexes, AgeBands                              map[string]int // patients by words of Groups; the rest is not stated
	SliceThicknessMM, KVp                        *Range

	// Manufacturer and Model return the name on the audit's list for one as it
	// was written, "" if it is on none.
	Manufacturer, Model func(string) string
}

// Range is the spread of a number over the instances that state it.
type Range struct{ Min, Max float64 }

// derived counts the instances that were made from others: they bear the names
// of programs and say nothing of an acquisition.
func (m *Measured) derived() int {
	n := 0
	for modality, count := range m.Modalities {
		if modality != "other" && !Acquires(modality) {
			n += count
		}
	}
	return n
}

// Against holds each statement against the files, always in one order; those
// that are neither stated nor measured are left out.
func (c *Contents) Against(m Measured) []Check {
	d := devicesOf(c.Devices)
	mr := m.Modalities["MR"]
	list := []Check{
		modalities(c.Modalities, &m),
		count("patients", c.Patients, m.Patients, m.Others),
		count("studies", c.Studies, m.Studies, m.Others),
		count("series", c.Series, m.Series, m.Others),
		count("instances", c.Instances, m.Instances, m.Others),
		parts(c.BodyParts, &m),
		groups("sexes", c.Sexes, m.Sexes, SexGroups, m.Others, 0),
		// A patient of several studies is counted at the age of one of them.
		groups("age_bands", c.AgeBands, m.AgeBands, AgeGroups, m.Others, max(0, m.Studies-m.Patients)),
		names{claim: "manufacturers", claimed: d.makers, counts: m.Manufacturers, known: m.Manufacturer, strict: true}.check(&m),
		names{claim: "models", claimed: d.models, counts: m.Models, known: m.Model}.check(&m),
		strengths(d.strengths, m.FieldStrengthsT, mr, m.Others),
		span("kvp", "kV", 0.5, d.kvp, m.KVp),
		span("slice_thickness_mm", "mm", 0.005, d.thickness, m.SliceThicknessMM),
		{Claim: "countries", Claimed: strings.Join(c.Countries, ", "), Outcome: NotCheckable},
	}
	kept := list[:0]
	for _, x := range list {
		if x.Claimed == "" && x.Measured == "" {
			continue
		}
		if x.Claimed == "" {
			x.Outcome = NotClaimed
		}
		kept = append(kept, x)
	}
	return kept
}

// count holds a stated number against the one counted in headers, to which each
// of others may add one.
func count(what string, claimed, measured, others int) Check {
	c := Check{Claim: what, Outcome: NotCheckable}
	if claimed > 0 {
		c.Claimed = strconv.Itoa(claimed)
	}
	if measured == 0 {
		return c
	}
	c.Measured = strconv.Itoa(measured)
	switch {
	case claimed == measured:
		c.Outcome = Confirmed
	case claimed > measured && claimed <= measured+others:
		c.Outcome = NoContradiction
	default:
		c.Outcome = Contradicted
	}
	return c
}

// groups holds patients by group against the headers. Patients of whom either
// side does not know the group may be in any; moved of them may stand in
// another group than stated.
func groups(what string, claimed Groups, measured map[string]int, words []string, others, moved int) Check {
	c := Check{Claim: what, Outcome: NotCheckable, Claimed: listed(claimed, words), Measured: listed(measured, words)}
	if c.Claimed == "" || c.Measured == "" {
		return c
	}
	unknown := others
	for key, n := range measured {
		unknown += n
		for _, w := range words {
			if key == w {
				unknown -= n
			}
		}
	}
	more, less := 0, 0 // patients that the files have beyond the statement, and the other way
	for _, w := range words {
		more += max(0, measured[w]-claimed[w])
		less += max(0, claimed[w]-measured[w])
	}
	switch {
	case more == 0 && less == 0:
		c.Outcome = Confirmed
	case more <= claimed[Missing]+moved && less <= unknown+moved:
		c.Outcome = NoContradiction
	default:
		c.Outcome = Contradicted
	}
	return c
}

// listed writes the groups that have patients, in the order of words.
func listed(counts map[string]int, words []string) string {
	var list []string
	for _, w := range words {
		if n := counts[w]; n > 0 {
			list = append(list, w+": "+strconv.Itoa(n))
		}
	}
	return strings.Join(list, ", ")
}
