package moderation_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/moderation"
	"assay/internal/notice"
	"assay/internal/notice/noticetest"
	"assay/internal/postgres"
)

// The queue holds the riskiest first, then what is due first: a report of
// identifiers within 4 hours, any other by working days.
func TestQueueOrdersByRiskThenByClock(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	want := []moderation.Reason{moderation.PHISuspected, "malware", "rights_not_held", "spam", "other"}
	for _, r := range []moderation.Reason{"spam", "other", "rights_not_held", "malware", moderation.PHISuspected} {
		d.report(t, report(l, r))
	}
	waiting, _, err := d.flags.Queue(t.Context(), d.reviewer)
	if err != nil || len(waiting) != len(want) {
		t.Fatalf("%d wait (err: %v)", len(waiting), err)
	}
	for i, r := range want {
		if waiting[i].Reason != r {
			t.Errorf("place %d: %s, want %s", i+1, waiting[i].Reason, r)
		}
	}
	if first := waiting[0]; !first.Due().Equal(first.CreatedAt.Add(4 * time.Hour)) {
		t.Errorf("identifiers reported at %s are due at %s, want 4 hours later", first.CreatedAt, first.Due())
	}
}

// While a question stands the clock is the seller's; the answer starts that of
// the reviewer anew. Both sides are told until when.
func TestClockOfAFlagFollowsWhoHasToAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	flag := d.claimed(t, l, moderation.PHISuspected)
	if err := d.flags.Ask(t.Context(), d.reviewer, flag, "Which scanner wrote these files?"); err != nil {
		t.Fatal(err)
	}
	f, err := d.flags.OwnFlag(t.Context(), d.seller.Owner, flag)
	if err != nil {
		t.Fatal(err)
	}
	if want := f.AskedAt.Add(24 * time.Hour); !f.Due().Equal(want) {
		t.Errorf("the seller is to answer by %s, want %s", f.Due(), want)
	}
	if n := d.count(t, `SELECT count(*) FROM notice_event WHERE kind = 'flag_on_your_listing' AND array_to_string(lines, ' ') LIKE '%Please answer by%'`); n != 1 {
		t.Errorf("%d notices say until when the seller is to answer, want 1", n)
	}
	if err := d.flags.Reply(t.Context(), d.seller.Owner, flag, "A scanner of 2019, masked since."); err != nil {
		t.Fatal(err)
	}
	it, err := d.flags.Item(t.Context(), d.reviewer, flag)
	if err != nil {
		t.Fatal(err)
	}
	if want := it.Flag.RepliedAt.Add(4 * time.Hour); !it.Flag.Due().Equal(want) {
		t.Errorf("after the answer the reviewer is to decide by %s, want %s", it.Flag.Due(), want)
	}
}

// linksTo returns the reports behind the links that were sent to an address.
func (d desk) linksTo(t *testing.T, address string) (receipts []moderation.Receipt) {
	t.Helper()
	err := d.db.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT path FROM notice_event WHERE address = $1 ORDER BY created_at`, address)
		if err != nil {
			return err
		}
		paths, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, path := range paths {
			receipt, err := d.flags.Receipt(t.Context(), strings.TrimPrefix(path, "/report/r/"))
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			receipts = append(receipts, receipt)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

// Who left an address and has no account is mailed the link with the thanks
// and with the answer; once it is mailed no row has it any more.
func TestAnswerReachesReportersByAMailedLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	r := report(l, "label_error")
	r.Email = "reader@example.org"
	got, flag := d.report(t, r)
	if err := d.flags.Claim(t.Context(), d.reviewer, flag, false); err != nil {
		t.Fatal(err)
	}
	d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Dismissed, Answer: "The labels are as the protocol says."})
	links := d.linksTo(t, "reader@example.org")
	if len(links) != 2 || links[1].State != moderation.Dismissed || links[1].Answer != "The labels are as the protocol says." {
		t.Errorf("mailed links lead to %+v, want the report with its answer twice", links)
	}
	noticetest.Deliver(t, d.db)
	if n := d.count(t, `SELECT count(*) FROM notice_event WHERE path LIKE '%' || $1`, got.Receipt); n != 0 {
		t.Errorf("%d events hold the link after they were mailed", n)
	}
	if n := d.count(t, `SELECT count(*) FROM mail_outbox m WHERE m::text LIKE '%/report/r/' || $1 || '%'`, got.Receipt); n != 2 {
		t.Errorf("%d mails hold the link, want 2", n)
	}
}

// With another secret key of the server a link that was given out still opens
// and shows the answer; the mail with that answer cannot hold it again and leads
// to the data set. docs/operations.md says so.
func TestLinksOfReportersOutliveTheKeyOfTheServer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	r := report(l, "label_error")
	r.Email = "reader@example.org"
	got, flag := d.report(t, r)
	after := d
	after.flags = moderation.New(d.db, d.listings, bytes.Repeat([]byte{8}, 32), time.Now)
	if err := after.flags.Claim(t.Context(), d.reviewer, flag, false); err != nil {
		t.Fatal(err)
	}
	after.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Changes, Answer: "You were right."})
	receipt, err := after.flags.Receipt(t.Context(), got.Receipt)
	if err != nil || receipt.Answer != "You were right." {
		t.Errorf("the link of before shows %q (err: %v), want the answer", receipt.Answer, err)
	}
	if n := d.count(t, `SELECT count(*) FROM notice_event WHERE kind = 'flag_answered' AND address = 'reader@example.org' AND path = '/datasets/' || $1`, l.Listing.Slug); n != 1 {
		t.Errorf("%d answers lead to the data set, want 1", n)
	}
	next := report(l, "other")
	next.Email = "reader@example.org"
	if got, _ = after.report(t, next); got.Receipt == "" {
		t.Fatal("no link for a report under the new key")
	}
	if n := d.count(t, `SELECT count(*) FROM notice_event WHERE path = '/report/r/' || $1`, got.Receipt); n != 1 {
		t.Errorf("%d mails hold the link of a report under the new key, want 1", n)
	}
}

// Each reporter of a merged report is told what was decided, also if the
// other report was decided before.
func TestMergedReportersAreToldEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	flags := map[string]id.Flag{}
	for _, who := range []string{"first", "second", "third"} {
		r := report(l, map[string]moderation.Reason{"first": "label_error", "second": "misleading_claim", "third": "other"}[who])
		r.Email = who + "@example.org"
		_, flags[who] = d.report(t, r)
		if err := d.flags.Claim(t.Context(), d.reviewer, flags[who], false); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.flags.Merge(t.Context(), d.reviewer, flags["second"], flags["first"]); err != nil {
		t.Fatal(err)
	}
	d.decide(t, moderation.Decision{Flag: flags["first"], Outcome: moderation.Upheld, Act: moderation.Changes, Answer: "You were right."})
	if err := d.flags.Merge(t.Context(), d.reviewer, flags["third"], flags["first"]); err != nil {
		t.Fatal(err)
	}
	for who := range flags {
		links := d.linksTo(t, who+"@example.org")
		if len(links) != 2 || links[1].State != moderation.Upheld || links[1].Answer != "You were right." {
			t.Errorf("the %s reporter was sent %+v, want thanks and the answer", who, links)
		}
	}
}

// together runs n at once and returns how many had no error.
func together(n int, do func(i int) error) (ok int, other []error) {
	var won atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			err := do(i)
			if err == nil {
				won.Add(1)
			} else if errs.KindOf(err) != errs.Conflict {
				mu.Lock()
				other = append(other, err)
				mu.Unlock()
			}
		})
	}
	close(start)
	all.Wait()
	return int(won.Load()), other
}

// Of a hundred claims one holds, and of a hundred decisions at once one: one
// suspension, one strike, one answer.
func TestOneOfAHundredDecisionsHolds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	r := report(l, "rights_not_held")
	r.Email = "reader@example.org"
	_, flag := d.report(t, r)
	reviewers := make([]postgres.Actor, 10)
	for i := range reviewers {
		reviewers[i] = accounttest.Reviewer(t, d.db)
	}
	won, other := together(100, func(i int) error { return d.flags.Claim(t.Context(), reviewers[i%10], flag, false) })
	if won != 1 || len(other) != 0 {
		t.Fatalf("%d claims hold, want 1; other failures %v", won, other)
	}
	it, err := d.flags.Item(t.Context(), d.reviewer, flag)
	if err != nil {
		t.Fatal(err)
	}
	won, other = together(100, func(i int) error {
		a := reviewers[i%10]
		if i%2 == 0 {
			a = postgres.Actor{User: it.Flag.ClaimedBy, Platform: postgres.Reviewer}
		}
		outcome := moderation.Upheld
		if i%4 == 0 {
			outcome = moderation.Dismissed
		}
		return d.flags.Decide(t.Context(), a, moderation.Decision{Flag: flag, Outcome: outcome, Act: moderation.Suspend, Files: it.Flag.OfferedFiles, Strike: true, Reason: "Decided for a test."})
	})
	if won != 1 || len(other) != 0 {
		t.Fatalf("%d decisions hold, want 1; other failures %v", won, other)
	}
	upheld := d.count(t, `SELECT count(*) FROM flag WHERE state = 'upheld'`)
	for what, n := range map[string]int{
		"strikes":     d.count(t, `SELECT count(*) FROM strike`),
		"suspensions": d.count(t, `SELECT count(*) FROM version_event WHERE event = 'suspend'`),
	} {
		if n != upheld {
			t.Errorf("%d %s for %d upheld flags", n, what, upheld)
		}
	}
	if n := d.notices(t, notice.FlagAnswered); n != 1 {
		t.Errorf("%d answers, want 1", n)
	}
	if n := d.count(t, `SELECT count(*) FROM activity WHERE verb IN ('flag.uphold', 'flag.dismiss')`); n != 1 {
		t.Errorf("%d decisions in the record, want 1", n)
	}
}

// A flag goes the ways that are drawn, in the hands of one reviewer.
func TestFlagIsInOneHand(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	_, flag := d.report(t, report(l, "label_error"))
	no := moderation.Decision{Flag: flag, Outcome: moderation.Dismissed, Reason: "Nothing was found."}
	conflict := func(what string, err error) {
		t.Helper()
		if errs.KindOf(err) != errs.Conflict {
			t.Errorf("%s: %v, want a conflict", what, err)
		}
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	conflict("decided by nobody's hand", d.flags.Decide(ctx, d.reviewer, no))
	must("claim", d.flags.Claim(ctx, d.reviewer, flag, false))
	conflict("claimed twice", d.flags.Claim(ctx, d.second, flag, false))
	conflict("decided by another", d.flags.Decide(ctx, d.second, no))
	conflict("asked by another", d.flags.Ask(ctx, d.second, flag, "Who read the images?"))
	conflict("released by another", d.flags.Release(ctx, d.second, flag))
	must("taken over", d.flags.Claim(ctx, d.second, flag, true))
	conflict("decided by who had it before", d.flags.Decide(ctx, d.reviewer, no))
	must("released", d.flags.Release(ctx, d.second, flag))
	must("claimed again", d.flags.Claim(ctx, d.reviewer, flag, false))
	conflict("answered by the seller unasked", d.reply(t, d.seller.Owner, flag))
	must("asked", d.flags.Ask(ctx, d.reviewer, flag, "Who read the images?"))
	if n := d.notices(t, notice.FlagOnYourListing); n != 1 {
		t.Errorf("%d notices to the seller, want 1", n)
	}
	conflict("decided while the seller is asked", d.flags.Decide(ctx, d.reviewer, no))
	viewer := accounttest.Member(t, d.db, d.seller.ID, account.Viewer)
	if err := d.flags.Reply(ctx, viewer, flag, "Three radiologists."); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("answered by a viewer: %v, want forbidden", err)
	}
	must("answered", d.flags.Reply(ctx, d.seller.Owner, flag, "Three radiologists."))
	conflict("answered twice", d.flags.Reply(ctx, d.seller.Owner, flag, "Four radiologists."))
	must("decided", d.flags.Decide(ctx, d.reviewer, no))
	conflict("decided twice", d.flags.Decide(ctx, d.reviewer, no))
	conflict("claimed after the end", d.flags.Claim(ctx, d.reviewer, flag, true))
}

// reply answers as the seller does before the reviewer has asked: the seller
// does not even see the flag.
func (d desk) reply(t *testing.T, a postgres.Actor, flag any) error {
	t.Helper()
	err := d.in(t, a, `UPDATE flag SET state = 'in_triage', reply = 'Unasked.' WHERE id = $1`, flag)
	if err != nil {
		return err
	}
	if n := d.count(t, `SELECT count(*) FROM flag WHERE reply = 'Unasked.'`); n != 0 {
		t.Error("the seller changed a flag that nobody asked about")
	}
	return errs.New(errs.Conflict, "nothing was changed")
}

// The seller answers and changes nothing else, whatever statement it sends.
func TestSellerDecidesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	flag := d.claimed(t, d.live(t), "label_error")
	if err := d.flags.Ask(t.Context(), d.reviewer, flag, "Who read the images?"); err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"state = 'dismissed', decision = 'Fine.', decided_by = assay_user(), decided_at = now()",
		"state = 'in_triage', act = 'none'", "state = 'in_triage', claimed_by = assay_user()", "state = 'in_triage', question = ''"} {
		if err := d.in(t, d.seller.Owner, `UPDATE flag SET `+set+` WHERE id = $1`, flag); !postgres.IsRefused(err) {
			t.Errorf("the seller sets %s: %v, want refused by the database", set, err)
		}
	}
	for _, sql := range []string{
		`INSERT INTO strike (id, organization_id, reason, given_by) VALUES (gen_random_uuid(), assay_organization(), 'A strike of my own.', assay_user())`,
		`INSERT INTO samples_clearance (listing_id, organization_id, root_digest, reason, cleared_by) SELECT listing_id, organization_id, root_digest, 'It is all fine.', assay_user() FROM flag`,
	} {
		if err := d.in(t, d.seller.Owner, sql); !postgres.IsRefused(err) {
			t.Errorf("the seller may: %s (err: %v)", sql, err)
		}
	}
}

// Who reported a merged flag sees the fate of the other one, and is answered
// with it.
func TestMergedReportsShareOneFate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	first, into := d.report(t, report(l, "misleading_claim"))
	r := report(l, "label_error")
	r.Email = "reader@example.org"
	second, flag := d.report(t, r)
	elsewhere := d.claimed(t, d.live(t), "spam")
	if err := d.flags.Claim(ctx, d.reviewer, flag, false); err != nil {
		t.Fatal(err)
	}
	if err := d.flags.Merge(ctx, d.reviewer, flag, elsewhere); errs.KindOf(err) != errs.Invalid {
		t.Errorf("merged into a flag of another data set: %v, want invalid", err)
	}
	if err := d.flags.Merge(ctx, d.reviewer, flag, flag); errs.KindOf(err) != errs.Invalid {
		t.Errorf("merged into itself: %v, want invalid", err)
	}
	if err := d.flags.Merge(ctx, d.reviewer, flag, into); err != nil {
		t.Fatal(err)
	}
	if err := d.flags.Claim(ctx, d.reviewer, into, false); err != nil {
		t.Fatal(err)
	}
	d.decide(t, moderation.Decision{Flag: into, Outcome: moderation.Upheld, Act: moderation.Changes, Answer: "Both of you were right."})
	for name, got := range map[string]moderation.Received{"the first": first, "the merged": second} {
		receipt, err := d.flags.Receipt(ctx, got.Receipt)
		if err != nil || receipt.State != moderation.Upheld || receipt.Answer != "Both of you were right." || receipt.Merged != (name == "the merged") {
			t.Errorf("receipt of %s: %+v (err: %v)", name, receipt, err)
		}
	}
	it, err := d.flags.Item(ctx, d.reviewer, into)
	if err != nil || it.Flag.Reports != 2 || len(it.Told) != 2 {
		t.Errorf("%d reports, %d texts, want 2 and 2 (err: %v)", it.Flag.Reports, len(it.Told), err)
	}
	if n := d.notices(t, notice.FlagAnswered); n != 1 {
		t.Errorf("%d answers, want 1: the other left no address", n)
	}
}

// Upholding with a suspension takes the version down with a reason that the
// public reads, and tells those who reported.
func TestUpheldFlagSuspends(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	flag := d.claimed(t, l, "rights_not_held")
	d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Suspend, Reason: "The hospital did not agree."})
	v, err := d.listings.Version(t.Context(), d.seller.Owner, l.Version.ID)
	if err != nil || v.Version.State != listing.Suspended || v.Version.Reason != "The right to offer it is not shown. The hospital did not agree." {
		t.Errorf("version %s, %q (err: %v)", v.Version.State, v.Version.Reason, err)
	}
	again := d.claimed(t, l, "rights_not_held")
	err = d.flags.Decide(t.Context(), d.reviewer, moderation.Decision{Flag: again, Outcome: moderation.Upheld, Act: moderation.Suspend, Files: d.files(t, again), Reason: "The hospital did not agree."})
	if errs.KindOf(err) != errs.Invalid {
		t.Errorf("suspended twice: %v, want invalid", err)
	}
	if err := d.flags.Decide(t.Context(), d.reviewer, moderation.Decision{Flag: again, Outcome: moderation.Upheld, Reason: "The hospital did not agree."}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("upheld without saying what follows: %v, want invalid", err)
	}
}

// A second question leaves the first one and its answer on record, for the
// reviewers and the seller; nobody writes there by hand.
func TestSecondQuestionKeepsTheFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	flag := d.claimed(t, d.live(t), "rights_not_held")
	ask := func(question string) {
		t.Helper()
		if err := d.flags.Ask(ctx, d.reviewer, flag, question); err != nil {
			t.Fatal(err)
		}
	}
	ask("Who signed for the hospital?")
	if err := d.flags.Reply(ctx, d.seller.Owner, flag, "The head of research."); err != nil {
		t.Fatal(err)
	}
	ask("May the head of research sign alone?")
	it, err := d.flags.Item(ctx, d.reviewer, flag)
	if err != nil {
		t.Fatal(err)
	}
	own, err := d.flags.OwnFlag(ctx, d.seller.Owner, flag)
	if err != nil {
		t.Fatal(err)
	}
	for who, f := range map[string]moderation.Flag{"the reviewer": it.Flag, "the seller": own} {
		if f.Question != "May the head of research sign alone?" || f.Reply != "" || len(f.Earlier) != 1 {
			t.Fatalf("%s sees %q, answered %q, after %v", who, f.Question, f.Reply, f.Earlier)
		}
		if e := f.Earlier[0]; e.Question != "Who signed for the hospital?" || e.Reply != "The head of research." || e.RepliedAt == nil {
			t.Errorf("%s sees of the first question %+v", who, e)
		}
	}
	for name, a := range map[string]postgres.Actor{"a reviewer": d.reviewer, "the seller": d.seller.Owner} {
		if err := d.in(t, a, `INSERT INTO flag_question (flag_id, number, organization_id, question, asked_at) VALUES ($1, 9, $2, 'Never asked.', now())`, flag, d.seller.ID); err == nil {
			t.Errorf("%s writes a question that was never asked", name)
		}
	}
	stranger := accounttest.Seller(t, d.db)
	if _, err := d.flags.OwnFlag(ctx, stranger.Owner, flag); errs.KindOf(err) != errs.NotFound {
		t.Errorf("another seller reads it: %v", err)
	}
}
