package review_test

import (
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
)

// Of a decision by who has an item and a takeover by another reviewer at once
// exactly one holds: whoever lost the item does not decide on it any more.
func TestDecisionAndTakeoverAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	other := accounttest.Reviewer(t, d.db)
	for round := range 10 {
		v := listingtest.Version(t, d.db, org, listing.InReview).Version.ID
		if err := d.reviews.Claim(t.Context(), d.reviewer, v); err != nil {
			t.Fatal(err)
		}
		listingtest.Check(t, d.db, d.reviewer, v)
		decision := approval(d.item(t, v))
		decided := make(chan error)
		go func() {
			_, err := d.reviews.Decide(t.Context(), d.reviewer, decision)
			decided <- err
		}()
		taken := d.reviews.Assign(t.Context(), other, v, other.User)
		if err := <-decided; (err == nil) == (taken == nil) {
			t.Fatalf("round %d: the decision: %v, the takeover: %v; want one of them to hold", round, err, taken)
		}
	}
}
