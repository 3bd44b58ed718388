package listing_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// Changed claims that wait for a reviewer lapse with the version that they
// would change. Whatever took that version's place takes changed claims again,
// the same ones too.
func TestChangedClaimsLapseWithTheirVersion(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := listing.New(db, nil, time.Now)
	for name, leave := range map[string]func(t *testing.T, org accounttest.Org, live, next listing.Dossier) error{
		"superseded by a newer version": func(t *testing.T, org accounttest.Org, _, next listing.Dossier) error {
			return s.Publish(t.Context(), org.Owner, next.Version.ID)
		},
		"withdrawn, and a newer version in its place": func(t *testing.T, org accounttest.Org, live, next listing.Dossier) error {
			if err := s.Withdraw(t.Context(), org.Owner, live.Version.ID, "A site took back its consent."); err != nil {
				return err
			}
			return s.Publish(t.Context(), org.Owner, next.Version.ID)
		},
		"suspended, and a newer version in its place": func(t *testing.T, org accounttest.Org, live, next listing.Dossier) error {
			if err := s.Suspend(t.Context(), accounttest.Reviewer(t, db), live.Version.ID, "The license was not stated correctly."); err != nil {
				return err
			}
			listingtest.Rule(t, db, accounttest.Reviewer(t, db), next.Version.ID, listing.Approves) // anew
			return s.Publish(t.Context(), org.Owner, next.Version.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			org := accounttest.Seller(t, db)
			live := listingtest.Version(t, db, org, listing.Live)
			next := listingtest.Advance(t, db, org, listing.Description{Listing: live.Listing}, listing.Approved)
			changeConsent(t, s, org.Owner, live, "Second board")
			if waits, err := s.SubmitClaims(t.Context(), org.Owner, live.Listing.ID); err != nil || !waits {
				t.Fatalf("changed consent waits: %v (err: %v)", waits, err)
			}
			if err := leave(t, org, live, next); err != nil {
				t.Fatal(err)
			}
			if name != "suspended, and a newer version in its place" {
				if gone, err := s.Version(t.Context(), org.Owner, live.Version.ID); err != nil || gone.Amendment != nil {
					t.Errorf("claims still wait on a version that is %s (err: %v)", gone.Version.State, err)
				}
			}
			waits, err := s.SubmitClaims(t.Context(), org.Owner, live.Listing.ID)
			if err != nil || !waits {
				t.Fatalf("the same claims for the newer version wait: %v (err: %v)", waits, err)
			}
			listingtest.Rule(t, db, accounttest.Reviewer(t, db), next.Version.ID, listing.Approves)
			if d, err := s.Version(t.Context(), org.Owner, next.Version.ID); err != nil || d.Claims.Claims.Consent.Board != "Second board" {
				t.Errorf("after approval the newer version claims the board %q (err: %v)", d.Claims.Claims.Consent.Board, err)
			}
		})
	}
}

// Of the waiting claims that lapse an act is kept, which the seller sees.
func TestLapseIsOnRecord(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := listing.New(db, nil, time.Now)
	org := accounttest.Seller(t, db)
	live := listingtest.Version(t, db, org, listing.Live)
	changeConsent(t, s, org.Owner, live, "Second board")
	if _, err := s.SubmitClaims(t.Context(), org.Owner, live.Listing.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Withdraw(t.Context(), org.Owner, live.Version.ID, "A site took back its consent."); err != nil {
		t.Fatal(err)
	}
	var outcome string
	var acts int
	err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
		err := tx.QueryRow(t.Context(), `SELECT coalesce(outcome, '') FROM listing_claims WHERE amends_version = $1`, live.Version.ID).Scan(&outcome)
		if err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM activity WHERE verb = 'listing.lapse_claims' AND object_id = $1`, string(live.Listing.ID)).Scan(&acts)
	})
	if err != nil || outcome != "lapsed" || acts != 1 {
		t.Errorf("outcome %q, %d acts (err: %v); want lapsed and 1", outcome, acts, err)
	}
}

// changeConsent edits the consent claim of a listing.
func changeConsent(t *testing.T, s *listing.Service, owner postgres.Actor, of listing.Dossier, board string) {
	t.Helper()
	d, err := s.Draft(t.Context(), owner, of.Listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	claims := d.Revision.Claims
	claims.Consent.Board = board
	_, err = s.SaveStep(t.Context(), owner, of.Listing.ID, listing.Save{Step: listing.StepConsent, Token: d.Revision.Token(), Claims: claims})
	if err != nil {
		t.Fatal(err)
	}
}
