package review

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/internal/promise"
)

// Reaudit is what an audit by new rules found in a version that was live.
type Reaudit struct {
	ID        id.Reaudit `db:"id"`
	Version   id.Version `db:"version_id"`
	Number    int        `db:"number"`
	Title     string     `db:"title"`
	Seller    string     `db:"seller"`
	State     string     `db:"version_state"` // live, or suspended for what was found
	Outcome   string     `db:"outcome"`       // warnings, blockers or identifiers
	Rules     []string   `db:"rules"`         // ids of the rules that found something new
	By        string     `db:"rules_version"` // version of the rules
	Report    id.Report  `db:"report_id"`
	AuditedAt time.Time  `db:"audited_at"`
	Own       bool       `db:"own"`     // the reviewer belongs to the seller
	IsOpen    bool       `db:"is_open"` // it waits for a reviewer's answer
	Reason    string     `db:"reason"`  // of who closed it
}

// Due returns by when a reviewer is to have answered.
func (x Reaudit) Due() time.Time {
	if x.Outcome == "identifiers" {
		return promise.Of(promise.FlagOfIdentifiers).Due(x.AuditedAt)
	}
	return promise.Of(promise.ReviewOfRules).Due(x.AuditedAt)
}

const reauditQuery = `
SELECT   x.id, x.version_id, v.number, coalesce(c.claims -> 'basics' ->> 'title', '') AS title, o.name AS seller,
         v.state AS version_state, x.outcome, x.rules, x.rules_version, x.report_id, x.audited_at,
         EXISTS (SELECT FROM membership m WHERE m.organization_id = x.organization_id AND m.user_id = assay_user()) AS own,
         x.state = 'open' AS is_open, x.reason
FROM     reaudit x
JOIN     version v ON v.id = x.version_id
JOIN     listing_claims c ON c.id = v.claims_id
JOIN     organization o ON o.id = x.organization_id
`

const openReaudits = reauditQuery + `
WHERE    x.state = 'open'
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY array_position(ARRAY['identifiers', 'blockers', 'warnings'], x.outcome), x.audited_at, x.id
LIMIT    500`

// Reaudits returns what waits for a reviewer's answer, the gravest first.
func (s *Service) Reaudits(ctx context.Context, a postgres.Actor) ([]Reaudit, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Reaudit](ctx, s.db, a, openReaudits)
	if err != nil {
		return nil, fmt.Errorf("audits by new rules: %w", err)
	}
	return list, nil
}

// BrokenReaudit is an audit by new rules that could not be carried out through
// a fault of the platform. What the rules before found holds; the next ones
// try again, and so does RetryReaudit.
type BrokenReaudit struct {
	ID       id.Reaudit `db:"id"`
	Version  id.Version `db:"version_id"`
	Number   int        `db:"number"`
	Title    string     `db:"title"`
	By       string     `db:"rules_version"`
	Attempts int        `db:"attempt"`
	Own      bool       `db:"own"` // the reader belongs to the seller: somebody else tries again
}

const brokenReaudits = `
SELECT   x.id, x.version_id, v.number, coalesce(c.claims -> 'basics' ->> 'title', '') AS title, x.rules_version, x.attempt,
         EXISTS (SELECT FROM membership m WHERE m.organization_id = x.organization_id AND m.user_id = assay_user()) AS own
FROM     reaudit x
JOIN     version v ON v.id = x.version_id
JOIN     listing_claims c ON c.id = v.claims_id
WHERE    x.state = 'broken'
AND      v.state IN ('live', 'suspended')
AND      assay_platform() IN ('reviewer', 'admin')
AND      NOT EXISTS (SELECT FROM reaudit n WHERE n.version_id = x.version_id AND n.queued_at > x.queued_at AND n.report_id IS NOT NULL)
ORDER BY x.queued_at, x.id
LIMIT    200`

// BrokenReaudits returns those after which no other audit succeeded.
func (s *Service) BrokenReaudits(ctx context.Context, a postgres.Actor) ([]BrokenReaudit, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[BrokenReaudit](ctx, s.db, a, brokenReaudits)
	if err != nil {
		return nil, fmt.Errorf("audits by new rules that broke: %w", err)
	}
	return list, nil
}

const retryReaudit = `
UPDATE reaudit x
SET    state = 'queued', attempt = 0, lease = NULL, renewed_at = NULL
FROM   (SELECT b.id
        FROM   reaudit b
        JOIN   version v ON v.id = b.version_id
        WHERE  b.id = @reaudit
        AND    b.state = 'broken'
        AND    v.state IN ('live', 'suspended')
        AND    assay_platform() = 'admin'
        AND    NOT EXISTS (SELECT FROM reaudit n WHERE n.version_id = b.version_id AND n.queued_at > b.queued_at AND n.report_id IS NOT NULL)
        FOR UPDATE OF b) found
WHERE  x.id = found.id
RETURNING x.organization_id, x.version_id, x.rules_version`

// RetryReaudit has an audit by new rules that broke tried afresh, with as many
// tries as at first, for an admin outside the seller's organization. Of two at
// once one queues it; the other is told errs.NotFound, as for one that is not
// broken.
func (s *Service) RetryReaudit(ctx context.Context, a postgres.Actor, x id.Reaudit) error {
	const gone = "No broken audit is at this address. Somebody else may have had it tried again."
	if _, ok := id.Parse[id.Reaudit](string(x)); !ok || a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, gone)
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		var organization id.Organization
		var version id.Version
		var rules string
		err := tx.QueryRow(ctx, retryReaudit, pgx.NamedArgs{"reaudit": x}).Scan(&organization, &version, &rules)
		if postgres.IsRefused(err) {
			return errs.New(errs.Forbidden, "You belong to the seller: another admin has it tried again.")
		}
		if err != nil {
			return postgres.NotFound(err, gone)
		}
		if err := job.Insert(ctx, tx, job.ReauditVersion{Reaudit: x}); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: organization, Verb: "reaudit.retry", Object: "version",
			ObjectID: string(version), Detail: map[string]string{"rules": rules}})
	})
	if err != nil {
		return fmt.Errorf("audit by new rules %s: try again: %w", x, err)
	}
	return nil
}

const reauditByID = reauditQuery + `
WHERE    x.id = @reaudit
AND      x.report_id IS NOT NULL
AND      assay_platform() IN ('reviewer', 'admin')`

// Reaudit returns an audit by new rules that has a report.
func (s *Service) Reaudit(ctx context.Context, a postgres.Actor, x id.Reaudit) (Reaudit, error) {
	if err := mustReview(a); err != nil {
		return Reaudit{}, err
	}
	list, err := collect[Reaudit](ctx, s.db, a, reauditByID, pgx.NamedArgs{"reaudit": x})
	if err != nil {
		return Reaudit{}, fmt.Errorf("audit by new rules %s: %w", x, err)
	}
	if len(list) == 0 {
		return Reaudit{}, errs.New(errs.NotFound, "There is no such audit.")
	}
	return list[0], nil
}

const closeReaudit = `
UPDATE reaudit x
SET    state = 'closed', closed_by = assay_user(), closed_at = now(), reason = @reason
FROM   (SELECT id FROM reaudit WHERE id = @reaudit AND state = 'open' AND assay_platform() IN ('reviewer', 'admin') FOR UPDATE) found
WHERE  x.id = found.id
RETURNING x.organization_id, x.version_id, x.outcome`

// CloseReaudit answers what an audit by new rules found, with a reason for the
// record. Of two at once one closes; the other is told errs.NotFound, as for
// one that never was. A reviewer of the seller's own is refused.
func (s *Service) CloseReaudit(ctx context.Context, a postgres.Actor, x id.Reaudit, reason string) error {
	if err := mustReview(a); err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 10 || n > 4000 {
		return &errs.Error{Kind: errs.Invalid, Field: "reason", Message: "Say in 10 to 4000 characters what you found."}
	}
	const gone = "Nothing waits for an answer here. Somebody else may have closed it."
	if _, ok := id.Parse[id.Reaudit](string(x)); !ok {
		return errs.New(errs.NotFound, gone)
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		var organization id.Organization
		var version id.Version
		var outcome string
		err := tx.QueryRow(ctx, closeReaudit, pgx.NamedArgs{"reaudit": x, "reason": reason}).Scan(&organization, &version, &outcome)
		if postgres.IsRefused(err) {
			return errs.New(errs.Forbidden, "You belong to the seller: another reviewer answers this.")
		}
		if err != nil {
			return postgres.NotFound(err, gone)
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: organization, Verb: "reaudit.close", Object: "version",
			ObjectID: string(version), Detail: map[string]string{"outcome": outcome}})
	})
	if err != nil {
		return fmt.Errorf("audit by new rules %s: %w", x, err)
	}
	return nil
}
