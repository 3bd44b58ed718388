package mail

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Message is one mail to one person, as text and as HTML.
type Message struct {
	To, Subject, Text, HTML string
	// Unsubscribe is the address at which a POST stops such mails, for the
	// headers of RFC 2369 and RFC 8058; empty if they cannot be stopped.
	Unsubscribe string
}

const insertMessage = `
INSERT INTO mail_outbox (id, recipient, subject, body_text, body_html, unsubscribe)
VALUES (@id, @recipient, @subject, @text, @html, nullif(@unsubscribe, ''))`

// Enqueue writes m into the outbox and asks a job to send it, in the
// transaction of the act: it goes out only if that commits. An address or a
// subject that would break a header line is errs.Invalid.
func Enqueue(ctx context.Context, tx pgx.Tx, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	key := id.New[string]()
	_, err := tx.Exec(ctx, insertMessage, pgx.NamedArgs{
		"id": key, "recipient": m.To, "subject": m.Subject, "text": m.Text, "html": m.HTML, "unsubscribe": m.Unsubscribe,
	})
	if err != nil {
		return fmt.Errorf("mail: outbox: %w", err)
	}
	return job.Insert(ctx, tx, job.SendMail{Outbox: key})
}

func (m Message) check() error {
	a, err := mail.ParseAddress(m.To)
	if err != nil || a.Address != m.To {
		return errs.New(errs.Invalid, "This is not an e-mail address.")
	}
	if strings.ContainsFunc(m.Subject, unicode.IsControl) {
		return errs.New(errs.Invalid, "The subject of a mail is one line.")
	}
	if m.Unsubscribe != "" && !isHeaderLink(m.Unsubscribe) {
		return errs.New(errs.Invalid, "The link that stops such mails is no web address.")
	}
	return nil
}

// isHeaderLink reports whether s is an absolute web address that may stand in
// angle brackets in a header.
func isHeaderLink(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' })
}

// Waiting is a row of the outbox, as the demo's mailbox page shows it.
type Waiting struct {
	ID        string    `db:"id"`
	To        string    `db:"recipient"`
	Subject   string    `db:"subject"`
	Text      string    `db:"body_text"`
	CreatedAt time.Time `db:"created_at"`
}

const listWaiting = `
SELECT   id::text AS id, recipient, subject, body_text, created_at
FROM     mail_outbox
WHERE    body_text IS NOT NULL
ORDER BY created_at DESC, id DESC
LIMIT    @limit`

// worker is the only actor who may read the outbox.
var worker = postgres.Actor{Platform: postgres.Worker}

// List returns the newest mails whose text is still kept, newest first. It is
// for the demo's mailbox, where no mail server takes them.
func List(ctx context.Context, db *postgres.DB, limit int) ([]Waiting, error) {
	var list []Waiting
	err := db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		list, err = postgres.Many[Waiting](ctx, tx, listWaiting, pgx.NamedArgs{"limit": limit})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mail: list: %w", err)
	}
	return list, nil
}
