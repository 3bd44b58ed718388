package account_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// period is how long a code of an authenticator app is shown.
const period = 30 * time.Second

// clock is a time that a test moves.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(c.at.Load(), 0) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d.Seconds())) }

// withClock is newService whose codes follow a clock of the test.
func withClock(db *postgres.DB) (*account.Service, *clock) {
	c := &clock{}
	c.at.Store(1_800_000_000)
	return account.New(db, account.Options{PublicURL: "https://assay.test", SecretKey: []byte("0123456789abcdef0123456789abcdef"), Now: c.now}), c
}

// enrolled is registered with an authenticator app; it returns the app's
// secret and the recovery codes.
func enrolled(t *testing.T, db *postgres.DB, s *account.Service, c *clock, email string) (user id.User, secret string, recovery []string) {
	t.Helper()
	a := postgres.Actor{User: registered(t, db, s, email)}
	offer, err := s.OfferApp(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	recovery, err = s.ConfirmApp(t.Context(), a, offer.Sealed, codeAt(t, offer.Secret, c.now()), "")
	if err != nil {
		t.Fatal(err)
	}
	c.advance(2 * period)
	return a.User, offer.Secret, recovery
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, _, err := account.CodeOf(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// count runs a query that counts, as the superuser.
func count(t *testing.T, address, sql string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPasswordAloneSignsNobodyInWhoHasASecondFactor(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, c := withClock(db.DB)
	user, secret, _ := enrolled(t, db.DB, s, c, "ada@example.org")

	in, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(account.SignedIn{User: user, NeedsSecondStep: true, Since: in.Since}, in); diff != "" {
		t.Errorf("SignIn by password alone (-want +got):\n%s", diff)
	}
	const signIns = `SELECT count(*) FROM activity WHERE verb = 'user.sign_in'`
	if n := count(t, db.SuperURL, signIns); n != 0 {
		t.Errorf("%d sign-ins are recorded after the password alone, want none", n)
	}
	in, err = s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now())})
	if err != nil || in.User != user || in.NeedsSecondStep || in.Factor != account.ByApp || in.Device == "" {
		t.Errorf("SignInByCode = %+v, %v, want a sign-in by the app", in, err)
	}
	if n := count(t, db.SuperURL, signIns); n != 1 {
		t.Errorf("%d sign-ins are recorded after the code, want 1", n)
	}
}

func TestCodesCountAMinuteAroundTheirTime(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	user, secret, _ := enrolled(t, db, s, c, "ada@example.org")
	tests := []struct {
		name  string
		early time.Duration // how far before now the code was shown
		ok    bool
	}{
		{"two periods old", 2 * period, false},
		{"one period old", period, true},
		{"of this period", 0, true},
		{"of the next, by a clock that is early", -period, true},
		{"of the one after", -2 * period, false},
	}
	for _, tt := range tests {
		c.advance(10 * period)
		_, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now().Add(-tt.early))})
		if (err == nil) != tt.ok {
			t.Errorf("a code %s: %v, want accepted %v", tt.name, err, tt.ok)
		}
	}
}

func TestCodeOfTheAppWorksOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	user, secret, _ := enrolled(t, db, s, c, "ada@example.org")
	now, before := codeAt(t, secret, c.now()), codeAt(t, secret, c.now().Add(-period))

	if n := signInsAtOnce(t, s, user, now); n != 1 {
		t.Errorf("one code signed in %d times of 8 at once, want 1", n)
	}
	_, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: before})
	wantKind(t, "the code before one that was used", err, errs.Invalid)
}

// signInsAtOnce uses one code in eight sign-ins and returns how many went
// through.
func signInsAtOnce(t *testing.T, s *account.Service, user id.User, code string) int {
	t.Helper()
	var through atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: code}); err == nil {
				through.Add(1)
			} else if errs.KindOf(err) != errs.Invalid {
				t.Errorf("a refused code: %v, want errs.Invalid", err)
			}
		})
	}
	all.Wait()
	return int(through.Load())
}

func TestRecoveryCodeWorksOnceHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	user, _, recovery := enrolled(t, db, s, c, "ada@example.org")
	if len(recovery) != 10 || len(slices.Compact(slices.Sorted(slices.Values(recovery)))) != 10 {
		t.Fatalf("recovery codes %q, want ten different ones", recovery)
	}
	if n := signInsAtOnce(t, s, user, recovery[0]); n != 1 {
		t.Errorf("one recovery code signed in %d times of 8 at once, want 1", n)
	}
	for i, typed := range []string{strings.ToUpper(recovery[1]), strings.ReplaceAll(recovery[2], "-", " "), " " + strings.ReplaceAll(recovery[3], "-", "") + " "} {
		in, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: typed})
		if err != nil || in.Factor != account.ByRecovery {
			t.Errorf("recovery code %d as %q: %+v, %v", i, typed, in, err)
		}
	}
	a := postgres.Actor{User: user}
	if f, err := s.Factors(t.Context(), a); err != nil || f.CodesLeft != 6 {
		t.Errorf("codes left = %d, %v, want 6", f.CodesLeft, err)
	}
	fresh, err := s.NewRecoveryCodes(t.Context(), a, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: recovery[9]})
	wantKind(t, "a code from before new ones were made", err, errs.Invalid)
	if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: fresh[0]}); err != nil {
		t.Errorf("a new code: %v", err)
	}
}

// Whoever knows the password and guesses codes is stopped; the right person is
// not, in a browser that was used before.
func TestTenCodesInFifteenMinutes(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, c := withClock(db.DB)
	user, secret, _ := enrolled(t, db.DB, s, c, "ada@example.org")
	in, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now())})
	if err != nil {
		t.Fatal(err)
	}
	c.advance(2 * period)
	right := codeAt(t, secret, c.now())
	for range 10 {
		_, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: "not it"})
		wantKind(t, "a wrong code", err, errs.Invalid)
	}
	if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: right}); !account.IsTooManyTries(err) {
		t.Errorf("the 11th try with the right code: %v, want too many tries", err)
	}
	if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: right, Device: in.Device}); err != nil {
		t.Errorf("the right code from a known browser meanwhile: %v", err)
	}
	asSuper(t, db.SuperURL, `UPDATE throttle SET tries = ARRAY(SELECT one - interval '15 minutes' FROM unnest(tries) one)`)
	c.advance(2 * period)
	if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now())}); err != nil {
		t.Errorf("the right code 15 minutes later: %v", err)
	}
}

func TestClosedAccountTakesNoSecondStep(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	user, secret, recovery := enrolled(t, db, s, c, "ada@example.org")
	admin := accounttest.Admin(t, db)
	if err := s.Disable(t.Context(), admin, user, account.DisabledOther); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{"the app": codeAt(t, secret, c.now()), "a recovery code": recovery[0]} {
		_, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: code})
		wantKind(t, "SignInByCode of a closed account by "+name, err, errs.Unauthenticated)
	}
	if err := s.Enable(t.Context(), admin, user); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now())}); err != nil {
		t.Errorf("the code was spent by a refusal: %v", err)
	}
}

func TestResetKeepsTheSecondFactor(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	user, secret, _ := enrolled(t, db, s, c, "ada@example.org")
	if err := s.RequestReset(t.Context(), "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(t.Context(), tokenIn(t, lastMail(t, db, "ada@example.org")), account.NewPassword{Password: "seven kettles and a drum"}); err != nil {
		t.Fatal(err)
	}
	in, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: "seven kettles and a drum"})
	if err != nil || !in.NeedsSecondStep {
		t.Fatalf("sign-in after a reset = %+v, %v, want a second step", in, err)
	}
	if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now())}); err != nil {
		t.Errorf("the app from before the reset: %v", err)
	}
}

// A link to confirm the address that waited in a mailbox is no way around the
// second factor.
func TestConfirmingAnAddressAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, _ := withClock(db)
	if err := s.Register(t.Context(), account.Registration{Name: "Ada", Email: "ada@example.org", Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	link := tokenIn(t, lastMail(t, db, "ada@example.org"))
	if err := s.RequestReset(t.Context(), "ada@example.org"); err != nil { // its link confirms the address too
		t.Fatal(err)
	}
	if err := s.Reset(t.Context(), tokenIn(t, lastMail(t, db, "ada@example.org")), account.NewPassword{Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	in, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetApp(t.Context(), in.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	in, err = s.Confirm(t.Context(), link, goodPassword)
	if err != nil || !in.NeedsSecondStep || in.Device != "" {
		t.Errorf("Confirm = %+v, %v, want a second step", in, err)
	}
}

// half commits a session that waits for the second step.
func half(t *testing.T, store *account.SessionStore, user id.User, token string) {
	t.Helper()
	commitWith(t, store, token, map[string]any{account.SessionKeyPending: string(user), account.SessionKeyID: id.New[string]()})
}

func TestWhatEndsSessionsEndsHalfOfOneToo(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	store := account.NewSessionStore(db)
	user, _, _ := enrolled(t, db, s, c, "ada@example.org")
	a := postgres.Actor{User: user}
	tests := []struct {
		name string
		act  func() error
	}{
		{"another password", func() error {
			return s.ChangePassword(t.Context(), a, goodPassword, account.NewPassword{Password: "seven kettles and a drum"})
		}},
		{"new recovery codes", func() error { _, err := s.NewRecoveryCodes(t.Context(), a, ""); return err }},
		{"the end of all other sessions", func() error { return s.EndOtherSessions(t.Context(), a, "") }},
		{"the end of the app", func() error { return s.RemoveApp(t.Context(), a, "") }},
		{"the end of the account", func() error { return s.Disable(t.Context(), accounttest.Admin(t, db), user, account.DisabledOther) }},
	}
	for _, tt := range tests {
		half(t, store, user, tt.name)
		if list, err := s.Sessions(t.Context(), a); err != nil || len(list) != 0 {
			t.Errorf("the list of sessions shows %d that wait for a second step, %v", len(list), err)
		}
		if _, found, err := store.FindCtx(t.Context(), tt.name); err != nil || !found {
			t.Fatalf("before %s: found %v, %v", tt.name, found, err)
		}
		if err := tt.act(); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if _, found, err := store.FindCtx(t.Context(), tt.name); err != nil || found {
			t.Errorf("after %s the session between the two steps goes on (%v)", tt.name, err)
		}
	}
}

func TestRoleOnThePlatformCountsOnlyWithASecondFactor(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	reviewer := accounttest.Reviewer(t, db)
	look := func(when string, factor bool, want postgres.Platform) {
		t.Helper()
		v, err := s.Visitor(t.Context(), reviewer.User, "")
		if err != nil {
			t.Fatal(err)
		}
		if factor {
			v = v.WithSecondFactor()
		}
		if v.Actor().Platform != want || v.Staff != postgres.Reviewer {
			t.Errorf("%s: acts as %q with the role %q, want %q", when, v.Actor().Platform, v.Staff, want)
		}
	}
	look("by password, without a factor", false, postgres.None)
	look("in a session that says it showed one, without a factor", true, postgres.None)
	if err := s.SetApp(t.Context(), reviewer.User, accounttest.AppSecret); err != nil {
		t.Fatal(err)
	}
	look("by password, with a factor", false, postgres.None)
	look("by password and factor", true, postgres.Reviewer)
}

const insertTestPasskey = `
INSERT INTO passkey (id, user_id, credential_id, public_key, sign_count, backup_eligible, backed_up, transports, name)
VALUES ($1, $2, $3, 'key', 1, false, false, '{}', 'Key')`

func TestStaffKeepASecondFactor(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	reviewer := accounttest.Reviewer(t, db.DB)
	a := postgres.Actor{User: reviewer.User}
	for round := range 5 {
		if err := s.SetApp(t.Context(), a.User, accounttest.AppSecret); err != nil {
			t.Fatal(err)
		}
		asSuper(t, db.SuperURL, `ALTER TABLE passkey DISABLE TRIGGER platform_keeps_second_factor`)
		asSuper(t, db.SuperURL, `DELETE FROM passkey`)
		asSuper(t, db.SuperURL, `ALTER TABLE passkey ENABLE TRIGGER platform_keeps_second_factor`)
		wantKind(t, "RemoveApp of the only factor", s.RemoveApp(t.Context(), a, ""), errs.Conflict)

		key := id.New[id.Passkey]()
		asSuper(t, db.SuperURL, insertTestPasskey, key, a.User, fmt.Appendf(nil, "credential %d", round))
		var through atomic.Int32
		var both sync.WaitGroup
		for _, remove := range []func() error{
			func() error { return s.RemoveApp(t.Context(), a, "") },
			func() error { return s.RemovePasskey(t.Context(), a, key, "") },
		} {
			both.Go(func() {
				if remove() == nil {
					through.Add(1)
				}
			})
		}
		both.Wait()
		if f, err := s.Factors(t.Context(), a); err != nil || through.Load() != 1 || !f.Any() {
			t.Errorf("of two removals at once %d went through, %+v is left, %v; want one of each", through.Load(), f, err)
		}
	}
}

func TestTheOperatorForgetsLostFactors(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, c := withClock(db.DB)
	user, _, recovery := enrolled(t, db.DB, s, c, "ada@example.org")
	if err := s.SetPlatformRole(t.Context(), accounttest.Admin(t, db.DB), user, postgres.Reviewer); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "ForgetFactors of nobody", s.ForgetFactors(t.Context(), "bob@example.org"), errs.NotFound)
	if err := s.ForgetFactors(t.Context(), " Ada@example.org"); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Factors(t.Context(), postgres.Actor{User: user}); err != nil || f.Any() || f.CodesLeft != 0 {
		t.Errorf("factors = %+v, %v, want none", f, err)
	}
	_, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: recovery[0]})
	wantKind(t, "a recovery code from before", err, errs.Invalid)
	v, err := s.Visitor(t.Context(), user, "")
	if err != nil || v.Staff != postgres.Reviewer || v.WithSecondFactor().Platform != postgres.None {
		t.Errorf("visitor = %+v, %v, want a reviewer whose role does not count", v, err)
	}
}

func TestTheOperatorForgetsFactorsOfTheOnlyAdmin(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	user, _, _ := enrolled(t, db, s, c, "ada@example.org")
	first := accounttest.Admin(t, db)
	if err := s.SetPlatformRole(t.Context(), first, user, postgres.Admin); err != nil {
		t.Fatal(err)
	}
	ada := postgres.Actor{User: user, Platform: postgres.Admin}
	if err := s.SetPlatformRole(t.Context(), ada, first.User, postgres.None); err != nil {
		t.Fatal(err)
	}

	if err := s.ForgetFactors(t.Context(), "ada@example.org"); err != nil {
		t.Fatalf("ForgetFactors: %v", err)
	}

	f, err := s.Factors(t.Context(), ada)
	if err != nil || f.Any() {
		t.Errorf("factors = %+v, %v, want none", f, err)
	}
	if v, err := s.Visitor(t.Context(), user, ""); err != nil || v.Staff != postgres.Admin {
		t.Errorf("visitor = %+v, %v, want an admin still", v, err)
	}
	wantKind(t, "closing the only admin's account", s.Disable(t.Context(), first, user, account.DisabledLeft), errs.Conflict)
}

func TestSecondFactorsAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, c := withClock(db.DB)
	ada, secret, recovery := enrolled(t, db.DB, s, c, "ada@example.org")
	eve, _, _ := enrolled(t, db.DB, s, c, "eve@example.org")
	key := id.New[id.Passkey]()
	asSuper(t, db.SuperURL, insertTestPasskey, key, ada, []byte("credential"))

	wantKind(t, "RenamePasskey of another", s.RenamePasskey(t.Context(), postgres.Actor{User: eve}, key, "Mine"), errs.NotFound)
	wantKind(t, "RemovePasskey of another", s.RemovePasskey(t.Context(), postgres.Actor{User: eve}, key, ""), errs.NotFound)
	wantKind(t, "RemovePasskey of no id", s.RemovePasskey(t.Context(), postgres.Actor{User: eve}, "' OR true", ""), errs.NotFound)
	offer, err := s.OfferApp(t.Context(), postgres.Actor{User: ada})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.ShowApp(t.Context(), postgres.Actor{User: eve}, offer.Sealed)
	wantKind(t, "ShowApp of another's secret", err, errs.NotFound)
	c.advance(account.ProofLifetime + time.Second)
	_, err = s.ShowApp(t.Context(), postgres.Actor{User: ada}, offer.Sealed)
	wantKind(t, "ShowApp after ten minutes", err, errs.NotFound)

	for _, a := range []postgres.Actor{{}, {User: eve}, {Platform: postgres.Reviewer}, {Platform: postgres.Admin}, {Platform: postgres.Worker}} {
		for _, table := range []string{"second_factor", "recovery_code", "passkey"} {
			var n int
			err := db.DB.InTx(t.Context(), a, func(tx pgx.Tx) error {
				return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table+" WHERE user_id = $1", ada).Scan(&n)
			})
			if err != nil || n != 0 {
				t.Errorf("%+v sees %d rows of Ada's in %s, %v", a, n, table, err)
			}
		}
	}
	kept := dump(t, db.SuperURL, "second_factor", "recovery_code", "notice_event", "activity", "session")
	for _, secret := range append(recovery, secret) {
		if strings.Contains(kept, secret) || strings.Contains(kept, strings.ReplaceAll(secret, "-", "")) {
			t.Error("a secret is kept as it is")
		}
	}
}

func TestOwnersAreToldOfChangesAndNewBrowsers(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, c := withClock(db.DB)
	told := func(kind string) int {
		return count(t, db.SuperURL, `SELECT count(*) FROM notice_event WHERE kind = $1`, kind)
	}
	user, secret, _ := enrolled(t, db.DB, s, c, "ada@example.org")
	if n := told("second_factor_changed"); n != 1 {
		t.Errorf("%d notices of the new app, want 1", n)
	}
	in, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now()), Browser: "Firefox on Linux"})
	if err != nil {
		t.Fatal(err)
	}
	if n := told("new_sign_in"); n != 1 {
		t.Errorf("%d notices of a sign-in from a new browser, want 1", n)
	}
	c.advance(2 * period)
	if _, err := s.SignInByCode(t.Context(), account.SecondStep{User: user, Code: codeAt(t, secret, c.now()), Device: in.Device}); err != nil {
		t.Fatal(err)
	}
	if n := told("new_sign_in"); n != 1 {
		t.Errorf("%d notices after a sign-in from the same browser, want still 1", n)
	}
	if err := s.RemoveApp(t.Context(), postgres.Actor{User: user}, ""); err != nil {
		t.Fatal(err)
	}
	if n := told("second_factor_changed"); n != 2 {
		t.Errorf("%d notices of changed factors, want 2", n)
	}
	if f, err := s.Factors(t.Context(), postgres.Actor{User: user}); err != nil || f.Any() || f.CodesLeft != 0 {
		t.Errorf("factors after the last is removed = %+v, %v, want none and no codes", f, err)
	}
}

func TestTheSameSecretAgainKeepsUsedCodesUsed(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, c := withClock(db)
	user := registered(t, db, s, "ada@example.org")
	try := account.SecondStep{User: user, Code: codeAt(t, accounttest.AppSecret, c.now())}
	start := func() error { return s.SetApp(t.Context(), user, accounttest.AppSecret) }
	if err := start(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignInByCode(t.Context(), try); err != nil {
		t.Fatal(err)
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	_, err := s.SignInByCode(t.Context(), try)
	wantKind(t, "a used code after the demo started again", err, errs.Invalid)
}
