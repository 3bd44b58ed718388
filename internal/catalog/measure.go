package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/listing"
)

// Measures puts what the seller claims beside what the audit measured from the
// files. A claim that files cannot show is not checkable; a figure that nobody
// claims is not claimed. Only a plain difference contradicts.
func Measures(c listing.Claims, r audit.Report) []Measure {
	m := r.Measured
	list := []Measure{
		deidMeasure(c, r),
		modalityMeasure(c.Basics.Modalities, m),
		countMeasure("Patients", c.Demographics.Patients, m.Patients),
		countMeasure("Studies", 0, m.Studies),
		countMeasure("Series", 0, m.Series),
		countMeasure("Instances", 0, m.Instances),
		distributionMeasure("Sex", c.Demographics.Sex, measuredSexes(m.Sexes), listing.Sexes),
		distributionMeasure("Age", c.Demographics.Ages, m.AgeBands, listing.AgeBands),
	}
	list = append(list, deviceMeasures(c.Devices, m)...)
	list = append(list,
		countedMeasure("Matrix sizes", m.Matrices), countedMeasure("Body parts", m.BodyParts),
		countedMeasure("Transfer syntaxes", m.TransferSyntaxes), countedMeasure("Kinds of file", m.Kinds),
		sizeMeasure(m.Bytes),
		Measure{Fact: "Consent and IRB", Claimed: answered(listing.ConsentBases.Label(c.Consent.Basis), string(c.Consent.Basis)), Outcome: NotCheckable},
		Measure{Fact: "Labels", Claimed: strings.Join(listing.Provenances.Labels(c.Labels.Provenance), "; "), Outcome: NotCheckable},
	)
	return slices.DeleteFunc(list, func(m Measure) bool { return m.Claimed == "" && m.Measured == "" })
}

// answered is label unless the question has no answer.
func answered(label, value string) string {
	if value == "" {
		return ""
	}
	return label
}

// contradicting are the rules that hold the files against the claimed method.
var contradicting = []string{"deid-claim-mismatch", "deid-long-temporal", "deid-mixed"}

// deidMeasure holds the method against the findings on identifiers. No finding
// is no proof: it only does not contradict.
func deidMeasure(c listing.Claims, r audit.Report) Measure {
	m := Measure{Fact: "De-identification", Claimed: answered(listing.DeidMethods.Label(c.Deidentification.Method), string(c.Deidentification.Method))}
	direct, claims := 0, 0
	for _, f := range r.Findings {
		switch {
		case f.Severity == finding.Info:
		case slices.Contains(contradicting, f.Rule):
			claims++
		case f.Severity == finding.Blocker:
			direct++
		}
	}
	switch {
	case r.Schema == "" || r.Verdict == audit.Unrecognized:
		m.Outcome = NotCheckable
	case direct+claims > 0:
		m.Outcome = Contradicted
		m.Measured = counted(direct, "blocker", "blockers") + ", " + counted(claims, "finding on the claim", "findings on the claim")
	default:
		m.Outcome, m.Measured = NoContradiction, "no direct identifier found by the checks that ran"
	}
	return m
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// modalityMeasure compares acquisition modalities; derived objects such as SEG
// or SR are shown and contradict nothing.
func modalityMeasure(claimed []listing.Modality, m audit.Measured) Measure {
	row := Measure{Fact: "Modality", Claimed: strings.Join(texts(claimed), ", "), Outcome: NotCheckable}
	if len(m.Modalities) == 0 {
		return row
	}
	var shown []string
	row.Outcome = Confirmed
	for _, key := range slices.Sorted(maps.Keys(m.Modalities)) {
		shown = append(shown, fmt.Sprintf("%s (%s)", key, counted(m.Modalities[key], "instance", "instances")))
		if acquired := listing.Modality(key); listing.Modalities.Has(acquired) && !slices.Contains(claimed, acquired) {
			row.Outcome = Contradicted
		}
	}
	for _, c := range claimed {
		if m.Modalities[string(c)] == 0 {
			row.Outcome = Contradicted
		}
	}
	row.Measured = strings.Join(shown, ", ")
	return withoutClaim(row)
}

// withoutClaim says that nobody claims the fact of a row, if so.
func withoutClaim(m Measure) Measure {
	if m.Claimed == "" {
		m.Outcome = NotClaimed
	}
	return m
}

func countMeasure(fact string, claimed, measured int) Measure {
	m := Measure{Fact: fact, Outcome: NotCheckable}
	if claimed > 0 {
		m.Claimed = strconv.Itoa(claimed)
	}
	if measured > 0 {
		m.Measured, m.Outcome = strconv.Itoa(measured), Contradicted
		if claimed == measured {
			m.Outcome = Confirmed
		}
		return withoutClaim(m)
	}
	return m
}

// measuredSexes turns the values of PatientSex into the words of the claims.
func measuredSexes(counts map[string]int) map[string]int {
	named := map[string]int{}
	for key, n := range counts {
		switch key {
		case "F":
			key = "female"
		case "M":
			key = "male"
		case "O":
			key = "other"
		}
		named[key] += n
	}
	return named
}

func distributionMeasure(fact string, d listing.Distribution, measured map[string]int, words listing.Vocabulary[listing.Group]) Measure {
	m := Measure{Fact: fact, Outcome: NotCheckable}
	var claimed, counted []string
	same, stated := true, 0
	for _, term := range words {
		n := measured[string(term.Value)]
		stated += n
		if of := d.Of(term.Value); of > 0 {
			claimed = append(claimed, fmt.Sprintf("%s: %d", strings.ToLower(term.Label), of))
		}
		if n > 0 {
			counted = append(counted, fmt.Sprintf("%s: %d", strings.ToLower(term.Label), n))
		}
		same = same && d.Of(term.Value) == n
	}
	m.Claimed = strings.Join(claimed, ", ")
	if stated == 0 {
		return m
	}
	m.Measured, m.Outcome = strings.Join(counted, ", "), Contradicted
	if same {
		m.Outcome = Confirmed
	}
	return withoutClaim(m)
}

// sizeMeasure tells the size of the files.
func sizeMeasure(bytes int64) Measure {
	m := Measure{Fact: "Size", Outcome: NotCheckable}
	if bytes > 0 {
		m.Measured, m.Outcome = audit.FormatBytes(bytes), NotClaimed
	}
	return m
}

// measuredModalities are the acquisition modalities that the files hold; none
// if the audit read no DICOM.
func measuredModalities(m audit.Measured) []listing.Modality {
	var list []listing.Modality
	for _, key := range slices.Sorted(maps.Keys(m.Modalities)) {
		if acquired := listing.Modality(key); listing.Modalities.Has(acquired) {
			list = append(list, acquired)
		}
	}
	return list
}
