package listing_test

import (
	"context"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

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
