package listing_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres/postgrestest"
)

func TestPlanIsCarriedOutOnceTheVersionIsApproved(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, reviewer := accounttest.Seller(t, db), accounttest.Reviewer(t, db)
	s := listingtest.Service(db)
	day := time.Now().UTC().AddDate(0, 0, 10)
	tests := []struct {
		plan listing.Plan
		want listing.State
	}{{listing.Manual, listing.Approved}, {listing.AtOnce, listing.Live}, {listing.OnDay, listing.Embargoed}}
	for _, tt := range tests {
		d := listingtest.Version(t, db, org, listing.InReview)
		if err := s.PlanPublishing(t.Context(), org.Owner, d.Version.ID, tt.plan, day); err != nil {
			t.Fatal(err)
		}
		listingtest.Rule(t, db, reviewer, d.Version.ID, listing.Approves)
		if _, err := s.PublishDue(t.Context(), listingtest.Worker); err != nil {
			t.Errorf("%s: %v", tt.plan, err)
		}
		got, err := s.Version(t.Context(), org.Owner, d.Version.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Version.State != tt.want {
			t.Errorf("planned %s, approved: %s, want %s", tt.plan, got.Version.State, tt.want)
		}
		if tt.want == listing.Embargoed && got.Version.EmbargoUntil.Format(time.DateOnly) != day.Format(time.DateOnly) {
			t.Errorf("kept back until %v, want %v", got.Version.EmbargoUntil, day)
		}
	}
}

func TestNewVersionInheritsNeitherEmbargoNorPlan(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s := listingtest.Service(db)
	d := listingtest.Version(t, db, org, listing.InReview)
	if err := s.PlanPublishing(t.Context(), org.Owner, d.Version.ID, listing.OnDay, time.Now().AddDate(0, 0, 9)); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, db, accounttest.Reviewer(t, db), d.Version.ID, listing.Approves)
	if _, err := s.PublishDue(t.Context(), listingtest.Worker); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(t.Context(), org.Owner, d.Version.ID); err != nil { // ends the embargo early
		t.Fatal(err)
	}
	next := listingtest.Begin(t, db, org.Owner, listing.Description{Listing: d.Listing})
	if next.Number != 2 || next.EmbargoUntil != nil || next.Plan != listing.Manual || next.PublishOn != nil {
		t.Errorf("version %d begins with day %v, plan %q on %v", next.Number, next.EmbargoUntil, next.Plan, next.PublishOn)
	}
	_, err := attempt(t, db, org.Owner, `INSERT INTO version (id, organization_id, listing_id, number, publish_plan)
VALUES (gen_random_uuid(), @org, @listing, 99, 'at_once')`, pgx.NamedArgs{"org": org.ID, "listing": d.Listing.ID})
	if constraint(err) != "version_plan_fresh" {
		t.Errorf("a version that is born with a plan: %v", err)
	}
}

func TestEmbargoCanBeMovedAndDropped(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s := listingtest.Service(db)
	v := listingtest.Version(t, db, org, listing.Embargoed).Version.ID
	day := time.Now().UTC().AddDate(0, 2, 0)
	if err := s.Embargo(t.Context(), org.Owner, v, day); err != nil {
		t.Fatal(err)
	}
	if d, _ := s.Version(t.Context(), org.Owner, v); d.Version.EmbargoUntil.Format(time.DateOnly) != day.Format(time.DateOnly) {
		t.Errorf("the day is %v, want %v", d.Version.EmbargoUntil, day)
	}
	if err := s.Embargo(t.Context(), org.Owner, v, time.Now().AddDate(0, 0, -1)); errs.KindOf(err) != errs.Invalid {
		t.Errorf("a day that is over: %v", err)
	}
	if err := s.CancelEmbargo(t.Context(), org.Owner, v); err != nil {
		t.Fatal(err)
	}
	d, err := s.Version(t.Context(), org.Owner, v)
	if err != nil || d.Version.State != listing.Approved || d.Version.EmbargoUntil != nil {
		t.Errorf("after the day was dropped: %s until %v, %v", d.Version.State, d.Version.EmbargoUntil, err)
	}
	if n, err := s.PublishDue(t.Context(), listingtest.Worker); n != 0 || err != nil {
		t.Errorf("a worker published %d, %v", n, err)
	}
	if d, _ := s.Version(t.Context(), org.Owner, v); d.Version.State != listing.Approved {
		t.Errorf("a worker moved it to %s", d.Version.State)
	}
}

func TestPlanThatCannotBeCarriedOutSaysWhyOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db) // not verified
	s := listingtest.Service(db)
	d := listingtest.Version(t, db, org, listing.InReview)
	if err := s.PlanPublishing(t.Context(), org.Owner, d.Version.ID, listing.AtOnce, time.Time{}); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, db, accounttest.Reviewer(t, db), d.Version.ID, listing.Approves)
	held := func() (n int) {
		err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT count(*) FROM activity WHERE verb = 'version.hold' AND object_id = $1`, d.Version.ID).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 3 {
		if n, err := s.PublishDue(t.Context(), listingtest.Worker); n != 0 || err != nil {
			t.Fatalf("PublishDue = %d, %v", n, err)
		}
	}
	got, _ := s.Version(t.Context(), org.Owner, d.Version.ID)
	if got.Version.State != listing.Approved || got.Version.PublishFailure != listing.NotVerified {
		t.Errorf("state %s, failure %q, want approved and not_verified", got.Version.State, got.Version.PublishFailure)
	}
	if n := held(); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
	accounttest.Verify(t, db, org.ID)
	if n, err := s.PublishDue(t.Context(), listingtest.Worker); n != 1 || err != nil {
		t.Errorf("once verified: %d went live, %v", n, err)
	}
	if got, _ := s.Version(t.Context(), org.Owner, d.Version.ID); got.Version.PublishFailure != "" {
		t.Errorf("the failure %q is still there", got.Version.PublishFailure)
	}
}

func TestDatabaseLetsAWorkerDoOnlyWhatWasPlanned(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	v := listingtest.Version(t, db, org, listing.Approved).Version.ID
	admin := accounttest.Member(t, db, org.ID, account.Admin)
	editor := accounttest.Member(t, db, org.ID, account.Editor)
	if err := account.New(db, account.Options{}).SetRights(t.Context(), org.Owner, admin.User, account.Rights{Submit: true}); err != nil {
		t.Fatal(err)
	}
	const live = `UPDATE version SET state = 'live', last_event = 'publish' WHERE id = @id`
	const plan = `UPDATE version SET publish_plan = 'at_once', planned_by = assay_user() WHERE id = @id`
	for name, tt := range map[string]struct {
		by   func() error
		want string
	}{
		"a worker publishes what nobody planned": {func() error { _, err := attempt(t, db, listingtest.Worker, live, pgx.NamedArgs{"id": v}); return err }, "version_planned"},
		"a worker plans":                         {func() error { _, err := attempt(t, db, listingtest.Worker, plan, pgx.NamedArgs{"id": v}); return err }, "version_right_publish"},
		"an editor plans":                        {func() error { _, err := attempt(t, db, editor, plan, pgx.NamedArgs{"id": v}); return err }, "version_right_publish"},
		"an admin without the right plans":       {func() error { _, err := attempt(t, db, admin, plan, pgx.NamedArgs{"id": v}); return err }, "version_right_publish"},
		"an admin without the right publishes":   {func() error { _, err := attempt(t, db, admin, live, pgx.NamedArgs{"id": v}); return err }, "version_right_publish"},
		"an owner publishes":                     {func() error { _, err := attempt(t, db, org.Owner, live, pgx.NamedArgs{"id": v}); return err }, ""},
	} {
		if err := tt.by(); constraint(err) != tt.want || (err == nil) != (tt.want == "") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestNoteOfASubmittedVersionIsFinal(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s := listingtest.Service(db)
	v := listingtest.Version(t, db, org, listing.Passed).Version.ID
	if err := s.SetChangeNote(t.Context(), org.Owner, v, "  Two more sites. "); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(t.Context(), org.Owner, v); err != nil {
		t.Fatal(err)
	}
	if err := s.SetChangeNote(t.Context(), org.Owner, v, "Something else."); errs.KindOf(err) != errs.Conflict {
		t.Errorf("another note: %v, want a conflict", err)
	}
	if d, _ := s.Version(t.Context(), org.Owner, v); d.Version.ChangeNote != "Two more sites." {
		t.Errorf("note = %q", d.Version.ChangeNote)
	}
}

func TestCloneCopiesClaimsAndNothingElse(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, other := accounttest.Seller(t, db), accounttest.Seller(t, db)
	editor := accounttest.Member(t, db, org.ID, account.Editor)
	s := listingtest.Service(db)
	live := listingtest.Version(t, db, org, listing.Live)
	copied, err := s.Clone(t.Context(), editor, live.Listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	claims, original := copied.Revision.Claims, live.Claims.Claims
	if claims.Basics.Title != "Copy of "+original.Basics.Title {
		t.Errorf("title = %q", claims.Basics.Title)
	}
	for _, step := range listing.Steps {
		if step.Value != listing.StepBasics && claims.Form(step.Value).Encode() != original.Form(step.Value).Encode() {
			t.Errorf("step %s differs", step.Value)
		}
		if by := claims.AssertedAt(step.Value); by.User != editor.User || by.By != listing.BySeller {
			t.Errorf("step %s is asserted by %+v, want by who copied it", step.Value, by)
		}
	}
	if copied.Listing.ID == live.Listing.ID || copied.Listing.Slug == live.Listing.Slug || copied.Listing.SubmittedAt != nil || copied.Revision.FrozenAt != nil {
		t.Errorf("the copy is %+v", copied.Listing)
	}
	if versions, err := s.Versions(t.Context(), editor, copied.Listing.ID); err != nil || len(versions) != 0 {
		t.Errorf("the copy has %d versions, %v", len(versions), err)
	}
	if err := s.Delete(t.Context(), editor, copied.Listing.ID); err != nil {
		t.Errorf("undo: %v", err)
	}
	if _, err := s.Clone(t.Context(), other.Owner, live.Listing.ID); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a stranger copies: %v", err)
	}
	if _, err := s.Clone(t.Context(), accounttest.Member(t, db, org.ID, account.Viewer), live.Listing.ID); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("a viewer copies: %v", err)
	}
}
