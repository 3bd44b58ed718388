package verification_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/internal/promise"
	"assay/internal/vault"
	"assay/internal/verification"
)

func TestOrganizationIsVerifiedByAReviewer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got := d.level(t); got != verification.Unverified {
		t.Errorf("level before = %q, want unverified", got)
	}
	c := d.submitted(t)
	wantKind(t, "changing a request that waits", d.s.SaveIdentity(t.Context(), d.org.Owner, identity), errs.Conflict)
	wantKind(t, "removing a document of a request that waits", d.s.RemoveDocument(t.Context(), d.org.Owner, c.Documents[0].Document), errs.Conflict)
	if err := d.s.Decide(t.Context(), d.reviewer, grant(c, verification.Verified, org, rights)); err != nil {
		t.Fatalf("Decide: %v", err)
	}
	if got := d.level(t); got != verification.Verified {
		t.Errorf("level after = %q, want verified", got)
	}
	if told := d.told(t); len(told) != 1 || !strings.Contains(told[0], "The papers are in order.") {
		t.Errorf("notices = %q, want one with the reason", told)
	}
	d.super(t, `UPDATE verification SET expires_at = now() - interval '1 second'`)
	if got := d.level(t); got != verification.Expired {
		t.Errorf("level past its date = %q, want expired", got)
	}
}

func TestOneOfManyDecisionsCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	decision := grant(c, verification.Verified, org, rights)
	var counted atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		reviewer := accounttest.Reviewer(t, d.db.DB)
		wg.Go(func() {
			if err := d.s.Decide(t.Context(), reviewer, decision); err == nil {
				counted.Add(1)
			} else if errs.KindOf(err) != errs.Conflict {
				t.Errorf("a late decision: %v, want Conflict", err)
			}
		})
	}
	wg.Wait()
	standing, err := d.s.Standing(t.Context(), d.org.Owner)
	if counted.Load() != 1 || err != nil || len(standing.Changes) != 1 {
		t.Errorf("%d of 20 decisions counted, %d levels given, %v, want one of each", counted.Load(), len(standing.Changes), err)
	}
	if n := len(d.told(t)); n != 1 {
		t.Errorf("%d notices tell of it, want 1", n)
	}
}

func TestMemberNeverDecidesOnOwnOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	own := accounttest.Member(t, d.db.DB, d.org.ID, account.Viewer)
	own.Platform = postgres.Reviewer
	decision := grant(c, verification.Verified, org, rights)
	for _, a := range []postgres.Actor{own, {User: own.User, Platform: postgres.Reviewer}} {
		wantKind(t, "a decision by a member", d.s.Decide(t.Context(), a, decision), errs.Forbidden)
		err := d.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO verification (id, organization_id, level, reason, expires_at, decided_by)
				VALUES (gen_random_uuid(), @organization, 'verified', 'x', now() + interval '1 day', @user)`,
				pgx.NamedArgs{"organization": d.org.ID, "user": a.User})
			return err
		})
		if !postgres.IsRefused(err) {
			t.Errorf("a level given by a member = %v, want refused by the database", err)
		}
	}
}

func TestOnlyReviewersDecide(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	decision := grant(c, verification.Verified, org, rights)
	for name, a := range map[string]postgres.Actor{
		"the owner": d.org.Owner, "a stranger": accounttest.Organization(t, d.db.DB).Owner, "nobody": {}, "the worker": {Platform: postgres.Worker},
	} {
		wantKind(t, "a decision by "+name, d.s.Decide(t.Context(), a, decision), errs.NotFound)
		_, err := d.s.Queue(t.Context(), a)
		wantKind(t, "the queue for "+name, err, errs.NotFound)
		_, err = d.s.Case(t.Context(), a, c.ID)
		wantKind(t, "the case for "+name, err, errs.NotFound)
		wantKind(t, "a suspension by "+name, d.s.Suspend(t.Context(), a, d.org.ID, "x"), errs.NotFound)
	}
	for _, role := range []account.Role{account.Editor, account.Viewer} {
		a := accounttest.Member(t, d.db.DB, d.org.ID, role)
		_, err := d.s.Request(t.Context(), a)
		wantKind(t, "the request for an "+string(role), err, errs.Forbidden)
		wantKind(t, "submitting by an "+string(role), d.s.SubmitRequest(t.Context(), a), errs.Forbidden)
	}
}

func TestReviewersSeeNothingBeforeItIsSubmitted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	doc := d.attach(t, org)
	r, err := d.s.Request(t.Context(), d.org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string) {
		t.Helper()
		_, err := d.s.Case(t.Context(), d.reviewer, r.ID)
		wantKind(t, "the case of "+what, err, errs.NotFound)
		_, _, err = d.s.OpenDocument(t.Context(), d.reviewer, vault.Ref{Document: doc, Number: 1})
		wantKind(t, "the document of "+what, err, errs.NotFound)
	}
	look("a draft")
	if err := d.s.WithdrawRequest(t.Context(), d.org.Owner); err != nil {
		t.Fatal(err)
	}
	look("a withdrawn draft")
}

func TestIncompleteRequestNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	err := d.s.SubmitRequest(t.Context(), d.org.Owner)
	var fields []string
	for _, f := range errs.FieldsOf(err) {
		fields = append(fields, f.Field)
	}
	want := "legal_name country registry_number postal_address website contact_name contact_role rights_basis file file"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("missing = %q, want %q", got, want)
	}
	bad := identity
	bad.Country, bad.Website, bad.LegalName = "XX", "javascript:alert(1)", "two\nlines"
	fields = nil
	for _, f := range errs.FieldsOf(d.s.SaveIdentity(t.Context(), d.org.Owner, bad)) {
		fields = append(fields, f.Field)
	}
	if got, want := strings.Join(fields, " "), "legal_name country website"; got != want {
		t.Errorf("malformed = %q, want %q", got, want)
	}
}

func TestSuspensionEndsWithTheLevelBefore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	accounttest.Verify(t, d.db.DB, d.org.ID)
	wantKind(t, "a suspension without a reason", d.s.Suspend(t.Context(), d.reviewer, d.org.ID, " "), errs.Invalid)
	if err := d.s.Suspend(t.Context(), d.reviewer, d.org.ID, "A complaint."); err != nil {
		t.Fatal(err)
	}
	if got := d.level(t); got != verification.Suspended {
		t.Errorf("level = %q, want suspended", got)
	}
	wantKind(t, "a second suspension", d.s.Suspend(t.Context(), d.reviewer, d.org.ID, "Again."), errs.Conflict)
	if err := d.s.Restore(t.Context(), d.reviewer, d.org.ID, "Settled."); err != nil {
		t.Fatal(err)
	}
	standing, err := d.s.Standing(t.Context(), d.org.Owner)
	if err != nil || standing.Level != verification.Verified || len(standing.Changes) != 3 {
		t.Fatalf("standing = %+v, %v, want verified after three changes", standing, err)
	}
	if got, want := *standing.Changes[0].ExpiresAt, *standing.Changes[2].ExpiresAt; !got.Equal(want) {
		t.Errorf("the level lasts until %v, want %v as before", got, want)
	}
	wantKind(t, "restoring what is not suspended", d.s.Restore(t.Context(), d.reviewer, d.org.ID, "Again."), errs.Conflict)
}

func TestLevelsAreNeverChanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	accounttest.Verify(t, d.db.DB, d.org.ID)
	for _, sql := range []string{`UPDATE verification SET level = 'verified'`, `DELETE FROM verification`} {
		err := d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if !postgres.IsRefused(err) {
			t.Errorf("%s = %v, want refused", sql, err)
		}
	}
}

func TestNewRequestBeginsWithTheAnswersBefore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	if err := d.s.Decide(t.Context(), d.reviewer, grant(c, verification.Verified, org, rights)); err != nil {
		t.Fatal(err)
	}
	d.attach(t, org)
	r, err := d.s.Request(t.Context(), d.org.Owner)
	if err != nil || r.ID == c.ID || r.Identity != identity || r.State != verification.RequestDraft || len(r.Documents) != 3 {
		t.Errorf("the new request = %+v, %v", r, err)
	}
	if d.level(t) != verification.Verified {
		t.Error("a new request takes the level away")
	}
}

// Reviewers are told of a request that was handed in, once, and are to decide
// within what is promised.
func TestReviewersAreToldOfARequest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	var path string
	err := d.db.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT string_agg(path, ' ') FROM notice_event WHERE kind = 'review_waiting' AND platform = 'reviewer'`).Scan(&path)
	})
	if want := "/review/verifications/" + string(c.ID); err != nil || path != want {
		t.Errorf("told of %q, want %q (err: %v)", path, want, err)
	}
	waiting, err := d.s.Queue(t.Context(), d.reviewer)
	if err != nil || len(waiting) != 1 || !waiting[0].Due().Equal(promise.Of(promise.ReviewOfSeller).Due(waiting[0].At)) {
		t.Errorf("Queue = %+v, %v", waiting, err)
	}
}
