package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/postgres"
)

// The list of leaked passwords takes some random ones for its own.
func TestDemoDrawsAnotherPasswordForOneThatIsRefused(t *testing.T) {
	r := startServer(t)
	p := newCast()["buyer"]
	p.Password = "qwertyuiop12345"
	if err := r.house.demoPerson(t.Context(), p); err != nil || p.user == "" || p.Password == "qwertyuiop12345" {
		t.Fatalf("demoPerson: %v, with the password %q", err, p.Password)
	}
	if _, err := r.accounts.SignIn(t.Context(), account.SignInAttempt{Email: p.Email, Password: p.Password}); err != nil {
		t.Errorf("sign-in with the password that is shown: %v", err)
	}
}

func TestDemoFindsItsSignInsAgain(t *testing.T) {
	path := signInsPath(t.TempDir())
	if known, err := readSignIns(path); err != nil || len(known) != 0 {
		t.Fatalf("readSignIns of no file = %v, %v, want none", known, err)
	}
	people := newCast()
	for _, p := range people {
		p.take(signIn{})
	}
	if err := writeSignIns(path, people); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file = %v, %v, want it for its owner alone", info.Mode(), err)
	}
	known, err := readSignIns(path)
	if err != nil {
		t.Fatal(err)
	}
	table := people.table(time.Now())
	for _, p := range people {
		again := &person{platform: p.platform}
		again.take(known[p.Email])
		if again.Password != p.Password || again.App != p.App {
			t.Errorf("%s has other secrets after a second start", p.Email)
		}
		if !strings.Contains(table, p.Password) || !strings.Contains(table, p.App) {
			t.Errorf("the terminal does not show how %s signs in:\n%s", p.Email, table)
		}
		if isStaff := p.platform != postgres.None; isStaff != (p.App != "") {
			t.Errorf("%s has an authenticator app: %v, want %v", p.Email, p.App != "", isStaff)
		}
	}
	if code, _, err := account.CodeOf(people["admin"].App, time.Now()); err != nil || len(code) != 6 {
		t.Errorf("code of the admin = %q, %v, want six digits", code, err)
	}
}

func TestDemoReadsPasswordsOfOlderDemos(t *testing.T) {
	path := signInsPath(t.TempDir())
	if err := os.WriteFile(path, []byte(`{"admin@assay.example": "an older password"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := readSignIns(path)
	if err != nil || known["admin@assay.example"].Password != "an older password" {
		t.Errorf("readSignIns = %v, %v, want the password of the older file", known, err)
	}
}

func TestDemoCallsThisMachineByName(t *testing.T) {
	for address, want := range map[string]string{
		"http://127.0.0.1:8080": "http://localhost:8080", "http://[::1]:9": "http://localhost:9",
		"http://192.0.2.7:8080": "http://192.0.2.7:8080", "https://assay.example": "https://assay.example",
	} {
		if got := namedAddress(address); got != want {
			t.Errorf("namedAddress(%s) = %s, want %s", address, got, want)
		}
	}
}
