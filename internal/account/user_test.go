package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestRegisterConfirmAndSignIn(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	in := account.Registration{Name: "Ada", Email: " Ada@Example.org ", Password: goodPassword}
	if err := s.Register(t.Context(), in); err != nil {
		t.Fatalf("Register: %v", err)
	}
	try := account.SignInAttempt{Email: "ada@example.org", Password: goodPassword}
	_, err := s.SignIn(t.Context(), try)
	wantKind(t, "SignIn before the address is confirmed", err, errs.Forbidden)

	token := tokenIn(t, lastMail(t, db, "ada@example.org"))
	_, err = s.Confirm(t.Context(), token, "not the password I chose")
	wantKind(t, "Confirm with another password", err, errs.Invalid)
	confirmed, err := s.Confirm(t.Context(), token, goodPassword)
	if err != nil {
		t.Fatalf("Confirm: %v", err)
	}
	_, err = s.Confirm(t.Context(), token, goodPassword)
	wantKind(t, "Confirm a second time", err, errs.NotFound)

	got, err := s.SignIn(t.Context(), try)
	if err != nil || got.User != confirmed.User {
		t.Errorf("SignIn = %q, %v, want %q", got.User, err, confirmed.User)
	}
}

func TestRegisterNamesEachMistake(t *testing.T) {
	t.Parallel()
	s := newService(postgrestest.New(t))
	err := s.Register(t.Context(), account.Registration{Name: " ", Email: "nobody", Password: "short"})
	var fields []string
	for _, f := range errs.FieldsOf(err) {
		fields = append(fields, f.Field)
	}
	if got, want := strings.Join(fields, " "), "name email password"; got != want {
		t.Errorf("fields at fault = %q, want %q", got, want)
	}
}

func TestStrangerWhoRegistersFirstGainsNothing(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	const email = "victim@example.org"
	register := func(password string) string {
		t.Helper()
		if err := s.Register(t.Context(), account.Registration{Name: "Someone", Email: email, Password: password}); err != nil {
			t.Fatal(err)
		}
		return tokenIn(t, lastMail(t, db, email))
	}
	stale := register("the stranger chose this one")
	own := register(goodPassword)

	_, err := s.Confirm(t.Context(), stale, goodPassword)
	wantKind(t, "Confirm by the link of the earlier registration", err, errs.NotFound)
	if _, err := s.Confirm(t.Context(), own, goodPassword); err != nil {
		t.Fatalf("Confirm: %v", err)
	}
	_, err = s.SignIn(t.Context(), account.SignInAttempt{Email: email, Password: "the stranger chose this one"})
	wantKind(t, "SignIn with the stranger's password", err, errs.Invalid)
}

func TestAnswersDoNotTellWhetherAnAddressIsKnown(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	registered(t, db, s, "known@example.org")
	acts := map[string]func(email string) error{
		"SignIn": func(email string) error {
			_, err := s.SignIn(t.Context(), account.SignInAttempt{Email: email, Password: "no such password here"})
			return err
		},
		"Register": func(email string) error {
			return s.Register(t.Context(), account.Registration{Name: "Ada", Email: email, Password: goodPassword})
		},
		"RequestReset":       func(email string) error { return s.RequestReset(t.Context(), email) },
		"ResendConfirmation": func(email string) error { return s.ResendConfirmation(t.Context(), email) },
	}
	for name, act := range acts {
		known, unknown := act("known@example.org"), act("unknown-"+strings.ToLower(name)+"@example.org")
		if errs.KindOf(known) != errs.KindOf(unknown) || errs.MessageOf(known) != errs.MessageOf(unknown) || (known == nil) != (unknown == nil) {
			t.Errorf("%s answers %v for a known and %v for an unknown address", name, known, unknown)
		}
	}
	if got, want := lastMail(t, db, "known@example.org").Subject, "password"; !strings.Contains(got, want) && got != "You already have an account" {
		t.Errorf("last mail to the known address = %q", got)
	}
	if n := len(mails(t, db, "unknown-requestreset@example.org")); n != 0 {
		t.Errorf("an unknown address got %d mails, want 0", n)
	}
}

func TestTenTriesInFifteenMinutes(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	registered(t, db.DB, s, "ada@example.org")
	first, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"ada@example.org", "nobody@example.org"} {
		var checked atomic.Int32
		var wg sync.WaitGroup
		for range 40 { // from many places at once
			wg.Go(func() {
				_, err := s.SignIn(t.Context(), account.SignInAttempt{Email: email, Password: "wrong and wrong again"})
				if !account.IsTooManyTries(err) {
					checked.Add(1)
				}
			})
		}
		wg.Wait()
		if got := checked.Load(); got != 10 {
			t.Errorf("%d of 40 tries for %s were checked, want 10", got, email)
		}
	}
	right := account.SignInAttempt{Email: "ada@example.org", Password: goodPassword}
	if _, err := s.SignIn(t.Context(), right); !account.IsTooManyTries(err) {
		t.Errorf("SignIn in an unknown browser after ten tries = %v, want too many", err)
	}
	right.Device = first.Device
	if _, err := s.SignIn(t.Context(), right); err != nil {
		t.Errorf("SignIn in a known browser = %v, want through", err)
	}
	right.Device = "forged." + strings.Split(first.Device, ".")[1]
	if _, err := s.SignIn(t.Context(), right); !account.IsTooManyTries(err) {
		t.Errorf("SignIn with a forged device = %v, want too many", err)
	}
	asSuper(t, db.SuperURL, `UPDATE throttle SET tries = (SELECT array_agg(one - interval '15 minutes') FROM unnest(tries) one)`)
	right.Device = ""
	if _, err := s.SignIn(t.Context(), right); err != nil {
		t.Errorf("SignIn after 15 minutes = %v, want through", err)
	}
}

func TestResetWorksOnceAndEndsSessions(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	user := registered(t, db, s, "ada@example.org")
	store := account.NewSessionStore(db)
	openSession(t, store, user, "token")
	if err := s.RequestReset(t.Context(), "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	token := tokenIn(t, lastMail(t, db, "ada@example.org"))

	wantKind(t, "Reset to a leaked password", s.Reset(t.Context(), token, account.NewPassword{Password: "password1"}), errs.Invalid)
	const fresh = "seven kettles and a drum"
	if err := s.Reset(t.Context(), token, account.NewPassword{Password: fresh}); err != nil {
		t.Fatalf("Reset: %v", err)
	}
	wantKind(t, "Reset a second time", s.Reset(t.Context(), token, account.NewPassword{Password: "another one entirely"}), errs.NotFound)

	if _, found, err := store.FindCtx(t.Context(), "token"); err != nil || found {
		t.Errorf("session after a reset: found %v, %v, want ended", found, err)
	}
	_, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: goodPassword})
	wantKind(t, "SignIn with the old password", err, errs.Invalid)
	if _, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: fresh}); err != nil {
		t.Errorf("SignIn with the new password: %v", err)
	}
}

func TestTwoResetsAtOnceSetOnePassword(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	registered(t, db, s, "ada@example.org")
	if err := s.RequestReset(t.Context(), "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	token := tokenIn(t, lastMail(t, db, "ada@example.org"))
	var done atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := s.Reset(t.Context(), token, account.NewPassword{Password: "seven kettles and a drum"}); err == nil {
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if got := done.Load(); got != 1 {
		t.Errorf("%d of 8 uses of one link went through, want 1", got)
	}
}

func TestExpiredLinksAreOver(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	if err := s.Register(t.Context(), account.Registration{Name: "Ada", Email: "ada@example.org", Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	token := tokenIn(t, lastMail(t, db.DB, "ada@example.org"))
	asSuper(t, db.SuperURL, `UPDATE account_token SET expires_at = now() - interval '1 second'`)
	_, err := s.Confirm(t.Context(), token, goodPassword)
	wantKind(t, "Confirm by an expired link", err, errs.NotFound)
}

func TestTokensAreKeptAsHashesOnly(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	registered(t, db.DB, s, "ada@example.org")
	if err := s.RequestReset(t.Context(), "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	token := tokenIn(t, lastMail(t, db.DB, "ada@example.org"))
	rows := dump(t, db.SuperURL, "account_token", "password", "activity", "river_job")
	for _, secret := range []string{token, goodPassword} {
		if strings.Contains(rows, secret) {
			t.Errorf("a secret stands in clear in the database")
		}
	}
}

func TestDisabledUserIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	user := registered(t, db, s, "ada@example.org")
	store := account.NewSessionStore(db)
	openSession(t, store, user, "token")
	wantKind(t, "Disable by a reviewer", s.Disable(t.Context(), accounttest.Reviewer(t, db), user, account.DisabledOther), errs.Forbidden)

	if err := s.Disable(t.Context(), accounttest.Admin(t, db), user, account.DisabledOther); err != nil {
		t.Fatal(err)
	}
	_, err := s.Visitor(t.Context(), user, "")
	wantKind(t, "Visitor of a disabled user", err, errs.Unauthenticated)
	_, err = s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: goodPassword})
	wantKind(t, "SignIn of a disabled user", err, errs.Invalid)
	if _, found, _ := store.FindCtx(t.Context(), "token"); found {
		t.Error("the session of a disabled user goes on")
	}
}

func TestRegisterFailsWithoutItsActivity(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	asSuper(t, db.SuperURL, `REVOKE INSERT ON activity FROM assay_log`)
	err := s.Register(t.Context(), account.Registration{Name: "Ada", Email: "ada@example.org", Password: goodPassword})
	if err == nil {
		t.Fatal("Register went through without a record of it")
	}
	if got := dump(t, db.SuperURL, "app_user"); got != "" {
		t.Errorf("a user stands without a record of it: %s", got)
	}
}

func TestTheOperatorMakesConfirmedUsersAndMayDoSoAgain(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	in := account.Provisioned{Name: "Ada", Email: "ada@example.org", Password: goodPassword, Platform: postgres.Reviewer}
	first, err := s.Provision(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Password += "-new"
	again, err := s.Provision(t.Context(), in)
	if err != nil || again != first {
		t.Fatalf("Provision again = %v, %v, want %v", again, err, first)
	}
	if got, err := s.SignIn(t.Context(), account.SignInAttempt{Email: in.Email, Password: in.Password}); err != nil || got.User != first {
		t.Errorf("SignIn = %+v, %v", got, err)
	}
	if v, err := s.Visitor(t.Context(), first, ""); err != nil || v.Staff != postgres.Reviewer {
		t.Errorf("Visitor = %+v, %v, want a reviewer", v, err)
	}
	_, err = s.Provision(t.Context(), account.Provisioned{Name: "Eve", Email: "eve@example.org", Password: "password"})
	wantKind(t, "Provision with a common password", err, errs.Invalid)
}
