// Package mailtest is a mail server for tests: it runs in the test's own
// process, speaks SMTP, and keeps what it gets.
package mailtest

import (
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Sink is a mail server that keeps what it gets.
type Sink struct {
	URL string // smtp://127.0.0.1:…

	mu     sync.Mutex
	mails  []Mail
	refuse bool
}

// Mail is one that arrived: for whom, and its bytes.
type Mail struct {
	To   string
	Data []byte
}

// NewSink starts a mail server that ends with the test.
func NewSink(t testing.TB) *Sink {
	t.Helper()
	s := &Sink{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	s.URL = "smtp://" + listener.Addr().String()
	return s
}

// Mails returns what has arrived, oldest first.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Refuse makes the server answer every recipient "try later", or takes it back.
func (s *Sink) Refuse(refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

// session is one conversation.
type session struct {
	sink *Sink
	to   string
}

// Mail takes any sender.
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

// Reset forgets the recipient.
func (s *session) Reset() { s.to = "" }

// Logout ends the conversation.
func (s *session) Logout() error { return nil }

// Rcpt takes a recipient, or answers "try later" with the address in it.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	if s.sink.refuse {
		return &smtp.SMTPError{Code: 451, Message: "try later, " + to}
	}
	s.to = to
	return nil
}

// Data keeps the mail.
func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.mails = append(s.sink.mails, Mail{s.to, data})
	return err
}
