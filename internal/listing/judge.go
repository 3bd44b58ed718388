package listing

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const setAnswerOutcome = `
UPDATE finding_answer
SET    outcome = nullif(@outcome, ''),
       outcome_note = @note,
       outcome_by = CASE WHEN @outcome <> '' THEN nullif(@user, '')::uuid END,
       outcome_at = CASE WHEN @outcome <> '' THEN now() END,
       confirmed_by = NULL,
       confirmed_at = NULL
WHERE  version_id = @version
AND    warning_key = @key
AND    report_id = @report`

const confirmAnswer = `
UPDATE finding_answer
SET    confirmed_by = @user,
       confirmed_at = now()
WHERE  version_id = @version
AND    warning_key = @key
AND    report_id = @report
AND    outcome = 'accepted'
AND    confirmed_by IS NULL`

const answerOf = `
SELECT ` + answerColumns + `
FROM   finding_answer
WHERE  report_id = @report
AND    warning_key = @key
AND    (organization_id = assay_organization() OR assay_platform() <> '')`

// ConfirmAnswer notes whether a reviewer accepts the answer to a warning of a
// version in review. To accept one about identifiers takes two people: the
// second one who accepts it confirms what the first proposed.
func (s *Service) ConfirmAnswer(ctx context.Context, a postgres.Actor, v id.Version, key string, accepted bool, note string) error {
	err := s.judging(ctx, a, v, key, func(tx pgx.Tx, locked Version, report Report, answer WarningAnswer) error {
		if accepted && report.IsAboutIdentifiers(key) && answer.Outcome == "accepted" {
			return s.second(ctx, tx, a, locked, report, answer)
		}
		outcome := "refused"
		if accepted {
			outcome = "accepted"
		}
		if err := s.setOutcome(ctx, tx, a, locked, report, key, outcome, note); err != nil {
			return err
		}
		return s.askSecond(ctx, tx, a, locked, report, key, outcome)
	})
	if err != nil {
		return fmt.Errorf("version %s: confirm answer: %w", v, err)
	}
	return nil
}

// TakeBackAnswer opens the answer to a warning again: whoever accepted or
// refused it may, as long as no second person has confirmed.
func (s *Service) TakeBackAnswer(ctx context.Context, a postgres.Actor, v id.Version, key string) error {
	err := s.judging(ctx, a, v, key, func(tx pgx.Tx, locked Version, report Report, answer WarningAnswer) error {
		switch {
		case answer.Outcome == "":
			return nil
		case answer.OutcomeBy != a.User:
			return errs.New(errs.Forbidden, "Somebody else judged this answer. Accept or refuse it yourself instead.")
		case answer.ConfirmedBy != "":
			return errs.New(errs.Conflict, "A second person has confirmed it. Refuse the answer if it does not hold.")
		}
		return s.setOutcome(ctx, tx, a, locked, report, key, "", "")
	})
	if err != nil {
		return fmt.Errorf("version %s: take an answer's outcome back: %w", v, err)
	}
	return nil
}

// judging runs fn with a version in review locked, and the answer to one of
// the warnings of its newest report.
func (s *Service) judging(ctx context.Context, a postgres.Actor, v id.Version, key string, fn func(pgx.Tx, Version, Report, WarningAnswer) error) error {
	return s.asReviewer(ctx, a, v, func(tx pgx.Tx, locked Version) error {
		if locked.State != InReview {
			return errs.New(errs.Conflict, "This version is not in review.")
		}
		report, err := latestReport(ctx, tx, v)
		if err != nil {
			return err
		}
		answer, err := postgres.One[WarningAnswer](ctx, tx, answerOf, pgx.NamedArgs{"report": report.ID, "key": key})
		if err != nil {
			return postgres.NotFound(err, "There is no answer to that warning.")
		}
		return fn(tx, locked, report, answer)
	})
}

func (s *Service) setOutcome(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version, r Report, key, outcome, note string) error {
	_, err := tx.Exec(ctx, setAnswerOutcome, pgx.NamedArgs{
		"outcome": outcome, "note": clean(note), "user": string(a.User), "version": v.ID, "key": key, "report": r.ID})
	if err != nil {
		return refusal(err)
	}
	verb := "version.confirm_answer"
	if outcome == "" {
		verb = "version.reopen_answer"
	}
	return s.record(ctx, tx, a, v.Organization, verb, "version", string(v.ID), map[string]string{"warning": key, "outcome": outcome})
}

// second has another person than the first confirm an accepted answer.
func (s *Service) second(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version, r Report, answer WarningAnswer) error {
	switch {
	case answer.OutcomeBy == a.User:
		return errs.New(errs.Conflict, "You have accepted this answer. The warning is about identifiers, so another reviewer has to confirm it.")
	case answer.ConfirmedBy != "":
		return errs.New(errs.Conflict, "Two reviewers have accepted this answer already.")
	}
	_, err := tx.Exec(ctx, confirmAnswer, pgx.NamedArgs{"user": a.User, "version": v.ID, "key": answer.Key, "report": r.ID})
	if err != nil {
		return refusal(err)
	}
	return s.record(ctx, tx, a, v.Organization, "version.second_answer", "version", string(v.ID), map[string]string{"warning": answer.Key})
}

const waitingForSecond = `
SELECT count(*)
FROM   finding_answer
WHERE  report_id = @report
AND    warning_key = ANY (@keys)
AND    outcome = 'accepted'
AND    confirmed_by IS NULL`

// askSecond tells the other reviewers of the first answer that waits for one
// of them.
func (s *Service) askSecond(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version, r Report, key, outcome string) error {
	if outcome != "accepted" || s.notifier == nil || !r.IsAboutIdentifiers(key) {
		return nil
	}
	n := 0
	err := tx.QueryRow(ctx, waitingForSecond, pgx.NamedArgs{"report": r.ID, "keys": r.IdentifierKeys}).Scan(&n)
	if err != nil || n != 1 {
		return err
	}
	if err := s.notifier.SecondPersonNeeded(ctx, tx, v, a.User); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// IsAboutIdentifiers reports whether a warning of the report is one that two
// people have to override. The database decides which are.
func (r Report) IsAboutIdentifiers(key string) bool { return slices.Contains(r.IdentifierKeys, key) }

// IsSettled reports whether an answer is accepted by as many people as its
// warning takes.
func (r Report) IsSettled(a WarningAnswer) bool {
	return a.Outcome == "accepted" && (a.ConfirmedBy != "" || !r.IsAboutIdentifiers(a.Key))
}
