package moderation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/sellerdesk"
)

// The desk says that the version on offer was suspended, whatever newer ones
// do: beside an upload that runs, and beside one that was given up. A draft
// without files hides no version that waits for the seller.
func TestDeskSaysASuspensionUnderNewerVersions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	l := d.live(t)
	next := listingtest.Begin(t, d.db, d.seller.Owner, listing.Description{Listing: l.Listing})
	if err := d.listings.Suspend(ctx, d.reviewer, l.Version.ID, "The license was not stated correctly."); err != nil {
		t.Fatal(err)
	}
	desk := sellerdesk.New(d.db, time.Now)
	todo := func() map[sellerdesk.Kind]int {
		t.Helper()
		list, err := desk.Todos(ctx, d.seller.Owner)
		if err != nil {
			t.Fatal(err)
		}
		found := map[sellerdesk.Kind]int{}
		for _, x := range list {
			found[x.Kind] = x.Number
		}
		return found
	}
	want := map[sellerdesk.Kind]int{sellerdesk.Suspended: 1, sellerdesk.GoOnUpload: 2}
	if diff := cmp.Diff(want, todo()); diff != "" {
		t.Errorf("to-dos by number of the version (-want +got):\n%s", diff)
	}
	page, err := desk.Listings(ctx, d.seller.Owner, sellerdesk.Query{Group: sellerdesk.Off})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Suspended != 1 || page.Rows[0].Number != 2 {
		t.Errorf("off the catalog: %+v (err: %v); want the data set, with version 1 suspended under version 2", page.Rows, err)
	}

	if err := d.in(t, d.seller.Owner, `UPDATE version SET state = 'draft', last_event = 'cancel_upload' WHERE id = $1`, next.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[sellerdesk.Kind]int{sellerdesk.Suspended: 1}, todo()); diff != "" {
		t.Errorf("after the upload was given up (-want +got):\n%s", diff)
	}
	if err := d.listings.Restore(ctx, d.second, l.Version.ID); err != nil {
		t.Fatal(err)
	}
	if page, err = desk.Listings(ctx, d.seller.Owner, sellerdesk.Query{Group: sellerdesk.OnOffer}); err != nil || len(page.Rows) != 1 || page.Rows[0].Suspended != 0 {
		t.Errorf("back on offer: %+v (err: %v)", page.Rows, err)
	}
	if got := todo(); len(got) != 0 {
		t.Errorf("back on offer there is to do: %v", got)
	}
}
