package listing

import (
	"reflect"
	"time"

	"assay/internal/id"
)

// Claims is everything that a seller says about a data set, one part a
// subject. It is what buyers read as claimed, beside what the audit measured.
// The zero value is a draft in which nothing has been answered.
type Claims struct {
	Basics           Basics           `json:"basics"`
	License          License          `json:"license"`
	Deidentification Deidentification `json:"deidentification"`
	Reports          Reports          `json:"reports"`
	Consent          Consent          `json:"consent"`
	Labels           Labels           `json:"labels"`
	Annotators       Annotators       `json:"annotators"`
	Coverage         Coverage         `json:"coverage"`
	Devices          Devices          `json:"devices"`
	Demographics     Demographics     `json:"demographics"`
	Splits           Splits           `json:"splits"`
	Caveats          Caveats          `json:"caveats"`
}

// Assertion says who made a claim and when. Saving the same answers again
// keeps the older assertion.
type Assertion struct {
	By   AssertedBy `json:"by,omitempty"`
	User id.User    `json:"user,omitempty"`
	At   time.Time  `json:"at,omitzero"` // UTC, whole seconds
}

// AssertedBy is the role in which a claim was made.
type AssertedBy string

// Roles in which a claim is made.
const (
	ByOwner          AssertedBy = "owner"
	BySeller         AssertedBy = "seller"
	ByPlatformReview AssertedBy = "platform_review"
	ByThirdParty     AssertedBy = "third_party"
)

// AssertedBys is the vocabulary of AssertedBy.
var AssertedBys = Vocabulary[AssertedBy]{
	{ByOwner, "The owner", "The party that holds the rights says so."},
	{BySeller, "The seller", "The organization that offers the data set says so."},
	{ByPlatformReview, "Platform review", "A reviewer of this marketplace has read the terms."},
	{ByThirdParty, "A third party", "Somebody else has published it."},
}

// Step is one page of the description of a data set.
type Step string

// Steps in the order in which they are asked.
const (
	StepBasics           Step = "basics"
	StepLicense          Step = "license"
	StepRights           Step = "rights"
	StepDeidentification Step = "deidentification"
	StepConsent          Step = "consent"
	StepLabels           Step = "labels"
	StepAnnotators       Step = "annotators"
	StepCoverage         Step = "coverage"
	StepDemographics     Step = "demographics"
	StepSplits           Step = "splits"
	StepCaveats          Step = "caveats"
)

// Steps is the vocabulary of Step.
var Steps = Vocabulary[Step]{
	{StepBasics, "Basics", "What the data set is."},
	{StepLicense, "License", "Under which terms it is offered."},
	{StepRights, "Rights", "What a buyer may do with it, use by use."},
	{StepDeidentification, "De-identification", "How identifiers were removed from images and from text."},
	{StepConsent, "Consent and IRB", "On which ground the data may be shared."},
	{StepLabels, "Labels", "Where the labels come from."},
	{StepAnnotators, "Annotators", "Who made the labels."},
	{StepCoverage, "Sites and devices", "Where the data was acquired, and on what."},
	{StepDemographics, "Patients", "Whom the data set covers."},
	{StepSplits, "Splits", "How it is divided for training and testing."},
	{StepCaveats, "Known problems", "What a careful buyer should know."},
}

// ParseStep returns the step of that name.
func ParseStep(name string) (Step, bool) {
	return Step(name), Steps.Has(Step(name))
}

// Next returns the step after s, false after the last.
func (s Step) Next() (Step, bool) {
	for i, term := range Steps {
		if term.Value == s && i+1 < len(Steps) {
			return Steps[i+1].Value, true
		}
	}
	return "", false
}

// Label returns the name of the step for pages.
func (s Step) Label() string { return Steps.Label(s) }

// material returns the claims whose change on a live listing waits for a
// reviewer, without who made them; the approval that stands carries the
// others. The SQL function material_claims draws the same line.
func (c Claims) material() Claims {
	m := Claims{
		License: c.License, Deidentification: c.Deidentification, Reports: c.Reports,
		Consent: c.Consent, Labels: c.Labels, Annotators: c.Annotators,
	}
	for _, a := range []*Assertion{
		&m.License.Asserted, &m.Deidentification.Asserted, &m.Reports.Asserted,
		&m.Consent.Asserted, &m.Labels.Asserted, &m.Annotators.Asserted,
	} {
		*a = Assertion{}
	}
	return m
}

// merge returns c with the subjects of a step taken from other. A subject that
// changed is asserted by now; an unchanged one keeps its assertion.
func (c Claims) merge(step Step, other Claims, by Assertion) Claims {
	switch step {
	case StepBasics:
		c.Basics = asserted(c.Basics, other.Basics, by)
	case StepLicense:
		next := other.License
		next.Grants = c.License.Grants
		c.License = asserted(c.License, next, by)
	case StepRights:
		next := c.License
		next.Grants = other.License.Grants
		c.License = asserted(c.License, next, by)
	case StepDeidentification:
		c.Deidentification = asserted(c.Deidentification, other.Deidentification, by)
		c.Reports = asserted(c.Reports, other.Reports, by)
	case StepConsent:
		c.Consent = asserted(c.Consent, other.Consent, by)
	case StepLabels:
		c.Labels = asserted(c.Labels, other.Labels, by)
	case StepAnnotators:
		c.Annotators = asserted(c.Annotators, other.Annotators, by)
	case StepCoverage:
		c.Coverage = asserted(c.Coverage, other.Coverage, by)
		c.Devices = asserted(c.Devices, other.Devices, by)
	case StepDemographics:
		c.Demographics = asserted(c.Demographics, other.Demographics, by)
	case StepSplits:
		c.Splits = asserted(c.Splits, other.Splits, by)
	case StepCaveats:
		c.Caveats = asserted(c.Caveats, other.Caveats, by)
	}
	return c
}

// subject is a part of the claims with an assertion of its own.
type subject[T any] interface {
	*T
	assertion() *Assertion
}

func asserted[T any, P subject[T]](current, next T, by Assertion) T {
	*P(&next).assertion() = *P(&current).assertion()
	if !reflect.DeepEqual(current, next) {
		*P(&next).assertion() = by
	}
	return next
}

func (s *Basics) assertion() *Assertion           { return &s.Asserted }
func (s *License) assertion() *Assertion          { return &s.Asserted }
func (s *Deidentification) assertion() *Assertion { return &s.Asserted }
func (s *Reports) assertion() *Assertion          { return &s.Asserted }
func (s *Consent) assertion() *Assertion          { return &s.Asserted }
func (s *Labels) assertion() *Assertion           { return &s.Asserted }
func (s *Annotators) assertion() *Assertion       { return &s.Asserted }
func (s *Coverage) assertion() *Assertion         { return &s.Asserted }
func (s *Devices) assertion() *Assertion          { return &s.Asserted }
func (s *Demographics) assertion() *Assertion     { return &s.Asserted }
func (s *Splits) assertion() *Assertion           { return &s.Asserted }
func (s *Caveats) assertion() *Assertion          { return &s.Asserted }

// AssertedAt returns who made the claims of a step and when: the latest of its
// subjects.
func (c Claims) AssertedAt(step Step) Assertion {
	subjects := map[Step][]Assertion{
		StepBasics: {c.Basics.Asserted}, StepLicense: {c.License.Asserted}, StepRights: {c.License.Asserted},
		StepDeidentification: {c.Deidentification.Asserted, c.Reports.Asserted}, StepConsent: {c.Consent.Asserted},
		StepLabels: {c.Labels.Asserted}, StepAnnotators: {c.Annotators.Asserted},
		StepCoverage: {c.Coverage.Asserted, c.Devices.Asserted}, StepDemographics: {c.Demographics.Asserted},
		StepSplits: {c.Splits.Asserted}, StepCaveats: {c.Caveats.Asserted},
	}
	var latest Assertion
	for _, a := range subjects[step] {
		if a.At.After(latest.At) {
			latest = a
		}
	}
	return latest
}
