package sso

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const (
	isOpen = `
SELECT EXISTS (SELECT FROM organization_oidc o JOIN domain_proof d ON d.organization_id = o.organization_id AND d.domain = o.domain
               WHERE o.organization_id = @organization AND o.enabled_at IS NOT NULL AND d.proved_at IS NOT NULL)`
	boundUser = `
SELECT user_id::text
FROM   oidc_identity
WHERE  organization_id = @organization
AND    issuer = @issuer
AND    subject = @subject`
	noteUse = `
UPDATE oidc_identity
SET    used_at = now()
WHERE  organization_id = @organization
AND    user_id = @user`
	dropFormer = `
DELETE FROM oidc_identity
WHERE  organization_id = @organization
AND    user_id = @user
AND    issuer <> @issuer`
	bindSubject = `
INSERT INTO oidc_identity (organization_id, user_id, issuer, subject)
VALUES (@organization, @user, @issuer, @subject)
ON CONFLICT (organization_id, user_id) DO NOTHING`
)

// Finish ends a visit: it returns whose account was signed in to, or connected.
// What the provider says must hold in all parts, else errs.Invalid. A subject
// that nobody has connected is errs.Forbidden.
func (s *Service) Finish(ctx context.Context, t Try, answer url.Values) (id.User, error) {
	a := postgres.Actor{User: t.Binds, Organization: t.Organization}
	p, err := s.Of(ctx, a)
	if err != nil {
		return "", err
	}
	who, err := s.check(ctx, p, t, answer)
	if err != nil {
		return "", err
	}
	switch {
	case t.Binds != "":
		return t.Binds, s.db.InTx(ctx, a, func(tx pgx.Tx) error { return who.connect(ctx, tx, a) })
	case t.Invitation != "":
		j := account.Joining{Organization: t.Organization, Invitation: t.Invitation, Email: who.email, Name: who.name}
		return account.JoinVouched(ctx, s.db, j, who.connect)
	}
	return s.whose(ctx, a, who)
}

// open returns errs.Forbidden unless the sign-in is on and the domain is still
// proved: who lost it signs nobody in. It runs in the organization's name.
func open(ctx context.Context, tx pgx.Tx, org id.Organization) error {
	var is bool
	if err := tx.QueryRow(ctx, isOpen, pgx.NamedArgs{"organization": org}).Scan(&is); err != nil {
		return err
	}
	if !is {
		return errs.New(errs.Forbidden, "This organization’s sign-in is off.")
	}
	return nil
}

// whose returns the account that the subject is connected to, and notes the
// use.
func (s *Service) whose(ctx context.Context, a postgres.Actor, who identity) (user id.User, err error) {
	args := pgx.NamedArgs{"organization": a.Organization, "issuer": who.issuer, "subject": who.subject}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := open(ctx, tx, a.Organization); err != nil {
			return err
		}
		return tx.QueryRow(ctx, boundUser, args).Scan(&user)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", errs.New(errs.Forbidden, "This sign-in is not connected to an account yet. Sign in with your password once and connect it on the page of your account; without an account, ask your organization for an invitation.")
	}
	if err != nil {
		return "", err
	}
	return user, s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, noteUse, pgx.NamedArgs{"organization": a.Organization, "user": user})
		return err
	})
}

const accountEmail = `
SELECT email
FROM   app_user
WHERE  id = @user`

// connect connects the subject with the account of a member who has shown who
// it is, and tells the member. Another account's subject, and another subject of the account, are
// errs.Conflict; one of an issuer that the organization has left is forgotten.
func (who identity) connect(ctx context.Context, tx pgx.Tx, a postgres.Actor) error {
	if _, err := account.Require(ctx, tx, a, func(account.Role) bool { return true }); err != nil {
		return err
	}
	if err := open(ctx, tx, a.Organization); err != nil {
		return err
	}
	args := pgx.NamedArgs{"organization": a.Organization, "issuer": who.issuer, "subject": who.subject, "user": a.User}
	var email string
	if err := tx.QueryRow(ctx, accountEmail, args).Scan(&email); err != nil {
		return postgres.NotFound(err, "No such account.")
	}
	if email != who.email {
		return errs.New(errs.Forbidden, "Your organization’s sign-in names another address than that of your account. Sign in there as the same person.")
	}
	if _, err := tx.Exec(ctx, dropFormer, args); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	tag, err := tx.Exec(ctx, bindSubject, args)
	if postgres.IsUnique(err, "oidc_identity_pkey") {
		return errs.Wrap(errs.Conflict, "This sign-in is connected to another account.", err)
	}
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.Conflict, "Your account is connected already. Disconnect it first.")
	}
	if err := tell(ctx, tx, a, "Your account is connected with the sign-in of ", ". Whoever it names as you comes in by it, and reaches that organization alone."); err != nil {
		return err
	}
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "user.connect_sign_in", Object: "user", ObjectID: string(a.User)})
}

const (
	isBound = `
SELECT EXISTS (SELECT FROM oidc_identity i JOIN organization_oidc o ON o.organization_id = i.organization_id AND o.issuer = i.issuer
               WHERE i.organization_id = @organization AND i.user_id = @user)`
	unbind = `
DELETE FROM oidc_identity
WHERE  organization_id = @organization
AND    user_id = @user`
)

// IsBound reports whether the actor's account is connected to the sign-in of
// the actor's organization.
func (s *Service) IsBound(ctx context.Context, a postgres.Actor) (is bool, err error) {
	if a.Organization == "" {
		return false, nil
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, isBound, pgx.NamedArgs{"organization": a.Organization, "user": a.User}).Scan(&is)
	})
	return is, err
}

// Unbind takes the connection away and ends the sessions that it began; the
// person is told. Without one it is errs.NotFound.
func (s *Service) Unbind(ctx context.Context, a postgres.Actor) error {
	if a.Organization == "" {
		return errs.New(errs.NotFound, "Your account is not connected.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, unbind, pgx.NamedArgs{"organization": a.Organization, "user": a.User})
		if err != nil {
			return fmt.Errorf("unbind: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "Your account is not connected.")
		}
		if err := account.EndVouched(ctx, tx, a.Organization, a.User); err != nil {
			return err
		}
		if err := tell(ctx, tx, a, "Your account is disconnected from the sign-in of ", ". Sessions that it began are ended."); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "user.disconnect_sign_in", Object: "user", ObjectID: string(a.User)})
	})
}
