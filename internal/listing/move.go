package listing

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/errs"
	"assay/internal/postgres"
)

const moveVersion = `
UPDATE version
SET    state = @to,
       last_event = @event,
       reason = CASE WHEN @reason <> '' THEN @reason ELSE reason END,
       claims_id = coalesce(nullif(@claims, '')::uuid, claims_id),
       root_digest = coalesce(nullif(@root, ''), root_digest),
       embargo_until = CASE WHEN @event = 'cancel_embargo' THEN NULL ELSE coalesce(nullif(@embargo, '')::date, embargo_until) END,
       publish_failure = '',
       publish_failed_at = NULL,
       planned_by = CASE WHEN @event = 'embargo' AND assay_platform() <> 'worker' THEN nullif(@user, '')::uuid ELSE planned_by END,
       submitted_by = CASE WHEN @submitted THEN nullif(@user, '')::uuid ELSE submitted_by END,
       submitted_at = CASE WHEN @submitted THEN now() ELSE submitted_at END,
       live_at = CASE WHEN @to = 'live' THEN coalesce(live_at, now()) ELSE live_at END,
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization
AND    state = @from`

// change is what a move sets besides the state.
type change struct {
	reason     string
	claims     string // id of the claims that the version is about from now on
	rootDigest string
	embargo    string // 2006-01-02
	submitted  bool
}

// move fires an event on a version that the transaction has locked, and
// records it. v holds the new state afterwards.
func (s *Service) move(ctx context.Context, tx pgx.Tx, a postgres.Actor, v *Version, event Event, c change) error {
	to, err := v.State.After(event)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, moveVersion, pgx.NamedArgs{
		"id": v.ID, "organization": v.Organization, "from": string(v.State), "to": string(to), "event": string(event),
		"reason": c.reason, "claims": c.claims, "root": c.rootDigest, "embargo": c.embargo,
		"submitted": c.submitted, "user": string(a.User),
	})
	if err != nil {
		return fmt.Errorf("%s: %w", event, refusal(err))
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.Conflict, "This version moved on in the meantime. Reload the page to see where it is now.")
	}
	detail := map[string]string{"from": string(v.State), "to": string(to)}
	if moved, err := readVersion(ctx, tx, v.ID); err != nil {
		return err
	} else {
		*v = moved
	}
	if v.RootDigest != "" {
		detail["root_digest"] = v.RootDigest
	}
	if err := s.record(ctx, tx, a, v.Organization, "version."+string(event), "version", string(v.ID), detail); err != nil {
		return err
	}
	if s.notifier == nil {
		return nil
	}
	if err := s.notifier.Moved(ctx, tx, *v, event); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// deidUnseen is said of a live version's de-identification claim that changes.
const deidUnseen = "The audit has held these files against the de-identification claim that is live. " +
	"Send a new version with the changed one, so that the audit sees it."

// sentences say in words what a constraint of the database refuses.
var sentences = map[string]string{
	"version_one_live":      "Another version of this data set is live.",
	"version_one_underway":  "Another version of this data set is on its way. Finish or cancel it first.",
	"version_party":         "This step is not yours to take.",
	"version_transition":    "This version moved on in the meantime. Reload the page to see where it is now.",
	"version_live_approved": "These files and claims are not approved.",
	"version_live_reported": "There is no audit report without blockers about these files.",
	"version_live_verified": "Your organization is not verified, or its verification has expired. Renew it before you publish.",
	"version_live_strikes":  "Your organization has three strikes. Nothing can be published until one of them ends or is taken back.",
	"version_embargo_day":   "The embargo still holds.",
	"version_live_suspended": "Another version of this data set is suspended. A reviewer has to approve this one first, " +
		"or put the suspended one back.",
	"version_restore_newest":    "A newer version has been on offer since. This one cannot take its place; its seller sends a new version.",
	"version_restore_seller":    "Its seller is suspended. Nothing of theirs goes on offer until that is lifted.",
	"version_right_submit":      "You do not have the right to submit in this organization. Ask an owner of it.",
	"version_right_publish":     "You do not have the right to publish in this organization. Ask an owner of it.",
	"version_planner_right":     "Whoever planned this may no longer publish.",
	"version_plan_open":         "Nothing is left to plan for this version.",
	"version_note_final":        "Reviewers read this note, so it is final. Write the next one with the next version.",
	"version_says_what_changed": "Say what changed since the version before.",
	"version_says_why":          "Give a reason.",
	"decision_once":             "Somebody else has decided in the meantime. Reload the page to see what.",
	"decision_answers_accepted": "Every warning needs an answer that a reviewer has accepted before the version can be approved.",
	"decision_other_reviewer":   "You rejected this version before. After the appeal another reviewer decides.",
	"version_reopened":          "No appeal against this rejection was granted.",
	"decision_checked":          "The checklist is not complete, or one of its answers is no.",
	"decision_two_people":       "A warning about identifiers is overridden by two people: another reviewer has to confirm the answer.",
	"finding_answer_two_people": "The same person cannot confirm what that person accepted.",
	"decision_automatic":        "This version needs a reviewer.",
	"decision_carried":          "These claims need a reviewer.",
	"decision_carried_verified": "Your organization is not verified, or its verification has expired. Until it is again, changed claims cannot go on offer.",
	"decision_carried_strikes":  "Your organization has three strikes. Changed claims cannot go on offer until one of them ends or is taken back.",
	"decision_suspended":        "This version is suspended. Its changed claims are decided on once it is back on offer.",
	"decision_deid_audited":     deidUnseen,
	"listing_claims_one_amendment": "Changed claims of this data set already wait for a reviewer. " +
		"Wait for the decision before you send more.",
}

// refusal turns what the database refuses into errs.Conflict with a sentence.
func refusal(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if sentence, ok := sentences[pg.ConstraintName]; ok {
			return errs.Wrap(errs.Conflict, sentence, err)
		}
		if postgres.IsRefused(err) {
			return errs.Wrap(errs.Conflict, "The state of this version forbids that step.", err)
		}
	}
	return err
}
