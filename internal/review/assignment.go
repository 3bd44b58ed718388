package review

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Assignment is who works, or worked, on an item.
type Assignment struct {
	ID         string     `db:"id"`
	Claims     id.Claims  `db:"claims_id"` // those that were to be decided on
	Reviewer   id.User    `db:"reviewer_id"`
	Name       string     `db:"name"`
	AssignedBy string     `db:"assigned_by"` // a name
	AssignedAt time.Time  `db:"assigned_at"`
	EndedAt    *time.Time `db:"ended_at"`
	EndedHow   string     `db:"ended_how"` // released, passed_on, taken_over or decided
}

// Colleague is a reviewer to whom an item can be given.
type Colleague struct {
	ID   id.User `db:"id"`
	Name string  `db:"name"`
}

const assignmentColumns = `
SELECT   a.id::text AS id, a.claims_id, a.reviewer_id, u.name, b.name AS assigned_by, a.assigned_at, a.ended_at,
         coalesce(a.ended_how, '') AS ended_how
FROM     review_assignment a
JOIN     app_user u ON u.id = a.reviewer_id
JOIN     app_user b ON b.id = a.assigned_by
WHERE    a.version_id = @version
AND      a.organization_id = @organization`

const openAssignment = assignmentColumns + `
AND      a.claims_id = @claims
AND      a.ended_at IS NULL`

const allAssignments = assignmentColumns + `
ORDER BY a.assigned_at, a.id`

const insertAssignment = `
INSERT INTO review_assignment (id, organization_id, version_id, claims_id, reviewer_id, assigned_by)
VALUES (@id, @organization, @version, @claims, @reviewer, @by)`

const endAssignment = `
UPDATE review_assignment
SET    ended_at = clock_timestamp(),
       ended_by = @by,
       ended_how = @how
WHERE  id = @id
AND    organization_id = @organization
AND    ended_at IS NULL`

const colleaguesQuery = `
SELECT   u.id, u.name
FROM     platform_role p
JOIN     app_user u ON u.id = p.user_id
JOIN     version v ON v.id = @version
WHERE    u.disabled_at IS NULL
AND      p.role IN ('reviewer', 'admin')
AND      assay_platform() IN ('reviewer', 'admin')
AND      NOT EXISTS (SELECT FROM membership m
                     WHERE  m.organization_id = v.organization_id
                     AND    m.user_id = u.id)
AND      NOT (v.state = 'in_review' AND rejected_by(v.id, v.claims_id, u.id))
ORDER BY u.name, u.id
LIMIT    200`

// Claim gives an item that nobody has to the reviewer. If somebody else has it,
// it is errs.Conflict: of any number of claims at once one holds.
func (s *Service) Claim(ctx context.Context, a postgres.Actor, v id.Version) error {
	err := s.onWaiting(ctx, a, v, func(tx pgx.Tx, l locked, w waits) error {
		held, err := heldBy(ctx, tx, l, w)
		switch {
		case err != nil:
			return err
		case held != nil && held.Reviewer == a.User:
			return nil
		case held != nil:
			return errs.Newf(errs.Conflict, "%s has this review. Take it over if that was agreed.", held.Name)
		}
		return s.give(ctx, tx, a, l, w, a.User, "review.claim")
	})
	if err != nil {
		return fmt.Errorf("version %s: claim: %w", v, err)
	}
	return nil
}

// Release puts an item that the reviewer has back for everybody.
func (s *Service) Release(ctx context.Context, a postgres.Actor, v id.Version) error {
	err := s.onWaiting(ctx, a, v, func(tx pgx.Tx, l locked, w waits) error {
		held, err := heldBy(ctx, tx, l, w)
		if err != nil {
			return err
		}
		if held == nil || held.Reviewer != a.User {
			return errs.New(errs.Conflict, "You do not have this review.")
		}
		if err := end(ctx, tx, a, l, *held, "released"); err != nil {
			return err
		}
		return record(ctx, tx, a, "review.release", v, nil)
	})
	if err != nil {
		return fmt.Errorf("version %s: release: %w", v, err)
	}
	return nil
}

// Assign gives an item to a reviewer, whoever has it now, and tells both. To
// is the reviewer who acts: that takes it over.
func (s *Service) Assign(ctx context.Context, a postgres.Actor, v id.Version, to id.User) error {
	err := s.onWaiting(ctx, a, v, func(tx pgx.Tx, l locked, w waits) error {
		people, err := postgres.Many[Colleague](ctx, tx, colleaguesQuery, pgx.NamedArgs{"version": v})
		if err != nil {
			return err
		}
		if !isAmong(people, to) {
			return &errs.Error{Kind: errs.Invalid, Field: "reviewer", Message: "Choose a reviewer who does not belong to this seller."}
		}
		held, err := heldBy(ctx, tx, l, w)
		if err != nil {
			return err
		}
		if held != nil && held.Reviewer == to {
			return nil
		}
		if held != nil {
			if err := s.takeFrom(ctx, tx, a, l, w, *held); err != nil {
				return err
			}
		}
		verb := "review.assign"
		switch {
		case to == a.User && held == nil:
			verb = "review.claim"
		case to == a.User:
			verb = "review.take_over"
		}
		return s.give(ctx, tx, a, l, w, to, verb)
	})
	if err != nil {
		return fmt.Errorf("version %s: assign: %w", v, err)
	}
	return nil
}

func isAmong(people []Colleague, u id.User) bool {
	for _, p := range people {
		if p.ID == u {
			return true
		}
	}
	return false
}

// Colleagues returns the reviewers to whom an item can be given.
func (s *Service) Colleagues(ctx context.Context, a postgres.Actor, v id.Version) ([]Colleague, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[Colleague](ctx, s.db, a, colleaguesQuery, pgx.NamedArgs{"version": v})
	if err != nil {
		return nil, fmt.Errorf("reviewers: %w", err)
	}
	return list, nil
}

// heldBy returns who has an item, nil for nobody.
func heldBy(ctx context.Context, q postgres.Querier, l locked, w waits) (*Assignment, error) {
	list, err := postgres.Many[Assignment](ctx, q, openAssignment, pgx.NamedArgs{
		"version": l.Version, "organization": l.Organization, "claims": w.Claims})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// refuseHeld lets only the reviewer go on who has an item, or anybody if
// nobody has it.
func refuseHeld(ctx context.Context, q postgres.Querier, a postgres.Actor, l locked, w waits) error {
	held, err := heldBy(ctx, q, l, w)
	if err == nil && held != nil && held.Reviewer != a.User {
		err = errs.Newf(errs.Conflict, "%s has this review. Take it over first if that was agreed.", held.Name)
	}
	return err
}

// give assigns a free item, and tells whoever did not take it by themselves.
func (s *Service) give(ctx context.Context, tx pgx.Tx, a postgres.Actor, l locked, w waits, to id.User, verb string) error {
	_, err := tx.Exec(ctx, insertAssignment, pgx.NamedArgs{
		"id": id.New[string](), "organization": l.Organization, "version": l.Version, "claims": w.Claims, "reviewer": to, "by": a.User})
	if postgres.IsUnique(err, "review_assignment_open") {
		return errs.Wrap(errs.Conflict, "Somebody else has taken this review in the meantime.", err)
	}
	if err != nil {
		return err
	}
	if err := record(ctx, tx, a, verb, l.Version, map[string]string{"reviewer": string(to)}); err != nil || to == a.User {
		return err
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.ReviewAssigned, To: notice.To{Users: []id.User{to}},
		Subject: fmt.Sprintf("A review was given to you: version %d of %s", l.Number, oneLine(w.Title)),
		Lines:   []string{"A colleague gave you this review. You can release it, or give it to somebody else, on its page."},
		Action:  "Open the review", Path: itemPath(l.Version),
	})
}

// takeFrom ends an assignment for another one, and tells whoever had it.
func (s *Service) takeFrom(ctx context.Context, tx pgx.Tx, a postgres.Actor, l locked, w waits, held Assignment) error {
	how := "taken_over"
	if held.Reviewer == a.User {
		how = "passed_on"
	}
	if err := end(ctx, tx, a, l, held, how); err != nil || held.Reviewer == a.User {
		return err
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.ReviewAssigned, To: notice.To{Users: []id.User{held.Reviewer}},
		Subject: fmt.Sprintf("A review is no longer yours: version %d of %s", l.Number, oneLine(w.Title)),
		Lines:   []string{"A colleague took this review over, or gave it to somebody else. Its page says who has it."},
		Action:  "Open the review", Path: itemPath(l.Version),
	})
}

func end(ctx context.Context, tx pgx.Tx, a postgres.Actor, l locked, held Assignment, how string) error {
	_, err := tx.Exec(ctx, endAssignment, pgx.NamedArgs{"id": held.ID, "organization": l.Organization, "by": a.User, "how": how})
	return err
}

func itemPath(v id.Version) string { return "/review/versions/" + string(v) }
