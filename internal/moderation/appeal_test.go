package moderation_test

import (
	"strings"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/moderation"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/review"
)

// Three strikes at a time block publishing, in the database; they end after a
// year.
func TestThreeStrikesBlockPublishingForAYear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	next := listingtest.Version(t, d.db, d.seller, listing.Approved).Version.ID
	for range moderation.StrikesToBlock {
		d.struck(t, l)
	}
	st, err := d.flags.Standing(ctx, d.seller.Owner)
	if err != nil || st.Active != 3 || !st.Blocked() {
		t.Fatalf("standing %+v (err: %v)", st.Active, err)
	}
	if n := d.notices(t, notice.StrikeGiven); n != 3 {
		t.Errorf("%d notices of strikes, want 3", n)
	}
	err = d.listings.Publish(ctx, d.seller.Owner, next)
	if errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "three strikes") {
		t.Fatalf("published with three strikes: %v", err)
	}
	old := `INSERT INTO strike (id, organization_id, reason, given_by, given_at, expires_at) VALUES ($1, $2, 'Given for a test.', $3, now() - interval '13 months', now() - interval '1 month')`
	other := accounttest.Seller(t, d.db)
	for range 4 {
		if err := d.in(t, d.reviewer, old, id.New[id.Strike](), other.ID, d.reviewer.User); err != nil {
			t.Fatal(err)
		}
	}
	if st, err = d.flags.Standing(ctx, other.Owner); err != nil || st.Active != 0 || len(st.Strikes) != 4 {
		t.Errorf("a year later %d strikes hold of %d (err: %v)", st.Active, len(st.Strikes), err)
	}
	listingtest.Version(t, d.db, other, listing.Live)
	if n := d.count(t, `SELECT count(*) FROM version WHERE organization_id = $1 AND state = 'live'`, other.ID); n != 1 {
		t.Error("strikes that ended block publishing")
	}

	strike := st0(t, d).Strikes[0]
	key := d.appeal(t, moderation.OfStrike, string(strike.ID))
	if err := d.flags.Rule(ctx, d.second, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "One of the three was for the same thing."}); err != nil {
		t.Fatal(err)
	}
	if err := d.listings.Publish(ctx, d.seller.Owner, next); err != nil {
		t.Errorf("published with two strikes: %v", err)
	}
}

func st0(t *testing.T, d desk) moderation.Standing {
	t.Helper()
	st, err := d.flags.Standing(t.Context(), d.seller.Owner)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func (d desk) appeal(t *testing.T, kind moderation.AppealKind, subject string) id.Appeal {
	t.Helper()
	key, err := d.flags.Make(t.Context(), d.seller.Owner, kind, subject, "The decision overlooks our letter of March.")
	if err != nil {
		t.Fatalf("appeal of a %s: %v", kind, err)
	}
	return key
}

// subject is what the seller may appeal now, of a kind.
func (d desk) subject(t *testing.T, kind moderation.AppealKind) string {
	t.Helper()
	for _, s := range st0(t, d).Appealable {
		if s.Kind == kind {
			return s.ID
		}
	}
	t.Fatalf("no %s to appeal", kind)
	return ""
}

// Whoever decided, and whoever belongs to the seller, does not rule on the
// appeal: the service says so, and the database refuses the bare statement.
func TestAnotherReviewerRulesOnAppeals(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	d.struck(t, l)
	keys := []id.Appeal{d.appeal(t, moderation.OfStrike, d.subject(t, moderation.OfStrike)), d.appeal(t, moderation.OfFlag, d.subject(t, moderation.OfFlag))}
	if err := d.listings.Suspend(ctx, d.reviewer, l.Version.ID, "Suspended for a test."); err != nil {
		t.Fatal(err)
	}
	keys = append(keys, d.appeal(t, moderation.OfSuspension, d.subject(t, moderation.OfSuspension)))
	rejected := listingtest.Version(t, d.db, d.seller, listing.InReview).Version.ID
	listingtest.Rule(t, d.db, d.reviewer, rejected, listing.Rejects)
	keys = append(keys, d.appeal(t, moderation.OfRejection, d.subject(t, moderation.OfRejection)))
	own := accounttest.Member(t, d.db, d.seller.ID, account.Viewer)
	own.Platform = postgres.Reviewer
	const bare = `UPDATE appeal SET state = 'granted', ruling = 'Because I say so.', ruled_by = $2, ruled_at = now() WHERE id = $1`
	for _, key := range keys {
		for name, a := range map[string]postgres.Actor{"who decided": d.reviewer, "a reviewer of the seller": own} {
			if err := d.flags.Rule(ctx, a, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "Because I say so."}); errs.KindOf(err) != errs.Conflict {
				t.Errorf("%s rules: %v, want a conflict", name, err)
			}
			if err := d.in(t, a, bare, key, a.User); !postgres.IsRefused(err) {
				t.Errorf("%s rules by a bare statement: %v, want refused by the database", name, err)
			}
		}
		if err := d.in(t, d.second, bare, key, d.reviewer.User); !postgres.IsRefused(err) {
			t.Errorf("a ruling in another's name: %v, want refused by the database", err)
		}
		if err := d.in(t, d.seller.Owner, bare, key, d.seller.Owner.User); err == nil && d.count(t, `SELECT count(*) FROM appeal WHERE state <> 'open'`) != 0 {
			t.Error("the seller rules on the own appeal")
		}
		if err := d.flags.Rule(ctx, d.seller.Owner, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "Because I say so."}); errs.KindOf(err) != errs.NotFound {
			t.Errorf("the seller rules: %v, want not found", err)
		}
	}
	for _, key := range keys {
		if err := d.flags.Rule(ctx, d.second, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "The letter of March was overlooked."}); err != nil {
			t.Fatal(err)
		}
		if err := d.flags.Rule(ctx, d.second, key, moderation.Ruling{Outcome: moderation.Denied, Reason: "The letter of March was overlooked."}); errs.KindOf(err) != errs.Conflict {
			t.Errorf("ruled twice: %v, want a conflict", err)
		}
	}
	if st := st0(t, d); st.Active != 0 {
		t.Errorf("%d strikes hold, want 0", st.Active)
	}
	if v, err := d.listings.Version(ctx, d.seller.Owner, l.Version.ID); err != nil || v.Version.State != listing.Live {
		t.Errorf("the version is %s, want live (err: %v)", v.Version.State, err)
	}
	if a, b := d.notices(t, notice.AppealWaiting), d.notices(t, notice.AppealDecided); a != 4 || b != 4 {
		t.Errorf("%d and %d notices, want 4 and 4", a, b)
	}
}

// A decision is appealed once, within 60 days, by those who manage the
// organization that it is about.
func TestDecisionIsAppealedOnceAndInTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.struck(t, d.live(t))
	strike := d.subject(t, moderation.OfStrike)
	stranger := accounttest.Seller(t, d.db)
	editor := accounttest.Member(t, d.db, d.seller.ID, account.Editor)
	const text = "The decision overlooks our letter of March."
	if _, err := d.flags.Make(ctx, stranger.Owner, moderation.OfStrike, strike, text); errs.KindOf(err) != errs.Conflict {
		t.Errorf("appealed by another seller: %v, want a conflict", err)
	}
	if _, err := d.flags.Make(ctx, editor, moderation.OfStrike, strike, text); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("appealed by an editor: %v, want forbidden", err)
	}
	if _, err := d.flags.Make(ctx, d.seller.Owner, moderation.OfStrike, strike, "No."); errs.KindOf(err) != errs.Invalid {
		t.Errorf("appealed without a reason: %v, want invalid", err)
	}
	if _, err := d.flags.Make(ctx, d.seller.Owner, moderation.OfStrike, "'; --", text); errs.KindOf(err) != errs.Conflict {
		t.Errorf("appealed nothing: %v, want a conflict", err)
	}
	won, other := together(20, func(int) error {
		_, err := d.flags.Make(ctx, d.seller.Owner, moderation.OfStrike, strike, text)
		return err
	})
	if won != 1 || len(other) != 0 {
		t.Errorf("%d appeals, want 1; other failures %v", won, other)
	}
	old := id.New[id.Strike]()
	err := d.in(t, d.reviewer, `INSERT INTO strike (id, organization_id, reason, given_by, given_at) VALUES ($1, $2, 'Given for a test.', $3, now() - interval '61 days')`, old, d.seller.ID, d.reviewer.User)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.flags.Make(ctx, d.seller.Owner, moderation.OfStrike, string(old), text)
	if errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "60 days") {
		t.Errorf("appealed after 61 days: %v", err)
	}
	if n := len(st0(t, d).Appealable); n != 1 {
		t.Errorf("%d decisions are offered for an appeal, want the upheld report alone", n)
	}
}

// A granted appeal of an upheld flag takes back all that followed from it; a
// version that can no longer carry it stays down, and the seller is told why.
func TestGrantedAppealUndoesWhatFollowed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for _, c := range []struct {
		name  string
		spoil bool
		want  listing.State
		words string
	}{{"still clear", false, listing.Live, "The version is on offer again."}, {"no longer clear", true, listing.Suspended, "cannot be put back"}} {
		l := d.live(t)
		flag := d.claimed(t, l, "consent_problem")
		d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Suspend, Strike: true})
		if c.spoil {
			if err := d.in(t, listingtest.Worker, `INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict, blockers, warnings, warning_keys, report, rules_version)
				SELECT gen_random_uuid(), organization_id, version_id, root_digest, claims_digest, 'failed', 1, 0, '{}', report, 'newer' FROM audit_report WHERE version_id = $1`, l.Version.ID); err != nil {
				t.Fatal(err)
			}
		}
		key := d.appeal(t, moderation.OfFlag, string(flag))
		if err := d.flags.Rule(ctx, d.second, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "The consent was sent in March."}); err != nil {
			t.Fatal(err)
		}
		v, err := d.listings.Version(ctx, d.seller.Owner, l.Version.ID)
		if err != nil || v.Version.State != c.want {
			t.Errorf("%s: the version is %s, want %s (err: %v)", c.name, v.Version.State, c.want, err)
		}
		f, err := d.flags.OwnFlag(ctx, d.seller.Owner, flag)
		if err != nil || f.State != moderation.Dismissed || f.OverturnedAt == nil {
			t.Errorf("%s: the report is %s (err: %v)", c.name, f.State, err)
		}
		p, err := d.flags.OwnAppeal(ctx, d.seller.Owner, key)
		if err != nil || !strings.Contains(p.Remedy, c.words) || !strings.Contains(p.Remedy, "Its strike is taken back.") {
			t.Errorf("%s: remedy %q (err: %v)", c.name, p.Remedy, err)
		}
	}
	l := d.live(t)
	d.struck(t, l)
	key := d.appeal(t, moderation.OfStrike, d.subject(t, moderation.OfStrike))
	if err := d.flags.Rule(ctx, d.second, key, moderation.Ruling{Outcome: moderation.Denied, Reason: "The letter of March says nothing of it."}); err != nil {
		t.Fatal(err)
	}
	if st := st0(t, d); st.Active != 1 {
		t.Errorf("after a denied appeal %d strikes hold, want 1", st.Active)
	}
}

// A granted appeal of a rejection brings the version back to the reviewers:
// nothing is approved by it, who rejected it is refused by the service and by
// the database, what was checked is checked anew, and without a granted appeal
// nobody brings it back.
func TestGrantedAppealReopensARejectedVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	reviews := review.New(d.db, d.listings, time.Now)
	made := listingtest.Version(t, d.db, d.seller, listing.InReview)
	v := made.Version.ID
	listingtest.Check(t, d.db, d.reviewer, v)
	listingtest.Rule(t, d.db, d.reviewer, v, listing.Rejects)
	const bare = `UPDATE version SET state = 'in_review', last_event = 'reopen' WHERE id = $1`
	if err := d.in(t, d.second, bare, v); !postgres.IsRefused(err) {
		t.Errorf("a version came back without an appeal: %v, want refused by the database", err)
	}
	key := d.appeal(t, moderation.OfRejection, d.subject(t, moderation.OfRejection))
	if err := d.in(t, d.second, bare, v); !postgres.IsRefused(err) {
		t.Errorf("a version came back while the appeal is open: %v, want refused by the database", err)
	}
	if err := d.flags.Rule(ctx, d.second, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "The letter of March was overlooked."}); err != nil {
		t.Fatal(err)
	}
	it, err := reviews.Item(ctx, d.second, v)
	if err != nil || it.Dossier.Version.State != listing.InReview || !it.Returned || it.Rejected {
		t.Fatalf("after the ruling: %s, returned %v, rejected by the reader %v (err: %v)", it.Dossier.Version.State, it.Returned, it.Rejected, err)
	}
	if m := it.Missing(); m.Unchecked == 0 {
		t.Error("what was checked before the rejection counts for the next decision")
	}
	if it.Since.Before(*it.Dossier.Version.SubmittedAt) || it.Since.Equal(*it.Dossier.Version.SubmittedAt) {
		t.Errorf("the clock runs since %s, when it was submitted", it.Since)
	}
	decision := review.Decision{Version: v, RootDigest: it.Dossier.Version.RootDigest, ClaimsDigest: it.Claims.Digest, Outcome: listing.Approves}
	if err := reviews.Claim(ctx, d.reviewer, v); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("who rejected it takes it: %v, want forbidden", err)
	}
	if _, err := reviews.Decide(ctx, d.reviewer, decision); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("who rejected it decides: %v, want forbidden", err)
	}
	again := listing.Ruling{Version: v, RootDigest: decision.RootDigest, ClaimsDigest: decision.ClaimsDigest, Outcome: listing.Rejects, Reason: "I still think so."}
	if _, err := d.listings.Decide(ctx, d.reviewer, again); errs.KindOf(err) != errs.Conflict {
		t.Errorf("who rejected it decides past the desk: %v, want refused by the database", err)
	}
	if _, err := reviews.Decide(ctx, d.second, decision); errs.KindOf(err) != errs.Conflict {
		t.Errorf("approved without checks of its own: %v, want a conflict", err)
	}
	answers := review.Answers{RootDigest: decision.RootDigest, ClaimsDigest: decision.ClaimsDigest}
	for _, c := range it.Checklist {
		answers.Given = append(answers.Given, review.Checked{Item: c.Item, Verdict: "yes"})
	}
	if err := reviews.SaveChecks(ctx, d.second, v, answers); err != nil {
		t.Fatal(err)
	}
	if got, err := reviews.Decide(ctx, d.second, decision); err != nil || got.State != listing.Approved {
		t.Errorf("another reviewer decides: %s (err: %v)", got.State, err)
	}
	if p, err := d.flags.OwnAppeal(ctx, d.seller.Owner, key); err != nil || !strings.Contains(p.Remedy, "back in review") {
		t.Errorf("remedy %q (err: %v)", p.Remedy, err)
	}
}

// A rejected version stays where it is if a newer one was begun since.
func TestGrantedAppealLeavesNewerVersionsAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	rejected := listingtest.Version(t, d.db, d.seller, listing.InReview)
	listingtest.Rule(t, d.db, d.reviewer, rejected.Version.ID, listing.Rejects)
	key := d.appeal(t, moderation.OfRejection, d.subject(t, moderation.OfRejection))
	listingtest.Begin(t, d.db, d.seller.Owner, listing.Description{Listing: rejected.Listing})
	if err := d.flags.Rule(t.Context(), d.second, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "The letter of March was overlooked."}); err != nil {
		t.Fatal(err)
	}
	p, err := d.flags.OwnAppeal(t.Context(), d.seller.Owner, key)
	if err != nil || !strings.Contains(p.Remedy, "This version is not reviewed again") {
		t.Errorf("remedy %q (err: %v)", p.Remedy, err)
	}
	if v, err := d.listings.Version(t.Context(), d.seller.Owner, rejected.Version.ID); err != nil || v.Version.State != listing.Rejected {
		t.Errorf("the version is %s, want rejected (err: %v)", v.Version.State, err)
	}
}

// Several data sets of one seller go down for one reason; one that cannot keeps
// none of the others. Who reported one hears of it, and of its return.
func TestTakedownOfSeveral(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	a, b, c := d.live(t), d.live(t), d.live(t)
	r := report(a, "rights_not_held")
	r.Email = "reader@example.org"
	d.report(t, r)
	if err := d.listings.Suspend(ctx, d.reviewer, b.Version.ID, "Suspended before."); err != nil {
		t.Fatal(err)
	}
	down := moderation.Takedown{Organization: d.seller.ID, Versions: []id.Version{a.Version.ID, b.Version.ID, c.Version.ID}, Reason: "rights_not_held", Comment: "The hospital did not agree."}
	own := accounttest.Member(t, d.db, d.seller.ID, account.Viewer)
	own.Platform = postgres.Reviewer
	for name, actor := range map[string]postgres.Actor{"the seller": d.seller.Owner, "a reviewer of the seller": own} {
		if _, _, err := d.flags.TakeDown(ctx, actor, down); errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s takes down: %v, want not found", name, err)
		}
	}
	if _, _, err := d.flags.TakeDown(ctx, d.reviewer, moderation.Takedown{Organization: d.seller.ID}); len(errs.FieldsOf(err)) != 3 {
		t.Errorf("an empty form: %v, want three mistakes", err)
	}
	n, left, err := d.flags.TakeDown(ctx, d.reviewer, down)
	if err != nil || n != 2 || len(left) != 1 {
		t.Fatalf("%d down, left %v (err: %v)", n, left, err)
	}
	if n := d.count(t, `SELECT count(*) FROM catalog_listing WHERE state = 'suspended' AND state_reason = 'The right to offer it is not shown. The hospital did not agree.'`); n != 2 {
		t.Errorf("%d tombstones with the reason, want 2", n)
	}
	for i, step := range []struct {
		do   func() error
		want int
	}{{nil, 1}, {nil, 1}, {func() error { return d.listings.Restore(ctx, d.reviewer, a.Version.ID) }, 2},
		{func() error { return d.listings.Withdraw(ctx, d.seller.Owner, a.Version.ID, "The contract ended.") }, 3}} {
		if step.do != nil {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.flags.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := d.notices(t, notice.FlagAnswered); n != step.want {
			t.Errorf("after step %d the reporter has %d notices, want %d", i+1, n, step.want)
		}
	}
}
