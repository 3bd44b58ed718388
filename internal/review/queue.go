package review

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/promise"
)

// Kind is why a version or its claims need a person.
type Kind string

// Kinds, the ones with more to look at first. The database decides which hold
// (review_kinds in migration 000140): a first listing can be flagged too.
const (
	Flagged Kind = "flagged" // warnings whose answers a reviewer confirms
	First   Kind = "first"   // the seller's first data set
	Amended Kind = "amended" // changed claims of a live version
	Routine Kind = "routine" // none of these: the seller may not skip review
)

// Kinds is the vocabulary of Kind.
var Kinds = listing.Vocabulary[Kind]{
	{Value: Flagged, Label: "Flagged", Help: "The audit has warnings; the seller's answers need a reviewer."},
	{Value: First, Label: "First listing", Help: "The first data set of this seller."},
	{Value: Amended, Label: "Changed claims", Help: "The claims of a live version would change."},
	{Value: Routine, Label: "Routine", Help: "A known seller whose verification or rights documents do not allow approval at once."},
}

// Risk orders the queue.
type Risk string

// Risks, the highest first.
const (
	High   Risk = "high"
	Medium Risk = "medium"
	Low    Risk = "low"
)

// Risks is the vocabulary of Risk.
var Risks = listing.Vocabulary[Risk]{
	{Value: High, Label: "High", Help: "Warnings, or claims that change, and a seller not known or not verified."},
	{Value: Medium, Label: "Medium", Help: "One of these."},
	{Value: Low, Label: "Low", Help: "None of these."},
}

// Waiting is one entry of the queue.
type Waiting struct {
	Version      id.Version      `db:"version_id"`
	Listing      id.Listing      `db:"listing_id"`
	Organization id.Organization `db:"organization_id"`
	Number       int             `db:"number"`
	Title        string          `db:"title"`
	Seller       string          `db:"seller"`
	Demo         bool            `db:"is_demo"`
	Level        string          `db:"level"` // the seller's verification
	Kinds        []Kind          `db:"kinds"` // at least one, the first word first
	Amends       bool            `db:"amends"`
	Since        time.Time       `db:"since"`
	Warnings     int             `db:"warnings"`
	Accepted     int             `db:"accepted"` // answers accepted by as many people as it takes
	Second       int             `db:"second"`   // accepted by one person, waiting for another than the reader
	KnownSeller  bool            `db:"known_seller"`
	Own          bool            `db:"own"`      // of an organization of the reviewer's: somebody else decides
	Returned     bool            `db:"returned"` // came back after an appeal against its rejection
	Recalled     bool            `db:"recalled"` // came back because another version was suspended
	Rejected     bool            `db:"rejected"` // by the reader, before the appeal: somebody else decides
	Holder       id.User         `db:"holder"`
	HolderName   string          `db:"holder_name"` // empty while nobody has it
}

// Kind says in a word why the entry needs a person.
func (w Waiting) Kind() Kind { return w.Kinds[0] }

// Due returns when the entry is due for an answer.
func (w Waiting) Due() time.Time { return Due(w.Kind(), w.Since) }

// promises are what is promised about each kind.
var promises = map[Kind]promise.What{
	Flagged: promise.ReviewOfFlagged, First: promise.ReviewOfFirst, Routine: promise.ReviewOfRoutine, Amended: promise.ReviewOfChanged,
}

// Due returns when an item of a kind that waits since a moment is due for an
// answer.
func Due(k Kind, since time.Time) time.Time { return promise.Of(promises[k]).Due(since) }

// Risk is high for warnings of a seller not known or not verified, low for a
// verified and known one without warnings.
func (w Waiting) Risk() Risk {
	points := 0
	for _, doubt := range []bool{w.Warnings > 0 && !w.Amends, !w.KnownSeller, w.Level != "verified", w.Amends} {
		if doubt {
			points++
		}
	}
	switch {
	case points >= 2:
		return High
	case points == 1:
		return Medium
	}
	return Low
}

const waitingColumns = `
         v.id AS version_id, v.listing_id, v.organization_id, v.number, review_kinds(v.id, c.id) AS kinds,
         coalesce(c.claims -> 'basics' ->> 'title', '') AS title, o.name AS seller, o.is_demo,
         organization_verification(v.organization_id) AS level,
         coalesce(r.warnings, 0) AS warnings, coalesce(r.accepted, 0) AS accepted, coalesce(r.second, 0) AS second,
         EXISTS (SELECT FROM decision d
                 JOIN   version p ON p.id = d.version_id
                 WHERE  d.organization_id = v.organization_id
                 AND    d.kind = 'review'
                 AND    d.outcome = 'approve'
                 AND    p.listing_id <> v.listing_id) AS known_seller,
         EXISTS (SELECT FROM membership m
                 WHERE  m.organization_id = v.organization_id
                 AND    m.user_id = assay_user()) AS own,
         v.last_event = 'reopen' AS returned, v.last_event = 'recall' AS recalled, rejected_by(v.id, c.id, assay_user()) AS rejected,
         coalesce(a.reviewer_id::text, '') AS holder, coalesce(u.name, '') AS holder_name`

// waitingJoins read the newest report with its answers, and who has the item.
const waitingJoins = `
JOIN     organization o ON o.id = v.organization_id
LEFT JOIN review_assignment a ON a.version_id = v.id AND a.claims_id = c.id AND a.ended_at IS NULL
LEFT JOIN app_user u ON u.id = a.reviewer_id
LEFT JOIN LATERAL (
         SELECT   x.warnings,
                  (SELECT count(*) FROM finding_answer f
                   WHERE  f.report_id = x.id
                   AND    f.outcome = 'accepted'
                   AND    (f.confirmed_by IS NOT NULL OR NOT f.warning_key = ANY (x.identifier_keys))) AS accepted,
                  (SELECT count(*) FROM finding_answer f
                   WHERE  f.report_id = x.id
                   AND    f.outcome = 'accepted'
                   AND    f.outcome_by <> assay_user()
                   AND    f.confirmed_by IS NULL
                   AND    f.warning_key = ANY (x.identifier_keys)) AS second
         FROM     audit_report x
         WHERE    x.version_id = v.id
         AND      NOT x.is_reaudit
         ORDER BY x.created_at DESC, x.id DESC
         LIMIT    1) r ON true`

const queueQuery = `
SELECT   false AS amends, greatest(coalesce(v.submitted_at, v.updated_at), version_reopened_at(v.id)) AS since,` + waitingColumns + `
FROM     version v
JOIN     listing_claims c ON c.id = v.claims_id` + waitingJoins + `
WHERE    v.state = 'in_review'
AND      assay_platform() IN ('reviewer', 'admin')
UNION ALL
SELECT   true, greatest(coalesce(c.submitted_at, c.updated_at), version_reopened_at(v.id)),` + waitingColumns + `
FROM     listing_claims c
JOIN     version v ON v.id = c.amends_version` + waitingJoins + `
WHERE    c.outcome IS NULL
AND      v.state = 'live'
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY since
LIMIT    500`

// Whose is a part of the queue by who has an item.
type Whose string

// Parts of the queue.
const (
	Everybodys Whose = ""
	Mine       Whose = "mine"
	Nobodys    Whose = "unassigned"
	ForSecond  Whose = "second" // waits for a second person
)

// Filter narrows and orders the queue. The zero value is all of it, the
// riskiest first.
type Filter struct {
	Whose Whose
	Kind  Kind // empty: every kind
	Risk  Risk // empty: every risk
	ByAge bool // the longest wait first
}

// Keeps reports whether a reader finds w under the filter.
func (f Filter) Keeps(w Waiting, reader id.User) bool {
	switch f.Whose {
	case Mine:
		if w.Holder != reader {
			return false
		}
	case Nobodys:
		if w.Holder != "" {
			return false
		}
	case ForSecond:
		if w.Second == 0 || w.Own {
			return false
		}
	}
	return (f.Kind == "" || slices.Contains(w.Kinds, f.Kind)) && (f.Risk == "" || w.Risk() == f.Risk)
}

// Queue returns what waits for a reviewer: the riskiest first, and of equal
// risk the one that is due first, so that overdue ones lead; by age the one that
// has waited longest.
func (s *Service) Queue(ctx context.Context, a postgres.Actor, f Filter) ([]Waiting, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Waiting](ctx, s.db, a, queueQuery)
	if err != nil {
		return nil, fmt.Errorf("review queue: %w", err)
	}
	list = slices.DeleteFunc(list, func(w Waiting) bool { return !f.Keeps(w, a.User) })
	if !f.ByAge {
		slices.SortStableFunc(list, func(x, y Waiting) int {
			return cmp.Or(cmp.Compare(x.Risk().rank(), y.Risk().rank()), x.Due().Compare(y.Due()), x.Since.Compare(y.Since))
		})
	}
	return list, nil
}

func (r Risk) rank() int {
	return slices.IndexFunc(Risks, func(t listing.Term[Risk]) bool { return t.Value == r })
}
