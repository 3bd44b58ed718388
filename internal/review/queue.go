package review

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Service is a reviewer's way to versions that wait, and what pages of
// versions ask beyond listing.
type Service struct {
	db       *postgres.DB
	listings *listing.Service
	now      func() time.Time
}

// New returns a service over db; now is the clock, time.Now outside tests.
func New(db *postgres.DB, listings *listing.Service, now func() time.Time) *Service {
	return &Service{db, listings, now}
}

// Kind is why a version or its claims need a person.
type Kind string

// Kinds, the ones with more to look at first.
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
type Risk int

// Risks, the highest first.
const (
	High Risk = iota
	Medium
	Low
)

// Label says the risk in a word.
func (r Risk) Label() string { return [...]string{"High", "Medium", "Low"}[r] }

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
	Amends       bool            `db:"amends"`
	Since        time.Time       `db:"since"`
	Warnings     int             `db:"warnings"`
	Accepted     int             `db:"accepted"`
	KnownSeller  bool            `db:"known_seller"`
	Own          bool            `db:"own"` // of an organization of the reviewer's: somebody else decides
}

// Kind says why the entry needs a person.
func (w Waiting) Kind() Kind {
	switch {
	case w.Amends:
		return Amended
	case w.Warnings > 0:
		return Flagged
	case !w.KnownSeller:
		return First
	}
	return Routine
}

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
         v.id AS version_id, v.listing_id, v.organization_id, v.number,
         coalesce(c.claims -> 'basics' ->> 'title', '') AS title, o.name AS seller, o.is_demo,
         organization_verification(v.organization_id) AS level,
         coalesce(r.warnings, 0) AS warnings, coalesce(r.accepted, 0) AS accepted,
         EXISTS (SELECT FROM decision d
                 JOIN   version p ON p.id = d.version_id
                 WHERE  d.organization_id = v.organization_id
                 AND    d.kind = 'review'
                 AND    d.outcome = 'approve'
                 AND    p.listing_id <> v.listing_id) AS known_seller,
         EXISTS (SELECT FROM membership m
                 WHERE  m.organization_id = v.organization_id
                 AND    m.user_id = assay_user()) AS own`

const reportOf = `
LEFT JOIN LATERAL (
         SELECT   a.warnings,
                  (SELECT count(*) FROM finding_answer f WHERE f.report_id = a.id AND f.outcome = 'accepted') AS accepted
         FROM     audit_report a
         WHERE    a.version_id = v.id
         ORDER BY a.created_at DESC, a.id DESC
         LIMIT    1) r ON true`

const queueQuery = `
SELECT   false AS amends, coalesce(v.submitted_at, v.updated_at) AS since,` + waitingColumns + `
FROM     version v
JOIN     listing_claims c ON c.id = v.claims_id
JOIN     organization o ON o.id = v.organization_id` + reportOf + `
WHERE    v.state = 'in_review'
AND      assay_platform() IN ('reviewer', 'admin')
UNION ALL
SELECT   true, coalesce(c.submitted_at, c.updated_at),` + waitingColumns + `
FROM     listing_claims c
JOIN     version v ON v.id = c.amends_version
JOIN     organization o ON o.id = v.organization_id` + reportOf + `
WHERE    c.outcome IS NULL
AND      v.state IN ('live', 'suspended')
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY since
LIMIT    500`

// mustReview hides the review desk from everybody else.
func mustReview(a postgres.Actor) error {
	if a.Platform != postgres.Reviewer && a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
	return nil
}

// Queue returns what waits for a reviewer: the riskiest first, and of equal
// risk the one that has waited longest; with byAge only the wait counts.
func (s *Service) Queue(ctx context.Context, a postgres.Actor, byAge bool) ([]Waiting, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Waiting](ctx, s.db, a, queueQuery, nil)
	if err != nil {
		return nil, fmt.Errorf("review queue: %w", err)
	}
	if !byAge {
		slices.SortStableFunc(list, func(x, y Waiting) int {
			return cmp.Or(cmp.Compare(x.Risk(), y.Risk()), x.Since.Compare(y.Since))
		})
	}
	return list, nil
}

// Offer is a version that is live or was taken down by the platform.
type Offer struct {
	Version id.Version    `db:"version_id"`
	Number  int           `db:"number"`
	State   listing.State `db:"state"`
	Title   string        `db:"title"`
	Seller  string        `db:"seller"`
	Slug    string        `db:"slug"`
	Since   time.Time     `db:"since"`
	Reason  string        `db:"reason"`
}

const offersQuery = `
SELECT   v.id AS version_id, v.number, v.state, coalesce(c.claims -> 'basics' ->> 'title', '') AS title,
         o.name AS seller, l.slug, v.updated_at AS since, CASE WHEN v.state = 'suspended' THEN v.reason ELSE '' END AS reason
FROM     version v
JOIN     listing l ON l.id = v.listing_id
JOIN     listing_claims c ON c.id = v.claims_id
JOIN     organization o ON o.id = v.organization_id
WHERE    v.state IN ('live', 'suspended')
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY v.state DESC, v.updated_at DESC
LIMIT    200`

// Offers returns what is live or suspended, the suspended first: where a
// reviewer takes something down or restores it.
func (s *Service) Offers(ctx context.Context, a postgres.Actor) ([]Offer, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Offer](ctx, s.db, a, offersQuery, nil)
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	return list, nil
}

// collect runs one query in a transaction of its own.
func collect[T any](ctx context.Context, db *postgres.DB, a postgres.Actor, sql string, args pgx.NamedArgs) (list []T, err error) {
	err = db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = rowsOf[T](ctx, tx, sql, args)
		return err
	})
	return list, err
}

func rowsOf[T any](ctx context.Context, q postgres.Querier, sql string, args pgx.NamedArgs) ([]T, error) {
	if args == nil {
		args = pgx.NamedArgs{}
	}
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

const namesQuery = `
SELECT id, name
FROM   app_user
WHERE  id = ANY (@ids::uuid[])`

// Names returns the names of people, as far as a may see them: a seller sees
// colleagues, a reviewer everybody.
func (s *Service) Names(ctx context.Context, a postgres.Actor, ids []id.User) (map[id.User]string, error) {
	type named struct {
		ID   id.User `db:"id"`
		Name string  `db:"name"`
	}
	known := []string{}
	for _, u := range ids {
		if u != "" {
			known = append(known, string(u))
		}
	}
	list, err := collect[named](ctx, s.db, a, namesQuery, pgx.NamedArgs{"ids": known})
	if err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	names := make(map[id.User]string, len(list))
	for _, n := range list {
		names[n.ID] = n.Name
	}
	return names, nil
}

// Level returns the verification that the actor's organization has now.
func (s *Service) Level(ctx context.Context, a postgres.Actor) (level string, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT organization_verification(@organization)`, pgx.NamedArgs{"organization": a.Organization}).Scan(&level)
	})
	if err != nil {
		return "", fmt.Errorf("verification: %w", err)
	}
	return level, nil
}
