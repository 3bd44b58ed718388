package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Waiting is a credential in the reviewers' queue: without name and number.
type Waiting struct {
	ID           id.Credential `db:"id"`
	Organization string        `db:"organization"` // its name
	Label        string        `db:"label"`
	Role         Role          `db:"role"`
	Kind         Kind          `db:"kind"`
	Body         string        `db:"body"`
	State        State         `db:"state"`
	At           time.Time     `db:"at"`   // submitted, or decided
	Own          bool          `db:"own"`  // of an organization of the reader
	Past         string        `db:"past"` // who decided; empty if it waits
}

const waitingColumns = `
SELECT    c.id, o.name AS organization, n.label, n.role, c.kind, c.body, c.state,
          coalesce(CASE WHEN c.state = 'submitted' THEN c.submitted_at ELSE c.decided_at END, c.created_at) AS at,
          EXISTS (SELECT 1 FROM membership m WHERE m.organization_id = c.organization_id AND m.user_id = @user) AS own,
          CASE WHEN c.state = 'submitted' THEN '' ELSE coalesce(u.name, '') END AS past
FROM      credential c
JOIN      annotator n ON n.id = c.annotator_id
JOIN      organization o ON o.id = c.organization_id
LEFT JOIN app_user u ON u.id = c.decided_by`

const waitingQuery = waitingColumns + `
WHERE    c.state = 'submitted'
ORDER BY c.submitted_at, c.id
LIMIT    500`

const decidedQuery = waitingColumns + `
WHERE    c.state IN ('verified', 'refused', 'expired', 'revoked')
ORDER BY c.decided_at DESC, c.id DESC
LIMIT    20`

// Queue returns the credentials that wait, the longest first, and the last ones
// decided, for reviewers.
func (s *Service) Queue(ctx context.Context, a postgres.Actor) (waiting, decided []Waiting, err error) {
	if err := requireReviewer(a); err != nil {
		return nil, nil, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if waiting, err = queued(ctx, tx, a, waitingQuery); err != nil {
			return err
		}
		decided, err = queued(ctx, tx, a, decidedQuery)
		return err
	})
	return waiting, decided, err
}

func queued(ctx context.Context, tx pgx.Tx, a postgres.Actor, sql string) ([]Waiting, error) {
	rows, err := tx.Query(ctx, sql, pgx.NamedArgs{"user": a.User})
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Waiting])
}

const countWaiting = `
SELECT count(*)
FROM   credential
WHERE  state = 'submitted'`

// CountWaiting returns how many credentials wait for a reviewer.
func (s *Service) CountWaiting(ctx context.Context, a postgres.Actor) (n int, err error) {
	if err := requireReviewer(a); err != nil {
		return 0, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error { return tx.QueryRow(ctx, countWaiting).Scan(&n) })
	return n, err
}

// Case is a credential as a reviewer decides on it.
type Case struct {
	Credential
	Of               Annotator // with the other credentials that were submitted
	OrganizationName string
	Own              bool // the reviewer belongs to it
}

const organizationName = `
SELECT name
FROM   organization
WHERE  id = @organization`

// Case returns a credential that was submitted, for reviewers.
func (s *Service) Case(ctx context.Context, a postgres.Actor, key id.Credential) (found Case, err error) {
	if err := requireReviewer(a); err != nil {
		return Case{}, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err := s.credential(ctx, tx, key)
		if err != nil {
			return err
		}
		if c.State.IsOpen() { // a colleague's own drafts are no case
			return errs.New(errs.NotFound, noSuchCredential)
		}
		found.Credential = c
		if found.Of, err = s.annotator(ctx, tx, c.Organization, c.Annotator); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, organizationName, pgx.NamedArgs{"organization": c.Organization}).Scan(&found.OrganizationName); err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		found.Own = errs.KindOf(s.mayDecide(ctx, tx, c)) == errs.Forbidden
		return nil
	})
	return found, err
}
