package ingest_test

import (
	"bytes"
	"context"
	"image/png"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// readsNothing finds no word in any raster.
func readsNothing(_ context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
	words := make([][]pixel.Word, len(rasters))
	for i := range words {
		words[i] = []pixel.Word{}
	}
	return words, nil
}

// gallery is a room with a version whose audit offers samples.
type gallery struct {
	room
	audits  *ingest.Service
	store   *catalog.Store
	version id.Version
	listing listing.Listing
}

func newGallery(t *testing.T) gallery {
	t.Helper()
	r := newRoom(t)
	r.listings = listing.New(r.db, catalog.Publisher{}, time.Now)
	g := gallery{room: r, store: catalog.NewStore(r.db)}
	g.audits = ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, Tools: audit.Tools{ReadText: readsNothing}}, discard)
	claims := listingtest.Claims()
	// What is claimed is what the made series is.
	claims.Deidentification.Codes, claims.Deidentification.Dates = nil, listing.DatesRemoved
	claims.Devices, claims.Splits = listing.Devices{Unknown: true}, listing.Splits{Provided: listing.No}
	unsaid := listing.Distribution{NotStated: true}
	claims.Demographics = listing.Demographics{Ages: unsaid, Sex: unsaid, Race: unsaid}
	for _, c := range synth.Codes() {
		claims.Deidentification.Codes = append(claims.Deidentification.Codes, listing.DeidCode(c))
	}
	d := listingtest.Save(t, r.db, r.org.Owner, listingtest.Draft(t, r.db, r.org.Owner), claims)
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 7, Slices: 9, Part: "CHEST"})
	if err != nil {
		t.Fatal(err)
	}
	zip, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	j := r.send(t, d.Listing.ID, zip)
	if err := g.audits.Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	g.version, g.listing = j.Version, d.Listing
	return g
}

// publish brings the version through review and on offer.
func (g gallery) publish(t *testing.T) {
	t.Helper()
	if _, err := g.listings.Submit(t.Context(), g.org.Owner, g.version); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, g.db, accounttest.Reviewer(t, g.db), g.version, listing.Approves)
	accounttest.Verify(t, g.db, g.org.ID)
	if err := g.listings.Publish(t.Context(), g.org.Owner, g.version); err != nil {
		t.Fatal(err)
	}
}

// shown are the numbers of the pictures that buyers see.
func (g gallery) shown(t *testing.T) []int {
	t.Helper()
	list, err := g.store.Samples(t.Context(), g.listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	numbers := []int{}
	for _, s := range list {
		numbers = append(numbers, s.Number)
	}
	for n := 1; n <= ingest.MaxSamples; n++ {
		_, _, err := g.store.SampleImage(t.Context(), g.dossier(t, g.version).Listing.Slug, n)
		if isListed := slices.Contains(numbers, n); isListed != (err == nil) {
			t.Errorf("picture %d: listed %t, its address answers %v", n, isListed, err)
		}
	}
	return numbers
}

func (g gallery) clear(t *testing.T, numbers ...int) {
	t.Helper()
	if err := g.audits.ClearSamples(t.Context(), g.org.Owner, g.version, numbers); err != nil {
		t.Fatal(err)
	}
}

func (g gallery) expect(t *testing.T, when string, want ...int) {
	t.Helper()
	if want == nil {
		want = []int{}
	}
	if diff := cmp.Diff(want, g.shown(t)); diff != "" {
		t.Errorf("%s, buyers see (-want +got):\n%s", when, diff)
	}
}

// hide does what a report of identifiers does.
func (g gallery) hide(t *testing.T) {
	t.Helper()
	err := g.db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE catalog_listing SET samples_hidden_at = now() WHERE id = $1`, g.listing.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBuyersSeeWhatTheSellerClearedAndNothingElse(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	set, err := g.audits.Samples(t.Context(), g.org.Owner, g.version)
	if err != nil || len(set.List) != 3 {
		t.Fatalf("the audit offers %+v (%v), want the slices in the middle and at both quarters", set, err)
	}
	for _, s := range set.List {
		if s.ClearedAt != nil || s.Modality != "CT" || s.Plane != "axial" {
			t.Errorf("offered: %+v, want a private axial CT", s)
		}
		image, err := g.audits.SampleImage(t.Context(), g.org.Owner, g.version, s.Number)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(image)); err != nil || c.Width > 256 || c.Height > 256 || c.Width != s.Width {
			t.Errorf("picture %d is %d x %d (%v)", s.Number, c.Width, c.Height, err)
		}
	}
	g.clear(t, 1, 3)
	g.expect(t, "before it is live")
	g.publish(t)
	g.expect(t, "live", 1, 3)
	g.clear(t, 2, 3)
	g.expect(t, "after another choice", 2, 3)
	reviewer := accounttest.Reviewer(t, g.db)
	if err := g.audits.RefuseSample(t.Context(), reviewer, g.version, 3, "A marker that the audit took for anatomy."); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "refused", 2)
	g.clear(t)
	g.clear(t, 1, 2, 3)
	g.expect(t, "cleared again, refused stays off", 1, 2)
	g.hide(t)
	g.expect(t, "hidden by a report")
	g.clear(t, 2)
	g.expect(t, "a choice while hidden")
	g.clear(t)
	g.expect(t, "all taken back")
}

func TestSuspendingTakesThePicturesAway(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	g.clear(t, 1)
	g.publish(t)
	g.expect(t, "live", 1)
	reviewer := accounttest.Reviewer(t, g.db)
	if err := g.listings.Suspend(t.Context(), reviewer, g.version, "Suspended for a test."); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "suspended")
	if err := g.listings.Restore(t.Context(), reviewer, g.version); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "restored", 1)
}

func TestSamplesAreForTheirSellerAndReviewers(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	stranger := accounttest.Organization(t, g.db)
	reviewer := accounttest.Reviewer(t, g.db)
	viewer := accounttest.Member(t, g.db, g.org.ID, account.Viewer)
	for _, x := range []struct {
		name  string
		actor postgres.Actor
		may   bool
		clear errs.Kind
	}{
		{"a stranger", stranger.Owner, false, errs.NotFound},
		{"nobody", postgres.Actor{}, false, errs.Unauthenticated},
		{"a reviewer, before it is submitted", reviewer, false, errs.NotFound},
		{"a viewer of the seller", viewer, true, errs.Forbidden},
	} {
		set, err := g.audits.Samples(t.Context(), x.actor, g.version)
		if err != nil || (len(set.List) > 0) != x.may {
			t.Errorf("%s sees %d pictures (%v)", x.name, len(set.List), err)
		}
		if _, err := g.audits.SampleImage(t.Context(), x.actor, g.version, 1); (err == nil) != x.may || err != nil && errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s asks for a picture: %v", x.name, err)
		}
		if err := g.audits.ClearSamples(t.Context(), x.actor, g.version, []int{1}); errs.KindOf(err) != x.clear || err == nil {
			t.Errorf("%s clears: %v, want %v", x.name, err, x.clear)
		}
		if err := g.audits.RefuseSample(t.Context(), x.actor, g.version, 1, "Not theirs to refuse."); errs.KindOf(err) != errs.NotFound || err == nil {
			t.Errorf("%s refuses: %v, want NotFound", x.name, err)
		}
	}
	if err := g.audits.ClearSamples(t.Context(), g.org.Owner, g.version, []int{1, 9}); errs.KindOf(err) != errs.Invalid || err == nil {
		t.Errorf("a picture that was not offered: %v, want Invalid", err)
	}
	set, err := g.audits.Samples(t.Context(), g.org.Owner, g.version)
	if err != nil || set.List[0].ClearedAt != nil {
		t.Errorf("after refusals: %+v (%v)", set.List, err)
	}
}

// The database lets no picture become public that was not cleared.
func TestDatabaseRefusesAPictureThatWasNotCleared(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	g.publish(t)
	err := g.db.InTx(t.Context(), g.org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `
		INSERT INTO catalog_sample (listing_id, organization_id, number, report_id, root_digest, modality, plane, width, height, image)
		SELECT v.listing_id, s.organization_id, s.number, s.report_id, v.root_digest, '', '', 1, 1, s.image
		FROM   audit_sample s JOIN version v ON v.id = s.version_id WHERE s.number = 1 AND v.id = $1`, g.version)
		return err
	})
	if err == nil {
		t.Error("the database took a picture that nobody cleared")
	}
	g.expect(t, "after the try")
}

// Of a choice that is taken back while the version goes on offer, nothing stays
// in sight, whoever comes first.
func TestTakingBackRacesPublishing(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	g.clear(t, 1, 2, 3)
	g.publish(t)
	reviewer := accounttest.Reviewer(t, g.db)
	for range 10 {
		if err := g.listings.Suspend(t.Context(), reviewer, g.version, "Suspended for a test."); err != nil {
			t.Fatal(err)
		}
		g.clear(t, 1, 2, 3)
		var both sync.WaitGroup
		var restored, cleared error
		both.Go(func() { restored = g.listings.Restore(t.Context(), reviewer, g.version) })
		both.Go(func() { cleared = g.audits.ClearSamples(t.Context(), g.org.Owner, g.version, []int{2}) })
		both.Wait()
		if restored != nil || cleared != nil {
			t.Fatal(restored, cleared)
		}
		g.expect(t, "after both", 2)
	}
}

// What buyers see at once is chosen by who may publish; before a version is on
// offer, by who may submit.
func TestPicturesOfALiveVersionAreChosenByWhoMayPublish(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	editor := accounttest.Member(t, g.db, g.org.ID, account.Editor) // submits, does not publish
	if err := g.audits.ClearSamples(t.Context(), editor, g.version, []int{1}); err != nil {
		t.Errorf("before it is on offer: %v", err)
	}
	g.publish(t)
	if err := g.audits.ClearSamples(t.Context(), editor, g.version, []int{1, 2}); errs.KindOf(err) != errs.Forbidden || err == nil {
		t.Errorf("on offer, by who may not publish: %v, want Forbidden", err)
	}
	g.expect(t, "after the refusal", 1)
	g.clear(t, 1, 2)
	g.expect(t, "after who may publish", 1, 2)
}

// paused is a catalog that stops a publication before its transaction ends.
type paused struct {
	catalog.Publisher
	reached, goOn chan struct{}
}

func (p paused) Published(ctx context.Context, tx pgx.Tx, x listing.Published) error {
	err := p.Publisher.Published(ctx, tx, x)
	close(p.reached)
	<-p.goOn
	return err
}

// A choice that waits for a publication is one about a version on offer.
func TestPicturesChosenWhileTheirVersionGoesOnOfferNeedTheRightToPublish(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	editor := accounttest.Member(t, g.db, g.org.ID, account.Editor) // submits, does not publish
	if _, err := g.listings.Submit(t.Context(), g.org.Owner, g.version); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, g.db, accounttest.Reviewer(t, g.db), g.version, listing.Approves)
	accounttest.Verify(t, g.db, g.org.ID)
	p := paused{reached: make(chan struct{}), goOn: make(chan struct{})}
	var both sync.WaitGroup
	var published, cleared error
	both.Go(func() { published = listing.New(g.db, p, time.Now).Publish(t.Context(), g.org.Owner, g.version) })
	<-p.reached
	done := make(chan struct{})
	both.Go(func() {
		defer close(done)
		cleared = g.audits.ClearSamples(t.Context(), editor, g.version, []int{1, 2})
	})
	postgrestest.AwaitLock(t, g.db, done)
	close(p.goOn)
	both.Wait()
	if published != nil || errs.KindOf(cleared) != errs.Forbidden || cleared == nil {
		t.Errorf("publish: %v; clear by who may not publish: %v, want Forbidden", published, cleared)
	}
	g.expect(t, "after both")
}
