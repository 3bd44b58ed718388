package promise

import (
	"fmt"
	"time"
)

// What is something that is answered within a time.
type What string

// What is answered. The first group waits for a reviewer, the last for a
// seller.
const (
	ReviewOfFlagged What = "review_flagged"
	ReviewOfFirst   What = "review_first"
	ReviewOfRoutine What = "review_routine"
	ReviewOfChanged What = "review_changed"
	ReviewOfSeller  What = "review_seller"
	ReviewOfTerms   What = "review_terms"
	ReviewOfRules   What = "review_rules"

	FlagOfIdentifiers What = "flag_identifiers"
	FlagOfRights      What = "flag_rights"
	FlagOfContent     What = "flag_content"
	Appeal            What = "appeal"

	SellerOnIdentifiers What = "seller_identifiers"
	SellerOnFlag        What = "seller_flag"
	SellerOnBlocker     What = "seller_blocker"
	SellerOnWarning     What = "seller_warning"
)

// Promise is within what time something is answered.
type Promise struct {
	What   What
	Label  string        // "Report of suspected identifiers"
	By     string        // who answers: "a reviewer" or "the seller"
	Within time.Duration // day and night; 0 if Days counts
	Days   int           // working days; 0 if Within counts
	Source string        // why this long
}

// table is every promise. Each is the platform's own; the sources name the law
// that leaves less room, where there is one.
var table = []Promise{
	{ReviewOfFlagged, "Flagged version", "a reviewer", 0, 3, "own; each warning is read with its answer"},
	{ReviewOfFirst, "First data set of a seller", "a reviewer", 0, 3, "own; the seller’s papers are read too"},
	{ReviewOfRoutine, "Routine version", "a reviewer", 0, 2, "own"},
	{ReviewOfChanged, "Changed claims of a live version", "a reviewer", 0, 2, "own; buyers read the old claims meanwhile"},
	{ReviewOfSeller, "Verification of a seller", "a reviewer", 0, 3, "own; each paper is read"},
	{ReviewOfTerms, "Review of commercial terms", "a reviewer", 0, 5, "own; clause, consent and signer are read, and nothing else waits for it"},
	{ReviewOfRules, "Blocker or warning that new rules found in a live version", "a reviewer", 0, 3, "own; suspected identifiers count as a report of them"},
	{FlagOfIdentifiers, "Report of suspected identifiers", "a reviewer", 4 * time.Hour, 0,
		"own; pictures are hidden at once, and who answers for the data has 72 hours to tell the authority (GDPR Art. 33(1))"},
	{FlagOfRights, "Report about rights, consent, license or harmful software", "a reviewer", 0, 1,
		"own; hosts decide on notices in a timely and diligent manner (DSA, Regulation (EU) 2022/2065, Art. 16(6))"},
	{FlagOfContent, "Any other report", "a reviewer", 0, 3, "own; as above"},
	{Appeal, "Appeal", "another reviewer", 0, 5, "own; complaints are handled in a timely manner (DSA Art. 20(4))"},
	{SellerOnIdentifiers, "Question about suspected identifiers", "the seller", 24 * time.Hour, 0,
		"own; leaves two of the 72 hours of GDPR Art. 33(1)"},
	{SellerOnFlag, "Question about any other report", "the seller", 0, 3, "own"},
	{SellerOnBlocker, "Blocker that new rules found in a live version", "the seller", 0, 5, "own; time for one new version"},
	{SellerOnWarning, "Warning that new rules found in a live version", "the seller", 0, 10, "own; the next version may bring it"},
}

// All returns every promise, in the order of the table.
func All() []Promise { return append([]Promise{}, table...) }

// Of returns the promise about something; it panics for what is not in the
// table, which is a fault of the program.
func Of(w What) Promise {
	for _, p := range table {
		if p.What == w {
			return p
		}
	}
	panic(fmt.Sprintf("promise: nothing is promised about %q", w))
}

// OfQuestion returns within what time a seller answers a question about a
// report by the public.
func OfQuestion(aboutIdentifiers bool) Promise {
	if aboutIdentifiers {
		return Of(SellerOnIdentifiers)
	}
	return Of(SellerOnFlag)
}

// OfNewRules returns within what time a seller mends what an audit by new rules
// found in a live version.
func OfNewRules(isBlocker bool) Promise {
	if isBlocker {
		return Of(SellerOnBlocker)
	}
	return Of(SellerOnWarning)
}

// Words says how long it is: "4 hours", "1 working day".
func (p Promise) Words() string {
	n, unit := p.Days, "working day"
	if p.Within > 0 {
		n, unit = int(p.Within.Hours()), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// Due returns when something that waits since a moment is to be answered: so
// many hours later, or so many working days later at the same time of day.
// Working days are Monday to Friday in UTC; what came on a weekend counts from
// Monday, 00:00.
func (p Promise) Due(since time.Time) time.Time {
	at := since.UTC()
	if p.Within > 0 {
		return at.Add(p.Within)
	}
	if isWeekend(at) {
		at = nextMonday(at)
	}
	for range p.Days {
		at = at.AddDate(0, 0, 1)
		for isWeekend(at) {
			at = at.AddDate(0, 0, 1)
		}
	}
	return at
}

func isWeekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

func nextMonday(t time.Time) time.Time {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	for day.Weekday() != time.Monday {
		day = day.AddDate(0, 0, 1)
	}
	return day
}
