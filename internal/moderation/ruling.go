package moderation

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Appeals returns the appeals that wait, the oldest first, and those ruled on
// last.
func (s *Service) Appeals(ctx context.Context, a postgres.Actor) (waiting, ruled []Appeal, err error) {
	if err := mustReview(a); err != nil {
		return nil, nil, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if waiting, err = postgres.Many[Appeal](ctx, tx, appealQuery+`
WHERE    a.state = 'open'
ORDER BY a.made_at, a.id
LIMIT    200`); err != nil {
			return err
		}
		ruled, err = postgres.Many[Appeal](ctx, tx, appealQuery+`
WHERE    a.state <> 'open'
ORDER BY a.ruled_at DESC, a.id
LIMIT    20`)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("appeals: %w", err)
	}
	return waiting, ruled, nil
}

// Appeal returns an appeal to a reviewer, whoever may rule on it.
func (s *Service) Appeal(ctx context.Context, a postgres.Actor, appeal id.Appeal) (found Appeal, err error) {
	if err := mustReview(a); err != nil {
		return found, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		found, err = readAppeal(ctx, tx, appeal)
		return err
	})
	if err != nil {
		return Appeal{}, fmt.Errorf("appeal %s: %w", appeal, err)
	}
	return found, nil
}

func readAppeal(ctx context.Context, q postgres.Querier, appeal id.Appeal) (Appeal, error) {
	found, err := postgres.One[Appeal](ctx, q, appealQuery+`
WHERE  a.id = @appeal
AND    assay_platform() IN ('reviewer', 'admin')`, pgx.NamedArgs{"appeal": appeal})
	return found, postgres.NotFound(err, noSuchAppeal)
}

// WhyNot says why a may not rule on an appeal; empty if a may.
func (p Appeal) WhyNot(a postgres.Actor) string {
	switch {
	case p.State != "open":
		return "This appeal is decided."
	case p.IsOwn:
		return sentences["appeal_party"]
	case p.Against == a.User:
		return sentences["appeal_other_reviewer"]
	}
	return ""
}

const ruleAppeal = `
UPDATE appeal
SET    state = @state, ruling = @ruling, ruled_by = @user, ruled_at = now(), remedy = @remedy
WHERE  id = @appeal
AND    organization_id = @organization`

// Outcomes of an appeal.
const (
	Granted = "granted"
	Denied  = "denied"
)

// Ruling is what a reviewer finds of an appeal.
type Ruling struct {
	Outcome string // Granted or Denied
	Reason  string // the seller reads it
}

// Rule decides an appeal. Granted, it undoes what was decided in the same
// transaction: a strike is taken back, a version is put back on offer if its
// files and claims are still approved and clear, a rejected one goes back to
// the reviewers, an upheld flag is dismissed with what followed from it. Whoever decided first, and everybody of the
// seller, is refused, here and by the database. Mistakes are errs.Fields with
// the fields outcome and ruling.
func (s *Service) Rule(ctx context.Context, a postgres.Actor, appeal id.Appeal, r Ruling) error {
	if err := mustReview(a); err != nil {
		return err
	}
	var f errs.Fields
	r.Reason = clean(r.Reason)
	if r.Outcome != Granted && r.Outcome != Denied {
		f.Add("outcome", "Choose your ruling.")
	}
	sentence(&f, "ruling", r.Reason, 10, 4000, "Say why in a sentence; the seller reads it.")
	if err := f.Err(); err != nil {
		return err
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM appeal WHERE id = @appeal FOR UPDATE`, pgx.NamedArgs{"appeal": appeal}); err != nil {
			return err
		}
		p, err := readAppeal(ctx, tx, appeal)
		if err != nil {
			return err
		}
		if why := p.WhyNot(a); why != "" {
			return errs.New(errs.Conflict, why)
		}
		remedy := ""
		if r.Outcome == Granted {
			if remedy, err = s.undo(ctx, tx, a, p); err != nil {
				return err
			}
		}
		return s.rule(ctx, tx, a, p, r, remedy)
	})
	if err != nil {
		return fmt.Errorf("appeal %s: rule: %w", appeal, err)
	}
	return nil
}

func (s *Service) rule(ctx context.Context, tx pgx.Tx, a postgres.Actor, p Appeal, r Ruling, remedy string) error {
	verb, words := "appeal.deny", "Another reviewer looked at it, and the decision stands."
	if r.Outcome == Granted {
		verb, words = "appeal.grant", "Another reviewer looked at it and found that you are right. "+remedy
	}
	_, err := tx.Exec(ctx, ruleAppeal, pgx.NamedArgs{"appeal": p.ID, "organization": p.Organization, "state": r.Outcome, "ruling": r.Reason, "user": a.User, "remedy": remedy})
	if err != nil {
		return refusal(err)
	}
	err = notice.Send(ctx, tx, notice.Notice{
		Kind: notice.AppealDecided, To: notice.To{Organization: p.Organization, Users: []id.User{p.MadeBy}},
		Subject: "Your appeal was " + r.Outcome, Lines: []string{"You appealed: " + lower(AppealKinds.Label(p.Kind)) + titled(p.Title) + ".", words},
		Action: "Read the reason", Path: "/seller/appeals/" + string(p.ID),
	})
	if err != nil {
		return err
	}
	return record(ctx, tx, a, p.Organization, verb, "appeal", string(p.ID), map[string]string{"kind": string(p.Kind), "subject": p.Subject})
}

func titled(title string) string {
	if title == "" {
		return ""
	}
	return ", “" + title + "”"
}
