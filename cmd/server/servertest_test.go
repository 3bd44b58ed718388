package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/config"
	"assay/internal/fence"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// TestMain lets the test binary be the fence's child, as the server is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "audit-child" {
		if err := fence.ChildMain(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// running is the whole server over a database of its own: pages, workers,
// fence, sweep, as `server serve` has them.
type running struct {
	*house
	url      string
	database postgrestest.Database
	log      *syncBuffer // every log line, as JSON
}

// syncBuffer is a buffer that many goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// startServer runs a server until the test ends.
func startServer(t *testing.T) *running {
	t.Helper()
	r := &running{database: postgrestest.NewDatabase(t), log: &syncBuffer{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.url = "http://" + l.Addr().String()
	c, err := config.Load([]string{
		"ASSAY_VAR=" + t.TempDir(), "ASSAY_ADDR=" + l.Addr().String(), "DATABASE_URL=" + r.database.AppURL,
		"ASSAY_API_TOKEN_RATE=1000000", "ASSAY_API_ADDRESS_RATE=1000000",
		"ASSAY_SECRET_KEY=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
		"ASSAY_SIGNING_KEY=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32)),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Demo = true // keeps mails on the mailbox page instead of an SMTP server
	if r.house, err = build(t.Context(), c, slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.house.close)
	runner, err := job.NewRunner(r.db.Pool(), r.house.workers(), job.Options{Audits: 2, Others: 2, Log: r.house.log})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopRunner(runner, r.house.log) })
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: r.house.web}}
	server.Start()
	t.Cleanup(server.Close)
	return r
}

// password is everybody's in these tests.
const password = "correct-horse-of-a-test"

// join makes a person with a password, and an organization of that name unless
// it is empty.
func (r *running) join(t *testing.T, email, organization string, platform postgres.Platform) postgres.Actor {
	t.Helper()
	user, err := r.accounts.Provision(t.Context(), account.Provisioned{Name: "Test " + email, Email: email, Password: password, Platform: platform})
	if err != nil {
		t.Fatal(err)
	}
	a := postgres.Actor{User: user, Platform: platform}
	// The mail of the day comes half a day from now, not between two readings of the tables.
	const noon = `INSERT INTO notice_setting (user_id, digest_hour) VALUES ($1, mod(extract(hour FROM now() AT TIME ZONE 'UTC')::int + 12, 24))`
	if _, err := r.super(t).Exec(t.Context(), noon, user); err != nil {
		t.Fatal(err)
	}
	if organization != "" {
		if a.Organization, err = r.accounts.CreateOrganization(t.Context(), user, account.NewOrganization{Name: organization}); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// verified gives organizations the level verified, beside any request of
// theirs.
func (r *running) verified(t *testing.T, reviewer postgres.Actor, organizations ...id.Organization) {
	t.Helper()
	const grant = `
	INSERT INTO verification (id, organization_id, level, reason, expires_at, decided_by)
	VALUES (@id, @organization, 'verified', 'Made for a test.', now() + interval '1 year', @user)`
	err := r.db.InTx(t.Context(), reviewer, func(tx pgx.Tx) error {
		for _, o := range organizations {
			_, err := tx.Exec(t.Context(), grant, pgx.NamedArgs{"id": id.New[id.Verification](), "organization": o, "user": reviewer.User})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
