package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/claim"
	"assay/internal/listing"
)

// Measures puts what the seller claims beside what the audit measured from the
// files, as the audit decides. A claim that files cannot show is not checkable;
// a figure that nobody claims is not claimed.
func Measures(c listing.Claims, r audit.Report) []Measure {
	list := measureList{said: inWords(c)}
	list.add(audit.CheckClaims(AuditClaims(c), &r))
	m := r.Measured
	list.counted("Matrix sizes", m.Matrices)
	list.counted("Transfer syntaxes", m.TransferSyntaxes)
	list.counted("Kinds of file", m.Kinds)
	list.only("Size", sizeOf(m.Bytes))
	list.unchecked("Consent and IRB", answered(listing.ConsentBases.Label(c.Consent.Basis), string(c.Consent.Basis)))
	list.unchecked("Labels", strings.Join(listing.Provenances.Labels(c.Labels.Provenance), "; "))
	return list.rows
}

// measureList collects the rows of a table.
type measureList struct {
	said map[string]string // by fact, in the words of the listing
	rows []Measure
}

// facts name what the audit checks, for pages.
var facts = map[string]string{
	"method": "De-identification", "compression": "Compression", "modalities": "Modality", "patients": "Patients",
	"studies": "Studies", "series": "Series", "instances": "Instances", "body_parts": "Body parts", "sexes": "Sex", "age_bands": "Age",
	"manufacturers": "Manufacturers", "models": "Models", "field_strength_t": "Field strength", "kvp": "Peak kilovoltage",
	"slice_thickness_mm": "Slice thickness", "countries": "Countries",
}

// add takes the audit's checks over, with the claims in the listing's words.
func (l *measureList) add(checks []audit.ClaimCheck) {
	for _, x := range checks {
		m := Measure{Fact: facts[x.Claim], Claimed: x.Claimed, Measured: x.Measured, Outcome: x.Outcome}
		if words := l.said[m.Fact]; words != "" && x.Claimed != "" {
			m.Claimed = words
		}
		l.rows = append(l.rows, m)
	}
}

// counted shows counts that nobody claims.
func (l *measureList) counted(fact string, counts map[string]int) { l.only(fact, namesOf(counts)) }

func (l *measureList) only(fact, measured string) {
	if measured != "" {
		l.rows = append(l.rows, Measure{Fact: fact, Measured: measured, Outcome: NotClaimed})
	}
}

// unchecked shows a claim that no file tells.
func (l *measureList) unchecked(fact, claimed string) {
	if claimed != "" {
		l.rows = append(l.rows, Measure{Fact: fact, Claimed: claimed, Outcome: NotCheckable})
	}
}

// inWords are the claims as the listing puts them, where the audit has codes or
// keeps a seller's own words out.
func inWords(c listing.Claims) map[string]string {
	var makers, models, countries []string
	for _, d := range c.Devices.List {
		makers, models = append(makers, d.Manufacturer), append(models, d.Model)
	}
	for _, code := range c.Coverage.Countries {
		countries = append(countries, listing.CountryName(code))
	}
	return map[string]string{
		"De-identification": answered(listing.DeidMethods.Label(c.Deidentification.Method), string(c.Deidentification.Method)),
		"Body parts":        strings.Join(listing.BodyParts.Labels(c.Basics.BodyParts), ", "),
		"Manufacturers":     joined(", ", unique(makers)...), "Models": joined(", ", unique(models)...),
		"Countries": strings.Join(countries, ", "),
	}
}

// answered is label unless the question has no answer.
func answered(label, value string) string {
	if value == "" {
		return ""
	}
	return label
}

// mostNames is how many names a row lists.
const mostNames = 8

// namesOf lists names, the most frequent first.
func namesOf(counts map[string]int) string {
	names := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	if rest := len(names) - mostNames; rest > 0 {
		names = append(names[:mostNames], fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(names, ", ")
}

func sizeOf(bytes int64) string {
	if bytes <= 0 {
		return ""
	}
	return audit.FormatBytes(bytes)
}

// measuredModalities are the acquisition modalities that the files hold; none
// if the audit read no DICOM.
func measuredModalities(m audit.Measured) []listing.Modality {
	var list []listing.Modality
	for _, key := range slices.Sorted(maps.Keys(m.Modalities)) {
		if acquired := listing.Modality(key); claim.Acquires(key) && listing.Modalities.Has(acquired) {
			list = append(list, acquired)
		}
	}
	return list
}
