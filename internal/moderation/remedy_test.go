package moderation_test

import (
	"strings"
	"testing"
	"time"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/moderation"
	"assay/internal/postgres"
	"assay/internal/review"
)

// grant has the second reviewer grant an appeal and returns its remedy.
func (d desk) grant(t *testing.T, key id.Appeal) string {
	t.Helper()
	if err := d.flags.Rule(t.Context(), d.second, key, moderation.Ruling{Outcome: moderation.Granted, Reason: "The letter of March was overlooked."}); err != nil {
		t.Fatal(err)
	}
	p, err := d.flags.OwnAppeal(t.Context(), d.seller.Owner, key)
	if err != nil {
		t.Fatal(err)
	}
	return p.Remedy
}

func (d desk) state(t *testing.T, v id.Version) listing.State {
	t.Helper()
	got, err := d.listings.Version(t.Context(), d.seller.Owner, v)
	if err != nil {
		t.Fatal(err)
	}
	return got.Version.State
}

// An appeal undoes the suspension that it is about: one that came later, for
// another reason, holds, and so does one of another report that was upheld.
func TestGrantedAppealLeavesOtherSuspensionsAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	v := l.Version.ID
	first := d.claimed(t, l, "license_wrong")
	d.decide(t, moderation.Decision{Flag: first, Outcome: moderation.Upheld, Act: moderation.Suspend})
	ofEvent := d.appeal(t, moderation.OfSuspension, d.subject(t, moderation.OfSuspension))
	ofFlag := d.appeal(t, moderation.OfFlag, string(first))
	if err := d.listings.Restore(ctx, d.second, v); err != nil {
		t.Fatal(err)
	}
	later := d.claimed(t, l, "consent_problem")
	d.decide(t, moderation.Decision{Flag: later, Outcome: moderation.Upheld, Act: moderation.Suspend})
	for name, key := range map[string]id.Appeal{"the report": ofFlag, "the suspension": ofEvent} {
		if remedy := d.grant(t, key); !strings.Contains(remedy, "was suspended again") {
			t.Errorf("appeal of %s: remedy %q", name, remedy)
		}
		if got := d.state(t, v); got != listing.Suspended {
			t.Fatalf("appeal of %s against the first suspension: the version is %s, want suspended by the second", name, got)
		}
	}
	if remedy := d.grant(t, d.appeal(t, moderation.OfFlag, string(later))); !strings.Contains(remedy, "on offer again") || d.state(t, v) != listing.Live {
		t.Errorf("appeal against the last suspension: remedy %q, the version is %s", remedy, d.state(t, v))
	}
}

// A version is not put back while another report about the data set holds one
// of its versions down, unless a reviewer has approved this one since: the
// report was about what came before.
func TestGrantedAppealWaitsForOtherReports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		approved string // when, against the report
		remedy   string
		want     listing.State
	}{
		{"approved after the report", "", "on offer again", listing.Live},
		{"approved before the report", "- interval '1 day'", "another report on this data set", listing.Suspended},
	} {
		d := newDesk(t)
		l := d.live(t)
		first := d.claimed(t, l, "license_wrong")
		d.decide(t, moderation.Decision{Flag: first, Outcome: moderation.Upheld, Act: moderation.Suspend})
		next := d.replace(t, l)
		d.exec(t, `UPDATE decision SET created_at = created_at `+c.approved+` WHERE version_id = $1`, next.ID)
		if err := d.listings.Suspend(t.Context(), d.reviewer, next.ID, "Suspended for a test."); err != nil {
			t.Fatal(err)
		}
		var key id.Appeal
		for _, s := range st0(t, d).Appealable {
			if s.Version == next.ID {
				key = d.appeal(t, s.Kind, s.ID)
			}
		}
		if remedy := d.grant(t, key); !strings.Contains(remedy, c.remedy) || d.state(t, next.ID) != c.want {
			t.Errorf("%s: remedy %q, the version is %s, want %s", c.name, remedy, d.state(t, next.ID), c.want)
		}
	}
}

// The database itself finds what an upheld report suspended.
func TestUpheldReportNamesItsSuspension(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	flag := d.claimed(t, l, "license_wrong")
	err := d.in(t, d.reviewer, `UPDATE flag SET state = 'upheld', act = 'suspend', decision = 'Because I say so.', decided_by = $2, decided_at = now() WHERE id = $1`, flag, d.reviewer.User)
	if !postgres.IsRefused(err) {
		t.Errorf("upheld with a suspension that is none: %v, want refused by the database", err)
	}
	d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Suspend})
	if n := d.count(t, `SELECT count(*) FROM flag f JOIN version_event e ON e.id = f.suspension WHERE f.id = $1 AND e.version_id = $2 AND e.event = 'suspend'`, flag, l.Version.ID); n != 1 {
		t.Error("the report does not name its suspension")
	}
}

// What a reviewer decides is about the files that the page showed: other ones,
// published since, are neither shown nor suspended by it.
func TestDecisionIsAboutTheFilesThatWereSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	flag := d.claimed(t, l, moderation.PHISuspected)
	seen := d.files(t, flag)
	d.replace(t, l)
	const fine = "Nothing is to be seen in them."
	suspend := moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Suspend, Reason: "The corner holds a name."}
	for name, files := range map[string]string{"those reported": seen, "none": ""} {
		if err := d.flags.ShowSamples(ctx, d.reviewer, flag, files, fine); errs.KindOf(err) != errs.Conflict || !d.hidden(t, l) {
			t.Errorf("pictures of other files than %s are shown: %v", name, err)
		}
		suspend.Files = files
		if err := d.flags.Decide(ctx, d.reviewer, suspend); errs.KindOf(err) != errs.Conflict {
			t.Errorf("other files than %s are suspended: %v, want a conflict", name, err)
		}
	}
	it, err := d.flags.Item(ctx, d.reviewer, flag)
	if err != nil || it.Flag.Files != seen || it.Flag.OfferedFiles == seen || it.Flag.Offered == l.Version.ID {
		t.Fatalf("the page shows %s of %s and %s of %s (err: %v)", it.Flag.Files, it.Flag.Version, it.Flag.OfferedFiles, it.Flag.Offered, err)
	}
	if err := d.flags.ShowSamples(ctx, d.reviewer, flag, it.Flag.OfferedFiles, fine); err != nil || d.hidden(t, l) {
		t.Fatalf("pictures of the files on offer stay hidden: %v", err)
	}
	if n := d.count(t, `SELECT count(*) FROM samples_clearance WHERE root_digest = $1`, seen); n != 0 {
		t.Error("files that nobody looked at are cleared")
	}
	suspend.Files = it.Flag.OfferedFiles
	if err := d.flags.Decide(ctx, d.reviewer, suspend); err != nil {
		t.Error(err)
	}
}

// Who reported a data set and was told to be right hears when an appeal finds
// otherwise.
func TestReportersHearOfAnAppealThatOverturns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := d.live(t)
	r := report(l, "misleading_claim")
	r.Email = "reader@example.org"
	_, flag := d.report(t, r)
	if err := d.flags.Claim(t.Context(), d.reviewer, flag, false); err != nil {
		t.Fatal(err)
	}
	d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Changes})
	d.grant(t, d.appeal(t, moderation.OfFlag, string(flag)))
	if n := d.count(t, `SELECT count(*) FROM notice_event WHERE kind = 'flag_answered' AND address = 'reader@example.org' AND array_to_string(lines, ' ') LIKE '%The seller appealed.%'`); n != 1 {
		t.Errorf("%d letters say that the report was overturned, want 1", n)
	}
}

// A seller who was asked about a report hears how it ended, and that hidden
// pictures are shown again; of a report that it was not asked about it hears
// nothing.
func TestSellerHearsHowAQuestionEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	told := func(subject string) int {
		t.Helper()
		return d.count(t, `SELECT count(*) FROM notice_event WHERE organization_id = $1 AND subject LIKE $2 || '%'`, d.seller.ID, subject)
	}
	flag := d.claimed(t, l, moderation.PHISuspected)
	if err := d.flags.Ask(ctx, d.reviewer, flag, "Is this a real name or a phantom?"); err != nil {
		t.Fatal(err)
	}
	if err := d.flags.Reply(ctx, d.seller.Owner, flag, "It is the name of a phantom."); err != nil {
		t.Fatal(err)
	}
	if err := d.flags.ShowSamples(ctx, d.reviewer, flag, d.files(t, flag), "It is a phantom, as the seller says."); err != nil {
		t.Fatal(err)
	}
	if n := told("Pictures shown again"); n != 1 {
		t.Errorf("%d letters about pictures shown again, want 1", n)
	}
	d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Dismissed})
	if n := told("A report was dismissed"); n != 1 {
		t.Errorf("%d letters about a report that was asked about, want 1", n)
	}
	d.decide(t, moderation.Decision{Flag: d.claimed(t, l, "spam"), Outcome: moderation.Dismissed})
	if n := told("A report was dismissed"); n != 1 {
		t.Error("the seller hears of a report that it was not asked about")
	}
}

// A seller who was asked about a report that is then merged into another one
// hears that, and how the other one ended; so does its page of the report. Of
// the other one, that it was not asked about, it hears nothing else.
func TestSellerHearsHowAMergedQuestionEnded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		outcome       moderation.State
		decidedBefore bool
		merged, after int // letters to the seller that name the merged report, and the end
		line          string
	}{
		{"dismissed later", moderation.Dismissed, false, 1, 1, "You need not do anything now; you hear what is decided."},
		{"upheld later", moderation.Upheld, false, 1, 0, "You need not do anything now; you hear what is decided."},
		{"dismissed before", moderation.Dismissed, true, 1, 0, "A reviewer found nothing that has to change, and you need not do anything."},
		{"upheld before", moderation.Upheld, true, 1, 0, "asks for changes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			ctx := t.Context()
			l := d.live(t)
			told := func(subject, line string) int {
				t.Helper()
				return d.count(t, `SELECT count(*) FROM notice_event WHERE organization_id = $1 AND subject LIKE $2 || '%' AND array_to_string(lines, ' ') LIKE '%' || $3 || '%'`, d.seller.ID, subject, line)
			}
			page := func() moderation.Flag {
				t.Helper()
				st, err := d.flags.Standing(ctx, d.seller.Owner)
				if err != nil || len(st.Flags) == 0 {
					t.Fatalf("the seller sees %d reports (err: %v)", len(st.Flags), err)
				}
				return st.Flags[len(st.Flags)-1]
			}
			asked := d.claimed(t, l, "label_error")
			if err := d.flags.Ask(ctx, d.reviewer, asked, "Who read the images?"); err != nil {
				t.Fatal(err)
			}
			if err := d.flags.Reply(ctx, d.seller.Owner, asked, "Three radiologists."); err != nil {
				t.Fatal(err)
			}
			into := d.claimed(t, l, "misleading_claim")
			decide := func() {
				d.decide(t, moderation.Decision{Flag: into, Outcome: tt.outcome, Act: moderation.Changes})
			}
			if tt.decidedBefore {
				decide()
			}
			if n := told("A report was dismissed", ""); n != 0 {
				t.Errorf("%d letters about a report that the seller was not asked about", n)
			}
			if err := d.flags.Merge(ctx, d.reviewer, asked, into); err != nil {
				t.Fatal(err)
			}
			if n := told("Two reports are decided as one", tt.line); n != tt.merged {
				t.Errorf("%d letters say %q, want %d", n, tt.line, tt.merged)
			}
			if !tt.decidedBefore {
				if f := page(); f.State != moderation.Merged || f.Fate != "" {
					t.Errorf("while it waits the seller reads %s, %q", f.State, f.Fate)
				}
				decide()
			}
			if n := told("A report was dismissed", "You were asked about it."); n != tt.after {
				t.Errorf("%d letters say that it was dismissed, want %d", n, tt.after)
			}
			if f := page(); f.ID != asked || f.State != moderation.Merged || f.Fate != tt.outcome {
				t.Errorf("the seller reads of report %s (asked %s): %s, %q; want merged, %s", f.ID, asked, f.State, f.Fate, tt.outcome)
			}
		})
	}
}

// A version that an appeal brought back is judged anew: what was accepted
// before counts no more, and who rejected it accepts nothing, past the desk
// neither.
func TestAnswersOfAReturnedVersionAreJudgedByOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	reviews := review.New(d.db, d.listings, time.Now)
	flagged := listingtest.Version(t, d.db, d.seller, listing.Flagged)
	v, keys := flagged.Version.ID, flagged.Report.WarningKeys
	for _, key := range keys {
		if err := d.listings.AnswerFinding(ctx, d.seller.Owner, v, key, "It is part of the protocol."); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.listings.Submit(ctx, d.seller.Owner, v); err != nil {
		t.Fatal(err)
	}
	accept := func(a postgres.Actor, key string) error { return reviews.Judge(ctx, a, v, key, true, "") }
	if err := accept(d.reviewer, keys[0]); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, d.db, d.reviewer, v, listing.Rejects)
	d.grant(t, d.appeal(t, moderation.OfRejection, d.subject(t, moderation.OfRejection)))
	if n := d.count(t, `SELECT count(*) FROM finding_answer WHERE version_id = $1 AND (outcome IS NOT NULL OR confirmed_by IS NOT NULL)`, v); n != 0 {
		t.Errorf("%d answers are accepted from before the rejection", n)
	}
	if err := accept(d.reviewer, keys[0]); errs.KindOf(err) != errs.Conflict {
		t.Errorf("who rejected it accepts an answer: %v, want a conflict", err)
	}
	bare := `UPDATE finding_answer SET outcome = 'accepted', outcome_by = $2, outcome_at = now() WHERE version_id = $1`
	if err := d.in(t, d.reviewer, bare, v, d.reviewer.User); !postgres.IsRefused(err) {
		t.Errorf("who rejected it accepts by a bare statement: %v, want refused by the database", err)
	}
	if err := accept(d.second, keys[0]); err != nil {
		t.Errorf("another reviewer accepts: %v", err)
	}
	bare = `UPDATE finding_answer SET confirmed_by = $2, confirmed_at = now() WHERE version_id = $1 AND outcome IS NOT NULL`
	if err := d.in(t, d.reviewer, bare, v, d.reviewer.User); !postgres.IsRefused(err) {
		t.Errorf("who rejected it confirms: %v, want refused by the database", err)
	}
}
