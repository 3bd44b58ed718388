package listing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func isConflict(err error) bool { return errs.KindOf(err) == errs.Conflict }

func TestStrangersAndViewersAreRefused(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, other := accounttest.Seller(t, db), accounttest.Organization(t, db)
	s := listingtest.Service(db)
	draft := listingtest.Draft(t, db, org.Owner)
	flagged := listingtest.Version(t, db, org, listing.Flagged)
	approved := listingtest.Version(t, db, org, listing.Approved)
	live := listingtest.Version(t, db, org, listing.Live)
	review := listingtest.Version(t, db, org, listing.InReview)
	ruling := listing.Ruling{Version: review.Version.ID, RootDigest: review.Version.RootDigest, ClaimsDigest: review.Claims.Digest, Outcome: listing.Approves}
	const reason = "A reason that is long enough."
	inTx := func(a postgres.Actor, fn func(ctx context.Context, tx pgx.Tx) error) error {
		return db.InTx(t.Context(), a, func(tx pgx.Tx) error { return fn(t.Context(), tx) })
	}

	methods := []struct {
		name   string
		reads  bool // a viewer may
		manage bool // an editor may not
		review bool // only a reviewer may
		call   func(a postgres.Actor) error
	}{
		{name: "Draft", reads: true, call: func(a postgres.Actor) error { _, err := s.Draft(t.Context(), a, draft.Listing.ID); return err }},
		{name: "Versions", reads: true, call: func(a postgres.Actor) error { _, err := s.Versions(t.Context(), a, live.Listing.ID); return err }},
		{name: "Version", reads: true, call: func(a postgres.Actor) error { _, err := s.Version(t.Context(), a, live.Version.ID); return err }},
		{name: "Files", reads: true, call: func(a postgres.Actor) error { _, err := s.Files(t.Context(), a, live.Version.ID, "", 5); return err }},
		{name: "SaveStep", call: func(a postgres.Actor) error {
			_, err := s.SaveStep(t.Context(), a, draft.Listing.ID, listing.Save{Step: listing.StepBasics, Token: draft.Revision.Token(), Claims: draft.Revision.Claims})
			return err
		}},
		{name: "Delete", call: func(a postgres.Actor) error { return s.Delete(t.Context(), a, draft.Listing.ID) }},
		{name: "Undelete", call: func(a postgres.Actor) error { return s.Undelete(t.Context(), a, draft.Listing.ID) }},
		{name: "StartVersion", call: func(a postgres.Actor) error {
			return inTx(a, func(ctx context.Context, tx pgx.Tx) error {
				_, err := s.StartVersion(ctx, tx, a, draft.Listing.ID, "")
				return err
			})
		}},
		{name: "AnswerFinding", call: func(a postgres.Actor) error {
			return s.AnswerFinding(t.Context(), a, flagged.Version.ID, "warning-1", reason)
		}},
		{name: "Submit", call: func(a postgres.Actor) error { _, err := s.Submit(t.Context(), a, flagged.Version.ID); return err }},
		{name: "Publish", manage: true, call: func(a postgres.Actor) error { return s.Publish(t.Context(), a, approved.Version.ID) }},
		{name: "Embargo", manage: true, call: func(a postgres.Actor) error {
			return s.Embargo(t.Context(), a, approved.Version.ID, time.Now().AddDate(0, 1, 0))
		}},
		{name: "Withdraw", manage: true, call: func(a postgres.Actor) error { return s.Withdraw(t.Context(), a, live.Version.ID, reason) }},
		{name: "SubmitClaims", manage: true, call: func(a postgres.Actor) error { _, err := s.SubmitClaims(t.Context(), a, live.Listing.ID); return err }},
		{name: "Decide", review: true, call: func(a postgres.Actor) error { _, err := s.Decide(t.Context(), a, ruling); return err }},
		{name: "ConfirmAnswer", review: true, call: func(a postgres.Actor) error {
			return s.ConfirmAnswer(t.Context(), a, review.Version.ID, "warning-1", true, "")
		}},
		{name: "Suspend", review: true, call: func(a postgres.Actor) error { return s.Suspend(t.Context(), a, live.Version.ID, reason) }},
		{name: "Restore", review: true, call: func(a postgres.Actor) error { return s.Restore(t.Context(), a, live.Version.ID) }},
	}
	viewer := accounttest.Member(t, db, org.ID, account.Viewer)
	editor := accounttest.Member(t, db, org.ID, account.Editor)
	forged := postgres.Actor{User: other.Owner.User, Organization: org.ID} // a session that was never a member
	for _, m := range methods {
		t.Run(m.name, func(t *testing.T) {
			expect := func(who string, a postgres.Actor, want errs.Kind) {
				t.Helper()
				if err := m.call(a); errs.KindOf(err) != want || err == nil {
					t.Errorf("%s for %s: %v, want %v", m.name, who, err, want)
				}
			}
			expect("a stranger", other.Owner, errs.NotFound)
			public := errs.KindOf(m.call(postgres.Actor{}))
			if public != errs.NotFound && public != errs.Unauthenticated {
				t.Errorf("%s for the public: %v, want NotFound or Unauthenticated", m.name, public)
			}
			if m.review {
				expect("the seller", org.Owner, errs.NotFound)
				return
			}
			expect("somebody who never was a member", forged, errs.NotFound)
			if !m.reads {
				expect("a viewer", viewer, errs.Forbidden)
			}
			if m.manage {
				expect("an editor", editor, errs.Forbidden)
			}
			if m.reads {
				if err := m.call(viewer); err != nil {
					t.Errorf("%s for a viewer: %v", m.name, err)
				}
			}
		})
	}
}

func TestAbsentListingAndForeignListingAnswerAlike(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, other := accounttest.Organization(t, db), accounttest.Organization(t, db)
	s := listingtest.Service(db)
	theirs := listingtest.Draft(t, db, org.Owner)
	_, absent := s.Draft(t.Context(), other.Owner, id.New[id.Listing]())
	_, foreign := s.Draft(t.Context(), other.Owner, theirs.Listing.ID)
	if errs.KindOf(absent) != errs.NotFound || errs.MessageOf(absent) != errs.MessageOf(foreign) {
		t.Errorf("absent: %v, foreign: %v; want the same NotFound", absent, foreign)
	}
}

func TestSaveFromAnOutdatedFormIsAConflict(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	d := listingtest.Draft(t, db, org.Owner)
	save := listing.Save{Step: listing.StepConsent, Token: d.Revision.Token(), Claims: listingtest.Claims()}
	saved, err := s.SaveStep(t.Context(), org.Owner, d.Listing.ID, save)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveStep(t.Context(), org.Owner, d.Listing.ID, save); !isConflict(err) {
		t.Errorf("second save from the same form: %v, want Conflict", err)
	}
	save.Token = saved.Revision.Token()
	if _, err := s.SaveStep(t.Context(), org.Owner, d.Listing.ID, save); err != nil {
		t.Errorf("save from a fresh form: %v", err)
	}
}

func TestConcurrentSavesKeepExactlyOne(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	d := listingtest.Draft(t, db, org.Owner)
	results := make(chan error, 20)
	for i := range cap(results) {
		go func() {
			c := d.Revision.Claims
			c.Caveats.List = []string{string(rune('A' + i))}
			_, err := s.SaveStep(context.Background(), org.Owner, d.Listing.ID,
				listing.Save{Step: listing.StepCaveats, Token: d.Revision.Token(), Claims: c})
			results <- err
		}()
	}
	kept := 0
	for range cap(results) {
		if err := <-results; err == nil {
			kept++
		} else if !isConflict(err) {
			t.Errorf("a late save: %v, want Conflict", err)
		}
	}
	if kept != 1 {
		t.Errorf("%d saves from one form were kept, want 1", kept)
	}
}

func TestAClaimKeepsWhoMadeItUntilItChanges(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	editor := accounttest.Member(t, db, org.ID, account.Editor)
	clock := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	s := listing.New(db, nil, func() time.Time { return clock })
	claims := listingtest.Claims()
	d, err := s.Create(t.Context(), org.Owner, claims.Basics)
	if err != nil {
		t.Fatal(err)
	}
	save := func(a postgres.Actor, step listing.Step, c listing.Claims) listing.Claims {
		t.Helper()
		clock = clock.Add(time.Hour)
		d, err = s.SaveStep(t.Context(), a, d.Listing.ID, listing.Save{Step: step, Token: d.Revision.Token(), Claims: c, Finish: true})
		if err != nil {
			t.Fatalf("save %s: %v", step, err)
		}
		return d.Revision.Claims
	}
	first := save(org.Owner, listing.StepConsent, claims).Consent.Asserted
	if first.User != org.Owner.User || first.By != listing.BySeller || !first.At.Equal(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("assertion = %+v, want the owner at 10:00", first)
	}
	digest := d.Revision.Digest
	if again := save(editor, listing.StepConsent, claims).Consent.Asserted; again != first || d.Revision.Digest != digest {
		t.Errorf("the same answer by another: assertion %+v, digest changed %v", again, d.Revision.Digest != digest)
	}
	claims.Consent.Protocol = "2024-114"
	if changed := save(editor, listing.StepConsent, claims).Consent.Asserted; changed.User != editor.User {
		t.Errorf("a changed answer is asserted by %s, want the editor", changed.User)
	}
}

func TestRightsAndLicenseStepsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	d := listingtest.Complete(t, db, org.Owner)
	s := listingtest.Service(db)
	changed := listing.Claims{License: listing.License{Name: "Other terms", Tier: d.Revision.Claims.License.Tier, Access: d.Revision.Claims.License.Access}}
	after, err := s.SaveStep(t.Context(), org.Owner, d.Listing.ID, listing.Save{Step: listing.StepLicense, Token: d.Revision.Token(), Claims: changed})
	if err != nil {
		t.Fatal(err)
	}
	if l := after.Revision.Claims.License; l.Name != "Other terms" || len(l.Grants) != 1 {
		t.Errorf("after saving the license step: name %q, %d grants", l.Name, len(l.Grants))
	}
}

func TestFrozenClaimsAreEditedInANewRevision(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	v := listingtest.Version(t, db, org, listing.Passed)
	d, err := s.Draft(t.Context(), org.Owner, v.Listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	claims := d.Revision.Claims
	claims.Caveats = listing.Caveats{NoneKnown: true}
	after, err := s.SaveStep(t.Context(), org.Owner, v.Listing.ID, listing.Save{Step: listing.StepCaveats, Token: d.Revision.Token(), Claims: claims})
	if err != nil {
		t.Fatal(err)
	}
	if after.Revision.Number != d.Revision.Number+1 || after.Revision.FrozenAt != nil {
		t.Errorf("edited revision = %d (frozen %v), want %d, open", after.Revision.Number, after.Revision.FrozenAt, d.Revision.Number+1)
	}
	submitted, err := s.Submit(t.Context(), org.Owner, v.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	if submitted.ClaimsID != after.Revision.ID {
		t.Errorf("submitted with claims %s, want the newest, %s", submitted.ClaimsID, after.Revision.ID)
	}
}

func TestSubmitSaysWhatKeepsAVersionBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)

	incomplete := listingtest.Advance(t, db, org, listingtest.Draft(t, db, org.Owner), listing.Passed)
	if _, err := s.Submit(t.Context(), org.Owner, incomplete.Version.ID); errs.KindOf(err) != errs.Invalid {
		t.Errorf("Submit with answers missing: %v, want Invalid", err)
	}

	flagged := listingtest.Version(t, db, org, listing.Flagged)
	if _, err := s.Submit(t.Context(), org.Owner, flagged.Version.ID); !isConflict(err) {
		t.Errorf("Submit with warnings unanswered: %v, want Conflict", err)
	}
	for _, key := range []string{"warning-1", "warning-2"} {
		if err := s.AnswerFinding(t.Context(), org.Owner, flagged.Version.ID, key, "This is a phantom's name."); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := s.Submit(t.Context(), org.Owner, flagged.Version.ID); err != nil || v.State != listing.InReview {
		t.Errorf("Submit with all warnings answered: %s, %v", v.State, err)
	}

	unseen := listingtest.Version(t, db, org, listing.Passed)
	d, err := s.Draft(t.Context(), org.Owner, unseen.Listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	claims := d.Revision.Claims
	claims.Deidentification.Dates = listing.DatesRelative
	if _, err := s.SaveStep(t.Context(), org.Owner, unseen.Listing.ID, listing.Save{Step: listing.StepDeidentification, Token: d.Revision.Token(), Claims: claims}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(t.Context(), org.Owner, unseen.Version.ID); !isConflict(err) {
		t.Errorf("Submit with a de-identification claim that the audit has not seen: %v, want Conflict", err)
	}
}

func TestWarningsNeedAcceptedAnswersBeforeApproval(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	reviewer := accounttest.Reviewer(t, db)
	v := listingtest.Version(t, db, org, listing.Flagged).Version
	for _, key := range []string{"warning-1", "warning-2"} {
		if err := s.AnswerFinding(t.Context(), org.Owner, v.ID, key, "This is a phantom's name."); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Submit(t.Context(), org.Owner, v.ID); err != nil {
		t.Fatal(err)
	}
	d, err := s.Version(t.Context(), reviewer, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	approve := listing.Ruling{Version: v.ID, RootDigest: d.Version.RootDigest, ClaimsDigest: d.Claims.Digest, Outcome: listing.Approves}
	if err := s.ConfirmAnswer(t.Context(), reviewer, v.ID, "warning-1", true, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Decide(t.Context(), reviewer, approve); !isConflict(err) {
		t.Errorf("approval with one answer open: %v, want Conflict", err)
	}
	if err := s.ConfirmAnswer(t.Context(), reviewer, v.ID, "warning-2", true, ""); err != nil {
		t.Fatal(err)
	}
	listingtest.Check(t, db, reviewer, v.ID)
	if _, err := s.Decide(t.Context(), reviewer, approve); !isConflict(err) {
		t.Errorf("approval with answers that one person accepted: %v, want Conflict", err)
	}
	for _, key := range []string{"warning-1", "warning-2"} {
		if err := s.ConfirmAnswer(t.Context(), reviewer, v.ID, key, true, ""); !isConflict(err) {
			t.Errorf("the first person confirms too: %v, want Conflict", err)
		}
		if err := s.ConfirmAnswer(t.Context(), accounttest.Reviewer(t, db), v.ID, key, true, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Decide(t.Context(), reviewer, approve); err != nil || got.State != listing.Approved {
		t.Errorf("approval with all answers accepted: %s, %v", got.State, err)
	}
}

func TestRulingAboutOtherDigestsIsAConflict(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	reviewer := accounttest.Reviewer(t, db)
	d := listingtest.Version(t, db, org, listing.InReview)
	for name, r := range map[string]listing.Ruling{
		"other files":  {Version: d.Version.ID, RootDigest: d.Claims.Digest, ClaimsDigest: d.Claims.Digest},
		"other claims": {Version: d.Version.ID, RootDigest: d.Version.RootDigest, ClaimsDigest: d.Version.RootDigest},
	} {
		r.Outcome = listing.Approves
		if _, err := s.Decide(t.Context(), reviewer, r); !isConflict(err) {
			t.Errorf("ruling about %s: %v, want Conflict", name, err)
		}
	}
}

// shelf is a catalog that remembers what it was told, and may refuse.
type shelf struct {
	published []listing.Published
	taken     []listing.TakenDown
	err       error
}

func (c *shelf) Published(_ context.Context, _ pgx.Tx, p listing.Published) error {
	c.published = append(c.published, p)
	return c.err
}

func (c *shelf) TakenDown(_ context.Context, _ pgx.Tx, t listing.TakenDown) error {
	c.taken = append(c.taken, t)
	return c.err
}

func TestPublishingSupersedesAndTellsTheCatalog(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	catalog := &shelf{}
	s := listing.New(db, catalog, time.Now)
	first := listingtest.Version(t, db, org, listing.Live)
	second := listingtest.Advance(t, db, org, listing.Description{Listing: first.Listing}, listing.Approved)

	catalog.err = errors.New("the catalog is full")
	if err := s.Publish(t.Context(), org.Owner, second.Version.ID); err == nil {
		t.Fatal("Publish held although the catalog refused")
	}
	if d, _ := s.Version(t.Context(), org.Owner, first.Version.ID); d.Version.State != listing.Live {
		t.Errorf("after a refused publication the first version is %s, want live", d.Version.State)
	}

	catalog.err = nil
	if err := s.Publish(t.Context(), org.Owner, second.Version.ID); err != nil {
		t.Fatal(err)
	}
	if d, _ := s.Version(t.Context(), org.Owner, first.Version.ID); d.Version.State != listing.Superseded {
		t.Errorf("the first version is %s, want superseded", d.Version.State)
	}
	last := catalog.published[len(catalog.published)-1]
	if last.Version.ID != second.Version.ID || last.Version.State != listing.Live || last.Claims.ID != second.Claims.ID || last.Report.Verdict != "passed" {
		t.Errorf("the catalog was told of %+v", last)
	}

	if err := s.Withdraw(t.Context(), org.Owner, second.Version.ID, "The sites took back their consent."); err != nil {
		t.Fatal(err)
	}
	if len(catalog.taken) != 1 || catalog.taken[0].Version.Reason != "The sites took back their consent." {
		t.Errorf("the catalog was told of takedowns %+v", catalog.taken)
	}
}

func TestSuspendedVersionIsRestored(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	reviewer := accounttest.Reviewer(t, db)
	s := listingtest.Service(db)
	d := listingtest.Version(t, db, org, listing.Suspended)
	if err := s.Restore(t.Context(), reviewer, d.Version.ID); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Version(t.Context(), org.Owner, d.Version.ID); got.Version.State != listing.Live {
		t.Errorf("restored version is %s, want live", got.Version.State)
	}
}

func TestDueEmbargoGoesLive(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	d := listingtest.Version(t, db, org, listing.Embargoed)
	if n, err := listingtest.Service(db).PublishDue(t.Context(), listingtest.Worker); n != 0 || err != nil {
		t.Errorf("PublishDue before the day = %d, %v", n, err)
	}
	err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE version SET embargo_until = (now() AT TIME ZONE 'UTC')::date WHERE id = $1`, d.Version.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := listingtest.Service(db).PublishDue(t.Context(), listingtest.Worker); n != 1 || err != nil {
		t.Errorf("PublishDue on the day = %d, %v; want 1", n, err)
	}
}

func TestChangedRightsOfALiveListingWaitForAReviewer(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	reviewer := accounttest.Reviewer(t, db)
	catalog := &shelf{}
	s := listing.New(db, catalog, time.Now)
	live := listingtest.Version(t, db, org, listing.Live)
	edit := func(step listing.Step, change func(*listing.Claims)) listing.Revision {
		t.Helper()
		d, err := s.Draft(t.Context(), org.Owner, live.Listing.ID)
		if err != nil {
			t.Fatal(err)
		}
		claims := d.Revision.Claims
		change(&claims)
		d, err = s.SaveStep(t.Context(), org.Owner, live.Listing.ID, listing.Save{Step: step, Token: d.Revision.Token(), Claims: claims})
		if err != nil {
			t.Fatal(err)
		}
		return d.Revision
	}
	claimsOf := func() id.Claims {
		t.Helper()
		d, err := s.Version(t.Context(), org.Owner, live.Version.ID)
		if err != nil {
			t.Fatal(err)
		}
		return d.Version.ClaimsID
	}

	summary := edit(listing.StepBasics, func(c *listing.Claims) { c.Basics.Summary += " Corrected a word." })
	if waits, err := s.SubmitClaims(t.Context(), org.Owner, live.Listing.ID); waits || err != nil {
		t.Errorf("a changed summary: waits %v, %v; want it to hold at once", waits, err)
	}
	if got := claimsOf(); got != summary.ID || len(catalog.published) != 1 {
		t.Errorf("after a changed summary: claims %s, want %s; catalog told %d times, want once", got, summary.ID, len(catalog.published))
	}

	rights := edit(listing.StepConsent, func(c *listing.Claims) { c.Consent.Commercial = listing.CommercialSilent })
	if waits, err := s.SubmitClaims(t.Context(), org.Owner, live.Listing.ID); !waits || err != nil {
		t.Errorf("a changed consent: waits %v, %v; want it to wait", waits, err)
	}
	if got := claimsOf(); got != summary.ID {
		t.Errorf("claims that wait for a reviewer are live: %s", got)
	}
	listingtest.Rule(t, db, reviewer, live.Version.ID, listing.Approves)
	if got := claimsOf(); got != rights.ID {
		t.Errorf("after approval the claims are %s, want %s", got, rights.ID)
	}

	edit(listing.StepConsent, func(c *listing.Claims) { c.Consent.Commercial = listing.WaiverCoversCommercial })
	if _, err := s.SubmitClaims(t.Context(), org.Owner, live.Listing.ID); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, db, reviewer, live.Version.ID, listing.Rejects)
	if got := claimsOf(); got != rights.ID {
		t.Errorf("after a refusal the claims are %s, want those that were approved", got)
	}
}

func TestSecondListingOfAVerifiedSellerNeedsNoReviewer(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s := listingtest.Service(db)
	submit := func(want listing.State, why string) {
		t.Helper()
		passed := listingtest.Version(t, db, org, listing.Passed)
		v, err := s.Submit(t.Context(), org.Owner, passed.Version.ID)
		if err != nil || v.State != want {
			t.Errorf("%s: %s, %v; want %s", why, v.State, err, want)
		}
	}
	submit(listing.InReview, "first listing")
	listingtest.Version(t, db, org, listing.Approved)
	submit(listing.InReview, "rights documents not accepted")
	acceptRightsDocument(t, db, org)
	submit(listing.Approved, "verified, documents accepted, not the first listing")
}

// acceptRightsDocument gives the seller a rights document that a reviewer has
// accepted.
func acceptRightsDocument(t testing.TB, db *postgres.DB, org accounttest.Org) {
	t.Helper()
	reviewer := accounttest.Reviewer(t, db)
	run := func(a postgres.Actor, sql string, args pgx.NamedArgs) {
		t.Helper()
		err := db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			tag, err := tx.Exec(t.Context(), sql, args)
			if err == nil && tag.RowsAffected() != 1 {
				return errors.New("no row")
			}
			return err
		})
		if err != nil {
			t.Fatalf("rights document: %v", err)
		}
	}
	request := id.New[string]()
	run(org.Owner, `INSERT INTO verification_request (id, organization_id) VALUES (@id, @organization)`,
		pgx.NamedArgs{"id": request, "organization": org.ID})
	document := id.New[id.Document]()
	run(org.Owner, `INSERT INTO vault_document (id, organization_id, kind, title) VALUES (@id, @organization, 'authorization_to_license', 'Rights')`,
		pgx.NamedArgs{"id": document, "organization": org.ID})
	run(org.Owner, `
INSERT INTO vault_version (document_id, number, organization_id, name, media_type, size_bytes, sha256, blob_key, key_id, uploaded_by)
VALUES (@id, 1, @organization, 'rights.pdf', 'application/pdf', 1, repeat('a', 64), 'key', repeat('0', 16), @user)`,
		pgx.NamedArgs{"id": document, "organization": org.ID, "user": org.Owner.User})
	run(org.Owner, `
INSERT INTO verification_document (request_id, organization_id, document_id, number, kind)
VALUES (@request, @organization, @document, 1, 'rights')`,
		pgx.NamedArgs{"organization": org.ID, "request": request, "document": document})
	run(org.Owner, `UPDATE verification_request SET state = 'submitted', submitted_at = now(), submitted_by = @user WHERE id = @id`,
		pgx.NamedArgs{"id": request, "user": org.Owner.User})
	run(reviewer, `UPDATE verification_document SET verdict = 'accepted' WHERE request_id = @id`, pgx.NamedArgs{"id": request})
}

func TestDeletedDraftIsTakenBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	d := listingtest.Draft(t, db, org.Owner)
	if err := s.Delete(t.Context(), org.Owner, d.Listing.ID); err != nil {
		t.Fatal(err)
	}
	save := listing.Save{Step: listing.StepBasics, Token: d.Revision.Token(), Claims: d.Revision.Claims}
	if _, err := s.SaveStep(t.Context(), org.Owner, d.Listing.ID, save); !isConflict(err) {
		t.Errorf("save of a deleted draft: %v, want Conflict", err)
	}
	if err := s.Undelete(t.Context(), org.Owner, d.Listing.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveStep(t.Context(), org.Owner, d.Listing.ID, save); err != nil {
		t.Errorf("save of a draft that was taken back: %v", err)
	}
	live := listingtest.Version(t, db, accounttest.Organization(t, db), listing.Uploading)
	if err := s.Delete(t.Context(), postgres.Actor{User: live.Version.CreatedBy, Organization: live.Version.Organization}, live.Listing.ID); !isConflict(err) {
		t.Errorf("delete while files arrive: %v, want Conflict", err)
	}
}

func TestTwoStartsOfAVersionMakeOne(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	d := listingtest.Draft(t, db, org.Owner)
	results := make(chan error, 8)
	for range cap(results) {
		go func() {
			results <- db.InTx(context.Background(), org.Owner, func(tx pgx.Tx) error {
				_, err := s.StartVersion(context.Background(), tx, org.Owner, d.Listing.ID, "")
				return err
			})
		}()
	}
	begun := 0
	for range cap(results) {
		if err := <-results; err == nil {
			begun++
		} else if !isConflict(err) {
			t.Errorf("a late start: %v, want Conflict", err)
		}
	}
	versions, err := s.Versions(t.Context(), org.Owner, d.Listing.ID)
	if begun != 1 || err != nil || len(versions) != 1 {
		t.Errorf("%d starts held, %d versions, %v; want 1 and 1", begun, len(versions), err)
	}
}
