package verification

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Answer is one field of a decision that a reviewer saved to go on later.
type Answer struct {
	Field string    `db:"field"` // of the form: "check-identity", "note-identity", "document-ID", "reason"
	Value string    `db:"value"`
	By    string    `db:"saved_by"` // a name
	At    time.Time `db:"saved_at"`
}

// Answers are what reviewers saved of a decision, each with who saved it.
type Answers []Answer

// Of returns the answer of a field; the zero Answer if none was saved.
func (list Answers) Of(field string) Answer {
	for _, a := range list {
		if a.Field == field {
			return a
		}
	}
	return Answer{}
}

// Last returns the answer that was saved last; the zero Answer if none was.
func (list Answers) Last() (last Answer) {
	for _, a := range list {
		if a.At.After(last.At) {
			last = a
		}
	}
	return last
}

// NewAnswers is what a reviewer saves.
type NewAnswers struct {
	Request     id.Verification
	SubmittedAt time.Time         // the submission that the reviewer saw
	Seen        time.Time         // when the newest answer on the reviewer's page was saved; zero if there was none
	Values      map[string]string // by field; an empty one takes an answer back
}

// answerField is what a field may be called, as the database has it.
var answerField = regexp.MustCompile(`^(outcome|level|months|gaps|reason|(check|note|document|fault|signer)-[a-z0-9_-]{1,40})$`)

// maxAnswer is the longest answer in characters, that of a reason.
const maxAnswer = 4000

func (n NewAnswers) check() error {
	var form errs.Fields
	for field, value := range n.Values {
		switch {
		case !answerField.MatchString(field):
			return errs.New(errs.Invalid, "The form has a field that is not known. Reload the page.")
		case utf8.RuneCountInString(value) > maxAnswer || !utf8.ValidString(value):
			form.Add(field, "Use at most 4,000 characters.")
		}
	}
	return form.Err()
}

const lockRequest = `
SELECT submitted_at
FROM   verification_request
WHERE  id = @request
AND    organization_id = @organization
AND    state = 'submitted'
FOR    UPDATE`

const saveAnswer = `
INSERT INTO verification_answer (request_id, submitted_at, field, organization_id, value, saved_by)
VALUES (@request, @submitted_at, @field, @organization, @value, @user)
ON CONFLICT (request_id, submitted_at, field)
DO UPDATE SET value = EXCLUDED.value, saved_by = EXCLUDED.saved_by, saved_at = clock_timestamp()`

const dropAnswer = `
DELETE FROM verification_answer
WHERE request_id = @request
AND   submitted_at = @submitted_at
AND   field = @field
AND   organization_id = @organization`

// Save keeps the answers of a reviewer who goes on later: those that differ from
// what is saved, so that the others keep who saved them. If a colleague saved
// since the reviewer's page was shown, it is errs.Conflict and nothing is
// written. A member of the organization saves nothing (errs.Forbidden).
func (s *Service) Save(ctx context.Context, a postgres.Actor, n NewAnswers) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	if err := n.check(); err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err := readCase(ctx, tx, n.Request)
		if err != nil {
			return err
		}
		if c.hasMember(a.User) {
			return errs.New(errs.Forbidden, "You belong to this organization. Another reviewer decides.")
		}
		args := pgx.NamedArgs{"request": c.ID, "organization": c.Organization, "submitted_at": n.SubmittedAt, "user": a.User}
		var submitted time.Time
		err = tx.QueryRow(ctx, lockRequest, args).Scan(&submitted)
		if err != nil || !submitted.Equal(n.SubmittedAt) {
			return errDecidedMeanwhile()
		}
		before, err := readAnswers(ctx, tx, c.Request)
		if err != nil {
			return err
		}
		if last := before.Last(); last.At.After(n.Seen) {
			return errs.Newf(errs.Conflict, "%s saved answers while you had this page open. Look at them in another window; saving again puts yours in their place.", orSomebody(last.By))
		}
		changed, err := n.write(ctx, tx, before, args)
		if err != nil || changed == 0 {
			return err
		}
		return record(ctx, tx, a, c.Organization, "verification.save_answers", "verification_request", string(c.ID), map[string]string{"count": fmt.Sprint(changed)})
	})
}

// write returns how many answers changed.
func (n NewAnswers) write(ctx context.Context, tx pgx.Tx, before Answers, args pgx.NamedArgs) (changed int, err error) {
	fields := make([]string, 0, len(n.Values))
	for field := range n.Values {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	for _, field := range fields {
		value := n.Values[field]
		if before.Of(field).Value == value {
			continue
		}
		args["field"], args["value"] = field, value
		sql := saveAnswer
		if value == "" {
			sql = dropAnswer
		}
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return 0, fmt.Errorf("answers: %w", err)
		}
		changed++
	}
	return changed, nil
}

func orSomebody(name string) string {
	if name == "" {
		return "Somebody"
	}
	return name
}

const listAnswers = `
SELECT    v.field, v.value, coalesce(u.name, '') AS saved_by, v.saved_at
FROM      verification_answer v
LEFT JOIN app_user u ON u.id = v.saved_by
WHERE     v.request_id = @request
AND       v.organization_id = @organization
AND       v.submitted_at = @submitted_at
ORDER BY  v.field`

// readAnswers returns what was saved for the submission that waits.
func readAnswers(ctx context.Context, tx pgx.Tx, r Request) (Answers, error) {
	if r.SubmittedAt == nil || r.State != RequestSubmitted {
		return nil, nil
	}
	rows, err := tx.Query(ctx, listAnswers, pgx.NamedArgs{"request": r.ID, "organization": r.Organization, "submitted_at": r.SubmittedAt})
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Answer])
}

const forgetAnswers = `
DELETE FROM verification_answer
WHERE request_id = @request
AND   organization_id = @organization`

// dropAnswers forgets what was saved, in the transaction of the decision.
func dropAnswers(ctx context.Context, tx pgx.Tx, c Case) error {
	if _, err := tx.Exec(ctx, forgetAnswers, pgx.NamedArgs{"request": c.ID, "organization": c.Organization}); err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	return nil
}
