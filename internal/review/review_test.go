package review_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/activity"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/mail"
	"assay/internal/notice"
	"assay/internal/notice/noticetest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/review"
)

// desk is a database with the services that a reviewer works with.
type desk struct {
	db       *postgres.DB
	listings *listing.Service
	reviews  *review.Service
	reviewer postgres.Actor
	superURL string // connects past row security and triggers
}

func newDesk(t *testing.T) desk {
	t.Helper()
	database := postgrestest.NewDatabase(t)
	db := database.DB
	listings := listing.New(db, catalog.Publisher{}, time.Now).Notifying(review.Letters{})
	return desk{db, listings, review.New(db, listings, time.Now), accounttest.Reviewer(t, db), database.SuperURL}
}

// approval is a decision to approve what it shows.
func approval(it review.Item) review.Decision {
	return review.Decision{Version: it.Dossier.Version.ID, RootDigest: it.Dossier.Version.RootDigest,
		ClaimsDigest: it.Claims.Digest, Outcome: listing.Approves}
}

func (d desk) item(t *testing.T, v id.Version) review.Item {
	t.Helper()
	it, err := d.reviews.Item(t.Context(), d.reviewer, v)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func (d desk) mails(t *testing.T, subject string) int {
	t.Helper()
	noticetest.Deliver(t, d.db)
	list, err := mail.List(t.Context(), d.db, 1000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range list {
		if len(m.Subject) >= len(subject) && m.Subject[:len(subject)] == subject {
			n++
		}
	}
	return n
}

func (d desk) acts(t *testing.T, v id.Version, verb string) int {
	t.Helper()
	n := 0
	err := d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
		rows, err := activity.Of(t.Context(), tx, "version", string(v))
		for _, r := range rows {
			if r.Verb == verb {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Of a hundred reviewers who approve at once, one decides: one row, one
// letter, one record of each act; the others are told.
func TestHundredConcurrentDecisionsMakeOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.InReview).Version.ID
	decision := approval(d.item(t, v))
	listingtest.Check(t, d.db, d.reviewer, v)
	const n = 100
	reviewers := make([]postgres.Actor, 10)
	for i := range reviewers {
		reviewers[i] = accounttest.Reviewer(t, d.db)
	}
	var won, refused atomic.Int32
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			_, err := d.reviews.Decide(t.Context(), reviewers[i%len(reviewers)], decision)
			switch {
			case err == nil:
				won.Add(1)
			case errs.KindOf(err) == errs.Conflict:
				refused.Add(1)
			default:
				t.Errorf("approval: %v", err)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 || refused.Load() != n-1 {
		t.Errorf("%d approvals held and %d were refused, want 1 and %d", won.Load(), refused.Load(), n-1)
	}
	it := d.item(t, v)
	if len(it.Dossier.Decisions) != 1 || it.Dossier.Version.State != listing.Approved {
		t.Errorf("%d decisions, state %s", len(it.Dossier.Decisions), it.Dossier.Version.State)
	}
	if mails := d.mails(t, "Approved: version 1"); mails != 1 {
		t.Errorf("%d letters, want 1", mails)
	}
	if decided, moved := d.acts(t, v, "version.decide"), d.acts(t, v, "version.approve"); decided != 1 || moved != 1 {
		t.Errorf("activity: %d decisions and %d moves, want 1 and 1", decided, moved)
	}
}

// A decision about other bytes or other words than those that wait is refused,
// whether the form is old or the claims changed meanwhile.
func TestDecisionAboutStaleDigestsIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Seller(t, d.db)
	live := listingtest.Version(t, d.db, org, listing.Live)
	l := live.Listing.ID

	edit := func(name string) {
		t.Helper()
		draft, err := d.listings.Draft(ctx, org.Owner, l)
		if err != nil {
			t.Fatal(err)
		}
		c := draft.Revision.Claims
		c.Consent.Board = name
		_, err = d.listings.SaveStep(ctx, org.Owner, l, listing.Save{Step: listing.StepConsent, Token: draft.Revision.Token(), Claims: c})
		if err != nil {
			t.Fatal(err)
		}
		if waits, err := d.listings.SubmitClaims(ctx, org.Owner, l); err != nil || !waits {
			t.Fatalf("changed consent waits: %v (err: %v)", waits, err)
		}
	}
	edit("Second board")
	first := d.item(t, live.Version.ID)
	if !first.Waits || first.Claims.Digest == live.Claims.Digest {
		t.Fatal("changed claims do not wait for a decision")
	}
	if len(first.Changes) != 1 || first.Changes[0].Term != "IRB" {
		t.Errorf("changes shown: %+v", first.Changes)
	}
	stale := approval(first)
	stale.ClaimsDigest = live.Claims.Digest
	if _, err := d.reviews.Decide(ctx, d.reviewer, stale); errs.KindOf(err) != errs.Conflict {
		t.Errorf("approval of the claims that are live already: %v, want a conflict", err)
	}
	stale = approval(first)
	stale.RootDigest = live.Claims.Digest
	if _, err := d.reviews.Decide(ctx, d.reviewer, stale); errs.KindOf(err) != errs.Conflict {
		t.Errorf("approval of other files: %v, want a conflict", err)
	}
	back := approval(first)
	back.Outcome, back.Grounds = listing.AsksForChanges, []listing.Ground{{Reason: "consent_unclear", Section: listing.StepConsent}}
	if _, err := d.reviews.Decide(ctx, d.reviewer, back); err != nil {
		t.Fatal(err)
	}
	if n := d.mails(t, "Changed claims returned"); n != 1 {
		t.Errorf("%d letters about returned claims, want 1", n)
	}

	edit("Third board")
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(first)); errs.KindOf(err) != errs.Conflict {
		t.Errorf("approval from a page made before the claims changed: %v, want a conflict", err)
	}
	listingtest.Check(t, d.db, d.reviewer, live.Version.ID)
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, live.Version.ID))); err != nil {
		t.Fatal(err)
	}
	e, err := catalog.NewStore(d.db).Get(ctx, live.Listing.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if c := claimOf(e, "IRB"); c == "" || d.item(t, live.Version.ID).Waits {
		t.Errorf("approved claims are not public: %q", c)
	}
}

func claimOf(e catalog.Entry, term string) string {
	for _, c := range e.Detail.Claims {
		if c.Term == term {
			return c.Value
		}
	}
	return ""
}

// The database itself refuses a decision that names other digests.
func TestDatabaseRefusesADecisionAboutOtherClaims(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	it := d.item(t, listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.InReview).Version.ID)
	err := d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `
			INSERT INTO decision (id, organization_id, version_id, claims_id, root_digest, claims_digest, kind, outcome, reviewer_id)
			VALUES (@id, @organization, @version, @claims, @root, @root, 'review', 'approve', @reviewer)`, pgx.NamedArgs{
			"id": id.New[id.Decision](), "organization": it.Dossier.Version.Organization, "version": it.Dossier.Version.ID,
			"claims": it.Claims.ID, "root": it.Dossier.Version.RootDigest, "reviewer": d.reviewer.User})
		return err
	})
	if !postgres.IsRefused(err) {
		t.Errorf("insert with another claims digest: %v, want a refusal", err)
	}
}

// A reviewer who belongs to the seller sees the version and never decides.
func TestReviewerNeverDecidesOnTheirOwnOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Organization(t, d.db)
	v := listingtest.Version(t, d.db, org, listing.InReview).Version.ID
	own := accounttest.Reviewer(t, d.db)
	err := d.db.InTx(ctx, postgres.Actor{Organization: org.ID}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`, org.ID, own.User, account.Viewer)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	it, err := d.reviews.Item(ctx, own, v)
	if err != nil || !it.Own {
		t.Fatalf("own version: own = %v (err: %v)", it.Own, err)
	}
	if _, err := d.reviews.Decide(ctx, own, approval(it)); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("decision on an own version: %v, want forbidden", err)
	}
	queue, err := d.reviews.Queue(ctx, own, review.Filter{})
	if err != nil || len(queue) != 1 || !queue[0].Own {
		t.Errorf("queue of the own reviewer: %+v (err: %v)", queue, err)
	}
}

// What was never submitted is as absent for a reviewer as what does not exist,
// and the whole desk for everybody else.
func TestReviewSeesOnlyWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Organization(t, d.db)
	submitted := listingtest.Version(t, d.db, org, listing.InReview).Version.ID
	for _, state := range []listing.State{listing.Draft, listing.Queued, listing.Flagged, listing.Passed, listing.AuditError} {
		v := listingtest.Version(t, d.db, org, state).Version.ID
		for name, a := range map[string]postgres.Actor{"reviewer": d.reviewer, "reviewer acting for the seller": {User: d.reviewer.User, Organization: org.ID, Platform: postgres.Reviewer}} {
			if _, err := d.reviews.Item(t.Context(), a, v); errs.KindOf(err) != errs.NotFound {
				t.Errorf("%s opens a version that is %s: %v, want not found", name, state, err)
			}
		}
	}
	for name, a := range map[string]postgres.Actor{"owner": org.Owner, "public": {}} {
		if _, err := d.reviews.Item(t.Context(), a, submitted); errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s opens the review of a version: %v, want not found", name, err)
		}
		if _, err := d.reviews.Queue(t.Context(), a, review.Filter{}); errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s opens the queue: %v, want not found", name, err)
		}
	}
}

// The queue holds what waits and nothing else, the riskiest first.
func TestQueueOrdersByRiskThenByWait(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	known := accounttest.Seller(t, d.db)
	listingtest.Version(t, d.db, known, listing.Approved) // makes the seller known
	routine := listingtest.Version(t, d.db, known, listing.InReview).Version.ID
	first := listingtest.Version(t, d.db, accounttest.Seller(t, d.db), listing.InReview).Version.ID
	unverified := accounttest.Organization(t, d.db)
	flagged := listingtest.Version(t, d.db, unverified, listing.Flagged)
	for _, key := range flagged.Report.WarningKeys {
		if err := d.listings.AnswerFinding(ctx, unverified.Owner, flagged.Version.ID, key, "It is part of the protocol."); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.listings.Submit(ctx, unverified.Owner, flagged.Version.ID); err != nil {
		t.Fatal(err)
	}
	queue, err := d.reviews.Queue(ctx, d.reviewer, review.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		version id.Version
		kind    review.Kind
		risk    review.Risk
	}{{flagged.Version.ID, review.Flagged, review.High}, {first, review.First, review.Medium}, {routine, review.Routine, review.Low}}
	if len(queue) != len(want) {
		t.Fatalf("%d entries, want %d", len(queue), len(want))
	}
	for i, w := range want {
		if queue[i].Version != w.version || queue[i].Kind() != w.kind || queue[i].Risk() != w.risk {
			t.Errorf("entry %d: %s %s, want %s %s", i, queue[i].Kind(), queue[i].Risk(), w.kind, w.risk)
		}
	}
	if queue, err = d.reviews.Queue(ctx, d.reviewer, review.Filter{ByAge: true}); err != nil || queue[0].Version != routine {
		t.Errorf("by age the oldest is not first (err: %v)", err)
	}
}

// To send back takes a reason of the list; another reason takes a sentence.
func TestDecisionAsksForReasons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	it := d.item(t, listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.InReview).Version.ID)
	for name, c := range map[string]struct {
		decision review.Decision
		field    string
	}{
		"no outcome":                   {review.Decision{}, "decision"},
		"changes without a reason":     {review.Decision{Outcome: listing.AsksForChanges}, "reason"},
		"a reason not on the list":     {review.Decision{Outcome: listing.Rejects, Grounds: review.Because("mood")}, "reason"},
		"another reason not explained": {review.Decision{Outcome: listing.Rejects, Grounds: review.Because("other")}, "comment"},
		"a reason without its place":   {review.Decision{Outcome: listing.Rejects, Grounds: review.Because("rights_unclear")}, "place-rights_unclear"},
		"a place of another reason":    {review.Decision{Outcome: listing.Rejects, Grounds: []listing.Ground{{Reason: "rights_unclear", Section: listing.StepConsent}}}, "place-rights_unclear"},
		"a finding that is not there":  {review.Decision{Outcome: listing.Rejects, Grounds: []listing.Ground{{Reason: "answer_refused", Finding: "0123456789abcdef"}}}, "place-answer_refused"},
		"files without a number":       {review.Decision{Outcome: listing.Rejects, Grounds: []listing.Ground{{Reason: "identifiers_left", Files: -1}}}, "place-identifiers_left"},
	} {
		c.decision.Version, c.decision.RootDigest, c.decision.ClaimsDigest = it.Dossier.Version.ID, it.Dossier.Version.RootDigest, it.Claims.Digest
		_, err := d.reviews.Decide(t.Context(), d.reviewer, c.decision)
		if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Field != c.field {
			t.Errorf("%s: %v, want a mistake in %s", name, err, c.field)
		}
	}
	reject := approval(it)
	reject.Outcome, reject.Comment = listing.Rejects, "The hospital's letter is missing."
	reject.Grounds = []listing.Ground{{Reason: "rights_unclear", Section: listing.StepRights, Text: "Clause 3.1 names no buyer."}, {Reason: "other"}}
	if _, err := d.reviews.Decide(t.Context(), d.reviewer, reject); err != nil {
		t.Fatal(err)
	}
	const want = "The right to license is not shown. The hospital's letter is missing."
	if got := d.item(t, it.Dossier.Version.ID).Dossier.Version.Reason; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	if n := d.mails(t, "Rejected: version 1"); n != 1 {
		t.Errorf("%d letters, want 1", n)
	}
}

// Letters go to who sent the version in while they are a member, else to the
// owners.
func TestLettersGoToWhoSentTheVersionIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Organization(t, d.db)
	editor := accounttest.Member(t, d.db, org.ID, account.Editor)
	v := listingtest.Version(t, d.db, accounttest.Org{ID: org.ID, Owner: editor}, listing.InReview).Version.ID
	other := listingtest.Version(t, d.db, accounttest.Org{ID: org.ID, Owner: editor}, listing.InReview).Version.ID
	listingtest.Check(t, d.db, d.reviewer, v)
	listingtest.Check(t, d.db, d.reviewer, other)
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, v))); err != nil {
		t.Fatal(err)
	}
	names, err := d.reviews.Names(ctx, d.reviewer, []id.User{editor.User, org.Owner.User})
	if err != nil || len(names) != 2 {
		t.Fatalf("names: %v (err: %v)", names, err)
	}
	if got, want := recipients(t, d), []string{addressOf(t, d, editor.User)}; len(got) != 1 || got[0] != want[0] {
		t.Errorf("letter to %v, want %v", got, want)
	}
	err = d.db.InTx(ctx, org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM membership WHERE organization_id = $1 AND user_id = $2`, org.ID, editor.User)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, other))); err != nil {
		t.Fatal(err)
	}
	if got := recipients(t, d); len(got) != 2 || got[0] != addressOf(t, d, org.Owner.User) {
		t.Errorf("letters to %v, want the owner as the second one", got)
	}
}

// recipients are those of letters of approval, the newest first.
func recipients(t *testing.T, d desk) []string {
	t.Helper()
	noticetest.Deliver(t, d.db)
	list, err := mail.List(t.Context(), d.db, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var to []string
	for _, m := range list {
		if len(m.Subject) > 8 && m.Subject[:8] == "Approved" {
			to = append(to, m.To)
		}
	}
	return to
}

func addressOf(t *testing.T, d desk, user id.User) (email string) {
	t.Helper()
	err := d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT email FROM app_user WHERE id = $1`, user).Scan(&email)
	})
	if err != nil {
		t.Fatal(err)
	}
	return email
}

// An audit that broke through our fault is queued again, once, by a reviewer;
// nothing else of the version can be seen.
func TestInterruptedAuditIsRunAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Organization(t, d.db)
	v := listingtest.Version(t, d.db, org, listing.AuditError).Version.ID
	waiting := listingtest.Version(t, d.db, org, listing.Queued).Version.ID
	list, err := d.reviews.Interrupted(ctx, d.reviewer)
	if err != nil || len(list) != 1 || list[0].Version != v {
		t.Fatalf("interrupted: %+v (err: %v)", list, err)
	}
	for name, try := range map[string]struct {
		a postgres.Actor
		v id.Version
	}{"seller": {org.Owner, v}, "a queued version": {d.reviewer, waiting}} {
		if err := d.reviews.RunAgain(ctx, try.a, try.v); errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	if err := d.reviews.RunAgain(ctx, d.reviewer, v); err != nil {
		t.Fatal(err)
	}
	if err := d.reviews.RunAgain(ctx, d.reviewer, v); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a second time: %v, want not found", err)
	}
	var jobs int
	err = d.db.Pool().QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'audit_version' AND args ->> 'version' = $1`, string(v)).Scan(&jobs)
	if err != nil || jobs != 1 {
		t.Errorf("%d jobs, want 1 (err: %v)", jobs, err)
	}
}

// When an embargo ends nobody presses a button: the seller gets a letter. Who
// publishes by hand gets none.
func TestEndOfEmbargoIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Seller(t, d.db)
	byHand := listingtest.Version(t, d.db, org, listing.Approved).Version.ID
	if err := d.listings.Publish(ctx, org.Owner, byHand); err != nil {
		t.Fatal(err)
	}
	if n := d.mails(t, "Live"); n != 0 {
		t.Errorf("%d letters to who published by hand, want 0", n)
	}
	v := listingtest.Version(t, d.db, org, listing.Approved).Version.ID
	if err := d.listings.Embargo(ctx, org.Owner, v, time.Now().AddDate(0, 0, 2)); err != nil {
		t.Fatal(err)
	}
	err := d.db.InTx(ctx, org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE version SET embargo_until = current_date - 1 WHERE id = $1`, v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if live, err := d.listings.PublishDue(ctx, listingtest.Worker); err != nil || live != 1 {
		t.Fatalf("%d went live (err: %v)", live, err)
	}
	if n := d.mails(t, "Live: version 1"); n != 1 {
		t.Errorf("%d letters at the end of the embargo, want 1", n)
	}
}

// A suspension is told to whoever may appeal it, however the version was sent
// in: the owners and admins, beside the editor who sent it.
func TestSuspensionIsToldToWhoMayAppeal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Organization(t, d.db)
	editor := accounttest.Member(t, d.db, org.ID, account.Editor)
	admin := accounttest.Member(t, d.db, org.ID, account.Admin)
	accounttest.Member(t, d.db, org.ID, account.Viewer)
	accounttest.Verify(t, d.db, org.ID)
	v := listingtest.Version(t, d.db, accounttest.Org{ID: org.ID, Owner: editor}, listing.Approved).Version.ID
	if err := d.listings.Publish(t.Context(), org.Owner, v); err != nil {
		t.Fatal(err)
	}
	if err := d.listings.Suspend(t.Context(), d.reviewer, v, "Suspended for a test."); err != nil {
		t.Fatal(err)
	}
	n, got := d.told(t, notice.VersionSuspended)
	want := []id.User{org.Owner.User, editor.User, admin.User}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); n != 1 || diff != "" {
		t.Errorf("%d notices (-want +got):\n%s", n, diff)
	}
}
