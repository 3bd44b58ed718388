package moderation

import (
	"context"
	"errors"

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
// the other one is decided already. So does the seller, if it was asked about
// the flag: it hears that the two are decided as one, or what was decided.
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
		if err := shareFate(ctx, tx, into, f.Organization); err != nil {
			return err
		}
		if err := s.tellMerged(ctx, tx, f, l, into, list); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "flag.merge", "flag", string(flag), map[string]string{"into": string(into)})
	})
}

const shareFates = `
UPDATE flag m
SET    fate = o.state
FROM   flag_report r
JOIN   flag o ON o.id = r.follows
WHERE  r.follows = @flag
AND    r.flag_id = m.id
AND    m.organization_id = @organization
AND    m.state = 'merged'
AND    o.state IN ('upheld', 'dismissed')
AND    m.fate <> o.state`

// shareFate writes down what was decided of a flag at those that were merged
// into it; nothing while it waits.
func shareFate(ctx context.Context, tx pgx.Tx, flag id.Flag, org id.Organization) error {
	_, err := tx.Exec(ctx, shareFates, pgx.NamedArgs{"flag": string(flag), "organization": org})
	return err
}

const decidedAs = `
SELECT f.state, f.act, coalesce(r.answer, '') AS answer
FROM   flag f
LEFT JOIN flag_report r ON r.flag_id = f.id
WHERE  f.id = @flag`

// tellMerged tells the seller who was asked that a flag was merged, and answers
// the reporters of one that was merged into a decided one.
func (s *Service) tellMerged(ctx context.Context, tx pgx.Tx, f Flag, l listed, into id.Flag, list []reporter) error {
	var d Decision
	if err := tx.QueryRow(ctx, decidedAs, pgx.NamedArgs{"flag": into}).Scan(&d.Outcome, &d.Act, &d.Answer); err != nil {
		return err
	}
	if f.AskedAt != nil {
		if err := s.tellSeller(ctx, tx, f, "Two reports are decided as one: "+f.Title, "See your answer", mergedWords(d)...); err != nil {
			return err
		}
	}
	if !d.Outcome.Closed() {
		return nil
	}
	return s.answered(ctx, tx, l, list, answerLines(l, d)...)
}

// mergedWords say to a seller what becomes of a report that it was asked about
// and that was merged into one decided as d, or not decided yet.
func mergedWords(d Decision) []string {
	const merged = "You were asked about it. A reviewer decides it together with another report about the same data set"
	switch d.Outcome {
	case Upheld:
		return []string{merged + ", which is decided already.", sentenceOf(d.Act)}
	case Dismissed:
		return []string{merged + ", which is decided already.", "A reviewer found nothing that has to change, and you need not do anything."}
	}
	return []string{merged + ". You need not do anything now; you hear what is decided."}
}

const askedInto = `
SELECT   f.id
FROM     flag_report r
JOIN     flag f ON f.id = r.flag_id
WHERE    r.follows = @flag
AND      r.organization_id = @organization
AND      f.asked_at IS NOT NULL
ORDER BY (f.id = @flag) DESC, f.asked_at DESC, f.id
LIMIT    1`

// askedAbout returns the flag that the seller was asked about among one and
// those that were merged into it, the flag itself first; empty if none is.
func askedAbout(ctx context.Context, tx pgx.Tx, f Flag) (asked id.Flag, err error) {
	err = tx.QueryRow(ctx, askedInto, pgx.NamedArgs{"flag": f.ID, "organization": f.Organization}).Scan(&asked)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return asked, err
}
