package moderation_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/moderation"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Somebody without an account reports, and follows the report by the secret of
// a link, of which the database has only the digest.
func TestAnybodyReportsAndHoldsTheLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	r := report(l, "label_error")
	r.Email = "reader@example.org"
	got, flag := d.report(t, r)
	if got.Receipt == "" || got.Counted || got.Hidden || flag == "" {
		t.Fatalf("received %+v as %q", got, flag)
	}
	if n := d.count(t, `SELECT count(*) FROM flag_report r WHERE r::text LIKE '%' || $1 || '%'`, got.Receipt); n != 0 {
		t.Error("the secret of the link stands in the database")
	}
	receipt, err := d.flags.Receipt(t.Context(), got.Receipt)
	if err != nil || receipt.State != moderation.Open || receipt.Slug != l.Listing.Slug || !receipt.HasEmail {
		t.Errorf("receipt %+v (err: %v)", receipt, err)
	}
	for _, secret := range []string{"", "short", strings.Repeat("A", 43)} {
		if _, err := d.flags.Receipt(t.Context(), secret); errs.KindOf(err) != errs.NotFound {
			t.Errorf("receipt of %q: %v, want not found", secret, err)
		}
	}
	if d.notices(t, notice.FlagReceived) != 1 || d.notices(t, notice.FlagWaiting) != 1 || d.notices(t, notice.IdentifiersFlagged) != 0 {
		t.Error("the reporter and the reviewers are told once each")
	}
	if d.hidden(t, l) {
		t.Error("wrong labels hide pictures")
	}
}

func TestReportNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	for name, c := range map[string]struct {
		change func(*moderation.Report)
		field  string
	}{
		"no reason":          {func(r *moderation.Report) { r.Reason = "" }, "reason"},
		"an unknown reason":  {func(r *moderation.Report) { r.Reason = "mood" }, "reason"},
		"no words":           {func(r *moderation.Report) { r.Body = "  " }, "body"},
		"too many words":     {func(r *moderation.Report) { r.Body = strings.Repeat("x", 4001) }, "body"},
		"a place too long":   {func(r *moderation.Report) { r.Place = strings.Repeat("x", 501) }, "place"},
		"no address":         {func(r *moderation.Report) { r.Email = "reader" }, "email"},
		"two addresses":      {func(r *moderation.Report) { r.Email = "a@example.org, b@example.org" }, "email"},
		"a name and address": {func(r *moderation.Report) { r.Email = "A <a@example.org>" }, "email"},
		"a line break":       {func(r *moderation.Report) { r.Email = "a@example.org\r\nBcc: b@example.org" }, "email"},
	} {
		r := report(l, "spam")
		c.change(&r)
		_, err := d.flags.Report(t.Context(), r)
		if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Field != c.field {
			t.Errorf("%s: %v, want a mistake in %s", name, err, c.field)
		}
	}
	r := report(l, "spam")
	r.Slug = "nowhere"
	if _, err := d.flags.Report(t.Context(), r); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a data set that does not exist: %v, want not found", err)
	}
}

// A thousand reports at once leave ten rows, one letter a kind, and no letter
// storm for an address that is somebody else's.
func TestFloodOfReportsStaysBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	const flood = 1000
	var all sync.WaitGroup
	began := time.Now()
	for i := range flood {
		all.Go(func() {
			r := report(l, moderation.PHISuspected)
			r.Email = []string{"victim@example.org", "Victim@Example.ORG"}[i%2] // one person's
			if _, err := d.flags.Report(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	t.Logf("%d reports at once in %.1f s", flood, time.Since(began).Seconds())
	if n := d.count(t, `SELECT count(*) FROM flag`); n != moderation.OpenFlags {
		t.Errorf("%d flags, want %d", n, moderation.OpenFlags)
	}
	if n := d.count(t, `SELECT count(*) FROM flag_report`); n != moderation.OpenFlags {
		t.Errorf("%d texts kept, want %d", n, moderation.OpenFlags)
	}
	if n := d.count(t, `SELECT sum(reports)::int FROM flag`); n != flood {
		t.Errorf("%d reports counted, want %d", n, flood)
	}
	for kind, want := range map[notice.Kind]int{notice.IdentifiersFlagged: 1, notice.FlagOnYourListing: 1, notice.FlagReceived: moderation.LettersADay} {
		if n := d.notices(t, kind); n != want {
			t.Errorf("%d notices %s, want %d", n, kind, want)
		}
	}
	r := report(l, moderation.PHISuspected)
	r.Reporter = accounttest.User(t, d.db)
	if got, err := d.flags.Report(t.Context(), r); err != nil || got.Counted {
		t.Errorf("a report with an account in the flood: %+v (err: %v), want one of its own", got, err)
	}
	if got, err := d.flags.Report(t.Context(), r); err != nil || !got.Counted {
		t.Errorf("the same person again: %+v (err: %v), want it counted", got, err)
	}
}

// Identifiers suspected hide the pictures in the report's own transaction. Once
// a reviewer has cleared the same bytes, further reports only wait.
func TestSuspectedIdentifiersHidePicturesUntilCleared(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	got, flag := d.report(t, report(l, moderation.PHISuspected))
	if !got.Hidden || got.Cleared || !d.hidden(t, l) {
		t.Fatalf("received %+v, hidden: %v", got, d.hidden(t, l))
	}
	if d.notices(t, notice.IdentifiersFlagged) != 1 || d.notices(t, notice.FlagOnYourListing) != 1 {
		t.Error("reviewers are paged and the seller is told once")
	}
	showBySeller := `UPDATE catalog_listing SET samples_hidden_at = NULL WHERE slug = $1`
	if err := d.in(t, d.seller.Owner, showBySeller, l.Listing.Slug); !postgres.IsRefused(err) {
		t.Errorf("the seller shows the pictures again: %v, want refused by the database", err)
	}
	own := accounttest.Member(t, d.db, d.seller.ID, account.Viewer)
	own.Platform = postgres.Reviewer
	if err := d.in(t, own, showBySeller, l.Listing.Slug); !postgres.IsRefused(err) {
		t.Errorf("a reviewer of the seller shows the pictures again: %v, want refused by the database", err)
	}
	if err := d.flags.ShowSamples(ctx, d.reviewer, flag, d.files(t, flag), ""); errs.KindOf(err) != errs.Invalid {
		t.Errorf("shown without a reason: %v", err)
	}
	if err := d.flags.ShowSamples(ctx, d.seller.Owner, flag, d.files(t, flag), "They are fine, trust me."); errs.KindOf(err) != errs.NotFound {
		t.Errorf("shown by the seller: %v, want not found", err)
	}
	if err := d.flags.ShowSamples(ctx, d.reviewer, flag, d.files(t, flag), "It is the serial number of the scanner."); err != nil || d.hidden(t, l) {
		t.Fatalf("shown again: %v, hidden: %v", err, d.hidden(t, l))
	}
	got, _ = d.report(t, report(l, moderation.PHISuspected))
	if got.Hidden || !got.Cleared || d.hidden(t, l) || got.Receipt == "" {
		t.Errorf("reported again after the clearance: %+v, hidden: %v", got, d.hidden(t, l))
	}
}

// What a reporter wrote reaches reviewers outside the seller, and nobody else:
// no seller by any statement, no notice, no record of acts, no job.
func TestWordsOfReportersStayWithReviewers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	r := report(l, "consent_problem")
	r.Reporter = accounttest.User(t, d.db)
	_, flag := d.report(t, r)
	if err := d.flags.Claim(ctx, d.reviewer, flag, false); err != nil {
		t.Fatal(err)
	}
	if err := d.flags.Ask(ctx, d.reviewer, flag, "Does the consent cover products?"); err != nil {
		t.Fatal(err)
	}
	if err := d.flags.Reply(ctx, d.seller.Owner, flag, "It does: see clause 4."); err != nil {
		t.Fatal(err)
	}
	d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Suspend, Strike: true, Answer: "Thank you."})
	own := accounttest.Member(t, d.db, d.seller.ID, account.Viewer)
	own.Platform = postgres.Reviewer
	for name, a := range map[string]postgres.Actor{"the seller": d.seller.Owner, "a reviewer who belongs to the seller": own, "the public": {},
		"another seller": accounttest.Organization(t, d.db).Owner} {
		var seen int
		err := d.db.InTx(ctx, a, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM flag_report`).Scan(&seen)
		})
		if err != nil || seen != 0 {
			t.Errorf("%s sees %d rows of what reporters wrote (err: %v)", name, seen, err)
		}
		if _, err := d.flags.Item(ctx, a, flag); errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s opens the report: %v, want not found", name, err)
		}
	}
	it, err := d.flags.Item(ctx, d.second, flag)
	if err != nil || len(it.Told) != 1 || !strings.Contains(it.Told[0].Body, canary) || !strings.Contains(it.Told[0].Place, canary) {
		t.Errorf("the other reviewer: %+v (err: %v)", it.Told, err)
	}
	for _, table := range []string{"notice_event", "activity", "river_job", "mail_outbox", "flag", "version", "catalog_listing", "strike"} {
		if n := d.count(t, fmt.Sprintf(`SELECT count(*) FROM %s x WHERE x::text LIKE '%%ZZYZX%%'`, table)); n != 0 {
			t.Errorf("%d rows of %s hold what a reporter wrote", n, table)
		}
	}
	if n := d.count(t, `SELECT count(*) FROM activity WHERE organization_id = $1 AND user_id = $2`, d.seller.ID, r.Reporter); n != 0 {
		t.Error("the seller's own view of the record tells who reported")
	}
}

// Ninety days after the end of a flag nothing of what was written is left; the
// link still answers.
func TestWordsOfReportersAreErased(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	r := report(l, "spam")
	r.Email = "reader@example.org"
	got, closed := d.report(t, r)
	if err := d.flags.Claim(t.Context(), d.reviewer, closed, false); err != nil {
		t.Fatal(err)
	}
	d.decide(t, moderation.Decision{Flag: closed, Outcome: moderation.Dismissed, Answer: "We looked at it."})
	d.report(t, report(l, "malware")) // stays open
	kept := func() int {
		return d.count(t, `SELECT count(*) FROM flag_report WHERE body <> '' OR place <> '' OR email <> '' OR reporter_id IS NOT NULL`)
	}
	for _, step := range []struct {
		after int // days
		want  int
	}{{89, 2}, {2, 1}} {
		*d.clock = d.clock.AddDate(0, 0, step.after)
		if err := d.flags.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := kept(); n != step.want {
			t.Errorf("after %d days more, %d texts, want %d", step.after, n, step.want)
		}
	}
	receipt, err := d.flags.Receipt(t.Context(), got.Receipt)
	if err != nil || receipt.Answer != "We looked at it." {
		t.Errorf("receipt after the end: %+v (err: %v)", receipt, err)
	}
	if n := d.count(t, `SELECT count(*) FROM flag WHERE erased_at IS NOT NULL AND id = $1`, string(closed)); n != 1 {
		t.Error("the flag does not say that it was erased")
	}
}

// A reviewer's own organization is none of the reviewer's business.
func TestReviewersDoNotSeeFlagsOnTheirOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	_, flag := d.report(t, report(l, "spam"))
	own := accounttest.Member(t, d.db, d.seller.ID, account.Editor)
	own.Platform = postgres.Reviewer
	waiting, _, err := d.flags.Queue(t.Context(), own)
	if err != nil || len(waiting) != 0 {
		t.Errorf("queue of the own reviewer: %d (err: %v)", len(waiting), err)
	}
	if err := d.flags.Claim(t.Context(), own, flag, false); errs.KindOf(err) != errs.NotFound {
		t.Errorf("claim by the own reviewer: %v, want not found", err)
	}
	if c, err := d.flags.Counts(t.Context(), own); err != nil || c.Flags != 0 {
		t.Errorf("counts of the own reviewer: %+v (err: %v)", c, err)
	}
	if c, err := d.flags.Counts(t.Context(), d.reviewer); err != nil || c.Flags != 1 || c.Identifiers != 0 {
		t.Errorf("counts of another: %+v (err: %v)", c, err)
	}
	for name, a := range map[string]postgres.Actor{"seller": d.seller.Owner, "public": {}} {
		if _, _, err := d.flags.Queue(t.Context(), a); errs.KindOf(err) != errs.NotFound {
			t.Errorf("queue for the %s: %v, want not found", name, err)
		}
	}
	if _, err := d.flags.OwnFlag(t.Context(), d.seller.Owner, flag); errs.KindOf(err) != errs.NotFound {
		t.Errorf("the seller opens a flag that nobody asked about: %v, want not found", err)
	}
	if _, err := d.flags.OwnFlag(t.Context(), d.seller.Owner, id.New[id.Flag]()); errs.KindOf(err) != errs.NotFound {
		t.Errorf("the seller opens nothing: %v, want not found", err)
	}
}
