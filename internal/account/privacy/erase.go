package privacy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// ErasedName stands where the name of an erased person stood.
const ErasedName = "Erased person"

// erase erases one account whose day has come: it leaves its organizations one
// by one, each in a transaction of that organization, and then loses all that
// is its own in one. What stands against it puts the day off by a day. It stops
// where it is once the wish is taken back.
func (s *Service) erase(ctx context.Context, user id.User) error {
	blocked, err := s.putOff(ctx, user)
	if err != nil || blocked {
		return err
	}
	if err := s.leaveAll(ctx, user); err != nil {
		return err
	}
	return s.db.InTx(ctx, postgres.Actor{User: user, Platform: postgres.Worker}, func(tx pgx.Tx) error {
		return s.eraseOwn(ctx, tx, user)
	})
}

const putOffErasure = `
UPDATE account_erasure e
SET    due_at = now() + interval '1 day', blocked_at = coalesce(e.blocked_at, now())
FROM   (SELECT user_id, blocked_at IS NULL AS is_new
        FROM   account_erasure
        WHERE  user_id = @user
        FOR    UPDATE) before
WHERE  e.user_id = before.user_id
AND    e.due_at <= now()
AND    e.done_at IS NULL
RETURNING before.is_new`

// putOff reports whether something stands against an erasure; the person is
// told once and it is tried again each day.
func (s *Service) putOff(ctx context.Context, user id.User) (blocked bool, err error) {
	err = s.db.InTx(ctx, postgres.Actor{User: user, Platform: postgres.Worker}, func(tx pgx.Tx) error {
		list, err := obstacles(ctx, tx, user)
		if err != nil || len(list) == 0 {
			return err
		}
		blocked = true
		var isNew bool
		err = tx.QueryRow(ctx, putOffErasure, pgx.NamedArgs{"user": user}).Scan(&isNew)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !isNew {
			return nil
		}
		if err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
		if err := activity.Record(ctx, tx, activity.Entry{Actor: worker, Verb: "user.put_off_erasure", Object: "user", ObjectID: string(user)}); err != nil {
			return err
		}
		return tell(ctx, tx, user, "Your account could not be erased yet",
			"The day has come on which your account was to be erased, but something must be handed over first. The page behind this link says what. It is tried again each day.")
	})
	return blocked, err
}

const (
	ownOrganizations = `
SELECT organization_id::text
FROM   membership
WHERE  user_id = @user`
	// lockWish makes taking a wish back wait until an organization is left.
	lockWish = `
SELECT true
FROM   account_erasure
WHERE  user_id = @user
AND    due_at <= now()
AND    done_at IS NULL
FOR    SHARE`
	leaveOrganization = `
DELETE FROM membership
WHERE  organization_id = @organization
AND    user_id = @user`
)

func (s *Service) leaveAll(ctx context.Context, user id.User) error {
	var list []id.Organization
	err := s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) (err error) {
		list, err = postgres.Values[id.Organization](ctx, tx, ownOrganizations, pgx.NamedArgs{"user": user})
		return err
	})
	if err != nil {
		return err
	}
	for _, org := range list {
		a := postgres.Actor{User: user, Organization: org}
		err := s.db.InTx(ctx, postgres.Actor{User: user, Organization: org, Platform: postgres.Worker}, func(tx pgx.Tx) error {
			var stands bool
			if err := tx.QueryRow(ctx, lockWish, pgx.NamedArgs{"user": user}).Scan(&stands); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, leaveOrganization, pgx.NamedArgs{"organization": org, "user": user}); err != nil {
				return err
			}
			return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: org, Verb: "membership.leave", Object: "user", ObjectID: string(user)})
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("leave organization %s: %w", org, err)
		}
	}
	return nil
}

// own are the statements that take away what is the person's alone, in the
// order in which they run: the address is needed to the last.
var own = []string{
	`DELETE FROM password WHERE user_id = @user`,
	`DELETE FROM account_token WHERE user_id = @user`,
	`DELETE FROM session WHERE user_id = @user`,
	`DELETE FROM second_factor WHERE user_id = @user`,
	`DELETE FROM recovery_code WHERE user_id = @user`,
	`DELETE FROM passkey WHERE user_id = @user`,
	`DELETE FROM api_token WHERE user_id = @user`,
	`DELETE FROM mail_outbox WHERE lower(recipient) = @email`,
	`DELETE FROM notice_event WHERE lower(address) = @email`,
	`UPDATE flag_report SET email = '' WHERE lower(email) = @email OR (reporter_id = @user AND email <> '')`,
	`UPDATE invitation SET email = @placeholder, revoked_at = CASE WHEN accepted_at IS NULL THEN coalesce(revoked_at, now()) END WHERE email = @email`,
	`UPDATE account_export SET failed_at = now() WHERE user_id = @user AND ready_at IS NULL AND failed_at IS NULL`,
	`UPDATE account_export SET expires_at = now() WHERE user_id = @user AND ready_at IS NOT NULL`,
}

const (
	lockErasure = `
SELECT u.email
FROM   app_user u
JOIN   account_erasure e ON e.user_id = u.id
WHERE  u.id = @user
AND    e.due_at <= now()
AND    e.done_at IS NULL
FOR    UPDATE`
	makePseudonym = `
UPDATE app_user
SET    email = @placeholder, name = @name, disabled_at = coalesce(disabled_at, now()), erased_at = now()
WHERE  id = @user`
	endErasure = `
UPDATE account_erasure
SET    done_at = now()
WHERE  user_id = @user`
)

// eraseOwn takes away what is the person's alone and makes the account a
// pseudonym. A wish that was taken back meanwhile, or carried out by another
// worker, is left alone.
func (s *Service) eraseOwn(ctx context.Context, tx pgx.Tx, user id.User) error {
	var email string
	err := tx.QueryRow(ctx, lockErasure, pgx.NamedArgs{"user": user}).Scan(&email)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"user": user, "email": email, "placeholder": placeholder(user), "name": ErasedName}
	if err := notice.Forget(ctx, tx, user); err != nil {
		return err
	}
	if err := account.ForgetTries(ctx, tx, user, email); err != nil {
		return err
	}
	for _, sql := range append(append([]string{}, own...), makePseudonym) {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if err := activity.Record(ctx, tx, activity.Entry{Actor: postgres.Actor{Platform: postgres.Worker}, Verb: "user.erase", Object: "user", ObjectID: string(user)}); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, endErasure, args)
	return err
}

// placeholder stands where the address stood. It holds nothing of it, and no
// mail can go there.
//
// Source: RFC 2606 section 2.
func placeholder(user id.User) string { return "erased-" + string(user) + "@erased.invalid" }
