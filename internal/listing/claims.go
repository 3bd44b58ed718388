package listing

import (
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

// material are the subjects whose change on a live listing waits for a
// reviewer; the others are carried by the approval that stands.
var material = []string{"license", "deidentification", "reports", "consent", "labels", "annotators"}
