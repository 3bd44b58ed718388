package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// How long a session lasts: unused, and at all.
const (
	SessionIdle     = 12 * time.Hour
	SessionLifetime = 7 * 24 * time.Hour
)

// seenEvery is how exactly the last use of a session is kept: a request
// writes only if the last one is longer ago.
const seenEvery = 5 * time.Minute

// Keys of a session's data that SessionStore keeps in columns of their own,
// so that a user sees and ends sessions. All hold strings.
const (
	SessionKeyUser    = "user"
	SessionKeyID      = "session" // a uuid; stays the same when the token is renewed
	SessionKeyAgent   = "agent"
	SessionKeyAddress = "address"

	// SessionKeyPending is a user who has given the password and not yet the
	// second factor. It stands instead of SessionKeyUser.
	SessionKeyPending = "pending"

	// SessionKeySince is SignedIn.Since of the password that began the session,
	// in the form of time.RFC3339Nano.
	SessionKeySince = "since"

	// SessionKeyFactor is the Factor that the session has shown; empty for a
	// password alone.
	SessionKeyFactor = "factor"

	// SessionKeyWithin is the organization whose own sign-in began the session.
	SessionKeyWithin = "within"
)

// SessionStore keeps sessions of github.com/alexedwards/scs/v2 in Postgres. It
// is written here because scs's own store fixes the table's name, forgets the
// request's context, and knows no user whose sessions could be ended. The
// manager must set HashTokenInStore.
type SessionStore struct {
	db    *postgres.DB
	codec scs.Codec
}

var _ scs.CtxStore = (*SessionStore)(nil)

// NewSessionStore returns a store over db.
func NewSessionStore(db *postgres.DB) *SessionStore {
	return &SessionStore{db: db, codec: scs.GobCodec{}}
}

const findSession = `
SELECT data, seen_at < now() - @exact::interval
FROM   session
WHERE  token = @token
AND    ended_at IS NULL
AND    released_at IS NULL
AND    expires_at > now()
AND    seen_at > now() - @idle::interval`

const touchSession = `
UPDATE session
SET    seen_at = now()
WHERE  token = @token`

// FindCtx returns the data of a session that is neither expired nor idle for
// too long, and notes its use.
func (s *SessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	var stale bool
	err = s.db.Pool().QueryRow(ctx, findSession, pgx.NamedArgs{
		"token": token, "exact": seenEvery, "idle": SessionIdle,
	}).Scan(&data, &stale)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("session: %w", err)
	}
	if stale {
		if _, err := s.db.Pool().Exec(ctx, touchSession, pgx.NamedArgs{"token": token}); err != nil {
			return nil, false, fmt.Errorf("session: %w", err)
		}
	}
	return data, true, nil
}

const (
	// updateSession writes a session that is there, and gives a released one its
	// new token; its beginning and its end stay.
	updateSession = `
UPDATE session
SET    token = @token, user_id = nullif(coalesce(nullif(@user, ''), @pending), '')::uuid, voucher_id = nullif(@within, '')::uuid,
       is_pending = @user = '' AND @pending <> '', data = @data, seen_at = now(), released_at = NULL
WHERE  ended_at IS NULL
AND    (token = @token AND released_at IS NULL
        OR id = nullif(@id, '')::uuid AND released_at IS NOT NULL AND token <> @token)`

	insertSession = `
INSERT INTO session (token, id, user_id, voucher_id, is_pending, data, agent, address, expires_at)
VALUES (@token, coalesce(nullif(@id, '')::uuid, gen_random_uuid()), nullif(coalesce(nullif(@user, ''), @pending), '')::uuid, nullif(@within, '')::uuid,
        @user = '' AND @pending <> '', @data,
        left(@agent, 300), left(@address, 100), least(@expiry, now() + @lifetime::interval))
ON CONFLICT (token) DO NOTHING`
)

// CommitCtx writes a session; its end is set when it begins, and stays under a
// renewed token. One that was ended or renewed while the request ran is not
// written again: its row still holds its id.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, values, err := s.codec.Decode(data)
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	text := func(key string) string { v, _ := values[key].(string); return v }
	args := pgx.NamedArgs{
		"token": token, "data": data, "expiry": expiry, "lifetime": SessionLifetime,
		"id": text(SessionKeyID), "user": text(SessionKeyUser), "pending": text(SessionKeyPending),
		"agent": text(SessionKeyAgent), "address": text(SessionKeyAddress), "within": text(SessionKeyWithin),
	}
	tag, err := s.db.Pool().Exec(ctx, updateSession, args)
	if err == nil && tag.RowsAffected() == 0 {
		err = s.insert(ctx, args, text(SessionKeySince), text(SessionKeyFactor))
	}
	if err != nil && !postgres.IsUnique(err, "session_id_unique") {
		return fmt.Errorf("session: %w", err)
	}
	return nil
}

// passwordIsNewer waits for a change of the password that is under way; one
// that begins later finds the session and ends it.
const passwordIsNewer = `
SELECT changed_at > @since
FROM   password
WHERE  user_id = @user
FOR    SHARE`

const holdSelf = `
SELECT true
FROM   app_user
WHERE  id = @user
FOR    SHARE`

// insert begins a session, unless it came from a password that holds no more, or
// that alone signs nobody in since a second factor was added. A factor that is
// being added makes it wait, by the lock of the person.
func (s *SessionStore) insert(ctx context.Context, args pgx.NamedArgs, since, factor string) error {
	at, err := time.Parse(time.RFC3339Nano, since)
	if err != nil { // began without a password
		_, err := s.db.Pool().Exec(ctx, insertSession, args)
		return err
	}
	user := cmp.Or(args["user"].(string), args["pending"].(string))
	return s.db.InTx(ctx, postgres.Actor{User: id.User(user)}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, holdSelf, pgx.NamedArgs{"user": user}); err != nil {
			return err
		}
		if args["user"] != "" && factor == "" {
			if has, err := hasFactor(ctx, tx, id.User(user)); err != nil || has {
				return err
			}
		}
		var isNewer bool
		err := tx.QueryRow(ctx, passwordIsNewer, pgx.NamedArgs{"user": user, "since": at}).Scan(&isNewer)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) || isNewer {
			return err
		}
		_, err = tx.Exec(ctx, insertSession, args)
		return err
	})
}

const releaseSession = `
UPDATE session
SET    released_at = now(), data = ''
WHERE  token = @token
AND    ended_at IS NULL
AND    released_at IS NULL`

// DeleteCtx takes a token out of use, which scs asks for when it renews one
// and when it destroys a session. Only EndSession keeps a session from going on
// under another token.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	if _, err := s.db.Pool().Exec(ctx, releaseSession, pgx.NamedArgs{"token": token}); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	return nil
}

// Find is FindCtx without a context, which scs's interface asks for.
func (s *SessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context, which scs's interface asks for.
func (s *SessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context, which scs's interface asks for.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// sweepAfter is how long a session that is over keeps its row, so that no
// request still running writes it anew.
const sweepAfter = time.Hour

const sweepSessions = `
DELETE FROM session
WHERE expires_at < now() - @after::interval
OR    seen_at < now() - @idle::interval - @after::interval`

const sweepThrottle = `
DELETE FROM throttle
WHERE NOT EXISTS (SELECT FROM unnest(tries) one WHERE one > now() - interval '1 day')`

// Sweep deletes sessions that are over and tries long forgotten.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.InTx(ctx, postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sweepSessions, pgx.NamedArgs{"idle": SessionIdle, "after": sweepAfter}); err != nil {
			return fmt.Errorf("sweep sessions: %w", err)
		}
		if _, err := tx.Exec(ctx, sweepThrottle); err != nil {
			return fmt.Errorf("sweep throttle: %w", err)
		}
		return nil
	})
}

// Session is one signed-in browser, as its user sees it.
type Session struct {
	ID        string    `db:"id"`
	Agent     string    `db:"agent"`
	Address   string    `db:"address"`
	CreatedAt time.Time `db:"created_at"`
	SeenAt    time.Time `db:"seen_at"`
}

const listSessions = `
SELECT   id::text AS id, agent, address, created_at, seen_at
FROM     session
WHERE    user_id = @user
AND      NOT is_pending
AND      ended_at IS NULL
AND      released_at IS NULL
AND      expires_at > now()
AND      seen_at > now() - @idle::interval
ORDER BY seen_at DESC, id`

// Sessions returns the user's sessions, the last used first.
func (s *Service) Sessions(ctx context.Context, a postgres.Actor) ([]Session, error) {
	var list []Session
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) (err error) {
		list, err = postgres.Many[Session](ctx, tx, listSessions, pgx.NamedArgs{"user": a.User, "idle": SessionIdle})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return list, nil
}

const endSession = `
UPDATE session
SET    ended_at = now(), data = ''
WHERE  id = @id
AND    user_id = @user
AND    ended_at IS NULL`

// EndSession ends one of the user's sessions; another's is errs.NotFound.
func (s *Service) EndSession(ctx context.Context, a postgres.Actor, session string) error {
	if _, ok := id.Parse[string](session); !ok {
		return errs.New(errs.NotFound, "No such session.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, endSession, pgx.NamedArgs{"id": session, "user": a.User})
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "No such session.")
		}
		return record(ctx, tx, a, "", "user.end_session", "user", string(a.User), nil)
	})
}

// EndOtherSessions ends all of the user's sessions but one.
func (s *Service) EndOtherSessions(ctx context.Context, a postgres.Actor, keep string) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := endSessions(ctx, tx, a.User, keep); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "user.end_session", "user", string(a.User), map[string]string{"which": "others"})
	})
}

const endSessionsQuery = `
UPDATE session
SET    ended_at = now(), data = ''
WHERE  user_id = @user
AND    id IS DISTINCT FROM nullif(@keep, '')::uuid
AND    ended_at IS NULL`

func endSessions(ctx context.Context, tx pgx.Tx, user id.User, keep string) error {
	if _, err := tx.Exec(ctx, endSessionsQuery, pgx.NamedArgs{"user": user, "keep": keep}); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}
