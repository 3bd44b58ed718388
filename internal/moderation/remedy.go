package moderation

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// undo takes back what a granted appeal is about, and says in words what.
func (s *Service) undo(ctx context.Context, tx pgx.Tx, a postgres.Actor, p Appeal) (string, error) {
	switch p.Kind {
	case OfSuspension:
		return s.putBack(ctx, tx, a, p.Organization, p.Subject)
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

const suspendedBy = `
SELECT v.id
FROM   version_event e
JOIN   version v ON v.id = e.version_id
WHERE  e.id::text = @event
AND    e.event = 'suspend'
AND    v.organization_id = @organization`

// suspensionQuery asks what holds a version down beside one suspension: a
// later one, or another report on the data set whose suspension nobody undid,
// unless a reviewer has approved the version since.
const suspensionQuery = `
SELECT v.state = 'suspended' AS is_suspended,
       e.id = (SELECT max(n.id) FROM version_event n WHERE n.version_id = v.id) AS is_last,
       EXISTS (
           SELECT FROM flag f
           WHERE  f.listing_id = v.listing_id
           AND    f.organization_id = v.organization_id
           AND    f.state = 'upheld'
           AND    f.act = 'suspend'
           AND    f.suspension IS DISTINCT FROM e.id
           AND    coalesce((SELECT u.at FROM version_event u WHERE u.id = f.suspension), f.decided_at)
                > coalesce((SELECT max(y.created_at) FROM decision y
                            WHERE y.version_id = v.id AND y.kind = 'review' AND y.outcome = 'approve'), '-infinity')
           AND    NOT EXISTS (SELECT FROM version_event b JOIN version_event d ON d.version_id = b.version_id
                              WHERE d.id = f.suspension AND b.id > d.id AND b.event = 'restore')) AS has_other
FROM   version_event e
JOIN   version v ON v.id = e.version_id
WHERE  e.id::text = @event
AND    v.id = @version
AND    v.organization_id = @organization`

type suspension struct {
	IsSuspended bool `db:"is_suspended"`
	IsLast      bool `db:"is_last"`
	HasOther    bool `db:"has_other"`
}

// putBack restores the version that one suspension took down, and no other: a
// later suspension, or another report that was upheld with one since a reviewer
// approved the version, holds on. Then,
// or if approval or report no longer carry the version, or another one has
// taken its place, the appeal is granted all the same and the seller is told.
func (s *Service) putBack(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, event string) (string, error) {
	args := pgx.NamedArgs{"event": event, "organization": org}
	var v id.Version
	switch err := tx.QueryRow(ctx, suspendedBy, args).Scan(&v); err {
	case nil:
	case pgx.ErrNoRows:
		return "Which version it took down is not on record: none is put back by it.", nil
	default:
		return "", err
	}
	if _, err := listing.Lock(ctx, tx, v); err != nil {
		return "", err
	}
	args["version"] = v
	held, err := postgres.One[suspension](ctx, tx, suspensionQuery, args)
	switch {
	case err != nil:
		return "", err
	case !held.IsSuspended:
		return "The version is not suspended any more.", nil
	case !held.IsLast:
		return "The version stays down: it came back since and was suspended again. That decision has an appeal of its own.", nil
	case held.HasOther:
		return "The version stays down: another report on this data set was upheld with a suspension, which holds. It has an appeal of its own.", nil
	}
	err = pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return s.listings.RestoreWithin(ctx, inner, a, v) })
	if errs.KindOf(err) == errs.Conflict {
		return "The version itself cannot be put back: " + lower(errs.MessageOf(err)), nil
	}
	if err != nil {
		return "", err
	}
	return "The version is on offer again.", nil
}

const overturnFlag = `
UPDATE flag
SET    state = 'dismissed', overturned_at = now()
WHERE  id = @flag::uuid
AND    organization_id = @organization
AND    state = 'upheld'`

const flagSuspension = `
SELECT act, coalesce(suspension::text, '')
FROM   flag
WHERE  id = @flag::uuid
AND    organization_id = @organization`

// overturn dismisses an upheld flag, with its strike and its suspension.
func (s *Service) overturn(ctx context.Context, tx pgx.Tx, a postgres.Actor, p Appeal) (string, error) {
	args := pgx.NamedArgs{"flag": p.Subject, "organization": p.Organization}
	words := "The report is dismissed."
	var act Act
	var event string
	if err := tx.QueryRow(ctx, flagSuspension, args).Scan(&act, &event); err != nil {
		return "", postgres.NotFound(err, noSuchFlag)
	}
	if act == Suspend { // first: versions are locked before flags
		back, err := s.putBack(ctx, tx, a, p.Organization, event)
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
	if err := shareFate(ctx, tx, id.Flag(p.Subject), p.Organization); err != nil {
		return "", err
	}
	n, err := s.removeStrikes(ctx, tx, a, p.Organization, "flag", p.Subject)
	if err != nil {
		return "", err
	}
	if n > 0 {
		words += " Its strike is taken back."
	}
	return words, s.tellOverturned(ctx, tx, id.Flag(p.Subject), p.Organization)
}

const listedOfFlag = `
SELECT c.title, c.slug
FROM   flag f
JOIN   catalog_listing c ON c.id = f.listing_id AND c.organization_id = f.organization_id
WHERE  f.id = @flag
AND    f.organization_id = @organization`

// tellOverturned tells those who were told that they are right that another
// reviewer found otherwise.
func (s *Service) tellOverturned(ctx context.Context, tx pgx.Tx, flag id.Flag, org id.Organization) error {
	var l listed
	err := tx.QueryRow(ctx, listedOfFlag, pgx.NamedArgs{"flag": flag, "organization": org}).Scan(&l.Title, &l.Slug)
	if err != nil {
		return fmt.Errorf("tell reporters: %w", err)
	}
	list, err := reportersOf(ctx, tx, flag, org)
	if err != nil {
		return fmt.Errorf("tell reporters: %w", err)
	}
	return s.answered(ctx, tx, l, list, fmt.Sprintf("You reported “%s”, and a reviewer found that you were right.", l.Title),
		"The seller appealed. Another reviewer looked at it and found otherwise: your report is dismissed, and what followed from it is taken back as far as nothing else stands against it.")
}

const removeStrikesBy = `
UPDATE strike
SET    removed_by = @user, removed_at = now()
WHERE  organization_id = @organization
AND    removed_at IS NULL
AND    `

func (s *Service) removeStrikes(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, column, value string) (int, error) {
	where := map[string]string{"id": "id = @value::uuid", "flag": "flag_id = @value::uuid"}[column]
	gone, err := postgres.Values[id.Strike](ctx, tx, removeStrikesBy+where+` RETURNING id`, pgx.NamedArgs{"organization": org, "user": a.User, "value": value})
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
