package moderation

import (
	"context"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const mergeFlag = `
UPDATE flag
SET    state = 'merged', merged_into = @into
WHERE  id = @flag
AND    organization_id = @organization`

const addReports = `
UPDATE flag
SET    reports = reports + @reports
WHERE  id = @into
AND    organization_id = @organization
AND    listing_id = @listing
AND    state <> 'merged'`

// followInto gives the reporters of a merged flag the fate of another one,
// with the answer that its own reporter has, if there is one already.
const followInto = `
UPDATE flag_report r
SET    follows = @into, answer = o.answer, answered_at = o.answered_at
FROM   flag_report o
WHERE  r.follows = @flag
AND    r.organization_id = @organization
AND    o.flag_id = @into`

// Merge lets a flag share the fate of another one of the same listing. Its
// reporters follow: they see the other's state and get its answer, at once if
// the other one is decided already.
func (s *Service) Merge(ctx context.Context, a postgres.Actor, flag, into id.Flag) error {
	return s.withFlag(ctx, a, flag, false, func(tx pgx.Tx, f Flag, l listed) error {
		if err := mine(f, a); err != nil {
			return err
		}
		args := pgx.NamedArgs{"flag": flag, "into": string(into), "organization": f.Organization, "listing": f.Listing, "reports": f.Reports}
		if _, ok := id.Parse[id.Flag](string(into)); !ok || into == flag {
			return &errs.Error{Kind: errs.Invalid, Field: "into", Message: "Choose the report that this one belongs to."}
		}
		tag, err := tx.Exec(ctx, addReports, args)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return &errs.Error{Kind: errs.Invalid, Field: "into", Message: "Choose a report of the same data set."}
		}
		if _, err := tx.Exec(ctx, mergeFlag, args); err != nil {
			return err
		}
		list, err := reportersOf(ctx, tx, flag, f.Organization)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, followInto, args); err != nil {
			return err
		}
		if err := s.tellMerged(ctx, tx, l, into, list); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "flag.merge", "flag", string(flag), map[string]string{"into": string(into)})
	})
}

const decidedAs = `
SELECT f.state, f.act, coalesce(r.answer, '') AS answer
FROM   flag f
LEFT JOIN flag_report r ON r.flag_id = f.id
WHERE  f.id = @flag`

// tellMerged answers reporters whose report was merged into a decided one.
func (s *Service) tellMerged(ctx context.Context, tx pgx.Tx, l listed, into id.Flag, list []reporter) error {
	var d Decision
	if err := tx.QueryRow(ctx, decidedAs, pgx.NamedArgs{"flag": into}).Scan(&d.Outcome, &d.Act, &d.Answer); err != nil {
		return err
	}
	if !d.Outcome.Closed() {
		return nil
	}
	return s.answered(ctx, tx, l, list, answerLines(l, d)...)
}
