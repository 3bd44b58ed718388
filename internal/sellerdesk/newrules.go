package sellerdesk

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/promise"
)

// NewRules is what an audit by new rules found in a version.
type NewRules struct {
	ID        id.Reaudit `db:"id"`
	Report    id.Report  `db:"report_id"`
	Outcome   string     `db:"outcome"` // warnings, blockers or identifiers
	Rules     []string   `db:"rules"`   // ids of the rules that found something new
	By        string     `db:"rules_version"`
	AuditedAt time.Time  `db:"audited_at"`
	ClosedAt  *time.Time `db:"closed_at"` // by a reviewer; nil while it is open
}

// Due returns by when the seller is to have mended it.
func (n NewRules) Due() time.Time {
	return promise.OfNewRules(n.Outcome == "blockers").Due(n.AuditedAt)
}

const newRulesQuery = `
SELECT   id, report_id, outcome, rules, rules_version, audited_at, closed_at
FROM     reaudit
WHERE    version_id = @version
AND      organization_id = @organization
AND      state IN ('open', 'closed')
ORDER BY audited_at DESC, id`

// NewRules returns what audits by new rules found in a version of the actor's
// organization, the newest first. A foreign version has none.
func (s *Service) NewRules(ctx context.Context, a postgres.Actor, v id.Version) (list []NewRules, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		list, err = postgres.Many[NewRules](ctx, tx, newRulesQuery, pgx.NamedArgs{"version": v, "organization": a.Organization})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: version %s: new rules: %w", v, err)
	}
	return list, nil
}
