package listing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

func TestVersionsComeInPages(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s := listingtest.Service(db)
	d := listingtest.Complete(t, db, org.Owner)
	for range 3 {
		listingtest.Advance(t, db, org, d, listing.AuditFailed)
	}
	for _, tt := range []struct {
		below, limit int
		want         []int
	}{{0, 0, []int{3, 2, 1}}, {0, 2, []int{3, 2}}, {2, 2, []int{1}}, {3, 1, []int{2}}, {1, 2, nil}, {1 << 40, 1, []int{3}}} {
		list, err := s.VersionsBelow(t.Context(), org.Owner, d.Listing.ID, tt.below, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, v := range list {
			got = append(got, v.Number)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("VersionsBelow(%d, %d): (-want +got)\n%s", tt.below, tt.limit, diff)
		}
	}
}
