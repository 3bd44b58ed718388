package notice_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// named are the names of users, sorted.
func named(users []id.User, people map[id.User]string) []string {
	var names []string
	for _, u := range users {
		names = append(names, people[u])
	}
	slices.Sort(names)
	return names
}

var stopLink = regexp.MustCompile(site + `/unsubscribe/(\S+)`)

// subscriptionIn reads the link that stops mail in the text of a letter.
func subscriptionIn(t *testing.T, h house, text string) notice.Subscription {
	t.Helper()
	found := stopLink.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no link that stops such mail in:\n%s", text)
	}
	sub, err := h.Subscription(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func TestPeopleHearAsTheyWish(t *testing.T) {
	t.Parallel()
	prefer := func(kind notice.Kind, way notice.Way, change ...func(*notice.Preferences)) notice.Preferences {
		p := notice.Defaults()
		if kind != "" {
			p.Ways[kind] = way
		}
		for _, c := range change {
			c(&p)
		}
		return p
	}
	paused := func(p *notice.Preferences) { p.Paused = true }
	noDigest := func(p *notice.Preferences) { p.NoDigest = true }
	tests := []struct {
		name         string
		kind         notice.Kind
		wish         notice.Preferences
		mail, digest int
	}{
		{"a seller is mailed at once", notice.VersionApproved, prefer("", ""), 1, 0},
		{"what is frequent at the desk comes in the digest", notice.ReviewWaiting, prefer("", ""), 0, 1},
		{"unless a reviewer wants it at once", notice.ReviewWaiting, prefer(notice.ReviewWaiting, notice.AtOnce), 1, 0},
		{"a kind in the digest", notice.VersionApproved, prefer(notice.VersionApproved, notice.InDigest), 0, 1},
		{"a kind in the app alone", notice.VersionApproved, prefer(notice.VersionApproved, notice.OnlyInApp), 0, 0},
		{"another kind is not touched", notice.VersionRejected, prefer(notice.VersionApproved, notice.OnlyInApp), 1, 0},
		{"without a digest its kinds stay in the app", notice.ReviewWaiting, prefer("", "", noDigest), 0, 0},
		{"a pause stops what may be stopped", notice.VersionApproved, prefer("", "", paused), 0, 0},
		{"a pause stops no warning about the account", notice.PasswordChanged, prefer("", "", paused), 1, 0},
		{"nor identifiers in a live data set", notice.IdentifiersFlagged, prefer("", "", paused, noDigest), 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			reader := h.reader(t)
			if err := h.SavePreferences(t.Context(), postgres.Actor{User: reader}, tt.wish); err != nil {
				t.Fatal(err)
			}
			n := approved(notice.To{Users: []id.User{reader}})
			n.Kind = tt.kind
			h.deliver(t, n)
			var digest int
			h.query(t, `SELECT count(*) FROM inbox_notice WHERE digest_due`, &digest)
			if got := len(h.mails(t)); got != tt.mail || digest != tt.digest || len(h.inbox(t, reader)) != 1 {
				t.Errorf("%d mails, %d for the digest, %d in the inbox; want %d, %d, 1", got, digest, len(h.inbox(t, reader)), tt.mail, tt.digest)
			}
		})
	}
}

func TestPreferencesAreKeptAndReset(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := postgres.Actor{User: h.reader(t)}
	wish := notice.Defaults()
	wish.Ways[notice.AuditFinished], wish.DigestHour, wish.TimeZone, wish.NoDigest, wish.Paused = notice.InDigest, 18, "Asia/Kolkata", true, true
	if err := h.SavePreferences(t.Context(), a, wish); err != nil {
		t.Fatal(err)
	}
	got, err := h.Preferences(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wish, got); diff != "" {
		t.Errorf("Preferences (-want +got):\n%s", diff)
	}
	if err := h.ResetPreferences(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got, err = h.Preferences(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(notice.Defaults(), got); diff != "" {
		t.Errorf("Preferences after the reset (-want +got):\n%s", diff)
	}
}

func TestWhatMustBeToldCannotBeTurnedOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := postgres.Actor{User: h.reader(t)}
	for _, wish := range []notice.Preferences{
		{Ways: map[notice.Kind]notice.Way{notice.NewSignIn: notice.OnlyInApp}},
		{Ways: map[notice.Kind]notice.Way{notice.VersionApproved: "pigeon"}},
		{Ways: map[notice.Kind]notice.Way{"no_kind": notice.AtOnce}},
		{DigestHour: 24, TimeZone: "UTC"}, {DigestHour: -1, TimeZone: "UTC"}, {DigestHour: 7}, {DigestHour: 7, TimeZone: "Mars/Olympus_Mons"}, {DigestHour: 7, TimeZone: "UTC'; --"},
	} {
		if err := h.SavePreferences(t.Context(), a, wish); errs.KindOf(err) != errs.Invalid {
			t.Errorf("SavePreferences(%+v): kind = %v, want Invalid", wish, errs.KindOf(err))
		}
	}
}

func TestALinkInAMailStopsItAndTakesThatBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := h.reader(t)
	to := notice.To{Users: []id.User{reader}}
	h.deliver(t, approved(to))
	sub := subscriptionIn(t, h, h.mails(t)[0].Text)
	steps := []struct {
		name string
		do   func() error
		mail bool // whether the next event is mailed
	}{
		{"stop the kind", func() error { return h.Stop(t.Context(), sub, false) }, false},
		{"take it back", func() error { return h.Resume(t.Context(), sub, false) }, true},
		{"stop all", func() error { return h.Stop(t.Context(), sub, true) }, false},
		{"take that back", func() error { return h.Resume(t.Context(), sub, true) }, true},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		before := len(h.mails(t))
		h.deliver(t, approved(to))
		if got := len(h.mails(t))-before == 1; got != s.mail {
			t.Errorf("%s: mailed = %v, want %v", s.name, got, s.mail)
		}
	}
	if n := len(h.inbox(t, reader)); n != 1+len(steps) {
		t.Errorf("%d notices in the inbox, want all %d", n, 1+len(steps))
	}
}

// Any change to a token makes it one that says nothing.
func TestATokenThatWasChangedSaysNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.deliver(t, approved(notice.To{Users: []id.User{h.reader(t)}}))
	token := stopLink.FindStringSubmatch(h.mails(t)[0].Text)[1]
	if _, err := h.Subscription(token); err != nil {
		t.Fatal(err)
	}
	head, signature, _ := strings.Cut(token, ".")
	changed := []string{"", ".", head, head + ".", "." + signature, token + "A", "A" + token, strings.ToLower(token), token + "." + signature, "dX4xfm5ld19zaWduX2lu." + signature}
	for i := range token {
		for _, c := range "A-z" {
			if token[i] != byte(c) && i != len(token)-1 { // the last character has bits that mean nothing
				changed = append(changed, token[:i]+string(c)+token[i+1:])
			}
		}
	}
	other := notice.New(h.db, notice.Options{PublicURL: site, SecretKey: []byte("another key of thirty-two bytes!")})
	if _, err := other.Subscription(token); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a token of another key: kind = %v, want NotFound", errs.KindOf(err))
	}
	for _, c := range changed {
		if _, err := h.Subscription(c); errs.KindOf(err) != errs.NotFound {
			t.Errorf("Subscription(%q): kind = %v, want NotFound", c, errs.KindOf(err))
		}
	}
}

// An address that no mail goes to is left out: nothing would mend it, and the
// others' mail of the day goes out.
func TestABrokenAddressDoesNotKeepTheDigestFromOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	broken, reader := h.reader(t), h.reader(t)
	clock := time.Now().UTC().Truncate(24 * time.Hour).Add(48*time.Hour + 10*time.Hour)
	h.Service = notice.New(h.db, notice.Options{PublicURL: site, SecretKey: []byte("a key"), Now: func() time.Time { return clock }})
	wish := notice.Defaults()
	wish.Ways[notice.VersionApproved], wish.DigestHour = notice.InDigest, 9
	for _, u := range []id.User{broken, reader} {
		if err := h.SavePreferences(t.Context(), postgres.Actor{User: u}, wish); err != nil {
			t.Fatal(err)
		}
	}
	h.deliver(t, approved(notice.To{Users: []id.User{broken, reader}}))
	super := h.superuser(t)
	for _, sql := range []string{`ALTER TABLE app_user DISABLE TRIGGER USER`, `UPDATE app_user SET email = 'no address' WHERE id = '` + string(broken) + `'`} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := h.Digest(t.Context(), job.SendDigests{}); err != nil {
			t.Errorf("Digest: %v", err)
		}
	}
	if got := len(h.mails(t)); got != 1 {
		t.Errorf("%d digests, want the reader's", got)
	}
}

func TestTheDigestMailsEachNoticeOnceADay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader, idle := h.reader(t), h.reader(t)
	clock := time.Now().UTC().Truncate(24 * time.Hour).Add(48 * time.Hour) // a day from now on, at midnight
	h.Service = notice.New(h.db, notice.Options{PublicURL: site, SecretKey: []byte("a key"), Now: func() time.Time { return clock }})
	wish := notice.Defaults()
	wish.Ways[notice.VersionApproved], wish.DigestHour = notice.InDigest, 9
	for _, u := range []id.User{reader, idle} {
		if err := h.SavePreferences(t.Context(), postgres.Actor{User: u}, wish); err != nil {
			t.Fatal(err)
		}
	}
	told := func(subject string) {
		n := approved(notice.To{Users: []id.User{reader}})
		n.Subject = subject
		h.deliver(t, n)
	}
	digests := func(want int, when string) {
		t.Helper()
		var wg sync.WaitGroup
		for range 4 { // as many processes at once
			wg.Go(func() {
				if err := h.Digest(t.Context(), job.SendDigests{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := len(h.mails(t)); got != want {
			t.Errorf("%s: %d digests, want %d", when, got, want)
		}
	}
	h.exec(t, `UPDATE notice_setting SET digested_at = $1`, clock.Add(-15*time.Hour)) // yesterday at nine
	digests(0, "nothing happened")
	told("First event")
	told("Second event")
	h.exec(t, `UPDATE inbox_notice SET created_at = $1`, clock.Add(-time.Hour))
	digests(0, "before the hour")
	clock = clock.Add(9*time.Hour + time.Minute)
	digests(1, "the hour has come")
	text := h.mails(t)[0].Text
	for _, want := range []string{"First event", "Second event", "/inbox?show=unread", "/account/notices", "/unsubscribe/"} {
		if !strings.Contains(text, want) {
			t.Errorf("the digest lacks %q:\n%s", want, text)
		}
	}
	told("Third event")
	h.exec(t, `UPDATE inbox_notice SET created_at = $1 WHERE subject = 'Third event'`, clock)
	digests(1, "later on the same day")
	clock = clock.Add(24 * time.Hour)
	digests(2, "the next day")
	if text := h.mails(t)[0].Text; strings.Contains(text, "First event") || !strings.Contains(text, "Third event") {
		t.Errorf("the second digest repeats the first, or lacks the new event:\n%s", text)
	}
	told("Fourth event")
	h.exec(t, `UPDATE inbox_notice SET created_at = $1 WHERE subject = 'Fourth event'`, clock)
	if _, err := h.Mark(t.Context(), notice.Reader{Actor: postgres.Actor{User: reader}}, h.inbox(t, reader)[0].ID, true); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(24 * time.Hour)
	digests(2, "all of it is read already")

	told("Fifth event")
	h.exec(t, `UPDATE inbox_notice SET created_at = $1 WHERE subject = 'Fifth event'`, clock)
	if err := h.Stop(t.Context(), subscriptionIn(t, h, h.mails(t)[0].Text), false); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(24 * time.Hour)
	digests(2, "the digest was stopped by its link")
}

// The hour is one of the person's own clock, also on the days on which clocks
// are put forward or back, when an hour is missing or comes twice.
func TestTheDigestComesAtAnHourOfThePersonsOwnClock(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := h.reader(t)
	var clock time.Time
	h.Service = notice.New(h.db, notice.Options{PublicURL: site, SecretKey: []byte("a key"), Now: func() time.Time { return clock }})
	wish := notice.Defaults()
	wish.Ways[notice.VersionApproved] = notice.InDigest
	tests := []struct {
		name, zone string
		hour       int
		due        string // the minute on which it comes, UTC
	}{
		{"winter in Berlin", "Europe/Berlin", 9, "2027-01-15T08:00:00Z"},
		{"summer in Berlin", "Europe/Berlin", 9, "2027-07-15T07:00:00Z"},
		{"the day on which clocks go forward", "Europe/Berlin", 9, "2027-03-28T07:00:00Z"},
		{"the hour that is missing on that day", "Europe/Berlin", 2, "2027-03-28T01:00:00Z"},
		{"the hour that comes twice", "Europe/Berlin", 2, "2027-10-31T01:00:00Z"},
		{"half an hour apart", "Asia/Kolkata", 7, "2027-01-15T01:30:00Z"},
		{"across the date line", "Pacific/Auckland", 7, "2027-01-14T18:00:00Z"},
		{"behind UTC", "America/Los_Angeles", 22, "2027-01-16T06:00:00Z"},
		{"UTC", "UTC", 7, "2027-01-15T07:00:00Z"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			due, err := time.Parse(time.RFC3339, tt.due)
			if err != nil {
				t.Fatal(err)
			}
			wish.TimeZone, wish.DigestHour = tt.zone, tt.hour
			if err := h.SavePreferences(t.Context(), postgres.Actor{User: reader}, wish); err != nil {
				t.Fatal(err)
			}
			h.deliver(t, approved(notice.To{Users: []id.User{reader}}))
			h.exec(t, `UPDATE inbox_notice SET created_at = $1 WHERE digest_due`, due.Add(-10*time.Hour))
			h.exec(t, `UPDATE notice_setting SET digested_at = $1`, due.Add(-23*time.Hour))
			for _, at := range []struct {
				clock time.Time
				want  int
			}{{due.Add(-time.Minute), i}, {due, i + 1}, {due.Add(time.Hour), i + 1}} {
				clock = at.clock
				if err := h.Digest(t.Context(), job.SendDigests{}); err != nil {
					t.Fatal(err)
				}
				if got := len(h.mails(t)); got != at.want {
					t.Fatalf("at %s there are %d mails of the day, want %d", clock, got, at.want)
				}
			}
		})
	}
}

func TestTheDatabaseKnowsEveryTimeZone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := postgres.Actor{User: h.reader(t)}
	for _, zone := range notice.Zones() {
		wish := notice.Defaults()
		wish.TimeZone = zone
		if err := h.SavePreferences(t.Context(), reader, wish); err != nil {
			t.Errorf("%s: %v", zone, err)
		}
	}
	if n := len(notice.Zones()); n < 300 {
		t.Errorf("%d time zones, want all of the tz database", n)
	}
}
