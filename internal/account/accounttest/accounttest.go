// Package accounttest makes users and organizations for other packages' tests,
// straight in the database and without passwords.
package accounttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Org is an organization with the actor who owns it.
type Org struct {
	ID         id.Organization
	Name, Slug string
	Owner      postgres.Actor
}

// User makes a user with a confirmed address.
func User(t testing.TB, db *postgres.DB) id.User {
	t.Helper()
	user := id.New[id.User]()
	in(t, db, postgres.Actor{User: user}, `
		INSERT INTO app_user (id, email, name, email_confirmed_at)
		VALUES (@user, @email, @name, now())`,
		pgx.NamedArgs{"user": user, "email": fmt.Sprintf("user-%s@example.org", tail(user)), "name": "User " + tail(user)})
	return user
}

// Organization makes an organization and its owner.
func Organization(t testing.TB, db *postgres.DB) Org {
	t.Helper()
	org := Org{ID: id.New[id.Organization]()}
	org.Name, org.Slug = "Organization "+tail(org.ID), "organization-"+tail(org.ID)
	in(t, db, postgres.Actor{Organization: org.ID}, `
		INSERT INTO organization (id, slug, name)
		VALUES (@id, @slug, @name)`,
		pgx.NamedArgs{"id": org.ID, "slug": org.Slug, "name": org.Name})
	org.Owner = Member(t, db, org.ID, account.Owner)
	return org
}

// Member makes a user with a role in an organization.
func Member(t testing.TB, db *postgres.DB, org id.Organization, role account.Role) postgres.Actor {
	t.Helper()
	a := postgres.Actor{User: User(t, db), Organization: org}
	in(t, db, a, `
		INSERT INTO membership (organization_id, user_id, role)
		VALUES (@organization, @user, @role)`,
		pgx.NamedArgs{"organization": org, "user": a.User, "role": role})
	return a
}

// Reviewer makes a user with the platform role reviewer.
func Reviewer(t testing.TB, db *postgres.DB) postgres.Actor {
	t.Helper()
	return platform(t, db, postgres.Reviewer)
}

// Admin makes a user with the platform role admin.
func Admin(t testing.TB, db *postgres.DB) postgres.Actor {
	t.Helper()
	return platform(t, db, postgres.Admin)
}

func platform(t testing.TB, db *postgres.DB, role postgres.Platform) postgres.Actor {
	t.Helper()
	a := postgres.Actor{User: User(t, db), Platform: role}
	in(t, db, postgres.Actor{Platform: postgres.Admin}, `
		INSERT INTO platform_role (user_id, role)
		VALUES (@user, @role)`,
		pgx.NamedArgs{"user": a.User, "role": role})
	return a
}

// Seller makes an organization that a reviewer has verified for a year.
func Seller(t testing.TB, db *postgres.DB) Org {
	t.Helper()
	org := Organization(t, db)
	Verify(t, db, org.ID)
	return org
}

// Verify gives an organization the level verified for a year.
func Verify(t testing.TB, db *postgres.DB, org id.Organization) {
	t.Helper()
	reviewer := Reviewer(t, db)
	in(t, db, reviewer, `
		INSERT INTO verification (id, organization_id, level, reason, expires_at, decided_by)
		VALUES (@id, @organization, 'verified', 'Made for a test.', now() + interval '1 year', @user)`,
		pgx.NamedArgs{"id": id.New[id.Verification](), "organization": org, "user": reviewer.User})
}

// AppSecret is of the authenticator app that Code gives to people.
const AppSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// Code returns what the second step of a sign-in takes now. Somebody with a
// role on the platform gets an authenticator app for it, so call it before the
// password is sent; anybody else needs no second step and gets "". It may be
// called as often as wanted: a code that was used before works again.
func Code(t testing.TB, db *postgres.DB, accounts *account.Service, email string) string {
	t.Helper()
	ctx := context.Background()
	var user id.User
	err := db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, email); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT id FROM app_user WHERE email = @email`, pgx.NamedArgs{"email": email}).Scan(&user)
	})
	if err != nil {
		return "" // who has no account signs in nowhere
	}
	v, err := accounts.Visitor(ctx, user, "")
	if err != nil || v.Staff == postgres.None {
		return ""
	}
	if err := accounts.SetApp(ctx, user, AppSecret); err != nil {
		t.Fatalf("accounttest: %v", err)
	}
	return NextCode(t, db, user)
}

// NextCode returns a code that the second step of somebody with the app of
// AppSecret takes now, also if it was used before.
func NextCode(t testing.TB, db *postgres.DB, user id.User) string {
	t.Helper()
	in(t, db, postgres.Actor{User: user}, `UPDATE second_factor SET last_step = 0 WHERE user_id = @user`, pgx.NamedArgs{"user": user})
	code, _, err := account.CodeOf(AppSecret, time.Now())
	if err != nil {
		t.Fatalf("accounttest: %v", err)
	}
	return code
}

func in(t testing.TB, db *postgres.DB, a postgres.Actor, sql string, args pgx.NamedArgs) {
	t.Helper()
	ctx := context.Background()
	err := db.InTx(ctx, a, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args)
		return err
	})
	if err != nil {
		t.Fatalf("accounttest: %v", err)
	}
}

// tail is the random end of an id: enough to tell two apart.
func tail[T ~string](v T) string { return string(v)[24:] }
