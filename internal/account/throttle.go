package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// limit is how often something may be tried in a sliding window.
type limit struct {
	kind   string
	tries  int
	window time.Duration
}

var (
	signInTries = limit{"sign-in", 10, 15 * time.Minute}
	codeTries   = limit{"code", 10, 15 * time.Minute}
	mailTries   = limit{"mail", 5, time.Hour}
)

var errTooManyTries = errors.New("too many tries")

const takeTry = `
INSERT INTO throttle AS t (key, tries)
VALUES (@key, ARRAY[now()])
ON CONFLICT (key) DO UPDATE
SET   tries = (SELECT coalesce(array_agg(one), '{}') FROM unnest(t.tries) one WHERE one > now() - @window::interval) || now()
WHERE (SELECT count(*) FROM unnest(t.tries) one WHERE one > now() - @window::interval) < @limit`

// throttle counts a try, or refuses it with errTooManyTries. Refused tries do
// not count, so nobody stays locked out longer than the window. The subject is
// kept as a hash: a known address leaves the same trace as an unknown one.
func (s *Service) throttle(ctx context.Context, l limit, subject string) error {
	key := hashToken(l.kind + " " + subject)
	var counted bool
	err := s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, key); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, takeTry, pgx.NamedArgs{"key": key, "window": l.window, "limit": l.tries})
		counted = tag.RowsAffected() == 1
		return err
	})
	if err != nil {
		return fmt.Errorf("throttle: %w", err)
	}
	if !counted {
		return errs.Wrap(errs.Unavailable, fmt.Sprintf("Too many tries. Please wait %d minutes and try again.", l.window/time.Minute), errTooManyTries)
	}
	return nil
}

const dropTries = `
DELETE FROM throttle
WHERE key = @key`

// forgive forgets the tries after a success.
func (s *Service) forgive(ctx context.Context, l limit, subject string) error {
	key := hashToken(l.kind + " " + subject)
	return s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, key); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, dropTries, pgx.NamedArgs{"key": key})
		return err
	})
}

// ForgetTries drops the counted tries of a person, in a transaction of theirs:
// an account that is erased leaves no trace of its address.
func ForgetTries(ctx context.Context, tx pgx.Tx, user id.User, email string) error {
	for _, key := range []string{
		signInTries.kind + " " + email, mailTries.kind + " " + email, codeTries.kind + " " + string(user),
		signInTries.kind + " again " + string(user), codeTries.kind + " again " + string(user),
	} {
		if err := postgres.LookFor(ctx, tx, hashToken(key)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, dropTries, pgx.NamedArgs{"key": hashToken(key)}); err != nil {
			return fmt.Errorf("throttle: %w", err)
		}
	}
	return nil
}

// IsTooManyTries reports whether err is the throttle's refusal.
func IsTooManyTries(err error) bool { return errors.Is(err, errTooManyTries) }
