package mail_test

import (
	"bytes"
	"errors"
	stdmail "net/mail"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/job"
	"assay/internal/mail"
	"assay/internal/mail/mailtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

var letter = mail.Letter{
	To: "ada@example.org", Subject: "Confirm your address",
	Paragraphs: []string{"Welcome, <b>Ada</b>."}, Action: "Confirm", URL: "https://assay.example/confirm?token=secret",
	Reason: "You get this because you registered.",
}

// enqueue writes a mail and returns the job that would send it.
func enqueue(t *testing.T, db *postgres.DB, m mail.Message) job.SendMail {
	t.Helper()
	err := db.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error { return mail.Enqueue(t.Context(), tx, m) })
	if err != nil {
		t.Fatalf("Enqueue: %v", err)
	}
	list, err := mail.List(t.Context(), db, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("List = %d mails, %v, want the one just written", len(list), err)
	}
	return job.SendMail{Outbox: list[0].ID}
}

func newSender(t *testing.T, db *postgres.DB, o mail.Options) *mail.Sender {
	t.Helper()
	o.From = "Assay <no-reply@assay.example>"
	s, err := mail.NewSender(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMailIsSentOnceAndItsTextErased(t *testing.T) {
	t.Parallel()
	db, server := postgrestest.New(t), mailtest.NewSink(t)
	args := enqueue(t, db, letter.Message())
	s := newSender(t, db, mail.Options{SMTPURL: server.URL})

	for range 3 { // the queue may deliver a job more than once
		if err := s.Send(t.Context(), args); err != nil {
			t.Fatalf("Send: %v", err)
		}
	}

	got := server.Mails()
	if len(got) != 1 {
		t.Fatalf("the mail server got %d mails, want 1", len(got))
	}
	if got[0].To != letter.To {
		t.Errorf("recipient = %q, want %q", got[0].To, letter.To)
	}
	m, err := stdmail.ReadMessage(bytes.NewReader(got[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	if subject := m.Header.Get("Subject"); subject != letter.Subject {
		t.Errorf("Subject = %q, want %q", subject, letter.Subject)
	}
	if kind := m.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") {
		t.Errorf("Content-Type = %q, want text and HTML", kind)
	}
	if list, err := mail.List(t.Context(), db, 10); err != nil || len(list) != 0 {
		t.Errorf("List after sending = %d mails, %v, want none", len(list), err)
	}
}

func TestMailIsNotSentIfItsActRollsBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	no := errors.New("no")
	err := db.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error {
		return errors.Join(mail.Enqueue(t.Context(), tx, letter.Message()), no)
	})
	if !errors.Is(err, no) {
		t.Fatalf("InTx = %v, want the act's own error", err)
	}
	if list, err := mail.List(t.Context(), db, 10); err != nil || len(list) != 0 {
		t.Errorf("List = %d mails, %v, want none", len(list), err)
	}
}

func TestRefusedMailIsTriedAgainAndGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	db, server := postgrestest.NewDatabase(t), mailtest.NewSink(t)
	server.Refuse(true)
	args := enqueue(t, db.DB, letter.Message())
	s := newSender(t, db.DB, mail.Options{SMTPURL: server.URL})

	err := s.Send(t.Context(), args)
	if err == nil {
		t.Fatal("Send to a server that refuses went through")
	}
	if strings.Contains(err.Error(), "ada") {
		t.Errorf("the queue would keep an address: %v", err)
	}
	if list, _ := mail.List(t.Context(), db.DB, 10); len(list) != 1 {
		t.Errorf("List = %d mails, want the one that waits", len(list))
	}

	super, err := pgx.Connect(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(t.Context())
	if _, err := super.Exec(t.Context(), `UPDATE mail_outbox SET created_at = created_at - interval '25 hours'`); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), args); err != nil {
		t.Errorf("Send of a mail a day old = %v, want it given up", err)
	}
	if list, _ := mail.List(t.Context(), db.DB, 10); len(list) != 0 {
		t.Errorf("List = %d mails, want none", len(list))
	}
}

func TestMailWhoseJobIsGoneIsSentAfterAll(t *testing.T) {
	t.Parallel()
	db, server := postgrestest.NewDatabase(t), mailtest.NewSink(t)
	args := enqueue(t, db.DB, letter.Message())
	s := newSender(t, db.DB, mail.Options{SMTPURL: server.URL})
	super, err := pgx.Connect(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(t.Context())
	exec := func(sql string) {
		t.Helper()
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	sweep := func(want int, when string) {
		t.Helper()
		for range 2 {
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		if err := super.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE state = 'available'`).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d jobs (%v), want %d", when, n, err, want)
		}
	}
	exec(`UPDATE mail_outbox SET created_at = created_at - interval '11 minutes'`)
	sweep(1, "its job still waits")
	exec(`UPDATE river_job SET state = 'discarded', finalized_at = now()`)
	sweep(1, "its job was given up")
	if err := s.Send(t.Context(), args); err != nil || len(server.Mails()) != 1 {
		t.Fatalf("Send: %v, %d mails, want 1", err, len(server.Mails()))
	}
	exec(`DELETE FROM river_job`)
	sweep(0, "it is sent")
	exec(`UPDATE mail_outbox SET created_at = created_at - interval '31 days'`)
	sweep(0, "it is long over")
	var left int
	if err := super.QueryRow(t.Context(), `SELECT count(*) FROM mail_outbox`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are kept after a month (%v), want none", left, err)
	}
}

func TestDemoKeepsMailForItsMailbox(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	args := enqueue(t, db, letter.Message())
	if err := newSender(t, db, mail.Options{Keep: true}).Send(t.Context(), args); err != nil {
		t.Fatal(err)
	}
	if list, _ := mail.List(t.Context(), db, 10); len(list) != 1 {
		t.Errorf("List = %d mails, want the one kept", len(list))
	}
}

func TestNobodyButTheWorkerReadsTheOutbox(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	enqueue(t, db, letter.Message())
	for _, a := range []postgres.Actor{{}, {Platform: postgres.Reviewer}, {Platform: postgres.Admin}} {
		err := db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			var n int
			if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM mail_outbox`).Scan(&n); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("actor %+v sees %d mails, want 0", a, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEnqueueRefusesBrokenHeaders(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	tests := []struct {
		name string
		m    mail.Message
	}{
		{"a line end in the address adds a header", mail.Message{To: "a@example.org\r\nBcc: b@example.org", Subject: "x"}},
		{"a line end in the subject adds a header", mail.Message{To: "a@example.org", Subject: "x\r\nBcc: b@example.org"}},
		{"a second address is not one", mail.Message{To: "a@example.org, b@example.org", Subject: "x"}},
		{"a display name is not an address", mail.Message{To: "B <b@example.org>", Subject: "x"}},
		{"a line end in the link adds a header", mail.Message{To: "a@example.org", Subject: "x", Unsubscribe: "https://a.example/\r\nBcc: b@example.org"}},
		{"a link that ends its brackets adds another", mail.Message{To: "a@example.org", Subject: "x", Unsubscribe: "https://a.example/>, <mailto:b@example.org"}},
		{"a link to no web page", mail.Message{To: "a@example.org", Subject: "x", Unsubscribe: "javascript:alert(1)"}},
		{"nothing is no address", mail.Message{Subject: "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := db.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error { return mail.Enqueue(t.Context(), tx, tt.m) })
			if got := errs.KindOf(err); got != errs.Invalid {
				t.Errorf("Enqueue: kind = %v, want Invalid (err: %v)", got, err)
			}
		})
	}
}

func TestLetterEscapesWhatPeopleTyped(t *testing.T) {
	m := letter.Message()
	if strings.Contains(m.HTML, "<b>Ada") {
		t.Error("markup from a name reaches the HTML")
	}
	for _, body := range []string{m.Text, m.HTML} {
		if !strings.Contains(body, letter.URL) || !strings.Contains(body, letter.Reason) {
			t.Errorf("a body lacks the link or the reason:\n%s", body)
		}
	}
}
