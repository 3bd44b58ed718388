package listing_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

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
