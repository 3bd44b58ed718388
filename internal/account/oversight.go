package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// oversee runs an act of an admin of the platform.
func (s *Service) oversee(ctx context.Context, a postgres.Actor, act func(tx pgx.Tx) error) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.Forbidden, "Only an admin of the platform does this.")
	}
	err := s.db.InTx(ctx, a, act)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "platform_keeps_admin" {
		return errs.New(errs.Conflict, "The platform keeps at least one admin. Make another person an admin first.")
	}
	return err
}

const noSuchUser = "There is no such account."

// touched returns errs.NotFound if a statement changed nothing.
func touched(tag pgconn.CommandTag, err error, message string) error {
	if err == nil && tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, message)
	}
	return err
}

// Reason is why an account was closed. The record of acts names it; free text
// could tell more about a person than belongs there.
type Reason string

// Reasons to close an account.
const (
	DisabledAbuse    Reason = "abuse"
	DisabledSecurity Reason = "security"
	DisabledLeft     Reason = "left"
	DisabledAsked    Reason = "asked"
	DisabledOther    Reason = "other"
)

// AllReasons returns the reasons in the order of the form.
func AllReasons() []Reason {
	return []Reason{DisabledSecurity, DisabledAbuse, DisabledLeft, DisabledAsked, DisabledOther}
}

// Label says the reason in words; empty for any other text.
func (r Reason) Label() string {
	switch r {
	case DisabledAbuse:
		return "Broke the rules of the platform"
	case DisabledSecurity:
		return "Somebody else may use the account"
	case DisabledLeft:
		return "The person left the organization"
	case DisabledAsked:
		return "The person asked for it"
	case DisabledOther:
		return "Another reason"
	}
	return ""
}

const disableUser = `
UPDATE app_user
SET    disabled_at = now(), disabled_for = @reason
WHERE  id = @user
AND    disabled_at IS NULL`

// Disable closes an account and ends its sessions at once. Only an admin of
// the platform may, and not their own account; the last admin's stays open.
func (s *Service) Disable(ctx context.Context, a postgres.Actor, user id.User, why Reason) error {
	if why.Label() == "" {
		return &errs.Error{Kind: errs.Invalid, Field: "reason", Message: "Choose why the account is closed."}
	}
	return s.oversee(ctx, a, func(tx pgx.Tx) error {
		if user == a.User {
			return errs.New(errs.Conflict, "Nobody closes their own account here. Ask another admin.")
		}
		tag, err := tx.Exec(ctx, disableUser, pgx.NamedArgs{"user": user, "reason": why})
		if err := touched(tag, err, "There is no open account of that person."); err != nil {
			return fmt.Errorf("disable: %w", err)
		}
		if err := endSessions(ctx, tx, user, ""); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "user.disable", "user", string(user), map[string]string{"reason": string(why)})
	})
}

const lockPerson = `
SELECT erased_at IS NOT NULL
FROM   app_user
WHERE  id = @user
FOR    UPDATE`

// notErased refuses an act on a person whose account was erased, or is not
// there, and makes an erasure wait for the act.
func notErased(ctx context.Context, tx pgx.Tx, user id.User) error {
	var isErased bool
	if err := tx.QueryRow(ctx, lockPerson, pgx.NamedArgs{"user": user}).Scan(&isErased); err != nil {
		return postgres.NotFound(err, noSuchUser)
	}
	if isErased {
		return errs.New(errs.Conflict, "This account was erased. Nobody can sign in to it again.")
	}
	return nil
}

const enableUser = `
UPDATE app_user
SET    disabled_at = NULL, disabled_for = NULL
WHERE  id = @user
AND    disabled_at IS NOT NULL`

// Enable opens an account again. Only an admin of the platform may. One that
// was erased stays closed (errs.Conflict).
func (s *Service) Enable(ctx context.Context, a postgres.Actor, user id.User) error {
	return s.oversee(ctx, a, func(tx pgx.Tx) error {
		if err := notErased(ctx, tx, user); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, enableUser, pgx.NamedArgs{"user": user})
		if err := touched(tag, err, "There is no closed account of that person."); err != nil {
			return fmt.Errorf("enable: %w", err)
		}
		return record(ctx, tx, a, "", "user.enable", "user", string(user), nil)
	})
}

const setPlatformRole = `
INSERT INTO platform_role (user_id, role, granted_by)
SELECT id, @role, nullif(@by, '')::uuid
FROM   app_user
WHERE  id = @user
ON CONFLICT (user_id) DO UPDATE
SET role = EXCLUDED.role, granted_at = now(), granted_by = EXCLUDED.granted_by`

const dropPlatformRole = `
DELETE FROM platform_role
WHERE user_id = @user`

// SetPlatformRole makes a user a reviewer or an admin of the platform, or
// neither (postgres.None), ends the user's sessions and tells the user. Only an
// admin may, and nobody changes their own role; the last admin stays one, and an
// erased person gets none (errs.Conflict).
func (s *Service) SetPlatformRole(ctx context.Context, a postgres.Actor, user id.User, role postgres.Platform) error {
	return s.oversee(ctx, a, func(tx pgx.Tx) error {
		if user == a.User {
			return errs.New(errs.Conflict, "Nobody changes their own role. Ask another admin.")
		}
		if err := notErased(ctx, tx, user); err != nil {
			return err
		}
		args := pgx.NamedArgs{"user": user, "role": role, "by": string(a.User)}
		var tag pgconn.CommandTag
		var err error
		message, told := noSuchUser, "You are now "+roleWords(role)+" of the platform"
		switch role {
		case postgres.None:
			message, told = "This person has no role on the platform.", "You no longer have a role on the platform"
			tag, err = tx.Exec(ctx, dropPlatformRole, args)
		case postgres.Reviewer, postgres.Admin:
			tag, err = tx.Exec(ctx, setPlatformRole, args)
		default:
			return &errs.Error{Kind: errs.Invalid, Field: "role", Message: "There is no such role on the platform."}
		}
		if err := touched(tag, err, message); err != nil {
			return fmt.Errorf("platform role: %w", err)
		}
		if err := endSessions(ctx, tx, user, ""); err != nil {
			return err
		}
		if err := record(ctx, tx, a, "", "user.platform_role", "user", string(user), map[string]string{"role": string(role)}); err != nil {
			return err
		}
		return notice.Send(ctx, tx, notice.Notice{
			Kind: notice.RoleChanged, To: notice.To{Users: []id.User{user}}, Subject: told,
			Lines:  []string{"An admin of the platform changed your role. You were signed out everywhere; it counts after a sign-in with a second factor."},
			Action: "See your account", Path: "/account",
		})
	})
}

func roleWords(role postgres.Platform) string {
	if role == postgres.Admin {
		return "an admin"
	}
	return "a reviewer"
}

// SessionsOf returns the sessions of a user, for an admin of the platform.
func (s *Service) SessionsOf(ctx context.Context, a postgres.Actor, user id.User) (list []Session, err error) {
	err = s.oversee(ctx, a, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listSessions, pgx.NamedArgs{"user": user, "idle": SessionIdle})
		if err != nil {
			return fmt.Errorf("sessions: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Session])
		return err
	})
	return list, err
}

// EndSessionOf ends one session of a user, for an admin of the platform.
//
// Source: OWASP ASVS 5.0 7.4.5.
func (s *Service) EndSessionOf(ctx context.Context, a postgres.Actor, user id.User, session string) error {
	if _, ok := id.Parse[string](session); !ok {
		return errs.New(errs.NotFound, "No such session.")
	}
	return s.oversee(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, endSession, pgx.NamedArgs{"id": session, "user": user})
		if err := touched(tag, err, "No such session."); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return record(ctx, tx, a, "", "user.end_session", "user", string(user), map[string]string{"which": "one"})
	})
}

const findAccount = `
SELECT true
FROM   app_user
WHERE  id = @user`

// EndSessionsOf ends all sessions of a user, for an admin of the platform.
func (s *Service) EndSessionsOf(ctx context.Context, a postgres.Actor, user id.User) error {
	return s.oversee(ctx, a, func(tx pgx.Tx) error {
		var known bool
		if err := tx.QueryRow(ctx, findAccount, pgx.NamedArgs{"user": user}).Scan(&known); err != nil {
			return postgres.NotFound(err, noSuchUser)
		}
		if err := endSessions(ctx, tx, user, ""); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "user.end_session", "user", string(user), map[string]string{"which": "all"})
	})
}

// APITokensOf returns the tokens of a user, for an admin of the platform.
func (s *Service) APITokensOf(ctx context.Context, a postgres.Actor, user id.User) (list []APIToken, err error) {
	err = s.oversee(ctx, a, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, ownTokens, pgx.NamedArgs{"user": user, "within": ""})
		if err != nil {
			return fmt.Errorf("tokens: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[APIToken])
		return err
	})
	return list, err
}

const revokeTokenOf = `
UPDATE api_token
SET    revoked_at = now(), revoked_by = @by
WHERE  id = @id
AND    user_id = @user
AND    revoked_at IS NULL
RETURNING organization_id`

// RevokeAPITokenOf takes back a token of a user, for an admin of the platform.
func (s *Service) RevokeAPITokenOf(ctx context.Context, a postgres.Actor, user id.User, token id.APIToken) error {
	if _, ok := id.Parse[id.APIToken](string(token)); !ok {
		return errs.New(errs.NotFound, noSuchToken)
	}
	return s.oversee(ctx, a, func(tx pgx.Tx) error {
		var org id.Organization
		err := tx.QueryRow(ctx, revokeTokenOf, pgx.NamedArgs{"id": token, "user": user, "by": a.User}).Scan(&org)
		if err != nil {
			return postgres.NotFound(err, noSuchToken)
		}
		return record(ctx, tx, a, org, "token.revoke", "token", string(token), nil)
	})
}

const revokeAllTokens = `
UPDATE api_token
SET    revoked_at = now(), revoked_by = @by
WHERE  user_id = @user
AND    revoked_at IS NULL
AND    expires_at > now()`

// RevokeAllAPITokens takes back every token of a user, for an admin of the
// platform, and returns how many there were.
func (s *Service) RevokeAllAPITokens(ctx context.Context, a postgres.Actor, user id.User) (n int64, err error) {
	err = s.oversee(ctx, a, func(tx pgx.Tx) error {
		n, err = revokeTokens(ctx, tx, a, user)
		return err
	})
	return n, err
}

// revokeTokens takes back every token of a user on the actor's behalf and
// returns how many there were.
func revokeTokens(ctx context.Context, tx pgx.Tx, a postgres.Actor, user id.User) (int64, error) {
	tag, err := tx.Exec(ctx, revokeAllTokens, pgx.NamedArgs{"user": user, "by": a.User})
	if err != nil {
		return 0, fmt.Errorf("revoke tokens: %w", err)
	}
	n := tag.RowsAffected()
	return n, record(ctx, tx, a, "", "token.revoke_all", "user", string(user), map[string]string{"tokens": fmt.Sprint(n)})
}

const setQuota = `
UPDATE organization
SET    quota_bytes = @bytes
WHERE  id = @organization`

// SetQuota gives an organization room of its own, in bytes; 0 gives back what
// the settings give to all. Only an admin of the platform may.
func (s *Service) SetQuota(ctx context.Context, a postgres.Actor, org id.Organization, bytes int64) error {
	if bytes < 0 {
		return &errs.Error{Kind: errs.Invalid, Field: "quota", Message: "Enter a size greater than 0, or nothing."}
	}
	return s.oversee(ctx, a, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"organization": org, "bytes": nil}
		if bytes > 0 {
			args["bytes"] = bytes
		}
		tag, err := tx.Exec(ctx, setQuota, args)
		if err := touched(tag, err, "There is no such organization."); err != nil {
			return fmt.Errorf("quota: %w", err)
		}
		return record(ctx, tx, a, org, "organization.set_quota", "organization", string(org), map[string]string{"bytes": fmt.Sprint(bytes)})
	})
}
