package account

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

// Factor is what a person showed besides the password, or instead of it.
type Factor string

// Factors. The zero value is a password alone.
const (
	NoFactor      Factor = ""
	ByApp         Factor = "app" // a code of an authenticator app
	ByRecovery    Factor = "recovery_code"
	ByPasskey     Factor = "passkey" // after the password
	ByPasskeyOnly Factor = "passkey_only"
)

const (
	// SecondStepLifetime is how long the password's answer waits for the second
	// factor.
	SecondStepLifetime = 10 * time.Minute
	// ProofLifetime is how long after a sign-in, or after showing the password
	// again, a person may change how the account is entered.
	ProofLifetime = 10 * time.Minute
)

// Factors are the second factors of a user.
type Factors struct {
	HasApp    bool
	AppSince  time.Time
	AppUsed   time.Time // zero if never
	Passkeys  []Passkey // the newest last
	CodesLeft int       // recovery codes that were not used
}

// Any reports whether a sign-in by password asks for a second step.
func (f Factors) Any() bool { return f.HasApp || len(f.Passkeys) > 0 }

const hasFactorQuery = `
SELECT EXISTS (SELECT FROM second_factor WHERE user_id = @user)
OR     EXISTS (SELECT FROM passkey WHERE user_id = @user)`

// hasFactor reports whether a user has a second factor, read in a transaction
// of the user's own.
func hasFactor(ctx context.Context, tx pgx.Tx, user id.User) (has bool, err error) {
	if err := tx.QueryRow(ctx, hasFactorQuery, pgx.NamedArgs{"user": user}).Scan(&has); err != nil {
		return false, fmt.Errorf("second factor: %w", err)
	}
	return has, nil
}

const appQuery = `
SELECT confirmed_at, coalesce(used_at, 'epoch')
FROM   second_factor
WHERE  user_id = @user`

const codesLeftQuery = `
SELECT count(*)
FROM   recovery_code
WHERE  user_id = @user
AND    used_at IS NULL`

// Factors returns the user's second factors.
func (s *Service) Factors(ctx context.Context, a postgres.Actor) (f Factors, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		switch err := tx.QueryRow(ctx, appQuery, pgx.NamedArgs{"user": a.User}).Scan(&f.AppSince, &f.AppUsed); err {
		case nil:
			f.HasApp = true
		case pgx.ErrNoRows:
		default:
			return err
		}
		if f.AppUsed.Unix() == 0 {
			f.AppUsed = time.Time{}
		}
		if err := tx.QueryRow(ctx, codesLeftQuery, pgx.NamedArgs{"user": a.User}).Scan(&f.CodesLeft); err != nil {
			return err
		}
		f.Passkeys, err = listPasskeys(ctx, tx, a.User)
		return err
	})
	if err != nil {
		return Factors{}, fmt.Errorf("second factors: %w", err)
	}
	return f, nil
}

// factorAct is a change to how an account is entered.
type factorAct struct {
	Verb string // of the record
	Says string // what happened, in a sentence for its owner
	Keep string // the session that goes on; all others end
}

// noteFactors ends other sessions, records the act and tells the owner, in the
// act's transaction.
func noteFactors(ctx context.Context, tx pgx.Tx, a postgres.Actor, act factorAct) error {
	if err := endSessions(ctx, tx, a.User, act.Keep); err != nil {
		return err
	}
	return tellFactors(ctx, tx, a, act)
}

// tellFactors is noteFactors where sessions go on.
func tellFactors(ctx context.Context, tx pgx.Tx, a postgres.Actor, act factorAct) error {
	if err := record(ctx, tx, a, "", act.Verb, "user", string(a.User), nil); err != nil {
		return err
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.SecondFactorChanged, To: notice.To{Users: []id.User{a.User}},
		Subject: "How you sign in has changed",
		Lines:   []string{act.Says, "If it was not you, set a new password at once and look through your ways to sign in."},
		Action:  "Look at your ways to sign in", Path: "/account/security",
	})
}

// dropUnused deletes the recovery codes of a user who has no factor left that
// they could stand in for.
func dropUnused(ctx context.Context, tx pgx.Tx, user id.User) error {
	has, err := hasFactor(ctx, tx, user)
	if err != nil || has {
		return err
	}
	return dropCodes(ctx, tx, user)
}

// keepsOne gives the refusal to remove the last factor of somebody with a role
// on the platform its sentence; other errors pass unchanged.
func keepsOne(err error) error {
	if postgres.IsRefused(err) {
		return errs.Wrap(errs.Conflict, "Your role on the platform needs a second factor. Add another one before you remove this.", err)
	}
	return err
}

const liftRole = `
DELETE FROM platform_role
WHERE user_id = @user
RETURNING role`

// keepsAdminLater lets the only admin's role be given again before it is asked
// whether an admin is left.
const keepsAdminLater = `SET CONSTRAINTS platform_keeps_admin_deleted DEFERRED`

const dropAllFactors = `
WITH app AS (DELETE FROM second_factor WHERE user_id = @user)
DELETE FROM passkey
WHERE user_id = @user`

// ForgetFactors removes all second factors of an address and ends its sessions,
// for somebody who lost them all and whom the operator knows. A role on the
// platform stays; it counts again once a new factor is added.
func (s *Service) ForgetFactors(ctx context.Context, email string) error {
	known, err := s.findUser(ctx, NormalizeEmail(email))
	if err != nil {
		return err
	}
	a := postgres.Actor{User: known.ID, Platform: postgres.Admin} // the operator's, who may lift a role
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, keepsAdminLater); err != nil {
			return fmt.Errorf("forget factors: %w", err)
		}
		var role postgres.Platform
		err := tx.QueryRow(ctx, liftRole, pgx.NamedArgs{"user": known.ID}).Scan(&role)
		if err != nil && err != pgx.ErrNoRows {
			return fmt.Errorf("forget factors: %w", err)
		}
		if _, err := tx.Exec(ctx, dropAllFactors, pgx.NamedArgs{"user": known.ID}); err != nil {
			return fmt.Errorf("forget factors: %w", err)
		}
		if err := dropCodes(ctx, tx, known.ID); err != nil {
			return err
		}
		if role != postgres.None {
			if _, err := tx.Exec(ctx, setPlatformRole, pgx.NamedArgs{"user": known.ID, "role": role}); err != nil {
				return fmt.Errorf("forget factors: %w", err)
			}
		}
		return noteFactors(ctx, tx, postgres.Actor{User: known.ID}, factorAct{Verb: "user.forget_factors",
			Says: "The operator removed all passkeys, the authenticator app and the recovery codes of your account."})
	})
}
