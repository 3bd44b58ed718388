package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/wneessen/go-mail"

	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// sendTimeout bounds one conversation with the mail server; giveUpAfter is the
// age at which a mail that cannot be delivered is erased.
const (
	sendTimeout = 30 * time.Second
	giveUpAfter = 24 * time.Hour
)

// Sender sends what waits in the outbox.
type Sender struct {
	db   *postgres.DB
	from string
	dial func() (*mail.Client, error) // nil without a mail server
	keep bool
}

// Options say where mail goes.
type Options struct {
	SMTPURL string // smtp://user:password@host:port or smtps://…; empty: none
	From    string // "Assay <no-reply@assay.example>"
	// Keep leaves mail in the outbox when there is no mail server: the demo,
	// whose mailbox page shows it.
	Keep bool
}

// NewSender returns a sender; a malformed address is an error that does not
// quote it.
func NewSender(db *postgres.DB, o Options) (*Sender, error) {
	s := &Sender{db: db, from: o.From, keep: o.Keep}
	if o.SMTPURL == "" {
		return s, nil
	}
	u, err := url.Parse(o.SMTPURL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("mail: the mail server's address is neither smtp:// nor smtps://")
	}
	options, err := clientOptions(u)
	if err != nil {
		return nil, err
	}
	s.dial = func() (*mail.Client, error) { return mail.NewClient(u.Hostname(), options...) }
	return s, nil
}

func clientOptions(u *url.URL) ([]mail.Option, error) {
	options := []mail.Option{mail.WithTimeout(sendTimeout)}
	if u.Scheme == "smtps" {
		options = append(options, mail.WithSSL())
	}
	password, named := u.User.Password()
	switch {
	case u.Scheme == "smtps":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case named && !isLoopback(u.Hostname()):
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory)) // a password never in clear
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if named {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	if p := u.Port(); p != "" {
		port, err := strconv.Atoi(p)
		if err != nil {
			return nil, errors.New("mail: the mail server's port is not a number")
		}
		options = append(options, mail.WithPort(port))
	}
	return options, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

const lockMessage = `
SELECT recipient, subject, body_text, body_html, coalesce(unsubscribe, ''), created_at < now() - @give_up::interval AS stale
FROM   mail_outbox
WHERE  id = @id
AND    sent_at IS NULL
AND    failed_at IS NULL
FOR    UPDATE SKIP LOCKED`

const markSent = `
UPDATE mail_outbox
SET    sent_at = now(), body_text = NULL, body_html = NULL, unsubscribe = NULL
WHERE  id = @id`

const markFailed = `
UPDATE mail_outbox
SET    failed_at = now(), body_text = NULL, body_html = NULL, unsubscribe = NULL
WHERE  id = @id`

// Send carries out one job: it sends the mail unless it is sent already, or
// being sent by another process, and erases its text. An error asks the queue
// to try again; it never quotes an address.
func (s *Sender) Send(ctx context.Context, args job.SendMail) error {
	if _, ok := id.Parse[string](args.Outbox); !ok {
		return nil
	}
	if s.dial == nil && s.keep {
		return nil
	}
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		var m Message
		var stale bool
		err := tx.QueryRow(ctx, lockMessage, pgx.NamedArgs{"id": args.Outbox, "give_up": giveUpAfter}).
			Scan(&m.To, &m.Subject, &m.Text, &m.HTML, &m.Unsubscribe, &stale)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("mail: outbox: %w", err)
		}
		mark := markSent
		if err := s.send(ctx, args.Outbox, m); err != nil {
			if !stale {
				return err
			}
			mark = markFailed
		}
		_, err = tx.Exec(ctx, mark, pgx.NamedArgs{"id": args.Outbox})
		return err
	})
}

func (s *Sender) send(ctx context.Context, key string, m Message) error {
	if s.dial == nil {
		return errors.New("mail: no mail server is configured")
	}
	msg := mail.NewMsg()
	if msg.From(s.from) != nil {
		return errors.New("mail: the sender's address is not valid")
	}
	if msg.To(m.To) != nil {
		return errors.New("mail: the recipient's address is not valid")
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(key + "@assay")
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Unsubscribe != "" {
		msg.SetGenHeader(mail.HeaderListUnsubscribe, "<"+m.Unsubscribe+">")
		if strings.HasPrefix(m.Unsubscribe, "https://") { // RFC 8058 section 3.1 asks for https
			msg.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
		}
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	client, err := s.dial()
	if err != nil {
		return errors.New("mail: the mail server's settings are not valid")
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		var refused *mail.SendError
		if errors.As(err, &refused) {
			return fmt.Errorf("mail: the mail server answered %d", refused.ErrorCode())
		}
		return errors.New("mail: the mail server could not be reached")
	}
	return nil
}
