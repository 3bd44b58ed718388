package listing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Plan is what happens to a version once it is approved. It belongs to one
// version: the next one begins as Manual.
type Plan string

// Plans.
const (
	Manual Plan = "manual"  // somebody publishes it
	AtOnce Plan = "at_once" // it goes on offer as soon as it is approved
	OnDay  Plan = "on_day"  // it goes on offer on a day, not before
)

// Plans is the vocabulary of Plan.
var Plans = Vocabulary[Plan]{
	{Manual, "Not by itself", "Somebody with the right to publish does it by hand."},
	{AtOnce, "As soon as it is approved", "Buyers see it within a minute of the approval."},
	{OnDay, "On a day", "It is kept back until that day begins, in UTC."},
}

// Failure is why a version could not go live as planned.
type Failure string

// Failures. The empty one is none.
const (
	NotVerified Failure = "not_verified" // the seller's verification has ended
	NotApproved Failure = "not_approved" // files or claims are no longer the approved ones
	NotReported Failure = "not_reported" // a later audit names a blocker
	Strikes     Failure = "strikes"      // the seller has three
	NotAllowed  Failure = "not_allowed"  // who planned it has lost the right to publish
	NotSeen     Failure = "suspended"    // another version is suspended, and no reviewer has approved this one since
	OtherReason Failure = "other"
)

// Failures is the vocabulary of Failure.
var Failures = Vocabulary[Failure]{
	{NotVerified, "Not verified", "Your organization is not verified, or its verification has expired."},
	{NotApproved, "Not approved", "The files and claims are no longer the ones that were approved."},
	{NotReported, "Audit", "A later audit of the files names a blocker."},
	{Strikes, "Three strikes", "Your organization has three strikes. Nothing goes on offer until one of them ends or is taken back."},
	{NotAllowed, "No right to publish", "Whoever planned it may no longer publish. Somebody with the right publishes it or plans it anew."},
	{NotSeen, "Suspension", "Another version of this data set is suspended, and no reviewer has approved this one since."},
	{OtherReason, "Refused", "The platform refused it."},
}

// failureOf tells by the constraint why the database refused.
func failureOf(err error) Failure {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return OtherReason
	}
	switch pg.ConstraintName {
	case "version_live_verified":
		return NotVerified
	case "version_live_approved":
		return NotApproved
	case "version_live_reported":
		return NotReported
	case "version_live_strikes":
		return Strikes
	case "version_planner_right":
		return NotAllowed
	case "version_live_suspended":
		return NotSeen
	}
	return OtherReason
}

var errPastDay = &errs.Error{Kind: errs.Invalid, Field: "until", Message: "Choose a day after today, in UTC."}

// dayAhead writes a day as the database takes it, if it is after today.
func (s *Service) dayAhead(day time.Time) (string, error) {
	text := day.Format(time.DateOnly)
	if text <= s.today() || day.Year() > 2200 {
		return "", errPastDay
	}
	return text, nil
}

// Embargo keeps an approved version back until a day in the future, or moves
// the day of one that is kept back already. It needs the right to publish.
func (s *Service) Embargo(ctx context.Context, a postgres.Actor, v id.Version, until time.Time) error {
	day, err := s.dayAhead(until)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		locked, err := s.lockOwn(ctx, tx, a, v, account.Publishes.Require)
		if err != nil {
			return err
		}
		if locked.State == Embargoed {
			return s.moveDay(ctx, tx, a, locked, day)
		}
		return s.move(ctx, tx, a, &locked, Embargo, change{embargo: day})
	})
	if err != nil {
		return fmt.Errorf("version %s: embargo: %w", v, err)
	}
	return nil
}

const updateEmbargo = `
UPDATE version
SET    embargo_until = @day::date,
       planned_by = nullif(@user, '')::uuid,
       publish_failure = '',
       publish_failed_at = NULL,
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'embargoed'`

func (s *Service) moveDay(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version, day string) error {
	_, err := tx.Exec(ctx, updateEmbargo, pgx.NamedArgs{"id": v.ID, "organization": v.Organization, "day": day, "user": string(a.User)})
	if err != nil {
		return refusal(err)
	}
	return s.record(ctx, tx, a, v.Organization, "version.move_embargo", "version", string(v.ID), map[string]string{"until": day})
}

// CancelEmbargo makes a version that is kept back approved again, without a
// day. To lift an embargo early is Publish.
func (s *Service) CancelEmbargo(ctx context.Context, a postgres.Actor, v id.Version) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		locked, err := s.lockOwn(ctx, tx, a, v, account.Publishes.Require)
		if err != nil {
			return err
		}
		if err := s.move(ctx, tx, a, &locked, CancelEmbargo, change{}); err != nil {
			return err
		}
		return s.plan(ctx, tx, a, locked, Manual, "") // else a worker would bring the day back
	})
	if err != nil {
		return fmt.Errorf("version %s: cancel embargo: %w", v, err)
	}
	return nil
}

// PlanPublishing says what happens once a version is approved: day counts for
// OnDay alone. It needs the right to publish. A version that has been decided
// on otherwise is errs.Conflict.
func (s *Service) PlanPublishing(ctx context.Context, a postgres.Actor, v id.Version, plan Plan, day time.Time) error {
	if !oneIn(plan, Manual, AtOnce, OnDay) {
		return &errs.Error{Kind: errs.Invalid, Field: "plan", Message: "Choose what happens once it is approved."}
	}
	on := ""
	if plan == OnDay {
		var err error
		if on, err = s.dayAhead(day); err != nil {
			return err
		}
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		locked, err := s.lockOwn(ctx, tx, a, v, account.Publishes.Require)
		if err != nil {
			return err
		}
		return s.plan(ctx, tx, a, locked, plan, on)
	})
	if err != nil {
		return fmt.Errorf("version %s: plan publishing: %w", v, err)
	}
	return nil
}

const updatePlan = `
UPDATE version
SET    publish_plan = @plan,
       publish_on = nullif(@day, '')::date,
       planned_by = nullif(@user, '')::uuid,
       publish_failure = '',
       publish_failed_at = NULL,
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

func (s *Service) plan(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version, plan Plan, day string) error {
	_, err := tx.Exec(ctx, updatePlan, pgx.NamedArgs{"id": v.ID, "organization": v.Organization, "plan": plan, "day": day, "user": string(a.User)})
	if err != nil {
		return refusal(err)
	}
	detail := map[string]string{"plan": string(plan)}
	if day != "" {
		detail["on"] = day
	}
	return s.record(ctx, tx, a, v.Organization, "version.plan", "version", string(v.ID), detail)
}

const dueVersions = `
SELECT   v.organization_id, v.listing_id, v.id
FROM     version v
WHERE    v.state = 'embargoed' AND v.embargo_until <= @today::date
OR       v.state = 'approved' AND v.publish_plan <> 'manual'
ORDER BY v.updated_at, v.id`

type due struct {
	Organization id.Organization `db:"organization_id"`
	Listing      id.Listing      `db:"listing_id"`
	Version      id.Version      `db:"id"`
}

// PublishDue carries out what sellers have planned, each in a transaction of
// its own: what was embargoed until today or earlier goes live, and what is
// approved goes live or waits for its day. It returns how many went live. One
// that the database refuses, because its seller is no longer verified or who
// planned it may no longer publish, stays where it is, says why, and its seller is told once. A is a worker.
func (s *Service) PublishDue(ctx context.Context, a postgres.Actor) (live int, err error) {
	var list []due
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = postgres.Many[due](ctx, tx, dueVersions, pgx.NamedArgs{"today": s.today()})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("due versions: %w", err)
	}
	var failed []error
	for _, d := range list {
		went, err := s.carryOut(ctx, a, d)
		if errs.KindOf(err) == errs.Conflict {
			err = s.noteFailure(ctx, a, d, failureOf(err))
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("version %s: publish as planned: %w", d.Version, err))
		}
		if went {
			live++
		}
	}
	return live, errors.Join(failed...)
}

// carryOut reports whether the version went live.
func (s *Service) carryOut(ctx context.Context, a postgres.Actor, d due) (live bool, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := lockListing(ctx, tx, d.Organization, d.Listing); err != nil {
			return err
		}
		v, err := lockVersion(ctx, tx, d.Version)
		if err != nil {
			return err
		}
		switch {
		case v.State == Approved && v.Plan == OnDay && v.PublishOn.Format(time.DateOnly) > s.today():
			return s.move(ctx, tx, a, &v, Embargo, change{embargo: v.PublishOn.Format(time.DateOnly)})
		case v.State == Approved && v.Plan != Manual,
			v.State == Embargoed && v.EmbargoUntil.Format(time.DateOnly) <= s.today():
			live = true
			return s.publish(ctx, tx, a, v)
		}
		return nil // somebody was faster
	})
	return live && err == nil, err
}

const setFailure = `
UPDATE version
SET    publish_failure = @failure,
       publish_failed_at = now()
WHERE  id = @id
AND    organization_id = @organization
AND    state IN ('approved', 'embargoed')
AND    publish_failure <> @failure`

// noteFailure keeps why a version did not go live and tells the seller, once
// for each reason.
func (s *Service) noteFailure(ctx context.Context, a postgres.Actor, d due, why Failure) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, setFailure, pgx.NamedArgs{"id": d.Version, "organization": d.Organization, "failure": why})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		err = s.record(ctx, tx, a, d.Organization, "version.hold", "version", string(d.Version), map[string]string{"why": string(why)})
		if err != nil {
			return err
		}
		return notice.Send(ctx, tx, notice.Notice{
			Kind: notice.VersionHeld, To: notice.To{Organization: d.Organization}, Subject: "A version could not go live as planned",
			Lines:  []string{Failures.Help(why), "It stays approved. We try again until it can go live or the plan is changed."},
			Action: "See what to do", Path: "/seller/versions/" + string(d.Version),
		})
	})
}
