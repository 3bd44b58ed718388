package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// purpose is what a mailed link is for.
type purpose string

const (
	confirmEmail  purpose = "confirm_email"
	resetPassword purpose = "reset_password"
)

const endTokens = `
UPDATE account_token
SET    used_at = now()
WHERE  user_id = @user
AND    purpose = @purpose
AND    used_at IS NULL`

const insertToken = `
INSERT INTO account_token (token_hash, user_id, purpose, expires_at)
VALUES (@hash, @user, @purpose, now() + @lifetime::interval)`

// issueToken makes a link's secret; earlier ones of the same purpose end.
func issueToken(ctx context.Context, tx pgx.Tx, user id.User, p purpose, lifetime time.Duration) (string, error) {
	if _, err := tx.Exec(ctx, endTokens, pgx.NamedArgs{"user": user, "purpose": p}); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	token, hash := newToken()
	_, err := tx.Exec(ctx, insertToken, pgx.NamedArgs{"hash": hash, "user": user, "purpose": p, "lifetime": lifetime})
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return token, nil
}

const tokenUserQuery = `
SELECT user_id
FROM   account_token
WHERE  token_hash = @hash
AND    purpose = @purpose
AND    used_at IS NULL
AND    expires_at > now()`

const linkIsOver = "This link was used already, or it has expired. Ask for a new one."

// tokenUser returns whose link it is, without spending it.
func (s *Service) tokenUser(ctx context.Context, token string, p purpose) (user id.User, err error) {
	hash := hashToken(token)
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, hash); err != nil {
			return err
		}
		return tx.QueryRow(ctx, tokenUserQuery, pgx.NamedArgs{"hash": hash, "purpose": p}).Scan(&user)
	})
	return user, postgres.NotFound(err, linkIsOver)
}

const spendTokenQuery = `
UPDATE account_token
SET    used_at = now()
WHERE  token_hash = @hash
AND    user_id = @user
AND    purpose = @purpose
AND    used_at IS NULL
AND    expires_at > now()`

// spendToken uses a link up; of two at once only one succeeds.
func spendToken(ctx context.Context, tx pgx.Tx, user id.User, p purpose, token string) error {
	tag, err := tx.Exec(ctx, spendTokenQuery, pgx.NamedArgs{"hash": hashToken(token), "user": user, "purpose": p})
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, linkIsOver)
	}
	return nil
}

const upsertPassword = `
INSERT INTO password (user_id, hash)
VALUES (@user, @hash)
ON CONFLICT (user_id) DO UPDATE
SET hash = EXCLUDED.hash, changed_at = clock_timestamp()`

func setPassword(ctx context.Context, tx pgx.Tx, user id.User, hash string) error {
	if _, err := tx.Exec(ctx, upsertPassword, pgx.NamedArgs{"user": user, "hash": hash}); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	return nil
}

// RequestReset mails a link to set a new password, if the address has an
// account; the caller cannot tell whether it has.
func (s *Service) RequestReset(ctx context.Context, email string) error {
	email = NormalizeEmail(email)
	var form errs.Fields
	checkEmail(&form, email)
	if err := form.Err(); err != nil {
		return err
	}
	if err := s.throttle(ctx, mailTries, email); err != nil {
		return err
	}
	known, err := s.findUser(ctx, email)
	if errs.KindOf(err) == errs.NotFound || known.IsDisabled {
		return nil
	}
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, postgres.Actor{User: known.ID}, func(tx pgx.Tx) error {
		token, err := issueToken(ctx, tx, known.ID, resetPassword, resetLifetime)
		if err != nil {
			return err
		}
		return enqueue(ctx, tx, s.resetLetter(email, token))
	})
}

// ResetIsOpen returns errs.NotFound if the link cannot be used any more.
func (s *Service) ResetIsOpen(ctx context.Context, token string) error {
	_, err := s.tokenUser(ctx, token, resetPassword)
	return err
}

const emailQuery = `
SELECT email
FROM   app_user
WHERE  id = @user`

// NewPassword is a password that replaces the one there is.
type NewPassword struct {
	Password string
	// KeepTokens lets the tokens to the API go on; otherwise they end with the
	// old password, since who knew that could have made one.
	KeepTokens bool
	// KeepSession is the session that goes on; all others end.
	KeepSession string
}

// Reset sets a new password by a mailed link, confirms the address that the
// link was sent to, and ends all sessions. The link works once.
func (s *Service) Reset(ctx context.Context, token string, n NewPassword) error {
	user, err := s.tokenUser(ctx, token, resetPassword)
	if err != nil {
		return err
	}
	a := postgres.Actor{User: user}
	email, err := s.email(ctx, user)
	if err != nil {
		return err
	}
	hash, err := s.newHash(ctx, n.Password, email)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := spendToken(ctx, tx, user, resetPassword, token); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, confirmUser, pgx.NamedArgs{"user": user}); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
		if err := record(ctx, tx, a, "", "user.reset_password", "user", string(user), nil); err != nil {
			return err
		}
		n.KeepSession = ""
		return replacePassword(ctx, tx, a, hash, n)
	})
	if err != nil {
		return err
	}
	return s.forgive(ctx, signInTries, email)
}

// replacePassword sets a new password, ends what the old one may have opened,
// and tells the user.
func replacePassword(ctx context.Context, tx pgx.Tx, a postgres.Actor, hash string, n NewPassword) error {
	if err := setPassword(ctx, tx, a.User, hash); err != nil {
		return err
	}
	if err := endSessions(ctx, tx, a.User, n.KeepSession); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, endTokens, pgx.NamedArgs{"user": a.User, "purpose": resetPassword}); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	ended := int64(0)
	if !n.KeepTokens {
		var err error
		if ended, err = revokeTokens(ctx, tx, a, a.User); err != nil {
			return err
		}
	}
	return tellPasswordChanged(ctx, tx, a.User, ended)
}

// ChangePassword sets a new password, given the present one, tells the user by
// mail and ends every session but the one that is kept.
func (s *Service) ChangePassword(ctx context.Context, a postgres.Actor, present string, n NewPassword) error {
	if err := s.throttle(ctx, signInTries, "again "+string(a.User)); err != nil {
		return err
	}
	if _, err := s.checkOwnPassword(ctx, a.User, present, "present"); err != nil {
		return err
	}
	email, err := s.email(ctx, a.User)
	if err != nil {
		return err
	}
	hash, err := s.newHash(ctx, n.Password, email)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := record(ctx, tx, a, "", "user.change_password", "user", string(a.User), nil); err != nil {
			return err
		}
		return replacePassword(ctx, tx, a, hash, n)
	})
}

func (s *Service) email(ctx context.Context, user id.User) (email string, err error) {
	err = s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, emailQuery, pgx.NamedArgs{"user": user}).Scan(&email)
	})
	return email, postgres.NotFound(err, "No such account.")
}

// newHash checks a new password and hashes it; a refusal is errs.Invalid for
// the field "password".
func (s *Service) newHash(ctx context.Context, password, email string) (string, error) {
	if refusal := checkPassword(password, email); refusal != "" {
		return "", &errs.Error{Kind: errs.Invalid, Field: "password", Message: refusal}
	}
	return s.hasher.hash(ctx, password)
}
