package notice

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/mail"
	"assay/internal/postgres"
)

// event is a row of notice_event: what happened and whom it concerns.
type event struct {
	ID               id.Notice       `db:"id"`
	Kind             Kind            `db:"kind"`
	Users            []id.User       `db:"users"`
	Organization     id.Organization `db:"organization"`
	OrganizationName string          `db:"organization_name"`
	Of               id.Organization `db:"of_organization"`
	Roles            []string        `db:"roles"`
	Platform         string          `db:"platform"`
	Address          string          `db:"address"`
	Everyone         bool            `db:"everyone"`
	Subject          string          `db:"subject"`
	Lines            []string        `db:"lines"`
	Action           string          `db:"action"`
	Path             string          `db:"path"`
}

const lockEvent = `
SELECT e.id::text AS id, e.kind, e.users::text[] AS users, coalesce(e.organization_id::text, '') AS organization,
       coalesce((SELECT name FROM organization WHERE id = e.organization_id), '') AS organization_name,
       coalesce(e.of_organization_id::text, '') AS of_organization, e.roles, e.platform, e.address, e.everyone, e.subject, e.lines, e.action, e.path
FROM   notice_event e
WHERE  e.id = @id
AND    e.delivered_at IS NULL
FOR    UPDATE OF e SKIP LOCKED`

// An address is erased with its delivery, and the path that was mailed to it,
// which may be a secret: nothing else needs them.
const markDelivered = `
UPDATE notice_event
SET    delivered_at = now(), path = CASE WHEN address = '' THEN path ELSE '' END, address = ''
WHERE  id = @id`

// Deliver carries out one job: it tells everybody whom the event concerns, in
// one transaction, unless that is done already or another process is at it.
func (s *Service) Deliver(ctx context.Context, args job.DeliverNotice) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, lockEvent, pgx.NamedArgs{"id": string(args.Notice)})
		if err != nil {
			return fmt.Errorf("notice: event: %w", err)
		}
		e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[event])
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("notice: event: %w", err)
		}
		people, err := receivers(ctx, tx, e)
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := s.tell(ctx, tx, e, p); err != nil {
				return fmt.Errorf("notice %s: %w", e.Kind, err)
			}
		}
		if err := s.write(ctx, tx, e, people); err != nil {
			return fmt.Errorf("notice %s: %w", e.Kind, err)
		}
		_, err = tx.Exec(ctx, markDelivered, pgx.NamedArgs{"id": e.ID})
		return err
	})
}

// receiver is a person whom an event concerns, with what they wish.
type receiver struct {
	User      id.User `db:"user_id"`
	Email     string  `db:"email"`
	Choice    Way     `db:"choice"` // empty without a wish
	Paused    bool    `db:"paused"`
	NoDigest  bool    `db:"no_digest"`
	IsManager bool    `db:"is_manager"` // told as one of the event's organization
}

// The reviewers' events reach the admins of a platform that has no reviewer.
const receiversQuery = `
WITH concerned AS (
    SELECT unnest(@users::uuid[]) AS user_id, false AS is_manager
    UNION ALL
    SELECT m.user_id, true
    FROM   membership m
    WHERE  m.organization_id = nullif(@organization, '')::uuid
    AND    m.role = ANY (@roles)
    UNION ALL
    SELECT p.user_id, false
    FROM   platform_role p
    WHERE  p.role = @platform
    OR     (@platform = 'reviewer' AND p.role = 'admin' AND NOT EXISTS (
               SELECT FROM platform_role r
               JOIN   app_user u ON u.id = r.user_id
               WHERE  r.role = 'reviewer'
               AND    u.disabled_at IS NULL
               AND    u.email_confirmed_at IS NOT NULL))
    UNION ALL
    SELECT id, false
    FROM   app_user
    WHERE  @everyone
)
SELECT   u.id::text AS user_id, u.email, coalesce(c.way, '') AS choice, s.paused_at IS NOT NULL AS paused,
         s.digest_off_at IS NOT NULL AS no_digest, bool_or(t.is_manager) AS is_manager
FROM     concerned t
JOIN     app_user u ON u.id = t.user_id
LEFT JOIN notice_choice c ON c.user_id = u.id AND c.kind = @kind
LEFT JOIN notice_setting s ON s.user_id = u.id
WHERE    u.disabled_at IS NULL
AND      u.email_confirmed_at IS NOT NULL
GROUP BY u.id, c.way, s.paused_at, s.digest_off_at
ORDER BY u.id`

func receivers(ctx context.Context, q postgres.Querier, e event) ([]receiver, error) {
	list, err := postgres.Many[receiver](ctx, q, receiversQuery, pgx.NamedArgs{
		"users": e.Users, "organization": string(e.Organization), "roles": e.Roles,
		"platform": e.Platform, "everyone": e.Everyone, "kind": string(e.Kind),
	})
	if err != nil {
		return nil, fmt.Errorf("notice: receivers: %w", err)
	}
	return list, nil
}

// way is how a receiver hears of a kind.
func (r receiver) way(a About) Way {
	way := r.Choice
	if way == "" {
		way = a.Default()
	}
	switch {
	case a.Must:
		return AtOnce
	case r.Paused, way == InDigest && r.NoDigest:
		return OnlyInApp
	}
	return way
}

const insertInbox = `
INSERT INTO inbox_notice (id, user_id, event_id, of_organization_id, kind, subject, lines, action, path, digest_due)
VALUES (@id, @user, @event, nullif(@organization, '')::uuid, @kind, @subject, @lines, @action, @path, @digest)
ON CONFLICT ON CONSTRAINT inbox_notice_told_once DO NOTHING`

// tell writes one person's inbox, and the mail if they want one. Who is told
// already stays as they are.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, e event, p receiver) error {
	about, _ := Find(e.Kind)
	way := p.way(about)
	tag, err := tx.Exec(ctx, insertInbox, pgx.NamedArgs{
		"id": id.New[string](), "user": p.User, "event": e.ID, "organization": string(e.Of), "kind": string(e.Kind),
		"subject": e.Subject, "lines": e.Lines, "action": e.Action, "path": e.Path, "digest": way == InDigest,
	})
	if err != nil || tag.RowsAffected() == 0 || way != AtOnce {
		return err
	}
	return enqueue(ctx, tx, s.letter(e, about, p))
}

const isRefused = `
SELECT EXISTS (SELECT FROM notice_refusal WHERE address_hash = @hash)`

// write mails an event to the address without an account, unless it asked for
// no more mail or is that of somebody told already.
func (s *Service) write(ctx context.Context, tx pgx.Tx, e event, told []receiver) error {
	if e.Address == "" {
		return nil
	}
	for _, p := range told {
		if p.Email == normalize(e.Address) {
			return nil
		}
	}
	var refused bool
	if err := tx.QueryRow(ctx, isRefused, pgx.NamedArgs{"hash": s.addressHash(e.Address)}).Scan(&refused); err != nil || refused {
		return err
	}
	about, _ := Find(e.Kind)
	return enqueue(ctx, tx, s.letterToAddress(e, about))
}

// enqueue mails a letter; one to an address that is none is left out, since
// trying again would not mend it.
func enqueue(ctx context.Context, tx pgx.Tx, l mail.Letter) error {
	if err := mail.Enqueue(ctx, tx, l.Message()); errs.KindOf(err) != errs.Invalid {
		return err
	}
	return nil
}
