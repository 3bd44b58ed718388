package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Vouched is a person whom an organization's own sign-in has named.
type Vouched struct {
	User         id.User
	Organization id.Organization
	// Device and Browser as in SignInAttempt.
	Device, Browser string
}

// SignInVouched signs in a person whom package sso has checked. It stands for a
// password: who has a second factor is asked for it, and a role on the platform
// does not count without. Who left the organization is errs.NotFound, a closed
// account errs.Unauthenticated.
func (s *Service) SignInVouched(ctx context.Context, v Vouched) (SignedIn, error) {
	email, err := s.openEmail(ctx, v.User)
	if err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{User: v.User}
	if !s.isDeviceOf(v.Device, email) { // else the browser is known for more than this already
		in.Device = s.newDevice(deviceWithin(email, v.Organization))
	}
	err = s.db.InTx(ctx, postgres.Actor{User: v.User, Organization: v.Organization}, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, postgres.Actor{User: v.User, Organization: v.Organization}, func(Role) bool { return true }); err != nil {
			return err
		}
		in.NeedsSecondStep, err = hasFactor(ctx, tx, v.User)
		if err != nil || in.NeedsSecondStep {
			return err
		}
		return s.enter(ctx, tx, entry{v.User, email, NoFactor, v.Organization, v.Device, v.Browser})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// deviceWithin is what a browser is known for that came in by an organization's
// own sign-in: it counts for such sign-ins alone, not where a password is tried.
func deviceWithin(email string, org id.Organization) string { return email + " " + string(org) }

const endVouched = `
UPDATE session
SET    ended_at = now(), data = ''
WHERE  voucher_id = @organization
AND    (@user = '' OR user_id = nullif(@user, '')::uuid)
AND    ended_at IS NULL`

// EndVouched ends the sessions that an organization's own sign-in began: those of
// one member, or all of them if user is empty.
func EndVouched(ctx context.Context, tx pgx.Tx, org id.Organization, user id.User) error {
	if _, err := tx.Exec(ctx, endVouched, pgx.NamedArgs{"organization": org, "user": string(user)}); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// Joining is an invitation that its holder takes up at the organization's own
// sign-in, which has named the invited address.
type Joining struct {
	Organization id.Organization
	Invitation   string // by InvitationHash
	Email        string // as the sign-in has named it, normalized
	Name         string // the same; may be empty
}

const (
	dropPassword = `
DELETE FROM password
WHERE user_id = @user`
	lockUnconfirmed = `
SELECT email_confirmed_at IS NULL
FROM   app_user
WHERE  id = @user
AND    email = @email
AND    disabled_at IS NULL
FOR    UPDATE`
)

// JoinVouched accepts an invitation for the account of the invited address, or
// for a new one without a password, and lets bind connect it in the same
// transaction. Two things together stand for the person: the link mailed to the
// address, and the sign-in of the organization whose domain it is; either alone
// is errs.Forbidden or errs.NotFound. An account that nobody has confirmed yet
// loses the password that somebody set.
func JoinVouched(ctx context.Context, db *postgres.DB, j Joining, bind func(ctx context.Context, tx pgx.Tx, a postgres.Actor) error) (id.User, error) {
	o, err := offerOf(ctx, db, j.Invitation)
	if err != nil {
		return "", err
	}
	if o.Email != j.Email || o.Organization != j.Organization {
		return "", errs.New(errs.Forbidden, "This invitation is for another address than the one that your organization’s sign-in names.")
	}
	known, err := userAt(ctx, db, j.Email)
	isNew := errs.KindOf(err) == errs.NotFound
	if err != nil && !isNew {
		return "", err
	}
	if isNew {
		known.ID = id.New[id.User]()
	}
	a := postgres.Actor{User: known.ID, Organization: o.Organization}
	err = db.InTx(ctx, a, func(tx pgx.Tx) error {
		if isNew {
			err = addVouched(ctx, tx, a, j)
		} else {
			err = confirmVouched(ctx, tx, a, j)
		}
		if err != nil {
			return err
		}
		if err := accept(ctx, tx, a, o, j.Invitation); err != nil {
			return err
		}
		return bind(ctx, tx, a)
	})
	if postgres.IsUnique(err, "app_user_email_unique") { // registered meanwhile
		return "", errs.Wrap(errs.Conflict, "Please open the link of the invitation again.", err)
	}
	return known.ID, err
}

func addVouched(ctx context.Context, tx pgx.Tx, a postgres.Actor, j Joining) error {
	_, err := tx.Exec(ctx, insertUser, pgx.NamedArgs{"user": a.User, "email": j.Email, "name": j.name()})
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	if err := record(ctx, tx, a, "", "user.register", "user", string(a.User), nil); err != nil {
		return err
	}
	return confirm(ctx, tx, a.User)
}

// confirmVouched confirms the address of an account that waits for it, which
// anybody could have begun, with any password.
func confirmVouched(ctx context.Context, tx pgx.Tx, a postgres.Actor, j Joining) error {
	var isUnconfirmed bool
	args := pgx.NamedArgs{"user": a.User, "email": j.Email, "name": j.name()}
	err := tx.QueryRow(ctx, lockUnconfirmed, args).Scan(&isUnconfirmed)
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.New(errs.Forbidden, "This account is closed. Write to us.")
	}
	if err != nil || !isUnconfirmed {
		return err
	}
	for _, sql := range []string{dropPassword, updateName} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("join: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, endTokens, pgx.NamedArgs{"user": a.User, "purpose": confirmEmail}); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	return confirm(ctx, tx, a.User)
}

// name is what the sign-in calls the person, or the first part of the address.
func (j Joining) name() string {
	name := strings.TrimSpace(j.Name)
	if name == "" || utf8.RuneCountInString(name) > 200 || !errs.IsPlainLine(name) {
		name, _, _ = strings.Cut(j.Email, "@")
	}
	return name
}
