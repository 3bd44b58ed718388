package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func rightsOf(t *testing.T, db *postgres.DB, a postgres.Actor) (h account.Rights) {
	t.Helper()
	err := db.InTx(t.Context(), a, func(tx pgx.Tx) (err error) { h, err = account.RightsOf(t.Context(), tx, a); return err })
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestRightsFollowTheRoleUntilAnOwnerSaysOtherwise(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, org := newService(db), accounttest.Organization(t, db)
	member := map[account.Role]postgres.Actor{account.Owner: org.Owner}
	for role, want := range map[account.Role]account.Rights{
		account.Owner: {Submit: true, Publish: true}, account.Admin: {Submit: true, Publish: true}, account.Editor: {Submit: true}, account.Viewer: {},
	} {
		if role != account.Owner {
			member[role] = accounttest.Member(t, db, org.ID, role)
		}
		if diff := cmp.Diff(want, rightsOf(t, db, member[role])); diff != "" {
			t.Errorf("%s:\n%s", role, diff)
		}
		if v, err := s.Visitor(t.Context(), member[role].User, org.ID); err != nil || v.Rights != want {
			t.Errorf("visitor who is %s has %+v, %v", role, v.Rights, err)
		}
	}

	give := func(by postgres.Actor, to account.Role, want account.Rights) error {
		return s.SetRights(t.Context(), by, member[to].User, want)
	}
	if err := give(org.Owner, account.Editor, account.Rights{Submit: true, Publish: true}); err != nil {
		t.Fatal(err)
	}
	if err := give(org.Owner, account.Admin, account.Rights{Submit: true}); err != nil {
		t.Fatal(err)
	}
	if err := give(org.Owner, account.Viewer, account.Rights{Publish: true}); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[account.Role]account.Rights{
		account.Admin: {Submit: true}, account.Editor: {Submit: true, Publish: true}, account.Viewer: {Publish: true},
	} {
		if diff := cmp.Diff(want, rightsOf(t, db, member[role])); diff != "" {
			t.Errorf("%s afterwards:\n%s", role, diff)
		}
	}
	if err := give(org.Owner, account.Owner, account.Rights{}); errs.KindOf(err) != errs.Conflict {
		t.Errorf("taking rights from an owner: %v", err)
	}
	for _, role := range []account.Role{account.Admin, account.Editor, account.Viewer} {
		if err := give(member[role], account.Viewer, account.Rights{}); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("%s changes rights: %v", role, err)
		}
	}
}

func TestNobodyGivesARightThatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, org := newService(db), accounttest.Organization(t, db)
	admin := accounttest.Member(t, db, org.ID, account.Admin)
	viewer := accounttest.Member(t, db, org.ID, account.Viewer)
	if err := s.SetRights(t.Context(), org.Owner, admin.User, account.Rights{Submit: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRole(t.Context(), admin, viewer.User, account.Admin); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an admin who may not publish makes an admin: %v", err)
	}
	if _, err := s.Invite(t.Context(), admin, "second@example.org", account.Admin); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an admin who may not publish invites an admin: %v", err)
	}
	if err := s.SetRole(t.Context(), admin, viewer.User, account.Editor); err != nil {
		t.Errorf("an admin makes an editor: %v", err)
	}
	err := db.InTx(t.Context(), admin, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE membership SET may_publish = true WHERE user_id = $1`, admin.User)
		return err
	})
	if err == nil {
		t.Error("the database let an admin take the right to publish")
	}
	// What was taken stays taken through another role.
	for _, role := range []account.Role{account.Editor, account.Admin} {
		if err := s.SetRole(t.Context(), org.Owner, admin.User, role); err != nil {
			t.Fatal(err)
		}
	}
	if got := rightsOf(t, db, admin); got.Publish {
		t.Error("the right to publish came back with the role")
	}
}
