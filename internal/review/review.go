package review

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
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

// mustReview hides the review desk from everybody else.
func mustReview(a postgres.Actor) error {
	if a.Platform != postgres.Reviewer && a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
	return nil
}

const itemQuery = `
SELECT v.id AS version_id, v.listing_id, v.organization_id, v.number, v.state, coalesce(v.root_digest, '') AS root_digest,
       EXISTS (SELECT FROM membership m
               WHERE  m.organization_id = v.organization_id
               AND    m.user_id = assay_user()) AS own
FROM   version v
WHERE  v.id = @version
AND    v.submitted_at IS NOT NULL
AND    assay_platform() IN ('reviewer', 'admin')`

const waitingClaimsQuery = `
SELECT c.id AS claims_id, c.claims_digest, coalesce(c.claims -> 'basics' ->> 'title', '') AS title,
       rejected_by(@version, c.id, assay_user()) AS rejected
FROM   listing_claims c
WHERE  c.listing_id = @listing
AND    c.organization_id = @organization
AND    item_waits(@version, c.id)`

// locked is a version that the transaction has locked, for a reviewer outside
// its organization.
type locked struct {
	Version      id.Version      `db:"version_id"`
	Listing      id.Listing      `db:"listing_id"`
	Organization id.Organization `db:"organization_id"`
	Number       int             `db:"number"`
	State        listing.State   `db:"state"`
	RootDigest   string          `db:"root_digest"`
	Own          bool            `db:"own"`
}

// waits is what waits for a decision on a locked version.
type waits struct {
	Claims       id.Claims `db:"claims_id"`
	ClaimsDigest string    `db:"claims_digest"`
	Title        string    `db:"title"`
	Rejected     bool      `db:"rejected"` // by who acts, before an appeal
}

// youRejected is said to who decided first.
const youRejected = "You rejected this version before. After the appeal another reviewer decides."

// onItem runs fn with a submitted version locked. A version of the reviewer's
// own organization is errs.Forbidden.
func (s *Service) onItem(ctx context.Context, a postgres.Actor, v id.Version, fn func(pgx.Tx, locked) error) error {
	if err := mustReview(a); err != nil {
		return err
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		l, err := lockItem(ctx, tx, v)
		if err != nil {
			return err
		}
		return fn(tx, l)
	})
	if postgres.IsRefused(err) && errs.KindOf(err) == errs.Internal {
		return errs.Wrap(errs.Conflict, "This version moved on in the meantime. Reload the page to see where it is now.", err)
	}
	return err
}

func lockItem(ctx context.Context, tx pgx.Tx, v id.Version) (locked, error) {
	if _, err := listing.Lock(ctx, tx, v); err != nil {
		return locked{}, err
	}
	list, err := postgres.Many[locked](ctx, tx, itemQuery, pgx.NamedArgs{"version": v})
	switch {
	case err != nil:
		return locked{}, err
	case len(list) == 0:
		return locked{}, errs.New(errs.NotFound, noSuchVersion)
	case list[0].Own:
		return locked{}, errs.New(errs.Forbidden, "You belong to this seller. Another reviewer has to decide.")
	}
	return list[0], nil
}

// onWaiting is onItem for what waits for a decision; otherwise it is
// errs.Conflict. Who rejected it before an appeal is errs.Forbidden.
func (s *Service) onWaiting(ctx context.Context, a postgres.Actor, v id.Version, fn func(pgx.Tx, locked, waits) error) error {
	return s.onItem(ctx, a, v, func(tx pgx.Tx, l locked) error {
		w, err := waiting(ctx, tx, l)
		if err != nil {
			return err
		}
		return fn(tx, l, w)
	})
}

func waiting(ctx context.Context, tx pgx.Tx, l locked) (waits, error) {
	list, err := postgres.Many[waits](ctx, tx, waitingClaimsQuery, pgx.NamedArgs{
		"listing": l.Listing, "organization": l.Organization, "version": l.Version})
	switch {
	case err != nil:
		return waits{}, err
	case len(list) == 0:
		return waits{}, errs.Newf(errs.Conflict, "Nothing waits for a decision here: this version is %q.", l.State.Label())
	case list[0].Rejected:
		return waits{}, errs.New(errs.Forbidden, youRejected)
	}
	return list[0], nil
}

// record keeps an act of the desk. Sellers do not see the desk's own acts: they
// belong to no organization.
func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, verb string, v id.Version, detail map[string]string) error {
	return recordFor(ctx, tx, a, "", verb, v, detail)
}

// recordFor keeps an act that the organization sees.
func recordFor(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, verb string, v id.Version, detail map[string]string) error {
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: org, Verb: verb, Object: "version", ObjectID: string(v), Detail: detail})
}

// collect runs one query in a transaction of its own.
func collect[T any](ctx context.Context, db *postgres.DB, a postgres.Actor, sql string, args ...any) (list []T, err error) {
	err = db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = postgres.Many[T](ctx, tx, sql, args...)
		return err
	})
	return list, err
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
