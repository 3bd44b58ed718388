package verification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// Decision is a reviewer's answer to a request.
type Decision struct {
	Request id.Verification
	// SubmittedAt is the submission that the reviewer saw: a request that came
	// in anew meanwhile is not decided by it.
	SubmittedAt time.Time
	Outcome     RequestState // granted, returned or refused
	Level       Level        // if granted
	ValidMonths int          // if granted: 1 to 24
	Reason      string       // the organization reads it
	Accepted    []id.Document
	Rejected    []id.Document
	Checks      []Check            // the checklist as it was answered
	Gaps        []Gap              // if returned: what to mend, at least one
	Signers     map[id.Signer]bool // whether each who was named may sign
}

// MaxValidMonths is how long a level lasts at most.
const MaxValidMonths = 24

// check returns what is not well formed, and what a level lacks that it stands
// for.
func (d Decision) check(c Case, now time.Time) error {
	var form errs.Fields
	switch d.Outcome {
	case RequestGranted:
		if !slices.Contains(GrantableLevels(), d.Level) {
			form.Add("level", "Choose the level that is reached.")
		}
		if d.ValidMonths < 1 || d.ValidMonths > MaxValidMonths {
			form.Addf("months", "Choose 1 to %d months.", MaxValidMonths)
		}
		d.checkPapers(c, &form)
	case RequestReturned, RequestRefused:
	default:
		form.Add("outcome", "Choose a decision.")
	}
	d.checkChecks(c, now, &form)
	d.checkGaps(c, &form)
	if d.Reason == "" {
		form.Add("reason", "Say why. The organization reads it.")
	} else if len([]rune(d.Reason)) > 4000 {
		form.Add("reason", "Use at most 4,000 characters.")
	}
	return form.Err()
}

// checkPapers refuses a level without the papers that it stands for.
func (d Decision) checkPapers(c Case, form *errs.Fields) {
	accepted := func(kinds ...vault.Kind) bool {
		return slices.ContainsFunc(c.Documents, func(doc Document) bool {
			return slices.Contains(kinds, doc.Kind) && slices.Contains(d.Accepted, doc.Document)
		})
	}
	if d.Level.reaches(OrgDocuments) && !accepted(vault.OrganizationRegister) {
		form.Add("level", "This level needs an accepted document that shows who the organization is.")
	}
	if d.Level.reaches(RightsDocuments) && !accepted(vault.AuthorizationToLicense) {
		form.Add("level", "This level needs an accepted authorization to license the data.")
	}
}

// rightsUntil is the last day of the first accepted rights document to end; nil
// if none ends.
func (d Decision) rightsUntil(c Case) (first *time.Time) {
	for _, doc := range c.Documents {
		if doc.ExpiresOn != nil && slices.Contains(rightsKinds, doc.Kind) && slices.Contains(d.Accepted, doc.Document) &&
			(first == nil || doc.ExpiresOn.Before(*first)) {
			first = doc.ExpiresOn
		}
	}
	return first
}

const decideRequest = `
UPDATE verification_request
SET    state = @state, decided_by = @user, decided_at = now(), reason = @reason
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'submitted'
AND    submitted_at = @submitted_at`

const judgeDocument = `
UPDATE verification_document
SET    verdict = @verdict
WHERE  document_id = ANY (@ids)
AND    request_id = @request
AND    organization_id = @organization`

// Decide answers a request: it grants a level until a date, returns the request
// with reasons picked from a list, or refuses it. A level needs its papers
// accepted and its checks answered in the same decision, and the domain is
// looked at once more before. The organization is told. A request that was
// decided or changed meanwhile is errs.Conflict; a member of the organization
// never decides (errs.Forbidden).
func (s *Service) Decide(ctx context.Context, a postgres.Actor, d Decision) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	d.Reason = strings.TrimSpace(d.Reason)
	if d.Outcome == RequestGranted {
		if err := s.checkDomainOf(ctx, a, d.Request); err != nil {
			return err
		}
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err := readCase(ctx, tx, d.Request)
		if err != nil {
			return err
		}
		if c.hasMember(a.User) {
			return errs.New(errs.Forbidden, "You belong to this organization. Another reviewer decides.")
		}
		if c.SubmittedAt == nil || c.State != RequestSubmitted || !c.SubmittedAt.Equal(d.SubmittedAt) {
			return errDecidedMeanwhile()
		}
		if err := d.check(c, s.now()); err != nil {
			return err
		}
		return s.decide(ctx, tx, a, c, d)
	})
}

func errDecidedMeanwhile() error {
	return errs.New(errs.Conflict, "This request was decided, withdrawn or submitted anew meanwhile. Reload the page.")
}

func (s *Service) decide(ctx context.Context, tx pgx.Tx, a postgres.Actor, c Case, d Decision) error {
	// Papers first: only those of a request that waits can be judged.
	if err := judgeDocuments(ctx, tx, c, d); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, decideRequest, pgx.NamedArgs{
		"id": c.ID, "organization": c.Organization, "state": d.Outcome, "user": a.User, "reason": d.Reason, "submitted_at": d.SubmittedAt,
	})
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errDecidedMeanwhile()
	}
	if err := judge(ctx, tx, a, c, d); err != nil {
		return err
	}
	if err := dropAnswers(ctx, tx, c); err != nil {
		return err
	}
	detail := map[string]string{"outcome": string(d.Outcome)}
	if d.Outcome == RequestGranted {
		detail["level"] = string(d.Level)
		if err := s.grant(ctx, tx, a, c, d); err != nil {
			return err
		}
	}
	if err := record(ctx, tx, a, c.Organization, "verification.decide", "verification_request", string(c.ID), detail); err != nil {
		return err
	}
	return tellDecision(ctx, tx, c, d)
}

// judgeDocuments writes down which papers a decision accepts and which not.
func judgeDocuments(ctx context.Context, tx pgx.Tx, c Case, d Decision) error {
	for _, v := range []struct {
		verdict string
		ids     []id.Document
	}{{"accepted", d.Accepted}, {"rejected", d.Rejected}} {
		tag, err := tx.Exec(ctx, judgeDocument, pgx.NamedArgs{"verdict": v.verdict, "ids": v.ids, "request": c.ID, "organization": c.Organization})
		if err != nil {
			return fmt.Errorf("judge documents: %w", err)
		}
		if int(tag.RowsAffected()) != len(v.ids) {
			return errDecidedMeanwhile()
		}
	}
	return nil
}

// judge writes down what the decision says of people and checks. What it names
// stays in the vault.
func judge(ctx context.Context, tx pgx.Tx, a postgres.Actor, c Case, d Decision) error {
	if err := judgeSigners(ctx, tx, a, c.Organization, d.Signers); err != nil {
		return err
	}
	if err := vault.Hold(ctx, tx, c.Organization, d.named(c)); err != nil {
		return err
	}
	if err := writeChecks(ctx, tx, a, c, d); err != nil {
		return err
	}
	if d.Outcome != RequestReturned {
		return nil
	}
	return writeGaps(ctx, tx, c, d.Gaps)
}

// named are the versions that the decision says something of.
func (d Decision) named(c Case) (refs []vault.Ref) {
	for _, doc := range c.Documents {
		if slices.Contains(d.Accepted, doc.Document) || slices.Contains(d.Rejected, doc.Document) && d.Outcome != RequestReturned {
			refs = append(refs, doc.Ref())
		}
	}
	for _, p := range c.Signers {
		if accepted, judged := d.Signers[p.ID]; judged && accepted {
			refs = append(refs, p.Ref())
		}
	}
	return refs
}

func (s *Service) grant(ctx context.Context, tx pgx.Tx, a postgres.Actor, c Case, d Decision) error {
	if err := lockOrganization(ctx, tx, c.Organization); err != nil {
		return err
	}
	standing, err := readStanding(ctx, tx, c.Organization)
	if err != nil {
		return err
	}
	if standing.Level == Suspended {
		return errs.New(errs.Conflict, "The verification is suspended. End the suspension first.")
	}
	expires := s.now().AddDate(0, d.ValidMonths, 0)
	change := LevelChange{Level: d.Level, Reason: d.Reason, ExpiresAt: &expires}
	if d.Level.reaches(RightsDocuments) {
		change.RightsUntil = d.rightsUntil(c)
	}
	return giveLevel(ctx, tx, a, c.Organization, c.ID, change)
}
