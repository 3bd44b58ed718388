package privacy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Grace lies between the wish to be erased and the act. The database holds it.
const Grace = 14 * 24 * time.Hour

// Erasure is a wish that waits for its day.
type Erasure struct {
	AskedAt   time.Time  `db:"asked_at"`
	DueAt     time.Time  `db:"due_at"`
	BlockedAt *time.Time `db:"blocked_at"` // set if the day came and something stood against it
}

// Obstacle is what stands against an erasure, and whose it is.
type Obstacle struct {
	Organization string `db:"name"`
	// Kind is "staff" for a role on the platform, "owner" for the only owner of
	// an organization with other members, "offers" for the only member of one
	// that has a data set on offer.
	Kind string `db:"kind"`
}

const obstaclesQuery = `
SELECT '' AS name, 'staff' AS kind
FROM   platform_role
WHERE  user_id = @user
UNION ALL
SELECT o.name, CASE WHEN x.others > 0 THEN 'owner' ELSE 'offers' END
FROM   membership m
JOIN   organization o ON o.id = m.organization_id
CROSS JOIN LATERAL (
       SELECT count(*) AS others, count(*) FILTER (WHERE n.role = 'owner') AS owners
       FROM   membership n
       WHERE  n.organization_id = m.organization_id
       AND    n.user_id <> m.user_id) x
WHERE  m.user_id = @user
AND    m.role = 'owner'
AND    x.owners = 0
AND    (x.others > 0 OR EXISTS (SELECT FROM version v
                                WHERE v.organization_id = m.organization_id AND v.state IN ('live', 'suspended', 'embargoed')))
ORDER BY 2, 1`

// Obstacles says what the actor must hand over before an erasure.
func (s *Service) Obstacles(ctx context.Context, a postgres.Actor) (list []Obstacle, err error) {
	err = s.db.InTx(ctx, postgres.Actor{User: a.User, Platform: postgres.Worker}, func(tx pgx.Tx) error {
		list, err = obstacles(ctx, tx, a.User)
		return err
	})
	return list, err
}

func obstacles(ctx context.Context, tx pgx.Tx, user id.User) ([]Obstacle, error) {
	list, err := postgres.Many[Obstacle](ctx, tx, obstaclesQuery, pgx.NamedArgs{"user": user})
	if err != nil {
		return nil, fmt.Errorf("erasure: %w", err)
	}
	return list, nil
}

const erasureQuery = `
SELECT asked_at, due_at, blocked_at
FROM   account_erasure
WHERE  user_id = @user
AND    done_at IS NULL`

// Erasure returns the actor's wish that waits; without one it is errs.NotFound.
func (s *Service) Erasure(ctx context.Context, a postgres.Actor) (e Erasure, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		e, err = postgres.One[Erasure](ctx, tx, erasureQuery, pgx.NamedArgs{"user": a.User})
		return err
	})
	return e, postgres.NotFound(err, "No erasure waits.")
}

const ownEmail = `
SELECT email
FROM   app_user
WHERE  id = @user`

const insertErasure = `
INSERT INTO account_erasure (user_id)
VALUES (@user)
ON CONFLICT (user_id) DO NOTHING`

// AskErasure asks that the actor's account be erased in fourteen days. The
// address, typed again, shows that it is meant: another one is errs.Invalid for
// the field "email". Something that must be handed over first is errs.Conflict.
func (s *Service) AskErasure(ctx context.Context, a postgres.Actor, typed string) error {
	list, err := s.Obstacles(ctx, a)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		return errs.New(errs.Conflict, "Something must be handed over before the account can be erased. The page says what.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		var email string
		if err := tx.QueryRow(ctx, ownEmail, pgx.NamedArgs{"user": a.User}).Scan(&email); err != nil {
			return postgres.NotFound(err, "No such account.")
		}
		if strings.ToLower(strings.TrimSpace(typed)) != email {
			return &errs.Error{Kind: errs.Invalid, Field: "email", Message: "This is not the address of your account. Type it as it stands above."}
		}
		tag, err := tx.Exec(ctx, insertErasure, pgx.NamedArgs{"user": a.User})
		if err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil // asked for already
		}
		if err := record(ctx, tx, a, "user.ask_erasure"); err != nil {
			return err
		}
		return tell(ctx, tx, a.User, "Your account will be erased in 14 days",
			"You asked that your account at Assay be erased. Until then it works as before, and you can take the wish back on the page behind this link.",
			"If it was not you who asked, take it back now and set a new password.")
	})
}

const dropErasure = `
DELETE FROM account_erasure
WHERE  user_id = @user
AND    done_at IS NULL`

// TakeBack ends the wish to be erased; without one it is errs.NotFound.
func (s *Service) TakeBack(ctx context.Context, a postgres.Actor) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, dropErasure, pgx.NamedArgs{"user": a.User})
		if err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "No erasure waits.")
		}
		if err := record(ctx, tx, a, "user.keep_account"); err != nil {
			return err
		}
		return tell(ctx, tx, a.User, "Your account stays", "The wish to have your account erased was taken back. Nothing was erased.")
	})
}

func tell(ctx context.Context, tx pgx.Tx, user id.User, subject string, lines ...string) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.AccountErasure, To: notice.To{Users: []id.User{user}},
		Subject: subject, Lines: lines, Action: "See what is kept about you", Path: "/account/privacy",
	})
}

const dueErasures = `
SELECT   user_id::text
FROM     account_erasure
WHERE    due_at <= now()
AND      done_at IS NULL
ORDER BY due_at
LIMIT    20`

// eraseDue erases the accounts whose day has come. One that cannot be does not
// keep the others from it.
func (s *Service) eraseDue(ctx context.Context) error {
	var due []id.User
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		due, err = postgres.Values[id.User](ctx, tx, dueErasures)
		return err
	})
	failed := []error{err}
	for _, user := range due {
		if err := s.erase(ctx, user); err != nil {
			failed = append(failed, fmt.Errorf("erase account %s: %w", user, err))
		}
	}
	return errors.Join(failed...)
}
