package account_test

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// tokenMaker is a person with goodPassword who owns an organization.
func tokenMaker(t *testing.T, db *postgres.DB, s *account.Service) postgres.Actor {
	t.Helper()
	user := registered(t, db, s, "maker-"+id.New[string]()+"@example.org")
	org, err := s.CreateOrganization(t.Context(), user, account.NewOrganization{Name: "Makers"})
	if err != nil {
		t.Fatal(err)
	}
	return postgres.Actor{User: user, Organization: org}
}

func newToken(scopes ...account.Scope) account.NewAPIToken {
	return account.NewAPIToken{ID: id.New[id.APIToken](), Name: "A script", Scopes: scopes, Days: 30}
}

func made(t *testing.T, s *account.Service, a postgres.Actor, n account.NewAPIToken) string {
	t.Helper()
	secret, err := s.CreateAPIToken(t.Context(), a, n)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestATokenActsForItsUserInOneOrganization(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	a := tokenMaker(t, db, s)
	if _, err := s.CreateOrganization(t.Context(), a.User, account.NewOrganization{Name: "Another"}); err != nil {
		t.Fatal(err)
	}
	secret := made(t, s, a, newToken(account.ReadListings, account.WriteListings))

	if !regexp.MustCompile(`^assay_[0-9A-Za-z]{49}$`).MatchString(secret) {
		t.Errorf("the secret %q has not the form that scanners look for", secret)
	}
	b, err := s.Bearer(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Actor(); got != a {
		t.Errorf("the token acts as %+v, want %+v", got, a)
	}
	if len(b.Visitor.Memberships) != 1 {
		t.Errorf("the token knows %d organizations, want 1", len(b.Visitor.Memberships))
	}
	list, err := s.APITokens(t.Context(), a, "")
	if err != nil || len(list) != 1 {
		t.Fatalf("%d tokens, %v; want 1", len(list), err)
	}
	if !strings.HasPrefix(secret, list[0].Prefix) || list[0].LastUsedAt == nil || list[0].IsOver {
		t.Errorf("the list shows %+v", list[0])
	}
}

func TestASecretThatIsNoneIsRefusedInTheSameWords(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	a := tokenMaker(t, db.DB, s)
	n := newToken(account.ReadListings)
	secret := made(t, s, a, n)
	expired := newToken(account.ReadListings)
	over := made(t, s, a, expired)
	asSuper(t, db.SuperURL, `UPDATE api_token SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day' WHERE id = $1`, expired.ID)

	wrong := map[string]string{
		"empty": "", "a word": "hello", "cut short": secret[:len(secret)-1], "with another checksum": secret[:len(secret)-6] + "000000",
		"in another case": strings.ToUpper(secret), "expired": over, "very long": strings.Repeat(secret, 1000), "the digest itself": "assay_" + strings.Repeat("a", 49),
	}
	var sentence string
	for name, one := range wrong {
		_, err := s.Bearer(t.Context(), one)
		wantKind(t, "a secret that is "+name, err, errs.Unauthenticated)
		if sentence == "" {
			sentence = errs.MessageOf(err)
		}
		if got := errs.MessageOf(err); got != sentence {
			t.Errorf("a secret that is %s is refused with %q, others with %q", name, got, sentence)
		}
	}
}

func TestWhatHappensToItsUserCountsForATokenAtOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	admin := accounttest.Admin(t, db.DB)
	for _, tt := range []struct {
		name string
		act  func(owner, a postgres.Actor, n account.NewAPIToken) error
		want errs.Kind // of writing a listing afterwards; Internal for allowed
	}{
		{"nothing", func(_, _ postgres.Actor, _ account.NewAPIToken) error { return nil }, errs.Internal},
		{"its role is lowered", func(o, a postgres.Actor, _ account.NewAPIToken) error {
			return s.SetRole(t.Context(), o, a.User, account.Viewer)
		}, errs.Forbidden},
		{"it left", func(_, a postgres.Actor, _ account.NewAPIToken) error {
			return s.RemoveMember(t.Context(), a, a.User)
		}, errs.Unauthenticated},
		{"it was put out", func(o, a postgres.Actor, _ account.NewAPIToken) error {
			return s.RemoveMember(t.Context(), o, a.User)
		}, errs.Unauthenticated},
		{"its account is closed", func(_, a postgres.Actor, _ account.NewAPIToken) error {
			return s.Disable(t.Context(), admin, a.User, account.DisabledOther)
		}, errs.Unauthenticated},
		{"it revoked the token", func(_, a postgres.Actor, n account.NewAPIToken) error {
			return s.RevokeAPIToken(t.Context(), a, "", n.ID)
		}, errs.Unauthenticated},
		{"an owner revoked the token", func(o, _ postgres.Actor, n account.NewAPIToken) error {
			return s.RevokeMembersAPIToken(t.Context(), o, n.ID)
		}, errs.Unauthenticated},
		{"the platform revoked its tokens", func(_, a postgres.Actor, _ account.NewAPIToken) error {
			_, err := s.RevokeAllAPITokens(t.Context(), admin, a.User)
			return err
		}, errs.Unauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			owner := tokenMaker(t, db.DB, s)
			a := tokenMaker(t, db.DB, s)
			asSuper(t, db.SuperURL, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'editor')`, owner.Organization, a.User)
			a.Organization = owner.Organization
			n := newToken(account.WriteListings)
			secret := made(t, s, a, n)

			if err := tt.act(owner, a, n); err != nil {
				t.Fatal(err)
			}

			b, err := s.Bearer(t.Context(), secret)
			if err == nil {
				err = b.Allows(account.WriteListings)
			}
			if tt.want == errs.Internal {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantKind(t, "a write after "+tt.name, err, tt.want)
		})
	}
}

// A token of somebody who comes back stays ended: it ended with the membership.
func TestATokenDoesNotComeBackWithItsUser(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	owner, a := tokenMaker(t, db.DB, s), tokenMaker(t, db.DB, s)
	const join = `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'editor')`
	asSuper(t, db.SuperURL, join, owner.Organization, a.User)
	a.Organization = owner.Organization
	secret := made(t, s, a, newToken(account.ReadListings))
	if err := s.RemoveMember(t.Context(), owner, a.User); err != nil {
		t.Fatal(err)
	}
	asSuper(t, db.SuperURL, join, owner.Organization, a.User)

	_, err := s.Bearer(t.Context(), secret)

	wantKind(t, "a token from an earlier membership", err, errs.Unauthenticated)
}

func TestATokenHasNoRoleOnThePlatform(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	a := tokenMaker(t, db.DB, s)
	if err := s.SetPlatformRole(t.Context(), accounttest.Admin(t, db.DB), a.User, postgres.Admin); err != nil {
		t.Fatal(err)
	}
	a.Platform = postgres.Admin
	b, err := s.Bearer(t.Context(), made(t, s, a, newToken(account.AllScopes()...)))
	if err != nil {
		t.Fatal(err)
	}
	if b.Actor().Platform != postgres.None {
		t.Errorf("the token of an admin acts as %q of the platform", b.Actor().Platform)
	}
}

func TestMistakesInANewTokenAreNamed(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	owner, viewer := tokenMaker(t, db.DB, s), tokenMaker(t, db.DB, s)
	asSuper(t, db.SuperURL, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`, owner.Organization, viewer.User)
	viewer.Organization = owner.Organization
	for _, tt := range []struct {
		name, field string
		actor       postgres.Actor
		change      func(*account.NewAPIToken)
	}{
		{"no name", "name", owner, func(n *account.NewAPIToken) { n.Name = " " }},
		{"a name of two lines", "name", owner, func(n *account.NewAPIToken) { n.Name = "a\nb" }},
		{"no scope", "scope", owner, func(n *account.NewAPIToken) { n.Scopes = nil }},
		{"a scope that is none", "scope", owner, func(n *account.NewAPIToken) { n.Scopes = []account.Scope{"admin"} }},
		{"a scope over the role", "scope", viewer, func(n *account.NewAPIToken) { n.Scopes = []account.Scope{account.WriteUploads} }},
		{"no end", "days", owner, func(n *account.NewAPIToken) { n.Days = 0 }},
		{"more than a year", "days", owner, func(n *account.NewAPIToken) { n.Days = 366 }},
	} {
		n := newToken(account.ReadListings)
		tt.change(&n)
		_, err := s.CreateAPIToken(t.Context(), tt.actor, n)
		list := errs.FieldsOf(err)
		if len(list) != 1 || list[0].Field != tt.field {
			t.Errorf("%s: mistakes %v (err: %v), want one in %s", tt.name, list, err, tt.field)
		}
	}
}

func TestTheSameFormMakesOneToken(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	a := tokenMaker(t, db, s)
	n := newToken(account.ReadListings)
	var all sync.WaitGroup
	kinds := make([]error, 8)
	for i := range kinds {
		all.Go(func() { _, kinds[i] = s.CreateAPIToken(t.Context(), a, n) })
	}
	all.Wait()
	done := 0
	for _, err := range kinds {
		if err == nil {
			done++
			continue
		}
		wantKind(t, "the same form again", err, errs.Conflict)
	}
	if list, err := s.APITokens(t.Context(), a, ""); err != nil || len(list) != 1 || done != 1 {
		t.Errorf("%d of 8 went through and %d tokens stand, %v; want 1", done, len(list), err)
	}
}

func TestOneOfManyTakesTheLastTokenThatAPersonMayHave(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	a := tokenMaker(t, db.DB, s)
	asSuper(t, db.SuperURL, `INSERT INTO api_token (id, organization_id, user_id, name, prefix, secret_hash, scopes, expires_at)
		SELECT gen_random_uuid(), $1, $2, 'A script', 'assay_abc', encode(sha256(n::text::bytea), 'hex'), '{read:listings}', now() + interval '1 day'
		FROM generate_series(1, 24) n`, a.Organization, a.User)
	var all sync.WaitGroup
	var done atomic.Int32
	for range 6 {
		all.Go(func() {
			switch _, err := s.CreateAPIToken(t.Context(), a, newToken(account.ReadListings)); errs.KindOf(err) {
			case errs.Conflict:
			default:
				if err != nil {
					t.Error(err)
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	if list, err := s.APITokens(t.Context(), a, ""); err != nil || len(list) != 25 || done.Load() != 1 {
		t.Errorf("%d of 6 went through and %d tokens stand, %v; want 1 and 25", done.Load(), len(list), err)
	}
}

func TestTokensOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	a, stranger, colleague := tokenMaker(t, db.DB, s), tokenMaker(t, db.DB, s), tokenMaker(t, db.DB, s)
	asSuper(t, db.SuperURL, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'editor')`, a.Organization, colleague.User)
	colleague.Organization = a.Organization
	n := newToken(account.ReadListings)
	secret := made(t, s, a, n)

	wantKind(t, "a stranger's revoking", s.RevokeAPIToken(t.Context(), stranger, "", n.ID), errs.NotFound)
	wantKind(t, "another organization's revoking", s.RevokeMembersAPIToken(t.Context(), stranger, n.ID), errs.NotFound)
	wantKind(t, "a colleague's revoking", s.RevokeAPIToken(t.Context(), colleague, "", n.ID), errs.NotFound)
	wantKind(t, "an editor's revoking", s.RevokeMembersAPIToken(t.Context(), colleague, n.ID), errs.Forbidden)
	_, err := s.OrganizationAPITokens(t.Context(), colleague)
	wantKind(t, "an editor's look at all tokens", err, errs.Forbidden)
	if list, err := s.APITokens(t.Context(), colleague, ""); err != nil || len(list) != 0 {
		t.Errorf("a colleague sees %d tokens, %v", len(list), err)
	}
	if list, err := s.OrganizationAPITokens(t.Context(), a); err != nil || len(list) != 1 {
		t.Errorf("the owner sees %d tokens, %v; want 1", len(list), err)
	}
	if _, err := s.Bearer(t.Context(), secret); err != nil {
		t.Errorf("the token ended: %v", err)
	}
}

// No column of any table holds the secret.
func TestTheSecretIsKeptNowhere(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	a := tokenMaker(t, db.DB, s)
	secret := made(t, s, a, newToken(account.ReadListings))
	if _, err := s.Bearer(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"api_token", "activity", "notice_event", "river_job"} {
		var n int
		err := queryAsSuper(t, db.SuperURL, `SELECT count(*) FROM `+table+` t WHERE position($1 IN t::text) > 0`, &n, secret[12:])
		if err != nil || n != 0 {
			t.Errorf("%d rows of %s hold the secret, %v", n, table, err)
		}
	}
}

func TestTheDatabaseRefusesATokenThatComesBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	a := tokenMaker(t, db.DB, s)
	n := newToken(account.ReadListings)
	made(t, s, a, n)
	if err := s.RevokeAPIToken(t.Context(), a, "", n.ID); err != nil {
		t.Fatal(err)
	}
	var none int
	if err := queryAsSuper(t, db.SuperURL, `UPDATE api_token SET revoked_at = NULL WHERE id = $1 RETURNING 1`, &none, n.ID); !postgres.IsRefused(err) {
		t.Errorf("a revoked token was opened again (err: %v)", err)
	}
}

// A session that an organization's own sign-in began reaches the tokens of that
// organization alone.
func TestASessionWithinAnOrganizationReachesItsTokensAlone(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	here := tokenMaker(t, db, s)
	there := here
	var err error
	if there.Organization, err = s.CreateOrganization(t.Context(), here.User, account.NewOrganization{Name: "Another"}); err != nil {
		t.Fatal(err)
	}
	own, other := newToken(account.ReadListings), newToken(account.ReadListings)
	made(t, s, here, own)
	made(t, s, there, other)
	for within, want := range map[id.Organization]int{"": 2, here.Organization: 1} {
		if list, err := s.APITokens(t.Context(), here, within); err != nil || len(list) != want {
			t.Errorf("within %q: %d tokens, %v; want %d", within, len(list), err, want)
		}
	}
	wantKind(t, "revoking one of another organization", s.RevokeAPIToken(t.Context(), here, here.Organization, other.ID), errs.NotFound)
	if err := s.RevokeAPIToken(t.Context(), here, here.Organization, own.ID); err != nil {
		t.Errorf("revoking one of the organization: %v", err)
	}
}
