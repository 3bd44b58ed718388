package license

import "strings"

// Context is what is known about the asking buyer and the files in question.
// The zero value is a stranger who asks about everything.
type Context struct {
	Group           string // asset group; empty: every group
	Scope           Scope  // empty: every scope
	AgreementSigned bool   // the buyer already holds a signed agreement for these terms
}

// Decision is a verdict with its clause and its reason.
type Decision struct {
	Verdict Verdict
	Clause  string // empty if the text says nothing
	Reason  string // the condition, whom to ask, or which fact is missing; may be empty for Yes and No
}

// Decide answers whether terms allow use. It fails closed: a use without a
// cell, a verdict outside the five, a yes that names no clause and a condition
// that is not written down are all NotStated, and Reason says which fact is
// missing. A yes that needs a signed agreement first is YesWithConditions for
// a buyer without one.
func Decide(terms Terms, use Use, in Context) Decision {
	cell, ok := terms.Cells[use]
	switch {
	case uses.index(use) < 0:
		return notStated("this use is not part of the matrix")
	case !ok || cell.Verdict == "":
		return notStated("nothing is stated about it")
	case cell.Verdict == NotStated || verdicts.index(cell.Verdict) < 0:
		return Decision{NotStated, cell.Clause, orElse(cell.Condition, "nothing is stated about it")}
	case cell.Verdict.Allows() && cell.Clause == "":
		return notStated("the clause that allows it is not named")
	case cell.Verdict == YesWithConditions && cell.Condition == "":
		return notStated("the condition is not written down")
	}
	d := Decision{cell.Verdict, cell.Clause, cell.Condition}
	if d.Verdict.Allows() && terms.Access.NeedsAgreement() && !in.AgreementSigned {
		d.Verdict = YesWithConditions
		d.Reason = joinOnce(needOf(terms.Access), d.Reason)
	}
	return d
}

// DecideParts answers for a data set whose parts have terms of their own: the
// strictest of the parts that in speaks about. Without a part it is NotStated.
func DecideParts(parts []Part, use Use, in Context) Decision {
	var list []Decision
	for _, p := range parts {
		if p.covers(in.Group, in.Scope) {
			list = append(list, Decide(p.Terms, use, in))
		}
	}
	return Strictest(list...)
}

// Strictest returns the least permissive decision. Equally strict ones are
// joined, because each of their conditions holds. Of none it is NotStated.
func Strictest(list ...Decision) Decision {
	if len(list) == 0 {
		return notStated("the terms are not given")
	}
	worst := list[0]
	for _, d := range list[1:] {
		switch {
		case d.Verdict.rank() > worst.Verdict.rank():
			worst = d
		case d.Verdict.rank() == worst.Verdict.rank():
			worst.Clause = joinOnce(worst.Clause, d.Clause)
			worst.Reason = joinOnce(worst.Reason, d.Reason)
		}
	}
	if verdicts.index(worst.Verdict) < 0 {
		worst.Verdict = NotStated
	}
	return worst
}

// CommercialUseOf derives the one word from the stricter of training a
// commercial model and shipping it in a product.
func CommercialUseOf(terms Terms) CommercialUse {
	// Whether the agreement is already signed changes who may, not whether the
	// terms foresee commercial use.
	in := Context{AgreementSigned: true}
	d := Strictest(Decide(terms, TrainCommercialModel, in), Decide(terms, ShipModelInProduct, in))
	switch d.Verdict {
	case Yes:
		return Allowed
	case YesWithConditions:
		return conditionalUse(terms.Tier)
	case Ask:
		return BySeparateAgreement
	case No:
		return Prohibited
	}
	if terms.Tier == TierVaries {
		return CommercialVaries
	}
	return Unclear
}

// conditionalUse says which kind of condition a tier stands for.
func conditionalUse(t Tier) CommercialUse {
	switch t {
	case OpenPublicDomain, CommercialStandard, CommercialExclusive:
		return Allowed
	case OpenAttribution:
		return AllowedWithAttribution
	case OpenShareAlike:
		return AllowedShareAlike
	case TierUnknown, TierVaries, "":
		return Unclear
	}
	return BySeparateAgreement
}

// CommercialUseOfParts sums up parts with terms of their own: the strictest of
// them, or CommercialVaries if some may be used commercially and others not.
func CommercialUseOfParts(parts []Part) CommercialUse {
	if len(parts) == 0 {
		return Unclear
	}
	order := []CommercialUse{Allowed, AllowedWithAttribution, AllowedShareAlike, BySeparateAgreement, Unclear, Prohibited, CommercialVaries}
	worst, permitted := -1, 0
	for _, p := range parts {
		c := CommercialUseOf(p.Terms)
		if c.Permits() {
			permitted++
		}
		for i, o := range order {
			if o == c && i > worst {
				worst = i
			}
		}
	}
	if permitted > 0 && permitted < len(parts) {
		return CommercialVaries
	}
	return order[worst]
}

func notStated(reason string) Decision { return Decision{Verdict: NotStated, Reason: reason} }

// needOf says what an access mode asks for before any use.
func needOf(a AccessMode) string {
	switch a {
	case AccessClickThrough:
		return "accept the data use agreement first"
	case AccessCredentialed:
		return "become a credentialed user and sign the agreement first"
	case AccessControlled:
		return "the owner must grant access first"
	}
	return "sign the contract first"
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// joinOnce appends more to s unless s already holds it as one of its parts.
func joinOnce(s, more string) string {
	if s == "" || more == "" {
		return s + more
	}
	for _, part := range strings.Split(more, "; ") {
		found := false
		for _, have := range strings.Split(s, "; ") {
			found = found || have == part
		}
		if !found {
			s += "; " + part
		}
	}
	return s
}
