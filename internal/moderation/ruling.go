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
		if waiting, err = many[Appeal](ctx, tx, appealQuery+`
WHERE    a.state = 'open'
ORDER BY a.made_at, a.id
LIMIT    200`, nil); err != nil {
			return err
		}
		ruled, err = many[Appeal](ctx, tx, appealQuery+`
WHERE    a.state <> 'open'
ORDER BY a.ruled_at DESC, a.id
LIMIT    20`, nil)
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
	found, err := one[Appeal](ctx, q, appealQuery+`
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

// undo takes back what a granted appeal is about, and says in words what.
func (s *Service) undo(ctx context.Context, tx pgx.Tx, a postgres.Actor, p Appeal) (string, error) {
	switch p.Kind {
	case OfSuspension:
		return s.putBack(ctx, tx, a, p.Version)
	case OfStrike:
		n, err := s.removeStrikes(ctx, tx, a, p.Organization, "id", p.Subject)
		if err == nil && n == 0 {
			return "The strike had ended already.", nil
		}
		return "The strike is taken back.", err
	case OfFlag:
		return s.overturn(ctx, tx, a, p)
	}
	return s.reopen(ctx, tx, a, p.Version)
}

// reopen brings a rejected version back to the reviewers. If a newer version
// is on its way the appeal is granted all the same, and the seller is told.
func (s *Service) reopen(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) (string, error) {
	err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return s.listings.ReopenWithin(ctx, inner, a, v) })
	switch errs.KindOf(err) {
	case errs.Conflict:
		return "The rejection no longer stands. This version is not reviewed again: " + lower(errs.MessageOf(err)), nil
	case errs.NotFound:
		return "The rejection no longer stands: send the same files again as a new version.", nil
	}
	if err != nil {
		return "", err
	}
	return "The version is back in review, as it is. Another reviewer than the one who rejected it decides; nothing is approved yet.", nil
}

// putBack restores a suspended version. If its approval or its report no
// longer carry it, or another version has taken its place, the appeal is
// granted all the same and the seller is told.
func (s *Service) putBack(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) (string, error) {
	err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return s.listings.RestoreWithin(ctx, inner, a, v) })
	switch errs.KindOf(err) {
	case errs.Conflict:
		return "The version itself cannot be put back: " + lower(errs.MessageOf(err)), nil
	case errs.NotFound:
		return "The version is not suspended any more.", nil
	}
	if err != nil {
		return "", err
	}
	return "The version is on offer again.", nil
}

const removeStrikesBy = `
UPDATE strike
SET    removed_by = @user, removed_at = now()
WHERE  organization_id = @organization
AND    removed_at IS NULL
AND    `

func (s *Service) removeStrikes(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, column, value string) (int, error) {
	where := map[string]string{"id": "id = @value::uuid", "flag": "flag_id = @value::uuid"}[column]
	rows, err := tx.Query(ctx, removeStrikesBy+where+` RETURNING id`, pgx.NamedArgs{"organization": org, "user": a.User, "value": value})
	if err != nil {
		return 0, fmt.Errorf("take back a strike: %w", refusal(err))
	}
	gone, err := pgx.CollectRows(rows, pgx.RowTo[id.Strike])
	if err != nil {
		return 0, fmt.Errorf("take back a strike: %w", refusal(err))
	}
	for _, k := range gone {
		if err := record(ctx, tx, a, org, "strike.remove", "strike", string(k), nil); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

const overturnFlag = `
UPDATE flag
SET    state = 'dismissed', overturned_at = now()
WHERE  id = @flag::uuid
AND    organization_id = @organization
AND    state = 'upheld'`

const suspendedVersion = `
SELECT id FROM version
WHERE  listing_id = (SELECT listing_id FROM flag WHERE id = @flag::uuid)
AND    organization_id = @organization
AND    state = 'suspended'
ORDER BY number DESC
LIMIT  1`

// overturn dismisses an upheld flag, with its strike and its suspension.
func (s *Service) overturn(ctx context.Context, tx pgx.Tx, a postgres.Actor, p Appeal) (string, error) {
	args := pgx.NamedArgs{"flag": p.Subject, "organization": p.Organization}
	words := "The report is dismissed."
	var suspended id.Version // found and put back first: versions are locked before flags
	err := tx.QueryRow(ctx, suspendedVersion, args).Scan(&suspended)
	if err != nil && err != pgx.ErrNoRows {
		return "", err
	}
	var act Act
	if err := tx.QueryRow(ctx, `SELECT act FROM flag WHERE id = @flag::uuid AND organization_id = @organization`, args).Scan(&act); err != nil {
		return "", postgres.NotFound(err, noSuchFlag)
	}
	if act == Suspend && suspended != "" {
		back, err := s.putBack(ctx, tx, a, suspended)
		if err != nil {
			return "", err
		}
		words += " " + back
	}
	tag, err := tx.Exec(ctx, overturnFlag, args)
	if err != nil {
		return "", refusal(err)
	}
	if tag.RowsAffected() == 0 {
		return "", errMoved
	}
	n, err := s.removeStrikes(ctx, tx, a, p.Organization, "flag", p.Subject)
	if n > 0 {
		words += " Its strike is taken back."
	}
	return words, err
}

func titled(title string) string {
	if title == "" {
		return ""
	}
	return ", “" + title + "”"
}
