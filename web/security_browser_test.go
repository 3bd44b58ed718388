package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/postgres"
	"assay/web/webtest"
)

func TestPasskeyInABrowser(t *testing.T) {
	s := namedSite(t)
	user := s.staff(t, "rita@example.org")
	p := webtest.Start(t).Visitor(t, s.URL)
	device := p.Authenticator()

	p.Go("/login")
	p.CheckViews("login")
	p.Fill("email", "rita@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	p.CheckViews("security-staff-empty")
	p.Set("name", "Work laptop")
	p.Follow("form[data-passkey=create] button")
	p.WantText("h1", "Your recovery codes")
	p.Go("/review") // the desk opens at once
	p.WantText("h1", "Review")
	p.Go("/account/security")
	p.WantText("[data-testid=passkey-item] strong", "Work laptop")
	p.CheckViews("security-passkey")

	signOut := func() { p.Click("details.account summary"); p.Follow("[data-testid=sign-out]") }
	signOut()
	p.Go("/login")
	p.Follow("form[data-passkey=get] button")
	p.WantText("h1", "Review")

	signOut()
	p.Go("/login")
	p.Fill("email", "rita@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	p.CheckViews("second-step-passkey")
	p.Follow("form[data-passkey=get] button")
	p.WantText("h1", "Review")

	// A passkey alone must verify the person.
	signOut()
	p.Go("/login")
	device.SetUserVerified(false)
	p.Click("form[data-passkey=get] button")
	p.WaitFor("the refusal", `document.querySelector("[data-says]").textContent.startsWith("No passkey was used")`, time.Minute)
	device.SetUserVerified(true)

	// A copy of the key, whose counter stands behind what was seen, is refused.
	inTx := func(run func(tx pgx.Tx) error) {
		t.Helper()
		if err := s.DB.InTx(t.Context(), postgres.Actor{User: user, Platform: postgres.Worker}, run); err != nil {
			t.Fatal(err)
		}
	}
	seen := func(n int) {
		inTx(func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE passkey SET sign_count = $1`, n)
			return err
		})
	}
	seen(1000)
	p.Go("/login")
	p.Follow("form[data-passkey=get] button")
	p.WantText("[data-testid=error-summary]", "was not accepted")
	var told int
	inTx(func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM notice_event WHERE kind = 'second_factor_changed' AND subject LIKE '%may have a copy' AND $1 = ANY (users)`, user).Scan(&told)
	})
	if told != 1 {
		t.Errorf("the owner was told %d times of a copied passkey, want once", told)
	}
	seen(0)

	p.Go("/login")
	p.Follow("form[data-passkey=get] button")
	p.Go("/account/security")
	p.Follow("button[aria-label='Remove the passkey Work laptop']")
	p.WantText("[data-testid=error-summary]", "needs a second factor")
	if err := s.Accounts.SetApp(t.Context(), user, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"); err != nil {
		t.Fatal(err)
	}
	p.Go("/account/security")
	p.Follow("button[aria-label='Remove the passkey Work laptop']")
	p.WantText("[data-testid=flash]", "The passkey is removed")
	p.CheckViews("security-app")
}

func TestPasskeysSayWhereTheyWork(t *testing.T) {
	s := namedSite(t)
	b := webtest.Start(t)
	p := b.Visitor(t, strings.Replace(s.URL, "localhost", "127.0.0.1", 1))
	p.Go("/login")
	p.WantText("[data-elsewhere]", s.URL)
	if p.Has("form[data-passkey]:not([hidden])") {
		t.Error("a passkey is offered where browsers allow none")
	}
	quiet := b.Visitor(t, s.URL, webtest.NoScript)
	quiet.Go("/login")
	if quiet.Has("form[data-passkey]:not([hidden])") {
		t.Error("a passkey is offered without the script that it needs")
	}
}

// The whole of an authenticator app and of recovery codes without scripts.
func TestAuthenticatorAppWithoutScripts(t *testing.T) {
	s := newSite(t, true)
	s.user(t, "ada@example.org")
	b := webtest.Start(t)
	p := b.Visitor(t, s.URL, webtest.NoScript)
	signIn := func() {
		p.Go("/login?next=/account/security")
		p.Fill("email", "ada@example.org")
		p.Fill("password", goodPassword)
		p.Submit("#sign-in")
	}
	look := b.Visitor(t, s.URL) // the same pages in a browser that can be checked
	signIn()
	s.signInPage(t, look, "ada@example.org")
	look.Go("/account/security")
	look.CheckViews("security-empty")
	look.Follow("#add-app button")
	look.CheckViews("app-setup")
	look.Fill("code", "1")
	look.Submit("#confirm-app")
	look.CheckViews("app-setup-mistake")

	p.Submit("#add-app")
	secret := strings.ReplaceAll(p.Text("[data-testid=app-key] code"), " ", "")
	p.Fill("code", codeOf(t, secret, 0))
	p.Submit("#confirm-app")
	p.WantText("h1", "Your recovery codes")
	recovery := strings.Fields(p.Text("[data-testid=recovery-codes] ul"))
	if len(recovery) != 10 {
		t.Fatalf("recovery codes %q, want ten", recovery)
	}
	p.Follow("main a.btn")
	p.WantText("[data-testid=codes-left]", "10 of 10")
	p.Click("details.account summary")
	p.Follow("[data-testid=sign-out]")

	signIn()
	p.WantText("h1", "Second step")
	p.Click("main details summary")
	p.Fill("recovery", recovery[3])
	p.Submit("#recovery")
	p.WantText("[data-testid=codes-left]", "9 of 10")
	p.Submit("#new-codes")
	p.WantText("h1", "Your recovery codes")
	p.Check()

	look.Go("/login")
	look.Fill("email", "ada@example.org")
	look.Fill("password", goodPassword)
	look.Submit("#sign-in")
	look.CheckViews("second-step")
	look.Fill("code", "12 34")
	look.Submit("#second-step")
	look.CheckViews("second-step-mistake")
	look.Click("main details summary")
	look.Fill("recovery", recovery[0])
	look.Submit("#recovery")
	look.WantText("[data-testid=error-summary]", "not right, or it was used already")
	look.Fill("code", codeOf(t, secret, 30*time.Second))
	look.Submit("#second-step")
	look.Go("/account/security")
	look.Submit("#new-codes")
	look.CheckViews("recovery-codes")
	look.Print("recovery-codes")
	look.Go("/account/security/again")
	look.CheckViews("prove-again")
}

// codeOf is a code that the app shows now, or a little later.
func codeOf(t *testing.T, secret string, later time.Duration) string {
	t.Helper()
	code, _, err := account.CodeOf(secret, time.Now().Add(later))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
