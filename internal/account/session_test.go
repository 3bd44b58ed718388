package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// openSession commits a session of user under token and returns its id.
func openSession(t *testing.T, store *account.SessionStore, user id.User, token string) string {
	t.Helper()
	session := id.New[string]()
	commit(t, store, user, session, token)
	return session
}

func commit(t *testing.T, store *account.SessionStore, user id.User, session, token string) {
	t.Helper()
	commitWith(t, store, token, map[string]any{
		account.SessionKeyUser: string(user), account.SessionKeyID: session, account.SessionKeyAgent: "a browser",
	})
}

func commitWith(t *testing.T, store *account.SessionStore, token string, values map[string]any) {
	t.Helper()
	data, err := scs.GobCodec{}.Encode(time.Now().Add(time.Hour), values)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CommitCtx(t.Context(), token, data, time.Now().Add(30*24*time.Hour)); err != nil {
		t.Fatalf("CommitCtx: %v", err)
	}
}

// dump returns all rows of tables as text, as the superuser sees them.
func dump(t *testing.T, address string, tables ...string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var b strings.Builder
	for _, table := range tables {
		rows, err := conn.Query(t.Context(), "SELECT t::text FROM "+pgx.Identifier{table}.Sanitize()+" t")
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			fmt.Fprintln(&b, text)
		}
	}
	return b.String()
}

func TestSessionsEndByIdleAndByAge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, change string
		alive        bool
	}{
		{"in use", `UPDATE session SET seen_at = now() - interval '11 hours'`, true},
		{"unused for twelve hours", `UPDATE session SET seen_at = now() - interval '12 hours 1 second'`, false},
		{"past its end", `UPDATE session SET expires_at = now() - interval '1 second'`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.NewDatabase(t)
			store := account.NewSessionStore(db.DB)
			openSession(t, store, accounttest.User(t, db.DB), "token")
			asSuper(t, db.SuperURL, tt.change)
			_, found, err := store.FindCtx(t.Context(), "token")
			if err != nil || found != tt.alive {
				t.Errorf("found = %v, %v, want %v", found, err, tt.alive)
			}
		})
	}
}

func TestSessionLastsAtMostSevenDays(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	openSession(t, account.NewSessionStore(db.DB), accounttest.User(t, db.DB), "token") // asks for 30 days
	if dump(t, db.SuperURL, "session") == "" {
		t.Fatal("no session")
	}
	asSuper(t, db.SuperURL, `DO $$ BEGIN
		IF EXISTS (SELECT FROM session WHERE expires_at > now() + interval '7 days') THEN RAISE 'too long'; END IF;
	END $$`)
}

func TestRenewedSessionKeepsItsBeginningAndItsEnd(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, store := newService(db.DB), account.NewSessionStore(db.DB)
	user := accounttest.User(t, db.DB)
	session := openSession(t, store, user, "token")
	asSuper(t, db.SuperURL, `UPDATE session SET created_at = now() - interval '6 days', expires_at = now() + interval '1 day'`)
	before, err := s.Sessions(t.Context(), postgres.Actor{User: user})
	if err != nil || len(before) != 1 {
		t.Fatalf("Sessions = %+v, %v", before, err)
	}

	renew(t, store, user, session, "token", "renewed")

	after, err := s.Sessions(t.Context(), postgres.Actor{User: user})
	if err != nil || len(after) != 1 || after[0].ID != session || !after[0].CreatedAt.Equal(before[0].CreatedAt) {
		t.Errorf("Sessions = %+v, %v, want the one that began at %v", after, err, before[0].CreatedAt)
	}
	for token, want := range map[string]bool{"token": false, "renewed": true} {
		if _, found, err := store.FindCtx(t.Context(), token); err != nil || found != want {
			t.Errorf("session %s: found %v, %v, want %v", token, found, err, want)
		}
	}
	asSuper(t, db.SuperURL, `DO $$ BEGIN
		IF EXISTS (SELECT FROM session WHERE expires_at > now() + interval '1 day') THEN RAISE 'a renewed session got more time'; END IF;
	END $$`)
}

// renew does what scs does to give a session another token.
func renew(t *testing.T, store *account.SessionStore, user id.User, session, old, next string) {
	t.Helper()
	if err := store.DeleteCtx(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	commit(t, store, user, session, next)
}

func TestRequestUnderWayWritesNoTokenThatWasRenewed(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	store := account.NewSessionStore(db)
	user := accounttest.User(t, db)
	session := openSession(t, store, user, "token")
	renew(t, store, user, session, "token", "renewed")

	commit(t, store, user, session, "token")               // it only changed something
	renew(t, store, user, session, "token", "renewed too") // it renewed the token itself

	for token, want := range map[string]bool{"token": false, "renewed too": false, "renewed": true} {
		if _, found, err := store.FindCtx(t.Context(), token); err != nil || found != want {
			t.Errorf("session %s: found %v, %v, want %v", token, found, err, want)
		}
	}
}

func TestSessionEndedWhileItsTokenIsRenewedStaysEnded(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, store := newService(db), account.NewSessionStore(db)
	user := accounttest.User(t, db)
	session := openSession(t, store, user, "token")
	if err := store.DeleteCtx(t.Context(), "token"); err != nil { // a request renews the token
		t.Fatal(err)
	}
	if err := s.EndSession(t.Context(), postgres.Actor{User: user}, session); err != nil {
		t.Fatal(err)
	}

	commit(t, store, user, session, "renewed")

	if _, found, err := store.FindCtx(t.Context(), "renewed"); err != nil || found {
		t.Errorf("found %v, %v, want ended", found, err)
	}
}

func TestEndedSessionCannotBeBroughtBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, store := newService(db), account.NewSessionStore(db)
	user := accounttest.User(t, db)
	a := postgres.Actor{User: user}
	session := openSession(t, store, user, "token")
	if err := s.EndSession(t.Context(), a, session); err != nil {
		t.Fatal(err)
	}

	commit(t, store, user, session, "token")   // a request that was still running
	commit(t, store, user, session, "renewed") // and one that renewed its token

	for _, token := range []string{"token", "renewed"} {
		if _, found, err := store.FindCtx(t.Context(), token); err != nil || found {
			t.Errorf("session %s: found %v, %v, want ended", token, found, err)
		}
	}
}

// A sign-in reads the password, and the session is written some time later: a
// new password in between ends what has not begun yet.
func TestSignInThatMetANewPasswordBeginsNoSession(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, store := newService(db), account.NewSessionStore(db)
	user := registered(t, db, s, "ada@example.org")
	a := postgres.Actor{User: user}
	sign := func() map[string]any {
		in, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: goodPassword})
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{account.SessionKeyUser: string(user), account.SessionKeyID: id.New[string](),
			account.SessionKeySince: in.Since.Format(time.RFC3339Nano)}
	}
	own, late := sign(), sign()
	commitWith(t, store, "own", own)
	const next = "five lanterns over the river"
	if err := s.ChangePassword(t.Context(), a, goodPassword, account.NewPassword{Password: next, KeepSession: own[account.SessionKeyID].(string)}); err != nil {
		t.Fatal(err)
	}

	commitWith(t, store, "late", late)
	own["flash"] = "Your password is changed."
	commitWith(t, store, "own", own)

	if _, found, err := store.FindCtx(t.Context(), "late"); err != nil || found {
		t.Errorf("the session of the old password: found %v, %v, want none", found, err)
	}
	data, found, err := store.FindCtx(t.Context(), "own")
	if err != nil || !found || !strings.Contains(string(data), "is changed") {
		t.Errorf("the session that changed the password: found %v, with what it wrote: %v, %v", found, strings.Contains(string(data), "is changed"), err)
	}
}

func TestUserSeesAndEndsOwnSessionsOnly(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, store := newService(db), account.NewSessionStore(db)
	ada, eve := accounttest.User(t, db), accounttest.User(t, db)
	first := openSession(t, store, ada, "first")
	second := openSession(t, store, ada, "second")
	openSession(t, store, eve, "eve")

	wantKind(t, "EndSession of another", s.EndSession(t.Context(), postgres.Actor{User: eve}, first), errs.NotFound)
	wantKind(t, "EndSession of no id", s.EndSession(t.Context(), postgres.Actor{User: eve}, "' OR true"), errs.NotFound)
	if err := s.EndOtherSessions(t.Context(), postgres.Actor{User: ada}, second); err != nil {
		t.Fatal(err)
	}
	list, err := s.Sessions(t.Context(), postgres.Actor{User: ada})
	if err != nil || len(list) != 1 || list[0].ID != second {
		t.Errorf("Sessions = %+v, %v, want the second alone", list, err)
	}
	if _, found, _ := store.FindCtx(t.Context(), "eve"); !found {
		t.Error("another user's session ended too")
	}
}

func TestSweepDeletesWhatIsOver(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s, store := newService(db.DB), account.NewSessionStore(db.DB)
	openSession(t, store, accounttest.User(t, db.DB), "old")
	asSuper(t, db.SuperURL, `UPDATE session SET seen_at = now() - interval '13 hours'`)
	asSuper(t, db.SuperURL, `INSERT INTO throttle (key, tries) VALUES ('old', ARRAY[now() - interval '2 days']), ('new', ARRAY[now()])`)
	openSession(t, store, accounttest.User(t, db.DB), "new")
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := dump(t, db.SuperURL, "session", "throttle")
	if strings.Contains(got, "old") || strings.Count(got, "new") != 2 {
		t.Errorf("after Sweep:\n%s", got)
	}
}

// A sign-in asks for no second step, and the session is written some time later:
// a factor that was added in between asks for one.
func TestSignInThatMetASecondFactorBeginsNoSession(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, store := newService(db), account.NewSessionStore(db)
	user := registered(t, db, s, "ada@example.org")
	in, err := s.SignIn(t.Context(), account.SignInAttempt{Email: "ada@example.org", Password: goodPassword})
	if err != nil || in.NeedsSecondStep {
		t.Fatalf("SignIn = %+v, %v", in, err)
	}
	offer, err := s.OfferApp(t.Context(), postgres.Actor{User: user})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ConfirmApp(t.Context(), postgres.Actor{User: user}, offer.Sealed, codeAt(t, offer.Secret, time.Now()), ""); err != nil {
		t.Fatal(err)
	}
	since := in.Since.Format(time.RFC3339Nano)
	for _, tt := range []struct {
		name  string
		means map[string]any
		want  bool
	}{
		{"by the password alone", map[string]any{account.SessionKeyUser: string(user)}, false},
		{"that waits for the second step", map[string]any{account.SessionKeyPending: string(user)}, true},
		{"with the factor", map[string]any{account.SessionKeyUser: string(user), account.SessionKeyFactor: string(account.ByApp)}, true},
	} {
		tt.means[account.SessionKeyID], tt.means[account.SessionKeySince] = id.New[string](), since
		commitWith(t, store, tt.name, tt.means)
		if _, found, err := store.FindCtx(t.Context(), tt.name); err != nil || found != tt.want {
			t.Errorf("a session %s: begins %v, %v; want %v", tt.name, found, err, tt.want)
		}
	}
}

// The link that confirms an address takes the password: what ends sessions of a
// password ends one that the link began.
func TestConfirmingSaysByWhichPassword(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(db)
	if err := s.Register(t.Context(), account.Registration{Name: "Ada", Email: "ada@example.org", Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	in, err := s.Confirm(t.Context(), tokenIn(t, lastMail(t, db, "ada@example.org")), goodPassword)
	if err != nil || in.Since.IsZero() {
		t.Errorf("Confirm = %+v, %v; want since when the password holds", in, err)
	}
}
