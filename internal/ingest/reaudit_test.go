package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/audit/synth"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/review"
)

// newRules is a version of the rules after today's, which audited first.
const newRules = "9999.1"

// before is an engine of before some rules were there: it finds everything but
// what they find.
func before(rules ...string) audit.InspectFunc {
	without := func(list []finding.Finding) []finding.Finding {
		return slices.DeleteFunc(list, func(f finding.Finding) bool { return slices.Contains(rules, f.Rule) })
	}
	return func(ctx context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
		facts, err := audit.Inspect(ctx, f, o)
		facts.Findings = without(facts.Findings)
		if facts.Header != nil {
			facts.Header.Findings, facts.Header.Names = without(facts.Header.Findings), nil
		}
		return facts, err
	}
}

// newer is the service of a program with newer rules.
func (r room) newer() *ingest.Service {
	return ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, RulesVersion: newRules}, discard)
}

// live brings files through the audit of an older engine, review and
// publishing.
func (r room) live(t testing.TB, body []byte, older audit.InspectFunc) listing.Dossier {
	t.Helper()
	j := r.submit(t, body)
	if err := r.service(older).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	d := r.dossier(t, j.Version)
	reviewer := accounttest.Reviewer(t, r.db)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v; report %s", err, d.Report.Body)
		}
	}
	for _, key := range d.Report.WarningKeys {
		must(r.listings.AnswerFinding(t.Context(), r.org.Owner, j.Version, key, "This is as it should be."))
	}
	_, err := r.listings.Submit(t.Context(), r.org.Owner, j.Version)
	must(err)
	listingtest.Accept(t, r.db, j.Version, d.Report.WarningKeys...)
	listingtest.Rule(t, r.db, reviewer, j.Version, listing.Approves)
	accounttest.Verify(t, r.db, r.org.ID)
	must(r.listings.Publish(t.Context(), r.org.Owner, j.Version))
	return r.dossier(t, j.Version)
}

// texts reads one column of the worker's view, in order.
func (r room) read(t testing.TB, sql string, args ...any) (list []string) {
	t.Helper()
	err := r.db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), sql, args...)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// reaudit queues what newer rules have to audit and carries it out.
func (r room) reaudit(t testing.TB, s *ingest.Service) {
	t.Helper()
	if err := s.QueueReaudits(t.Context(), job.QueueReaudits{}); err != nil {
		t.Fatal(err)
	}
	for _, x := range r.read(t, `SELECT id::text FROM reaudit WHERE state = 'queued' ORDER BY queued_at`) {
		if err := s.Reaudit(t.Context(), job.ReauditVersion{Reaudit: id.Reaudit(x)}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNewRulesFlagLiveVersionsByOutcome audits real files by an engine that
// lacks a rule, brings them live, and audits them again by today's.
func TestNewRulesFlagLiveVersionsByOutcome(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		problems []synth.Problem
		lacking  []string
		state    string
		outcome  string
		live     listing.State
		notices  []string
	}{
		{"nothing new is noted", nil, nil, "noted", "same", listing.Live, []string{}},
		{"a name of a patient takes it down at once", []synth.Problem{synth.PatientName}, []string{"phi-patient-name"}, "open", "identifiers", listing.Suspended,
			[]string{"review_waiting", "version_suspended"}},
		{"another blocker goes to reviewers", []synth.Problem{synth.BirthDate}, []string{"phi-birth-date"}, "open", "blockers", listing.Live,
			[]string{"reaudit_flagged", "review_waiting"}},
		{"a warning goes to reviewers", []synth.Problem{synth.DeviceSerial}, []string{"phi-device-serial"}, "open", "warnings", listing.Live,
			[]string{"reaudit_flagged", "review_waiting"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.listings = r.listings.Notifying(review.Letters{})
			first := r.live(t, series(t, tt.problems...), before(tt.lacking...))
			r.sql(t, `DELETE FROM notice_event`)
			r.reaudit(t, r.newer())

			d := r.dossier(t, first.Version.ID)
			if d.Version.State != tt.live {
				t.Errorf("the version is %s, want %s", d.Version.State, tt.live)
			}
			if d.Report.ID != first.Report.ID {
				t.Error("the version goes by another report than that of its submission")
			}
			got := r.read(t, `SELECT state || ' ' || outcome FROM reaudit`)
			if diff := cmp.Diff([]string{tt.state + " " + tt.outcome}, got); diff != "" {
				t.Errorf("%s\nrules %v", diff, r.read(t, `SELECT unnest(rules) FROM reaudit`))
			}
			kinds := r.read(t, `SELECT DISTINCT kind FROM notice_event ORDER BY kind`)
			if diff := cmp.Diff(tt.notices, kinds); diff != "" {
				t.Errorf("notices: %s", diff)
			}
			reports := r.read(t, `SELECT rules_version || ' ' || is_reaudit FROM audit_report WHERE root_digest = $1 ORDER BY created_at`, d.Version.RootDigest)
			if diff := cmp.Diff([]string{audit.RulesVersion + " false", newRules + " true"}, reports); diff != "" {
				t.Errorf("reports: %s", diff)
			}
			if tt.live == listing.Suspended && (!strings.Contains(d.Version.Reason, "Name of the patient") || strings.Contains(d.Version.Reason, "^")) {
				t.Errorf("the public reason is %q", d.Version.Reason)
			}
			r.reaudit(t, r.newer()) // the same rules have nothing more to do
			if n := len(r.read(t, `SELECT id::text FROM reaudit`)); n != 1 {
				t.Errorf("%d audits by the same rules, want 1", n)
			}
		})
	}
}

// A reviewer closes what does not hold, and the version may return; a direct
// identifier is closed away by nobody, but a later audit that finds the files
// clear lets it return.
func TestWhatWasFoundDecidesWhetherAVersionReturns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		problem synth.Problem
		rule    string
		returns bool
	}{
		{"another blocker, closed", synth.BirthDate, "phi-birth-date", true},
		{"a direct identifier, closed", synth.PatientName, "phi-patient-name", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			v := r.live(t, series(t, tt.problem), before(tt.rule)).Version.ID
			r.reaudit(t, r.newer())
			desk, reviewer := review.New(r.db, r.listings, time.Now), accounttest.Reviewer(t, r.db)
			list, err := desk.Reaudits(t.Context(), reviewer)
			if err != nil || len(list) != 1 || list[0].Version != v || !slices.Contains(list[0].Rules, tt.rule) {
				t.Fatalf("Reaudits = %+v, %v", list, err)
			}
			if tt.returns {
				if err := r.listings.Suspend(t.Context(), reviewer, v, "Taken down for a test."); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.listings.Restore(t.Context(), reviewer, v); err == nil {
				t.Error("a version returned while what was found is open")
			}
			if err := desk.CloseReaudit(t.Context(), reviewer, list[0].ID, "short"); errs.KindOf(err) != errs.Invalid {
				t.Errorf("closed without a reason: %v", err)
			}
			if err := desk.CloseReaudit(t.Context(), r.org.Owner, list[0].ID, "I am the seller myself."); errs.KindOf(err) != errs.NotFound {
				t.Errorf("closed by the seller: %v, want NotFound", err)
			}
			closeAtOnce(t, desk, reviewer, list[0].ID)
			if err := r.listings.Restore(t.Context(), reviewer, v); (err == nil) != tt.returns {
				t.Errorf("Restore after it was closed = %v, want it to succeed: %v", err, tt.returns)
			}
			if tt.returns {
				return
			}
			mended := ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, RulesVersion: "9999.2", Inspect: before(tt.rule)}, discard)
			r.reaudit(t, mended)
			if err := r.listings.Restore(t.Context(), reviewer, v); err != nil {
				t.Errorf("Restore after rules that find it clear: %v", err)
			}
		})
	}
}

// closeAtOnce has many reviewers close the same entry: exactly one does.
func closeAtOnce(t *testing.T, desk *review.Service, reviewer postgres.Actor, x id.Reaudit) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	closed := 0
	for range 8 {
		wg.Go(func() {
			err := desk.CloseReaudit(t.Context(), reviewer, x, "Looked at it with the seller: it names nobody.")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				closed++
			} else if errs.KindOf(err) != errs.NotFound {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if closed != 1 {
		t.Errorf("%d closed one entry", closed)
	}
}

// An audit by new rules that broke is tried afresh when an admin says so, once
// for however many say it, and with all its tries; the seller's record names the
// act. Reviewers and admins of the seller's own do not.
func TestABrokenAuditByNewRulesIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.live(t, series(t), nil)
	broken := ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, RulesVersion: newRules,
		Inspect: func(context.Context, audit.File, audit.InspectOptions) (audit.Facts, error) {
			return audit.Facts{}, errors.New("a fault of ours")
		}}, discard)
	if err := broken.QueueReaudits(t.Context(), job.QueueReaudits{}); err != nil {
		t.Fatal(err)
	}
	x := id.Reaudit(r.read(t, `SELECT id::text FROM reaudit`)[0])
	state := func() string {
		t.Helper()
		return r.read(t, `SELECT state || ' ' || attempt FROM reaudit`)[0]
	}
	jobs := func() string {
		t.Helper()
		return r.read(t, `SELECT count(*)::text FROM river_job WHERE kind = 'reaudit_version'`)[0]
	}
	for range 3 {
		if err := broken.Reaudit(t.Context(), job.ReauditVersion{Reaudit: x}); err == nil {
			t.Fatal("the engine does not break")
		}
	}
	if got := state(); got != "broken 3" {
		t.Fatalf("after three faults it is %s", got)
	}
	reviews := review.New(r.db, r.listings, time.Now)
	admin := accounttest.Admin(t, r.db)
	own := postgres.Actor{User: accounttest.Member(t, r.db, first.Version.Organization, account.Viewer).User, Platform: postgres.Admin}
	for name, c := range map[string]struct {
		a    postgres.Actor
		want errs.Kind
	}{"a reviewer": {accounttest.Reviewer(t, r.db), errs.NotFound}, "the seller": {r.org.Owner, errs.NotFound}, "an admin of the seller's own": {own, errs.Forbidden}} {
		if err := reviews.RetryReaudit(t.Context(), c.a, x); errs.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if list, err := reviews.BrokenReaudits(t.Context(), own); err != nil || len(list) != 1 || list[0].ID != x || !list[0].Own {
		t.Errorf("an admin of the seller's own reads %+v (err: %v), want that another one tries again", list, err)
	}
	var all sync.WaitGroup
	var queued atomic.Int64
	for range 8 {
		all.Go(func() {
			err := reviews.RetryReaudit(t.Context(), admin, x)
			if err == nil {
				queued.Add(1)
			} else if errs.KindOf(err) != errs.NotFound {
				t.Errorf("at once with others: %v", err)
			}
		})
	}
	all.Wait()
	if queued.Load() != 1 || state() != "queued 0" || jobs() != "2" {
		t.Fatalf("%d of 8 queued it, it is %s, %s jobs; want 1, queued 0, 2 jobs", queued.Load(), state(), jobs())
	}
	if n := r.read(t, `SELECT verb || ' ' || (detail ->> 'rules') FROM activity WHERE verb = 'reaudit.retry'`); !slices.Equal(n, []string{"reaudit.retry " + newRules}) {
		t.Errorf("in the record: %v", n)
	}
	if err := r.newer().Reaudit(t.Context(), job.ReauditVersion{Reaudit: x}); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != "noted 1" {
		t.Errorf("tried again it is %s, want noted at the first try", got)
	}
	if err := reviews.RetryReaudit(t.Context(), admin, x); errs.KindOf(err) != errs.NotFound {
		t.Errorf("one that is done: %v, want NotFound", err)
	}
}

func TestAuditsByNewRulesStepBackForSellers(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.live(t, series(t), nil)
	waiting := r.submit(t, series(t))
	s := r.newer()
	if err := s.QueueReaudits(t.Context(), job.QueueReaudits{}); err != nil {
		t.Fatal(err)
	}
	x := id.Reaudit(r.read(t, `SELECT id::text FROM reaudit`)[0])
	if err := s.Reaudit(t.Context(), job.ReauditVersion{Reaudit: x}); err == nil || fmt.Sprintf("%T", err) != fmt.Sprintf("%T", job.Later(0)) {
		t.Errorf("Reaudit while a seller waits = %v, want it to step back", err)
	}
	if err := s.Audit(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	for range 2 { // delivered twice
		if err := s.Reaudit(t.Context(), job.ReauditVersion{Reaudit: x}); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.read(t, `SELECT state FROM reaudit`); !slices.Equal(got, []string{"noted"}) {
		t.Errorf("state %v, want noted", got)
	}
	if n := len(r.read(t, `SELECT id::text FROM audit_report WHERE is_reaudit`)); n != 1 {
		t.Errorf("%d reports, want 1", n)
	}
}

func TestOlderProgramsLeaveNewerReportsAlone(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.live(t, series(t), nil)
	old := ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, RulesVersion: "2020.1"}, discard)
	r.reaudit(t, old)
	if n := len(r.read(t, `SELECT id::text FROM reaudit`)); n != 0 {
		t.Errorf("an older program queued %d audits", n)
	}
}

// What a reviewer has closed is not asked again by the next rules: it is noted,
// nobody is told, and the version may still return.
func TestNewRulesDoNotAskAgainWhatWasClosed(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.listings = r.listings.Notifying(review.Letters{})
	v := r.live(t, series(t, synth.BirthDate), before("phi-birth-date")).Version.ID
	r.reaudit(t, r.newer())
	desk, reviewer := review.New(r.db, r.listings, time.Now), accounttest.Reviewer(t, r.db)
	list, err := desk.Reaudits(t.Context(), reviewer)
	if err != nil || len(list) != 1 {
		t.Fatalf("Reaudits = %v, %v", list, err)
	}
	if err := desk.CloseReaudit(t.Context(), reviewer, list[0].ID, "Looked at it with the seller: it is no date of birth."); err != nil {
		t.Fatal(err)
	}
	r.sql(t, `DELETE FROM notice_event`)
	r.reaudit(t, ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, RulesVersion: "9999.2"}, discard))
	want := []string{newRules + " closed blockers", "9999.2 noted same"}
	if diff := cmp.Diff(want, r.read(t, `SELECT rules_version || ' ' || state || ' ' || outcome FROM reaudit ORDER BY rules_version`)); diff != "" {
		t.Error(diff)
	}
	if told := r.read(t, `SELECT kind FROM notice_event`); len(told) != 0 {
		t.Errorf("told again: %v", told)
	}
	if err := r.listings.Suspend(t.Context(), reviewer, v, "Taken down for a test."); err != nil {
		t.Fatal(err)
	}
	if err := r.listings.Restore(t.Context(), reviewer, v); err != nil {
		t.Errorf("Restore = %v", err)
	}
}
