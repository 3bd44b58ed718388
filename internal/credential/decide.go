package credential

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

const submitCredential = `
UPDATE credential
SET    state = 'submitted', submitted_at = clock_timestamp(), submitted_by = @user
WHERE  id = @id
AND    organization_id = @organization
AND    state IN ('draft', 'returned')`

// Submit hands a credential to the reviewers, who are told. One without
// evidence, or whose last day is over, is errs.Conflict.
func (s *Service) Submit(ctx context.Context, a postgres.Actor, key id.Credential) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err := s.own(ctx, tx, a, key)
		if err != nil {
			return err
		}
		switch {
		case !c.State.IsOpen():
			return errClosed()
		case c.Document == "":
			return errs.New(errs.Conflict, "Add the document first: a reviewer compares it with what you wrote.")
		case c.HasEnded(s.now()):
			return errs.New(errs.Conflict, "Its last day is over. Give a document that still holds.")
		}
		tag, err := tx.Exec(ctx, submitCredential, pgx.NamedArgs{"id": key, "organization": a.Organization, "user": a.User})
		if err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errClosed()
		}
		if err := vault.Submit(ctx, tx, a.Organization, []vault.Ref{c.Ref()}); err != nil {
			return err
		}
		if err := record(ctx, tx, a, a.Organization, "credential.submit", "credential", string(key), map[string]string{"kind": string(c.Kind)}); err != nil {
			return err
		}
		return tellWaiting(ctx, tx, c)
	})
}

const withdrawCredential = `
UPDATE credential
SET    state = 'draft'
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'submitted'`

// Withdraw takes a credential back that waits for a reviewer.
func (s *Service) Withdraw(ctx context.Context, a postgres.Actor, key id.Credential) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := s.own(ctx, tx, a, key); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, withdrawCredential, pgx.NamedArgs{"id": key, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "This credential does not wait for a reviewer any more.")
		}
		return record(ctx, tx, a, a.Organization, "credential.withdraw", "credential", string(key), nil)
	})
}

// own returns a credential that the actor may manage.
func (s *Service) own(ctx context.Context, tx pgx.Tx, a postgres.Actor, key id.Credential) (Credential, error) {
	if err := mayManage(a)(ctx, tx); err != nil {
		return Credential{}, err
	}
	c, err := s.credential(ctx, tx, key)
	if err == nil && c.Organization != a.Organization {
		err = errs.New(errs.NotFound, noSuchCredential)
	}
	return c, err
}

// Decision is a reviewer's answer to a credential.
type Decision struct {
	Credential id.Credential
	// SubmittedAt is the submission that the reviewer saw: what came in anew
	// meanwhile is not decided by it.
	SubmittedAt time.Time
	Outcome     State  // Verified, Returned or Refused
	Reason      string // the organization reads it; needed unless Verified
	Checks      Checks
}

// check returns what a decision lacks, as errs.Fields.
func (d Decision) check(c Credential, now time.Time) error {
	var form errs.Fields
	switch d.Outcome {
	case Verified:
		d.checkVerified(c, now, &form)
	case Returned, Refused:
		if d.Reason == "" {
			form.Add("reason", "Say why. The organization reads it.")
		}
	default:
		form.Add("outcome", "Choose a decision.")
	}
	if utf8.RuneCountInString(d.Reason) > 2000 {
		form.Add("reason", "Use at most 2,000 characters.")
	}
	if d.Checks.RegisterURL != "" && !isWebAddress(d.Checks.RegisterURL) {
		form.Add("register_url", "Write a web address, such as https://example.org.")
	}
	if d.Checks.RegisterOn != nil && d.Checks.RegisterOn.After(now) {
		form.Add("register_on", "This day has not come yet.")
	}
	return form.Err()
}

func (d Decision) checkVerified(c Credential, now time.Time, form *errs.Fields) {
	need := func(ok bool, field, message string) {
		if !ok {
			form.Add(field, message)
		}
	}
	need(d.Checks.NameMatches, "name_matches", "The name on the document has to match.")
	need(d.Checks.BodyExists, "body_exists", "The body has to exist.")
	registered := c.Kind != Training // few registers list diplomas
	need(d.Checks.NumberChecked || !registered, "number_checked", "The number has to be found in the body’s public register.")
	need(d.Checks.InForce && !c.HasEnded(now), "in_force", "It has to be in force.")
	if !registered {
		return
	}
	need(d.Checks.RegisterURL != "", "register_url", "Say in which register you found the number.")
	need(d.Checks.RegisterOn != nil, "register_on", "Say when you looked.")
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.Contains(u.Hostname(), ".") && u.User == nil && len(text) <= 500
}

const isOutsider = `
SELECT 'reviewer' = ANY (acting_party(@organization))`

const decideCredential = `
UPDATE credential
SET    state = @outcome, decided_by = @user, decided_at = now(), reason = @reason,
       verified_by = CASE WHEN @outcome = 'verified' THEN @user::uuid END,
       verified_on = CASE WHEN @outcome = 'verified' THEN (now() AT TIME ZONE 'UTC')::date END,
       name_matches = @name_matches, body_exists = @body_exists, number_checked = @number_checked, in_force = @in_force,
       register_url = @register_url, register_on = @register_on
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'submitted'
AND    submitted_at = @submitted_at`

// Decide answers a credential: it verifies it, returns it or refuses it. The
// listings whose claims name the annotator count anew in the same transaction,
// and the organization is told. A credential that was decided, withdrawn or
// submitted anew meanwhile is errs.Conflict; a member of its organization never
// decides (errs.Forbidden).
func (s *Service) Decide(ctx context.Context, a postgres.Actor, d Decision) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	d.Reason, d.Checks.RegisterURL = strings.TrimSpace(d.Reason), strings.TrimSpace(d.Checks.RegisterURL)
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err := s.credential(ctx, tx, d.Credential)
		if err != nil {
			return err
		}
		if err := s.mayDecide(ctx, tx, c); err != nil {
			return err
		}
		if c.State != Submitted || !c.SubmittedAt.Equal(d.SubmittedAt) {
			return errDecidedMeanwhile()
		}
		if err := d.check(c, s.now()); err != nil {
			return err
		}
		if err := lock(ctx, tx, c.Organization); err != nil {
			return err
		}
		return s.decide(ctx, tx, a, c, d)
	})
}

func (s *Service) mayDecide(ctx context.Context, tx pgx.Tx, c Credential) error {
	var outside bool
	if err := tx.QueryRow(ctx, isOutsider, pgx.NamedArgs{"organization": c.Organization}).Scan(&outside); err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	if !outside {
		return errs.New(errs.Forbidden, "You belong to this organization. Another reviewer decides.")
	}
	return nil
}

func errDecidedMeanwhile() error {
	return errs.New(errs.Conflict, "This credential was decided, withdrawn or submitted anew meanwhile. Reload the page.")
}

func (s *Service) decide(ctx context.Context, tx pgx.Tx, a postgres.Actor, c Credential, d Decision) error {
	tag, err := tx.Exec(ctx, decideCredential, pgx.NamedArgs{
		"id": c.ID, "organization": c.Organization, "outcome": string(d.Outcome), "user": string(a.User), "reason": d.Reason, "submitted_at": d.SubmittedAt,
		"name_matches": d.Checks.NameMatches, "body_exists": d.Checks.BodyExists, "number_checked": d.Checks.NumberChecked,
		"in_force": d.Checks.InForce, "register_url": d.Checks.RegisterURL, "register_on": d.Checks.RegisterOn,
	})
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errDecidedMeanwhile()
	}
	if d.Outcome != Returned {
		if err := vault.Hold(ctx, tx, c.Organization, []vault.Ref{c.Ref()}); err != nil {
			return err
		}
	}
	err = record(ctx, tx, a, c.Organization, "credential.decide", "credential", string(c.ID),
		map[string]string{"kind": string(c.Kind), "outcome": string(d.Outcome)})
	if err != nil {
		return err
	}
	if err := s.changed(ctx, tx, c.Organization, c.Annotator); err != nil {
		return err
	}
	return s.tellDecided(ctx, tx, c, d.Outcome)
}
