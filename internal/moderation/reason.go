package moderation

import (
	"time"

	"assay/internal/listing"
)

// Reason is why somebody reports a data set.
type Reason string

// PHISuspected is the one reason that hides pictures at once.
const PHISuspected Reason = "phi_suspected"

// Reasons is the vocabulary of Reason, in the order of the form.
var Reasons = listing.Vocabulary[Reason]{
	{Value: PHISuspected, Label: "Identifiers of a person can be seen", Help: "A name, a date of birth, a number of a record, a face: in a file, a picture or a text. Pictures are hidden at once."},
	{Value: "license_wrong", Label: "The license is wrong", Help: "The page promises more or less than the license allows."},
	{Value: "rights_not_held", Label: "The seller may not offer it", Help: "Somebody else holds the rights, or the data was taken without permission."},
	{Value: "consent_problem", Label: "Consent or ethics approval is missing", Help: "What patients agreed to does not cover this use."},
	{Value: "label_error", Label: "Labels are wrong", Help: "Findings, outlines or classes that do not fit the images."},
	{Value: "duplicate_or_leak", Label: "A copy, or a leak between parts", Help: "The same patients are in another data set, or in both training and test."},
	{Value: "misleading_claim", Label: "A claim misleads", Help: "Numbers, origin or readers are not as the page says."},
	{Value: "malware", Label: "Harmful software", Help: "A file that does something to the computer it is opened on."},
	{Value: "spam", Label: "Advertising or nonsense", Help: "It is no data set."},
	{Value: "other", Label: "Something else", Help: "Say what below."},
}

// grounds say in the tombstone of a data set what was upheld.
var grounds = map[Reason]string{
	PHISuspected:        "Identifiers of persons were found or must be suspected.",
	"license_wrong":     "The license was not stated correctly.",
	"rights_not_held":   "The right to offer it is not shown.",
	"consent_problem":   "Consent or ethics approval do not cover this use.",
	"label_error":       "Labels are wrong.",
	"duplicate_or_leak": "It holds copies of other data, or its parts leak into each other.",
	"misleading_claim":  "What was claimed of it misleads.",
	"malware":           "It holds harmful software.",
	"spam":              "It is no data set.",
	"other":             "",
}

// State is where a flag is.
type State string

// States of a flag.
const (
	Open        State = "open"         // nobody has taken it
	InTriage    State = "in_triage"    // one reviewer has it
	NeedsSeller State = "needs_seller" // the seller was asked
	Upheld      State = "upheld"       // what was reported holds
	Dismissed   State = "dismissed"    // it does not, or an appeal took it back
	Merged      State = "merged"       // it shares the fate of another flag
)

// States is the vocabulary of State.
var States = listing.Vocabulary[State]{
	{Value: Open, Label: "Waits", Help: "No reviewer has taken it yet."},
	{Value: InTriage, Label: "Being looked at", Help: "A reviewer has taken it."},
	{Value: NeedsSeller, Label: "Seller asked", Help: "A reviewer asked the seller and waits for the answer."},
	{Value: Upheld, Label: "Upheld", Help: "A reviewer found that the report is right."},
	{Value: Dismissed, Label: "Dismissed", Help: "A reviewer found nothing that has to change."},
	{Value: Merged, Label: "Merged", Help: "It is decided together with another report."},
}

// Closed reports whether nothing more happens to a flag.
func (s State) Closed() bool { return s == Upheld || s == Dismissed || s == Merged }

// Act is what upholding a flag does to the data set.
type Act string

// Acts, the mildest first.
const (
	NoAct   Act = "none"
	Changes Act = "changes" // the seller is told what to change
	Suspend Act = "suspend" // the version on offer is taken down
)

// Acts is the vocabulary of Act.
var Acts = listing.Vocabulary[Act]{
	{Value: NoAct, Label: "Nothing more", Help: "It is noted, and the seller reads why."},
	{Value: Changes, Label: "Ask for changes", Help: "The seller is told what to change; the data set stays on offer."},
	{Value: Suspend, Label: "Suspend the version", Help: "It leaves the catalog at once; buyers read the reason in its place."},
}

// Limits of what is kept.
const (
	// OpenFlags is how many flags of one reason without an account stand open
	// for one listing; those that come after are counted with them.
	OpenFlags = 10
	// LettersADay is how many receipts one address is mailed within a day.
	LettersADay = 3
	// KeptFor is how long after the end of a flag what its reporter wrote is
	// kept.
	KeptFor = 90 * 24 * time.Hour
	// StrikesToBlock is with how many strikes nothing can be published.
	StrikesToBlock = 3
)
