package moderation

import (
	"slices"
	"time"

	"assay/internal/listing"
	"assay/internal/promise"
)

// Risk orders flags: what harm is done while one waits.
type Risk string

// Risks, the highest first.
const (
	High   Risk = "high"   // to persons, or to whoever opens a file
	Medium Risk = "medium" // to rights
	Low    Risk = "low"    // to trust
)

// Risks is the vocabulary of Risk.
var Risks = listing.Vocabulary[Risk]{
	{Value: High, Label: "High", Help: "A person may be identified, or a file may do harm."},
	{Value: Medium, Label: "Medium", Help: "It may not be offered at all, or not on these terms."},
	{Value: Low, Label: "Low", Help: "Anything else."},
}

func (r Risk) rank() int {
	return slices.IndexFunc(Risks, func(t listing.Term[Risk]) bool { return t.Value == r })
}

// Risk is what harm is done while a flag of this reason waits.
func (r Reason) Risk() Risk {
	switch r {
	case PHISuspected, "malware":
		return High
	case "license_wrong", "rights_not_held", "consent_problem":
		return Medium
	}
	return Low
}

// Promise is within what time a reviewer answers a flag of this reason.
func (r Reason) Promise() promise.Promise {
	switch {
	case r == PHISuspected:
		return promise.Of(promise.FlagOfIdentifiers)
	case r.Risk() == Low:
		return promise.Of(promise.FlagOfContent)
	}
	return promise.Of(promise.FlagOfRights)
}

// Due returns when somebody is to have answered a flag that waits: the seller
// while a question stands, else a reviewer, counted anew from the seller's
// answer.
func (f Flag) Due() time.Time {
	switch {
	case f.State == NeedsSeller && f.AskedAt != nil:
		return promise.OfQuestion(f.Reason == PHISuspected).Due(*f.AskedAt)
	case f.RepliedAt != nil:
		return f.Reason.Promise().Due(*f.RepliedAt)
	}
	return f.Reason.Promise().Due(f.CreatedAt)
}

// Due returns when a reviewer is to have ruled on an appeal.
func (p Appeal) Due() time.Time { return promise.Of(promise.Appeal).Due(p.MadeAt) }
