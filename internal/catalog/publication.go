package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
)

// Publication is what is known about a hosted listing when it goes live: the
// seller's claims, and what the audit found and measured.
type Publication struct {
	Listing          id.Listing
	Organization     id.Organization
	OrganizationName string
	OrganizationSlug string
	Demo             bool
	Slug             string
	Claims           listing.Claims
	PublishedAt      time.Time

	Patients, Studies, Images, Bytes *int64             // measured; nil if not
	Modalities                       []listing.Modality // measured; nil if not
	Audit                            *Audit
	Quality                          *Quality // nil if it was not scored
	Measured                         []Measure
	Versions                         []Version
}

// Entry returns the public projection: the facets and every claim with who
// made it and when.
func (p Publication) Entry() Entry {
	c := p.Claims
	e := Entry{
		ID: p.Listing, Organization: p.Organization, OrganizationName: p.OrganizationName,
		OrganizationSlug: p.OrganizationSlug, Demo: p.Demo,
		Slug: p.Slug, Kind: Hosted, State: Live, Title: c.Basics.Title, Summary: c.Basics.Summary,
		Tier: orElse(c.License.Tier, license.TierUnknown), Access: orElse(c.License.Access, license.AccessUnknown),
		Modalities: texts(c.Basics.Modalities), BodyParts: texts(c.Basics.BodyParts), Tasks: texts(c.Basics.Tasks),
		LabelProvenance: texts(c.Labels.Provenance), DeidMethod: string(orElse(c.Deidentification.Method, listing.DeidUnknown)),
		Countries: c.Coverage.Countries, Studies: p.Studies, Images: p.Images, Bytes: p.Bytes,
		Detail: Detail{
			Rights: c.License.Parts(), LicenseName: c.License.Name, Caveats: c.Caveats.List,
			Facts: p.facts(), Claims: p.claims(),
			Audit: p.Audit, Quality: p.Quality, Measured: p.Measured, Versions: p.Versions,
		},
		PublishedAt: p.PublishedAt,
	}
	for _, a := range c.Annotators.Groups {
		if a.Role != "" {
			e.AnnotatorKinds = append(e.AnnotatorKinds, string(a.Role))
		}
	}
	// What was measured counts in searches; a claim only where nothing was.
	if len(p.Modalities) > 0 {
		e.Modalities = texts(p.Modalities)
	}
	if n := int64(c.Demographics.Patients); n > 0 {
		e.Patients = &n
	}
	if p.Patients != nil {
		e.Patients = p.Patients
	}
	by := orElse(c.License.Asserted.By, listing.BySeller)
	e.Detail.Assertions = []Assertion{{
		By: by, Source: p.OrganizationName, Statement: licenseSentence(c.License),
		CommercialUse: e.CommercialUse(), CheckedOn: day(c.License.Asserted.At),
	}}
	return e
}

func licenseSentence(l listing.License) string {
	name := orElse(l.Name, "License without a name")
	return name + ", " + strings.ToLower(orElse(l.Tier, license.TierUnknown).Label()) + "."
}

func (p Publication) facts() []Fact {
	c := p.Claims
	var list []Fact
	add := func(label, value string) {
		if value != "" {
			list = append(list, Fact{label, value})
		}
	}
	add("Modality", strings.Join(listing.Modalities.Labels(c.Basics.Modalities), ", "))
	add("Forms of label", strings.Join(lowerAll(listing.AnnotationTypes.Labels(c.Labels.AnnotationTypes)), ", "))
	var countries []string
	for _, code := range c.Coverage.Countries {
		countries = append(countries, CountryName(code))
	}
	add("Countries", strings.Join(countries, ", "))
	if c.Coverage.Sites > 0 {
		add("Sites", strconv.Itoa(c.Coverage.Sites))
	}
	for _, s := range c.Splits.List {
		add("Split "+s.Name, fmt.Sprintf("%d cases", s.N))
	}
	return list
}

// claims lists what the seller says, subject by subject, with who and when.
func (p Publication) claims() []Claim {
	c := p.Claims
	var list []Claim
	section := func(subject string, a listing.Assertion) func(term, value string) {
		return func(term, value string) {
			if value != "" {
				list = append(list, Claim{subject, term, value, orElse(a.By, listing.BySeller), day(a.At)})
			}
		}
	}
	d := section("De-identification", c.Deidentification.Asserted)
	d("Method", listing.DeidMethods.Label(c.Deidentification.Method))
	d("DICOM codes (CID 7050)", strings.Join(listing.DeidCodes.Labels(c.Deidentification.Codes), "; "))
	if c.Deidentification.Dates != "" {
		d("Dates", listing.DateHandlings.Label(c.Deidentification.Dates))
	}
	if c.Deidentification.Faces != "" {
		d("Faces", listing.FaceHandlings.Label(c.Deidentification.Faces))
	}
	if x := c.Deidentification.Expert; x.Name != "" {
		d("Expert", joined(", ", x.Name, x.Qualification, x.Date))
	}
	d("Tool", c.Deidentification.Tool)
	d("Procedure", c.Deidentification.Note)

	r := section("Reports and notes", c.Reports.Asserted)
	if c.Reports.Included != "" {
		r("Included", listing.Answers.Label(c.Reports.Included))
	}
	if c.Reports.Method != "" {
		r("De-identified", listing.ReportMethods.Label(c.Reports.Method))
	}
	r("Procedure", c.Reports.Note)

	s := section("Consent and IRB", c.Consent.Asserted)
	s("IRB", joined(", ", listing.IRBStatuses.Label(c.Consent.IRB), c.Consent.Board, c.Consent.Protocol))
	s("Ground for sharing", listing.ConsentBases.Label(c.Consent.Basis))
	s("Commercial use", listing.CommercialConsents.Label(c.Consent.Commercial))
	s("Statement", c.Consent.Statement)

	l := section("Labels", c.Labels.Asserted)
	l("Made by", strings.Join(listing.Provenances.Labels(c.Labels.Provenance), "; "))
	l("Protocol", joined(" ", c.Labels.Protocol, c.Labels.ProtocolDocument))
	l("Tool", c.Labels.Tool)

	a := section("Annotators", c.Annotators.Asserted)
	for _, group := range c.Annotators.Groups {
		a(annotatorTerm(group), annotatorText(group))
	}
	return list
}

func annotatorTerm(a listing.Annotator) string {
	role := listing.AnnotatorRoles.Label(a.Role)
	if a.Readers > 0 {
		return fmt.Sprintf("%s × %d", role, a.Readers)
	}
	return role
}

func annotatorText(a listing.Annotator) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if text := joined(", ", a.Specialty, a.Subspecialty); text != "" {
		add("%s", text)
	}
	switch a.BoardCertified {
	case listing.Yes:
		add("board-certified %s", prefixed("(", a.Board, ")"))
	case listing.No:
		add("not board-certified")
	case listing.NotStated:
		add("board certification not stated")
	}
	if a.Years > 0 {
		add("at least %d years of practice", a.Years)
	}
	if a.ReadsPerCase > 0 {
		add("%d readers a case", a.ReadsPerCase)
	}
	if a.Blinded == listing.Yes {
		add("blinded")
	}
	if a.Adjudication != "" {
		add("disagreement settled by: %s", strings.ToLower(listing.Adjudications.Label(a.Adjudication)))
	}
	if a.Metric != "" {
		add("%s", joined(" ", listing.AgreementScores.Label(a.Metric), a.Agreement))
	}
	if a.Country != "" {
		add("%s", CountryName(a.Country))
	}
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return orElse(strings.Join(parts, "; "), "nothing further stated")
}

func prefixed(before, s, after string) string {
	if s == "" {
		return ""
	}
	return before + s + after
}

// joined joins the parts that are not empty.
func joined(separator string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}

func orElse[T ~string](value, other T) T {
	if value == "" {
		return other
	}
	return value
}

// day writes the day of a moment; empty for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
