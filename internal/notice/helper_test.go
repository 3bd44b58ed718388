package notice_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/mail"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

const site = "https://assay.test"

// house is a database with the service under test.
type house struct {
	*notice.Service
	db    *postgres.DB
	super string
}

func newHouse(t *testing.T) house {
	t.Helper()
	d := postgrestest.NewDatabase(t)
	return house{notice.New(d.DB, notice.Options{PublicURL: site, SecretKey: []byte("a key of thirty-two bytes or more")}), d.DB, d.SuperURL}
}

// approved is an event of a seller that leads to a page.
func approved(to notice.To) notice.Notice {
	return notice.Notice{Kind: notice.VersionApproved, To: to, Subject: "Approved: version 2 of Chest CT",
		Lines: []string{"A reviewer approved exactly these files."}, Action: "Publish it", Path: "/seller/versions/1"}
}

// send writes an event and returns the job that delivers it.
func (h house) send(t *testing.T, n notice.Notice) job.DeliverNotice {
	t.Helper()
	err := h.db.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error { return notice.Send(t.Context(), tx, n) })
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	var key string
	h.query(t, `SELECT id::text FROM notice_event ORDER BY created_at DESC, id DESC LIMIT 1`, &key)
	return job.DeliverNotice{Notice: id.Notice(key)}
}

// deliver sends an event and delivers it.
func (h house) deliver(t *testing.T, n notice.Notice) {
	t.Helper()
	if err := h.Deliver(t.Context(), h.send(t, n)); err != nil {
		t.Fatalf("Deliver: %v", err)
	}
}

// query reads one row, past row-level security.
func (h house) query(t *testing.T, sql string, into ...any) {
	t.Helper()
	c := h.superuser(t)
	if err := c.QueryRow(t.Context(), sql).Scan(into...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// exec changes rows, past row-level security.
func (h house) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	c := h.superuser(t)
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (h house) superuser(t *testing.T) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), h.super)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(t.Context()) })
	return c
}

// mails are those in the outbox, newest first.
func (h house) mails(t *testing.T) []mail.Waiting {
	t.Helper()
	list, err := mail.List(t.Context(), h.db, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// inbox is the first page of a user's inbox.
func (h house) inbox(t *testing.T, user id.User) []notice.Item {
	t.Helper()
	list, _, err := h.Inbox(t.Context(), notice.Reader{Actor: postgres.Actor{User: user}}, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// reader makes a user with a confirmed address.
func (h house) reader(t *testing.T) id.User { return accounttest.User(t, h.db) }

func actor(user id.User) postgres.Actor { return postgres.Actor{User: user} }
