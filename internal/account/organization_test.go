package account_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestWhatEachRoleMay(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	org := accounttest.Organization(t, db)
	acts := []struct {
		name string
		may  map[account.Role]bool
		act  func(a postgres.Actor) error
	}{
		{"see members", map[account.Role]bool{account.Owner: true, account.Admin: true, account.Editor: true, account.Viewer: true}, func(a postgres.Actor) error {
			_, err := s.Members(t.Context(), a)
			return err
		}},
		{"rename the organization", map[account.Role]bool{account.Owner: true, account.Admin: true}, func(a postgres.Actor) error {
			return s.RenameOrganization(t.Context(), a, "Another name")
		}},
		{"invite an editor", map[account.Role]bool{account.Owner: true, account.Admin: true}, func(a postgres.Actor) error {
			_, err := s.Invite(t.Context(), a, fmt.Sprintf("%s@example.org", id.New[id.User]()), account.Editor)
			return err
		}},
		{"invite an owner", map[account.Role]bool{account.Owner: true}, func(a postgres.Actor) error {
			_, err := s.Invite(t.Context(), a, fmt.Sprintf("%s@example.org", id.New[id.User]()), account.Owner)
			return err
		}},
		{"see invitations", map[account.Role]bool{account.Owner: true, account.Admin: true}, func(a postgres.Actor) error {
			_, err := s.Invitations(t.Context(), a)
			return err
		}},
		{"make a viewer an editor", map[account.Role]bool{account.Owner: true, account.Admin: true}, func(a postgres.Actor) error {
			return s.SetRole(t.Context(), a, accounttest.Member(t, db, org.ID, account.Viewer).User, account.Editor)
		}},
		{"make a viewer an owner", map[account.Role]bool{account.Owner: true}, func(a postgres.Actor) error {
			return s.SetRole(t.Context(), a, accounttest.Member(t, db, org.ID, account.Viewer).User, account.Owner)
		}},
		{"demote an owner", map[account.Role]bool{account.Owner: true}, func(a postgres.Actor) error {
			return s.SetRole(t.Context(), a, accounttest.Member(t, db, org.ID, account.Owner).User, account.Viewer)
		}},
		{"remove a viewer", map[account.Role]bool{account.Owner: true, account.Admin: true}, func(a postgres.Actor) error {
			return s.RemoveMember(t.Context(), a, accounttest.Member(t, db, org.ID, account.Viewer).User)
		}},
		{"remove an owner", map[account.Role]bool{account.Owner: true}, func(a postgres.Actor) error {
			return s.RemoveMember(t.Context(), a, accounttest.Member(t, db, org.ID, account.Owner).User)
		}},
	}
	for _, role := range account.AllRoles() {
		a := accounttest.Member(t, db, org.ID, role)
		for _, act := range acts {
			err := act.act(a)
			switch {
			case act.may[role] && err != nil:
				t.Errorf("%s may not %s: %v", role, act.name, err)
			case !act.may[role]:
				wantKind(t, string(role)+" may "+act.name, err, errs.Forbidden)
			}
		}
	}
	stranger := postgres.Actor{User: accounttest.User(t, db), Organization: org.ID}
	for _, act := range acts {
		wantKind(t, "a stranger may "+act.name, act.act(stranger), errs.NotFound)
	}
}

func TestEveryoneMayLeaveButTheLastOwner(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	org := accounttest.Organization(t, db)
	viewer := accounttest.Member(t, db, org.ID, account.Viewer)
	if err := s.RemoveMember(t.Context(), viewer, viewer.User); err != nil {
		t.Errorf("a viewer leaves: %v", err)
	}
	wantKind(t, "the last owner leaves", s.RemoveMember(t.Context(), org.Owner, org.Owner.User), errs.Conflict)
	wantKind(t, "the last owner steps down", s.SetRole(t.Context(), org.Owner, org.Owner.User, account.Admin), errs.Conflict)
}

func TestTwoOwnersWhoStepDownAtOnceLeaveOne(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	for range 10 {
		org := accounttest.Organization(t, db)
		second := accounttest.Member(t, db, org.ID, account.Owner)
		var wg sync.WaitGroup
		for _, a := range []postgres.Actor{org.Owner, second} {
			wg.Go(func() { s.SetRole(t.Context(), a, a.User, account.Viewer) })
		}
		wg.Wait()
		var owners int
		for _, a := range []postgres.Actor{org.Owner, second} {
			v, err := s.Visitor(t.Context(), a.User, org.ID)
			if err != nil {
				t.Fatal(err)
			}
			if v.Role == account.Owner {
				owners++
			}
		}
		if owners != 1 {
			t.Fatalf("%d owners are left, want 1", owners)
		}
	}
}

func TestRoleChangeHoldsFromTheNextRequest(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	org := accounttest.Organization(t, db)
	editor := accounttest.Member(t, db, org.ID, account.Editor)
	if err := s.SetRole(t.Context(), org.Owner, editor.User, account.Viewer); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Visitor(t.Context(), editor.User, org.ID); err != nil || v.Role != account.Viewer {
		t.Errorf("role = %q, %v, want viewer", v.Role, err)
	}
	if err := s.RemoveMember(t.Context(), org.Owner, editor.User); err != nil {
		t.Fatal(err)
	}
	v, err := s.Visitor(t.Context(), editor.User, org.ID)
	if err != nil || v.Organization != "" || v.Role != "" {
		t.Errorf("visitor after removal = %+v, %v, want no organization", v, err)
	}
}

func TestVisitorActsForTheOrganizationAskedFor(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	a, b, c := accounttest.Organization(t, db), accounttest.Organization(t, db), accounttest.Organization(t, db)
	user := a.Owner.User
	for _, org := range []accounttest.Org{b} {
		token := invite(t, db, s, org, emailOf(t, s, user), account.Editor)
		if _, err := s.Accept(t.Context(), user, token); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		want id.Organization
		got  id.Organization
		role account.Role
	}{
		{"no wish gives the oldest", "", a.ID, account.Owner},
		{"a wish is granted", b.ID, b.ID, account.Editor},
		{"a stranger's organization is not", c.ID, "", ""},
	}
	for _, tt := range tests {
		v, err := s.Visitor(t.Context(), user, tt.want)
		if err != nil || v.Organization != tt.got || v.Role != tt.role || len(v.Memberships) != 2 {
			t.Errorf("%s: %+v, %v", tt.name, v, err)
		}
	}
}

func emailOf(t *testing.T, s *account.Service, user id.User) string {
	t.Helper()
	v, err := s.Visitor(t.Context(), user, "")
	if err != nil {
		t.Fatal(err)
	}
	return v.Email
}

func invite(t *testing.T, db *postgres.DB, s *account.Service, org accounttest.Org, email string, role account.Role) string {
	t.Helper()
	if _, err := s.Invite(t.Context(), org.Owner, email, role); err != nil {
		t.Fatalf("Invite: %v", err)
	}
	return tokenIn(t, lastMail(t, db, email))
}

func TestInvitationIsForItsAddressAndOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	org := accounttest.Organization(t, db)
	ada, eve := accounttest.User(t, db), accounttest.User(t, db)
	token := invite(t, db, s, org, emailOf(t, s, ada), account.Editor)

	offer, err := s.Offer(t.Context(), token)
	if err != nil || offer.OrganizationName != org.Name || offer.Role != account.Editor {
		t.Errorf("Offer = %+v, %v", offer, err)
	}
	_, err = s.Accept(t.Context(), eve, token)
	wantKind(t, "Accept by another address", err, errs.Forbidden)

	var accepted atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Accept(t.Context(), ada, token); err == nil {
				accepted.Add(1)
			}
		})
	}
	wg.Wait()
	if got := accepted.Load(); got != 1 {
		t.Errorf("%d of 8 accepts went through, want 1", got)
	}
	if v, err := s.Visitor(t.Context(), ada, org.ID); err != nil || v.Role != account.Editor {
		t.Errorf("role = %q, %v, want editor", v.Role, err)
	}
}

func TestInvitationsThatAreOver(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	org := accounttest.Organization(t, db.DB)
	stranger := accounttest.Organization(t, db.DB)
	ada := accounttest.User(t, db.DB)
	email := emailOf(t, s, ada)

	replaced := invite(t, db.DB, s, org, email, account.Editor)
	revoked := invite(t, db.DB, s, org, email, account.Editor)
	list, err := s.Invitations(t.Context(), org.Owner)
	if err != nil || len(list) != 1 {
		t.Fatalf("Invitations = %d, %v, want the newer one alone", len(list), err)
	}
	wantKind(t, "RevokeInvitation of another organization", s.RevokeInvitation(t.Context(), stranger.Owner, list[0].ID), errs.NotFound)
	if err := s.RevokeInvitation(t.Context(), org.Owner, list[0].ID); err != nil {
		t.Fatal(err)
	}
	expired := invite(t, db.DB, s, org, email, account.Editor)
	asSuper(t, db.SuperURL, `UPDATE invitation SET expires_at = now() - interval '1 second' WHERE revoked_at IS NULL`)

	for name, token := range map[string]string{"replaced": replaced, "revoked": revoked, "expired": expired, "unknown": "x", "empty": ""} {
		_, err := s.Accept(t.Context(), ada, token)
		wantKind(t, "Accept of an invitation that is "+name, err, errs.NotFound)
	}
}

func TestInvitedAddressNeedsNoOtherConfirmation(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	org := accounttest.Organization(t, db)
	token := invite(t, db, s, org, "new@example.org", account.Viewer)
	for _, email := range []string{"new@example.org", "other@example.org"} {
		err := s.Register(t.Context(), account.Registration{Name: "New", Email: email, Password: goodPassword, Invitation: token})
		if err != nil {
			t.Fatal(err)
		}
	}
	in, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "new@example.org", Password: goodPassword})
	if err != nil {
		t.Fatalf("SignIn of the invited address: %v", err)
	}
	if _, err := s.Accept(t.Context(), in.User, token); err != nil {
		t.Errorf("Accept: %v", err)
	}
	_, err = s.SignIn(t.Context(), account.SignInAttempt{Email: "other@example.org", Password: goodPassword})
	wantKind(t, "SignIn of an address that the invitation does not name", err, errs.Forbidden)
}

func TestSlugsAreMadeByUs(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	user := accounttest.User(t, db)
	seen := map[string]bool{}
	for _, name := range []string{"Universitätsklinikum Köln", "Universitätsklinikum Köln", "东京大学", "platform", "  --  ", "a' OR 1=1"} {
		org, err := s.CreateOrganization(t.Context(), user, account.NewOrganization{Name: name})
		if err != nil {
			t.Errorf("CreateOrganization(%q): %v", name, err)
			continue
		}
		v, err := s.Visitor(t.Context(), user, org)
		if err != nil || v.OrganizationSlug == "" || v.OrganizationSlug == "platform" || seen[v.OrganizationSlug] {
			t.Errorf("slug of %q = %q, %v", name, v.OrganizationSlug, err)
		}
		seen[v.OrganizationSlug] = true
	}
}

// TestStrangersSeeNoRow counts every table of accounts as actors who have no
// business with its rows, by SQL without any WHERE.
func TestStrangersSeeNoRow(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	registered(t, db, s, "ada@example.org")
	org := accounttest.Seller(t, db)
	invite(t, db, s, org, "someone@example.org", account.Viewer)
	stranger := accounttest.Organization(t, db)

	tests := []struct {
		table string
		own   int // rows the stranger's owner sees: those of the stranger itself
	}{
		{"app_user", 1}, {"password", 0}, {"platform_role", 0}, {"organization", 1}, {"membership", 1},
		{"invitation", 0}, {"account_token", 0}, {"throttle", 0}, {"mail_outbox", 0},
		{"verification_request", 0}, {"verification_document", 0}, {"verification", 0},
	}
	for _, tt := range tests {
		for _, who := range []struct {
			name  string
			actor postgres.Actor
			want  int
		}{{"the public", postgres.Actor{}, 0}, {"a stranger", stranger.Owner, tt.own}} {
			var got int
			err := db.InTx(t.Context(), who.actor, func(tx pgx.Tx) error {
				return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+tt.table).Scan(&got)
			})
			if err != nil || got != who.want {
				t.Errorf("%s sees %d rows of %s, %v, want %d", who.name, got, tt.table, err, who.want)
			}
		}
	}
}

func TestNobodyMakesHimselfMore(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	stranger := accounttest.Organization(t, db)
	statements := map[string]string{
		"a platform role":          `INSERT INTO platform_role (user_id, role) VALUES (@me, 'admin')`,
		"a level of verification":  `INSERT INTO verification (id, organization_id, level, reason, expires_at, decided_by) VALUES (gen_random_uuid(), @mine, 'verified', 'x', now() + interval '1 day', @me)`,
		"a seat in another tenant": `INSERT INTO membership (organization_id, user_id, role) VALUES (@other, @me, 'owner')`,
		"another's password":       `INSERT INTO password (user_id, hash) VALUES (@victim, 'x')`,
		"another's link":           `INSERT INTO account_token (token_hash, user_id, purpose, expires_at) VALUES ('x', @victim, 'reset_password', now() + interval '1 day')`,
		"a granted request":        `INSERT INTO verification_request (id, organization_id, state) VALUES (gen_random_uuid(), @mine, 'granted')`,
	}
	for what, sql := range statements {
		err := db.InTx(t.Context(), stranger.Owner, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql, pgx.NamedArgs{
				"me": stranger.Owner.User, "mine": stranger.ID, "other": org.ID, "victim": org.Owner.User,
			})
			return err
		})
		if !postgres.IsRefused(err) {
			t.Errorf("taking %s = %v, want refused by the database", what, err)
		}
	}
}
