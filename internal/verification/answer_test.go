package verification_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/internal/verification"
)

func (d desk) saved(t *testing.T, c verification.Case) verification.Answers {
	t.Helper()
	now, err := d.s.Case(t.Context(), d.reviewer, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return now.Saved
}

// save keeps answers of somebody who has seen all that was saved before.
func (d desk) save(t *testing.T, a postgres.Actor, c verification.Case, values map[string]string) error {
	t.Helper()
	return d.s.Save(t.Context(), a, verification.NewAnswers{Request: c.ID, SubmittedAt: *c.SubmittedAt, Seen: d.saved(t, c).Last().At, Values: values})
}

func TestReviewersSaveAnswersAndAColleagueSeesWhoseTheyAre(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	second := accounttest.Reviewer(t, d.db.DB)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(d.save(t, d.reviewer, c, map[string]string{"check-identity": "met", "check-members": "not_met", "note-members": "Ask for the second owner.", "reason": ""}))
	first := d.saved(t, c)
	ok(d.save(t, second, c, map[string]string{"check-identity": "met", "check-members": "met", "note-members": ""}))

	got := map[string]string{}
	for _, a := range d.saved(t, c) {
		got[a.Field] = a.Value
	}
	if diff := cmp.Diff(map[string]string{"check-identity": "met", "check-members": "met"}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if a := d.saved(t, c).Of("check-identity"); a.By != first.Of("check-identity").By || !a.At.Equal(first.Of("check-identity").At) {
		t.Errorf("an answer that stayed is now of %s at %v", a.By, a.At)
	}
	if a := d.saved(t, c).Of("check-members"); a.By == first.Of("check-members").By {
		t.Errorf("the changed answer is still of %s", a.By)
	}
	queue, err := d.s.Queue(t.Context(), d.reviewer)
	if err != nil || strings.Count(queue[0].BegunBy, ",") != 1 {
		t.Errorf("the queue says begun by %q, %v, want both", queue[0].BegunBy, err)
	}

	ok(d.s.Decide(t.Context(), second, returned(c)))
	ok(d.s.SubmitRequest(t.Context(), d.org.Owner))
	again, err := d.s.Case(t.Context(), d.reviewer, c.ID)
	if err != nil || len(again.Saved) != 0 {
		t.Errorf("after a decision and another submission %d answers are left, %v", len(again.Saved), err)
	}
	if err := d.save(t, d.reviewer, c, map[string]string{"reason": "late"}); errs.KindOf(err) != errs.Conflict {
		t.Errorf("answers to a submission that was decided: %v, want Conflict", err)
	}
}

func TestAnswersOfAColleagueAreNotWrittenOverUnseen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	begin := make(chan struct{})
	failed := make([]error, 8)
	var wg sync.WaitGroup
	for i := range failed {
		a := accounttest.Reviewer(t, d.db.DB)
		wg.Go(func() {
			<-begin
			failed[i] = d.s.Save(t.Context(), a, verification.NewAnswers{Request: c.ID, SubmittedAt: *c.SubmittedAt, Values: map[string]string{"check-identity": "met", "note-identity": string(a.User)}})
		})
	}
	close(begin)
	wg.Wait()
	won := 0
	for _, err := range failed {
		switch {
		case err == nil:
			won++
		case errs.KindOf(err) != errs.Conflict || !strings.Contains(err.Error(), "saved answers"):
			t.Errorf("Save: %v, want Conflict that names who saved", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d saved, want 1", won, len(failed))
	}
}

func TestAnswersAreTheReviewersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	if err := d.save(t, d.reviewer, c, map[string]string{"check-identity": "not_met", "note-identity": "Looks forged."}); err != nil {
		t.Fatal(err)
	}
	colleague := accounttest.Member(t, d.db.DB, d.org.ID, "viewer")
	colleague.Organization, colleague.Platform = "", postgres.Reviewer // a reviewer of its own organization
	for name, a := range map[string]postgres.Actor{"the organization's owner": d.org.Owner, "a reviewer who belongs to it": colleague, "the worker": {Platform: postgres.Worker}} {
		if n := d.count(t, a, `SELECT count(*) FROM verification_answer`); n != 0 {
			t.Errorf("%s sees %d answers", name, n)
		}
		err := d.s.Save(t.Context(), a, verification.NewAnswers{Request: c.ID, SubmittedAt: *c.SubmittedAt, Seen: time.Now().AddDate(1, 0, 0), Values: map[string]string{"reason": "x"}})
		if k := errs.KindOf(err); err == nil || k != errs.NotFound && k != errs.Forbidden {
			t.Errorf("Save by %s: %v, want NotFound or Forbidden", name, err)
		}
	}
	for field, value := range map[string]string{"state": "granted", "check-x y": "met", "reason": strings.Repeat("ö", 4001)} {
		if err := d.save(t, d.reviewer, c, map[string]string{field: value}); errs.KindOf(err) != errs.Invalid {
			t.Errorf("Save of %s: %v, want Invalid", field, err)
		}
	}
}
