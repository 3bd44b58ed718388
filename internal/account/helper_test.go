package account_test

import (
	"net/url"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/mail"
	"assay/internal/postgres"
)

const goodPassword = "four lanterns over the river"

func newService(db *postgres.DB) *account.Service {
	return account.New(db, account.Options{PublicURL: "https://assay.test", SecretKey: []byte("0123456789abcdef0123456789abcdef")})
}

// registered makes a user with a confirmed address and goodPassword.
func registered(t *testing.T, db *postgres.DB, s *account.Service, email string) id.User {
	t.Helper()
	if err := s.Register(t.Context(), account.Registration{Name: "Ada Lovelace", Email: email, Password: goodPassword}); err != nil {
		t.Fatalf("Register: %v", err)
	}
	in, err := s.Confirm(t.Context(), tokenIn(t, lastMail(t, db, email)), goodPassword)
	if err != nil {
		t.Fatalf("Confirm: %v", err)
	}
	return in.User
}

func mails(t *testing.T, db *postgres.DB, to string) []mail.Waiting {
	t.Helper()
	list, err := mail.List(t.Context(), db, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var own []mail.Waiting
	for _, m := range list {
		if m.To == to {
			own = append(own, m)
		}
	}
	return own
}

func lastMail(t *testing.T, db *postgres.DB, to string) mail.Waiting {
	t.Helper()
	list := mails(t, db, to)
	if len(list) == 0 {
		t.Fatalf("no mail to %s", to)
	}
	return list[0]
}

var linkPattern = regexp.MustCompile(`https://assay\.test/\S+`)

func tokenIn(t *testing.T, m mail.Waiting) string {
	t.Helper()
	u, err := url.Parse(linkPattern.FindString(m.Text))
	if err != nil || u.Query().Get("token") == "" {
		t.Fatalf("mail %q has no link with a token", m.Subject)
	}
	return u.Query().Get("token")
}

// asSuper changes what no role of ours may: times that lie in the past.
func asSuper(t *testing.T, address, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil {
		t.Errorf("%s went through, want %v", what, want)
	} else if got := errs.KindOf(err); got != want {
		t.Errorf("%s: kind = %v, want %v (err: %v)", what, got, want, err)
	}
}

// queryAsSuper reads one value as a role that sees every row.
func queryAsSuper(t *testing.T, address, sql string, into any, args ...any) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	return conn.QueryRow(t.Context(), sql, args...).Scan(into)
}
