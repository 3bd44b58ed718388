package main

import (
	"testing"

	"assay/internal/audit/synth"
	"assay/internal/id"
	"assay/internal/listing"
)

// A clean version is approved without a reviewer once a reviewer accepted the
// seller's right and approved another data set of it; before, it waits.
func TestAKnownSellersCleanVersionNeedsNoReviewer(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	people := newCast()
	for _, key := range []string{"seller", "reviewer", "second"} {
		p := people[key]
		a := r.join(t, p.Email, p.Organization, p.platform)
		p.user, p.org = a.User, a.Organization
	}
	seller := people["seller"].actor()
	set := demoVersion{series: series(synth.CT, 1, 1), goal: toReview}
	state := func(l id.Listing) listing.State {
		d, err := r.listings.Version(t.Context(), seller, id.Version(r.newest(t, seller, l)))
		if err != nil {
			t.Fatal(err)
		}
		return d.Version.State
	}
	if err := r.verifySeller(t.Context(), people["seller"], people["reviewer"].actor()); err != nil {
		t.Fatal(err)
	}
	first := r.submitted(t, people, seller, chestCT(), set)
	if got := state(first); got != listing.InReview {
		t.Fatalf("the first data set of a verified seller is %s, want in review", got)
	}
	if err := r.approveDemo(t.Context(), people, id.Version(r.newest(t, seller, first))); err != nil {
		t.Fatal(err)
	}
	again := func(title string, seed uint64, g goal) id.Listing {
		claims := chestCT()
		claims.Basics.Title = title
		return r.submitted(t, people, seller, claims, demoVersion{series: series(synth.CT, seed, 1), goal: g})
	}
	if got := state(again("A second set of the same seller, as clean", 2, toReview)); got != listing.Approved {
		t.Errorf("the next clean one is %s, want approved", got)
	}
	third := id.Version(r.newest(t, seller, again("A third set, of a seller in doubt", 3, toReport)))
	if err := r.verify.Suspend(t.Context(), people["reviewer"].actor(), seller.Organization, "A question about its papers."); err != nil {
		t.Fatal(err)
	}
	if v, err := r.listings.Submit(t.Context(), seller, third); err != nil || v.State != listing.InReview {
		t.Errorf("a clean one after the suspension is %s, %v, want in review", v.State, err)
	}
}
