package notice_test

import (
	"bytes"
	"errors"
	stdmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/mail"
	"assay/internal/mail/mailtest"
	"assay/internal/notice"
	"assay/internal/postgres"
)

func TestAnEventIsToldOnceHoweverOftenItsJobRuns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, atOnce := range []int{2, 3, 5} {
		readers := []id.User{h.reader(t), h.reader(t), h.reader(t)}
		before := len(h.mails(t))
		args := h.send(t, approved(notice.To{Users: append(readers, readers[0])}))
		var wg sync.WaitGroup
		failed := make([]error, atOnce)
		for i := range atOnce {
			wg.Go(func() { failed[i] = h.Deliver(t.Context(), args) })
		}
		wg.Wait()
		if err := errors.Join(failed...); err != nil {
			t.Fatal(err)
		}
		if err := h.Deliver(t.Context(), args); err != nil { // and once more, when all is done
			t.Fatal(err)
		}
		for _, u := range readers {
			if n := len(h.inbox(t, u)); n != 1 {
				t.Errorf("%d deliveries at once: %d notices in an inbox, want 1", atOnce, n)
			}
		}
		if n := len(h.mails(t)) - before; n != len(readers) {
			t.Errorf("%d deliveries at once: %d mails, want %d", atOnce, n, len(readers))
		}
	}
}

func TestAnEventIsToldOnlyIfItsActCommits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	no := errors.New("no")
	err := h.db.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error {
		return errors.Join(notice.Send(t.Context(), tx, approved(notice.To{Users: []id.User{h.reader(t)}})), no)
	})
	if !errors.Is(err, no) {
		t.Fatalf("InTx = %v, want the act's own error", err)
	}
	var events, jobs int
	h.query(t, `SELECT (SELECT count(*) FROM notice_event), (SELECT count(*) FROM river_job WHERE kind = 'deliver_notice')`, &events, &jobs)
	if events != 0 || jobs != 0 {
		t.Errorf("%d events and %d jobs are left, want none", events, jobs)
	}
}

// Everybody whom an event may name, and whom each form of To reaches.
func TestAnEventReachesWhomItNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org, other := accounttest.Organization(t, h.db), accounttest.Organization(t, h.db)
	people := map[id.User]string{org.Owner.User: "owner", other.Owner.User: "stranger"}
	for _, role := range []account.Role{account.Admin, account.Editor, account.Viewer} {
		people[accounttest.Member(t, h.db, org.ID, role).User] = string(role)
	}
	gone, unconfirmed := accounttest.Member(t, h.db, org.ID, account.Admin).User, accounttest.Member(t, h.db, org.ID, account.Admin).User
	people[gone], people[unconfirmed] = "disabled", "unconfirmed"
	h.exec(t, `UPDATE app_user SET disabled_at = now() WHERE id = $1`, gone)
	h.exec(t, `UPDATE app_user SET email_confirmed_at = NULL WHERE id = $1`, unconfirmed)
	admin, reviewer := accounttest.Admin(t, h.db).User, accounttest.Reviewer(t, h.db).User
	people[admin], people[reviewer] = "platform admin", "platform reviewer"

	tests := []struct {
		name string
		to   notice.To
		want []string
	}{
		{"a user", notice.To{Users: []id.User{other.Owner.User}}, []string{"stranger"}},
		{"an organization is its owners and admins", notice.To{Organization: org.ID}, []string{"admin", "owner"}},
		{"the roles that are named", notice.To{Organization: org.ID, Roles: []string{"editor", "viewer"}}, []string{"editor", "viewer"}},
		{"who is named twice is told once", notice.To{Organization: org.ID, Users: []id.User{org.Owner.User}}, []string{"admin", "owner"}},
		{"reviewers", notice.To{Platform: postgres.Reviewer}, []string{"platform reviewer"}},
		{"admins", notice.To{Platform: postgres.Admin}, []string{"platform admin"}},
		{"nobody who is disabled or unconfirmed", notice.To{Users: []id.User{gone, unconfirmed}}, nil},
		{"everyone", notice.To{Everyone: true}, []string{"admin", "editor", "owner", "platform admin", "platform reviewer", "stranger", "viewer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := h.send(t, approved(tt.to))
			if err := h.Deliver(t.Context(), args); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, h.told(t, args.Notice, people)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("admins stand in for reviewers who are not there", func(t *testing.T) {
		h.exec(t, `UPDATE app_user SET disabled_at = now() WHERE id = $1`, reviewer)
		args := h.send(t, approved(notice.To{Platform: postgres.Reviewer}))
		if err := h.Deliver(t.Context(), args); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"platform admin"}, h.told(t, args.Notice, people)); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// told are the names of those in whose inbox an event lies, sorted.
func (h house) told(t *testing.T, event id.Notice, people map[id.User]string) []string {
	t.Helper()
	rows, err := h.superuser(t).Query(t.Context(), `SELECT user_id::text FROM inbox_notice WHERE event_id = $1`, event)
	if err != nil {
		t.Fatal(err)
	}
	users, err := pgx.CollectRows(rows, pgx.RowTo[id.User])
	if err != nil {
		t.Fatal(err)
	}
	return named(users, people)
}

func TestAnAddressWithoutAnAccountGetsMailAndIsErased(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := notice.Notice{Kind: notice.FlagAnswered, To: notice.To{Address: "reporter@example.org"}, Subject: "What you reported was answered", Lines: []string{"The listing was taken off the catalog."}}
	h.deliver(t, n)
	list := h.mails(t)
	if len(list) != 1 || list[0].To != "reporter@example.org" {
		t.Fatalf("mails: %+v, want one to the reporter", list)
	}
	if strings.Contains(list[0].Text, "/account/notices") {
		t.Error("somebody without an account is sent to a page behind the sign-in")
	}
	var left int
	h.query(t, `SELECT count(*) FROM notice_event WHERE address <> ''`, &left)
	if left != 0 {
		t.Errorf("%d events keep their address after delivery", left)
	}

	sub := subscriptionIn(t, h, list[0].Text)
	for range 2 { // stopping twice is stopping once
		if err := h.Stop(t.Context(), sub, false); err != nil {
			t.Fatal(err)
		}
	}
	h.deliver(t, n)
	if got := len(h.mails(t)); got != 1 {
		t.Errorf("%d mails after the address asked for no more, want 1", got)
	}
	if err := h.Resume(t.Context(), sub, false); err != nil {
		t.Fatal(err)
	}
	h.deliver(t, n)
	if got := len(h.mails(t)); got != 2 {
		t.Errorf("%d mails after it asked for them again, want 2", got)
	}

	broken := n
	broken.To.Address = "no address"
	h.deliver(t, broken) // a job that never ends would help nobody
	if got := len(h.mails(t)); got != 2 {
		t.Errorf("%d mails after one to no address, want 2", got)
	}
}

func TestAnEventThatLostItsJobIsDeliveredAfterAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := h.reader(t)
	args := h.send(t, approved(notice.To{Users: []id.User{reader}}))
	jobs := func(want int, when string) {
		t.Helper()
		var n int
		h.query(t, `SELECT count(*) FROM river_job WHERE kind = 'deliver_notice' AND state = 'available'`, &n)
		if n != want {
			t.Errorf("%s: %d jobs, want %d", when, n, want)
		}
	}
	sweep := func() {
		t.Helper()
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.exec(t, `UPDATE notice_event SET created_at = created_at - interval '6 minutes'`)
	sweep()
	jobs(1, "its job still waits")
	h.exec(t, `UPDATE river_job SET state = 'discarded', finalized_at = now() WHERE kind = 'deliver_notice'`)
	sweep()
	sweep()
	jobs(1, "its job was given up")
	if err := h.Deliver(t.Context(), args); err != nil {
		t.Fatal(err)
	}
	h.exec(t, `DELETE FROM river_job`)
	sweep()
	jobs(0, "it is delivered")
}

func TestOldNoticesAreDropped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := h.reader(t)
	h.deliver(t, approved(notice.To{Users: []id.User{reader}}))
	h.exec(t, `UPDATE inbox_notice SET created_at = now() - interval '181 days'`)
	h.exec(t, `UPDATE notice_event SET delivered_at = now() - interval '31 days'`)
	h.deliver(t, approved(notice.To{Users: []id.User{reader}}))
	if err := h.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var inbox, events int
	h.query(t, `SELECT (SELECT count(*) FROM inbox_notice), (SELECT count(*) FROM notice_event)`, &inbox, &events)
	if inbox != 1 || events != 1 {
		t.Errorf("%d notices and %d events are left, want the new one of each", inbox, events)
	}
}

func TestAnEventThatIsGivenUpKeepsNoAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := notice.Notice{Kind: notice.FlagReceived, To: notice.To{Address: "Reporter@example.org"}, Subject: "Your report has arrived",
		Lines: []string{"A reviewer will look at it."}, Action: "Follow your report", Path: "/reports/a-secret"}
	h.send(t, n)
	left := func(age string) (events, addresses int) {
		t.Helper()
		h.exec(t, `UPDATE notice_event SET created_at = now() - $1::interval`, age)
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.query(t, `SELECT count(*), count(*) FILTER (WHERE address <> '' OR path <> '') FROM notice_event`, &events, &addresses)
		return events, addresses
	}
	tests := []struct {
		age               string
		events, addresses int
	}{{"6 days", 1, 1}, {"8 days", 1, 0}, {"31 days", 0, 0}}
	for _, tt := range tests {
		if events, addresses := left(tt.age); events != tt.events || addresses != tt.addresses {
			t.Errorf("undelivered for %s: %d events, %d with address or path; want %d and %d", tt.age, events, addresses, tt.events, tt.addresses)
		}
	}
}

func TestNobodyButTheWorkerReadsEventsAndNobodyAnothersInbox(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader, stranger := h.reader(t), h.reader(t)
	h.deliver(t, approved(notice.To{Users: []id.User{reader}}))
	if err := h.SavePreferences(t.Context(), postgres.Actor{User: reader}, notice.Defaults()); err != nil {
		t.Fatal(err)
	}
	for _, a := range []postgres.Actor{{}, {User: stranger}, {User: stranger, Platform: postgres.Reviewer}, {User: stranger, Platform: postgres.Admin}} {
		for _, table := range []string{"notice_event", "inbox_notice", "notice_choice", "notice_setting", "notice_refusal"} {
			err := h.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
				var n int
				if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
					return err
				}
				if n != 0 {
					t.Errorf("actor %+v sees %d rows of %s, want 0", a, n, table)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	item := h.inbox(t, reader)[0].ID
	if _, err := h.Mark(t.Context(), notice.Reader{Actor: postgres.Actor{User: stranger}}, item, true); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Mark by a stranger: kind = %v, want NotFound (err: %v)", errs.KindOf(err), err)
	}
}

// The whole way, through a mail server that is down at first.
func TestAnEventReachesAMailServerThatComesBack(t *testing.T) {
	t.Parallel()
	h, server := newHouse(t), mailtest.NewSink(t)
	reader := h.reader(t)
	h.deliver(t, approved(notice.To{Users: []id.User{reader}}))
	h.deliver(t, notice.Notice{Kind: notice.PasswordChanged, To: notice.To{Users: []id.User{reader}}, Subject: "Your password was changed",
		Lines: []string{"If it was not you, set a new one."}, Action: "Set a new password", Path: "/reset"})
	sender, err := mail.NewSender(h.db, mail.Options{SMTPURL: server.URL, From: "Assay <no-reply@assay.example>"})
	if err != nil {
		t.Fatal(err)
	}
	waiting := h.mails(t)
	if len(waiting) != 2 {
		t.Fatalf("%d mails wait, want 2", len(waiting))
	}
	send := func() (failed error) {
		for _, m := range waiting {
			failed = errors.Join(failed, sender.Send(t.Context(), job.SendMail{Outbox: m.ID}))
		}
		return failed
	}
	server.Refuse(true)
	if send() == nil {
		t.Fatal("mails went through a server that refuses")
	}
	if n := len(h.mails(t)); n != 2 {
		t.Fatalf("%d mails wait after the server refused, want 2", n)
	}
	server.Refuse(false)
	for range 2 { // the queue may run a job twice
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	got := server.Mails()
	if len(got) != 2 {
		t.Fatalf("the mail server got %d mails, want 2", len(got))
	}
	for _, one := range got {
		m, err := stdmail.ReadMessage(bytes.NewReader(one.Data))
		if err != nil {
			t.Fatal(err)
		}
		link, post := m.Header.Get("List-Unsubscribe"), m.Header.Get("List-Unsubscribe-Post")
		if strings.HasPrefix(m.Header.Get("Subject"), "Approved") {
			if !strings.HasPrefix(link, "<"+site+"/unsubscribe/") || !strings.HasSuffix(link, ">") || post != "List-Unsubscribe=One-Click" {
				t.Errorf("a mail that may be stopped has List-Unsubscribe %q and List-Unsubscribe-Post %q", link, post)
			}
			continue
		}
		if link != "" || post != "" {
			t.Errorf("a mail that must arrive offers to stop it: %q, %q", link, post)
		}
	}
	var kept int
	h.query(t, `SELECT count(*) FROM mail_outbox WHERE body_text IS NOT NULL OR unsubscribe IS NOT NULL`, &kept)
	if kept != 0 {
		t.Errorf("%d sent mails keep their text or their link", kept)
	}
}
