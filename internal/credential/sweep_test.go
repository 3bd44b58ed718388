package credential_test

import (
	"strings"
	"testing"
	"time"

	"assay/internal/credential"
	"assay/internal/credential/credentialtest"
	"assay/internal/id"
)

func TestSweepWritesDownWhatHasEnded(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	person, key := r.submitted("Reader 1")
	r.decide(key, credential.Verified)
	_, today := r.submitted("Reader 2")
	r.decide(today, credential.Verified)
	r.past(`UPDATE credential SET expires_on = (now() AT TIME ZONE 'UTC')::date - 1 WHERE id = $1`, key)
	r.past(`UPDATE credential SET expires_on = (now() AT TIME ZONE 'UTC')::date WHERE id = $1`, today)

	a, err := r.Annotator(t.Context(), r.org.Owner, person)
	ok(t, err)
	if a.Holds(time.Now()) {
		t.Error("an ended credential counts before the sweep")
	}
	ok(t, r.Sweep(t.Context()))
	ok(t, r.Sweep(t.Context()))

	if got := r.state(key); got != credential.Expired {
		t.Errorf("ended yesterday: %s, want expired", got)
	}
	if got := r.state(today); got != credential.Verified {
		t.Errorf("holds today: %s, want verified", got)
	}
	if n := r.text(`SELECT count(*)::text FROM activity WHERE verb = 'credential.expire'`); n != "1" {
		t.Errorf("%s ends are recorded, want 1", n)
	}
}

// Five people: one ends in 25 days, one tomorrow, one in 40, one has a renewal
// that was checked, one was refused.
func TestOrganizationIsToldBeforeACredentialEnds(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	end := func(label string, days int, outcome credential.State) (id.Annotator, id.Credential) {
		person, key := r.submitted(label)
		r.decide(key, outcome)
		r.past(`UPDATE credential SET expires_on = (now() AT TIME ZONE 'UTC')::date + $2::integer WHERE id = $1`, key, days)
		return person, key
	}
	_, first := end("Reader 1", 25, credential.Verified)
	end("Reader 2", 1, credential.Verified)
	end("Reader 3", 40, credential.Verified)
	renewed, _ := end("Reader 4", 5, credential.Verified)
	r.decide(credentialtest.Submit(t, r.Service, r.org.Owner, renewed, credentialtest.Facts(nil)), credential.Verified)
	end("Reader 5", 3, credential.Refused)
	told := func() string {
		return r.text(`SELECT coalesce(string_agg(subject, '; ' ORDER BY subject), '') FROM notice_event WHERE kind = 'credential_expiring'`)
	}

	for range 3 {
		ok(t, r.Sweep(t.Context()))
	}
	want := "Reader 1: the board certificate ends in 25 days; Reader 2: the board certificate ends tomorrow"
	if got := told(); got != want {
		t.Errorf("told:\n%s\nwant:\n%s", got, want)
	}

	r.past(`UPDATE credential SET expires_on = (now() AT TIME ZONE 'UTC')::date + 7 WHERE id = $1`, first)
	for range 2 {
		ok(t, r.Sweep(t.Context()))
	}
	want = "Reader 1: the board certificate ends in 25 days; Reader 1: the board certificate ends in 7 days; Reader 2: the board certificate ends tomorrow"
	if got := told(); got != want {
		t.Errorf("with seven days left told:\n%s\nwant:\n%s", got, want)
	}
	if got := r.text(`SELECT string_agg(array_to_string(lines, ' '), ' ') FROM notice_event WHERE kind = 'credential_expiring'`); strings.Contains(got, "Testperson") || strings.Contains(got, "EBR-4711") {
		t.Errorf("a notice tells a name or a number: %s", got)
	}
}
