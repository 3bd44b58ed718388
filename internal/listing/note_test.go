package listing_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres/postgrestest"
)

func TestEachVersionButTheFirstSaysWhatChanged(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s := listingtest.Service(db)
	d := listingtest.Complete(t, db, org.Owner)
	if err := s.NoteForNext(t.Context(), org.Owner, d.Listing.ID, ""); err != nil {
		t.Errorf("the first version needs a note: %v", err)
	}
	first := listingtest.Advance(t, db, org, d, listing.Passed)
	if _, err := s.Submit(t.Context(), org.Owner, first.Version.ID); err != nil {
		t.Fatalf("the first version without a note: %v", err)
	}
	listingtest.Rule(t, db, accounttest.Reviewer(t, db), first.Version.ID, listing.AsksForChanges)

	err := s.NoteForNext(t.Context(), org.Owner, d.Listing.ID, " ")
	if list := errs.FieldsOf(err); errs.KindOf(err) != errs.Invalid || len(list) != 1 || list[0].Field != "note" {
		t.Errorf("the second version is begun without a note: %v", err)
	}
	if err := s.NoteForNext(t.Context(), org.Owner, d.Listing.ID, "Two sites more."); err != nil {
		t.Errorf("with a note: %v", err)
	}
	second := listingtest.Advance(t, db, org, d, listing.Passed).Version
	if err := s.SetChangeNote(t.Context(), org.Owner, second.ID, "  "); err != nil {
		t.Fatal(err)
	}
	_, err = s.Submit(t.Context(), org.Owner, second.ID)
	if list := errs.FieldsOf(err); errs.KindOf(err) != errs.Invalid || len(list) != 1 || list[0].Field != "note" {
		t.Errorf("the second version without a note: %v", err)
	}
	const submit = `
UPDATE version SET state = 'in_review', last_event = 'submit', submitted_at = now(), submitted_by = assay_user(), claims_id = claims_id WHERE id = @id`
	if _, err := attempt(t, db, org.Owner, submit, pgx.NamedArgs{"id": second.ID}); constraint(err) != "version_says_what_changed" {
		t.Errorf("the database takes it: %v", err)
	}
	if err := s.SetChangeNote(t.Context(), org.Owner, second.ID, "Two sites more."); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(t.Context(), org.Owner, second.ID); err != nil {
		t.Errorf("the second version with a note: %v", err)
	}
}
