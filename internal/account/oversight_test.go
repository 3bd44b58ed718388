package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestOnlyAdminsOverseeAccounts(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := account.New(db, account.Options{SecretKey: make([]byte, 32)})
	admin, reviewer := accounttest.Admin(t, db), accounttest.Reviewer(t, db)
	org := accounttest.Organization(t, db)
	user := accounttest.Member(t, db, org.ID, account.Editor).User
	acts := map[string]func(a postgres.Actor) error{
		"Disable": func(a postgres.Actor) error { return s.Disable(t.Context(), a, user, account.DisabledAsked) },
		"Enable":  func(a postgres.Actor) error { return s.Enable(t.Context(), a, user) },
		"SetPlatformRole": func(a postgres.Actor) error {
			return s.SetPlatformRole(t.Context(), a, user, postgres.Reviewer)
		},
		"SessionsOf":         func(a postgres.Actor) error { _, err := s.SessionsOf(t.Context(), a, user); return err },
		"EndSessionOf":       func(a postgres.Actor) error { return s.EndSessionOf(t.Context(), a, user, id.New[string]()) },
		"EndSessionsOf":      func(a postgres.Actor) error { return s.EndSessionsOf(t.Context(), a, user) },
		"APITokensOf":        func(a postgres.Actor) error { _, err := s.APITokensOf(t.Context(), a, user); return err },
		"RevokeAPITokenOf":   func(a postgres.Actor) error { return s.RevokeAPITokenOf(t.Context(), a, user, id.New[id.APIToken]()) },
		"RevokeAllAPITokens": func(a postgres.Actor) error { _, err := s.RevokeAllAPITokens(t.Context(), a, user); return err },
		"SetQuota":           func(a postgres.Actor) error { return s.SetQuota(t.Context(), a, org.ID, 1e9) },
	}
	for name, act := range acts {
		for _, a := range []postgres.Actor{reviewer, org.Owner, {User: user}, {}} {
			wantKind(t, name+" by "+string(a.Platform), act(a), errs.Forbidden)
		}
	}
	for _, name := range []string{"Disable", "Enable", "SetPlatformRole", "SetQuota", "EndSessionsOf"} {
		if err := acts[name](admin); err != nil {
			t.Errorf("%s by an admin: %v", name, err)
		}
	}
	wantKind(t, "EndSessionOf of no session", acts["EndSessionOf"](admin), errs.NotFound)
	wantKind(t, "RevokeAPITokenOf of no token", acts["RevokeAPITokenOf"](admin), errs.NotFound)
	wantKind(t, "Disable oneself", s.Disable(t.Context(), admin, admin.User, account.DisabledAsked), errs.Conflict)
	wantKind(t, "change one's own role", s.SetPlatformRole(t.Context(), admin, admin.User, postgres.None), errs.Conflict)
	wantKind(t, "Disable without a reason", s.Disable(t.Context(), admin, user, "because"), errs.Invalid)
	wantKind(t, "a role of nobody", s.SetPlatformRole(t.Context(), admin, id.New[id.User](), postgres.Reviewer), errs.NotFound)
	wantKind(t, "sessions of nobody", s.EndSessionsOf(t.Context(), admin, id.New[id.User]()), errs.NotFound)
}

func TestAnErasedAccountStaysClosed(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, admin, user := newService(db.DB), accounttest.Admin(t, db.DB), accounttest.User(t, db.DB)
	asSuper(t, db.SuperURL, `ALTER TABLE app_user DISABLE TRIGGER USER`)
	asSuper(t, db.SuperURL, `UPDATE app_user SET email = 'erased-' || id || '@erased.invalid', name = 'Erased person', disabled_at = now(), erased_at = now() WHERE id = $1`, user)
	asSuper(t, db.SuperURL, `ALTER TABLE app_user ENABLE TRIGGER USER`)
	wantKind(t, "Enable", s.Enable(t.Context(), admin, user), errs.Conflict)
	wantKind(t, "SetPlatformRole", s.SetPlatformRole(t.Context(), admin, user, postgres.Reviewer), errs.Conflict)
	if got := dump(t, db.SuperURL, "platform_role"); strings.Contains(got, string(user)) {
		t.Errorf("an erased person holds a role on the platform:\n%s", got)
	}
}

// Two admins who take each other's role at once, or close each other's account,
// or one of each: one of the two acts is refused.
func TestOneAdminStays(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := account.New(db, account.Options{SecretKey: make([]byte, 32)})
	drop := func(by, of postgres.Actor) error { return s.SetPlatformRole(t.Context(), by, of.User, postgres.None) }
	demote := func(by, of postgres.Actor) error {
		return s.SetPlatformRole(t.Context(), by, of.User, postgres.Reviewer)
	}
	disable := func(by, of postgres.Actor) error {
		return s.Disable(t.Context(), by, of.User, account.DisabledSecurity)
	}
	pairs := [][2]func(by, of postgres.Actor) error{{drop, drop}, {drop, disable}, {disable, disable}, {demote, drop}}
	a, b := accounttest.Admin(t, db), accounttest.Admin(t, db)
	for range 5 {
		for i, pair := range pairs {
			failures := make(chan error, 2)
			go func() { failures <- pair[0](a, b) }()
			go func() { failures <- pair[1](b, a) }()
			var refused int
			for range 2 {
				if err := <-failures; err != nil {
					wantKind(t, "the second removal", err, errs.Conflict)
					refused++
				}
			}
			if refused != 1 {
				t.Errorf("pair %d: %d of 2 removals were refused, want 1", i, refused)
			}
			err := db.InTx(t.Context(), postgres.Actor{Platform: postgres.Admin}, func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE app_user SET disabled_at = NULL, disabled_for = NULL WHERE disabled_at IS NOT NULL`)
				if err == nil {
					_, err = tx.Exec(t.Context(), `INSERT INTO platform_role (user_id, role) VALUES ($1, 'admin'), ($2, 'admin')
						ON CONFLICT (user_id) DO UPDATE SET role = 'admin'`, a.User, b.User)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRoomIsGivenByAdminsAlone(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE organization SET quota_bytes = 1 WHERE id = $1`, org.ID)
		return err
	})
	if !postgres.IsRefused(err) {
		t.Errorf("an owner gives room: %v, want a refusal of the database", err)
	}
}

func TestARoleIsHeldSinceItChanged(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	member := accounttest.Member(t, db, org.ID, account.Viewer)
	since := func() (at time.Time) {
		err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT role_since FROM membership WHERE user_id = $1`, member.User).Scan(&at)
		})
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	before := since()
	s := account.New(db, account.Options{SecretKey: make([]byte, 32)})
	if err := s.SetRole(t.Context(), org.Owner, member.User, account.Editor); err != nil {
		t.Fatal(err)
	}
	if after := since(); !after.After(before) {
		t.Errorf("the role is held since %v, as before it changed", after)
	}
}
