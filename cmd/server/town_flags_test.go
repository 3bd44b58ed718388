package main

import (
	"testing"

	"assay/internal/id"
	"assay/internal/moderation"
	"assay/internal/postgres"
)

// reported makes a report about which the seller is asked, one that was upheld
// with a strike that the seller appeals, and returns the secret of the first
// one's link.
func (r *running) reported(t *testing.T, s things, seller, reviewer postgres.Actor) (receipt string) {
	t.Helper()
	_, upheld := r.claimed(t, s, "misleading_claim", reviewer)
	err := r.flags.Decide(t.Context(), reviewer, moderation.Decision{Flag: upheld, Outcome: moderation.Upheld, Act: moderation.Changes, Strike: true, Reason: "The numbers do not fit."})
	if err != nil {
		t.Fatal(err)
	}
	appeal, err := r.flags.Make(t.Context(), seller, moderation.OfFlag, string(upheld), "The numbers are those of our own count.")
	if err != nil {
		t.Fatal(err)
	}
	s.params["appeal"], s.params["seller"] = string(appeal), string(seller.Organization)
	receipt, asked := r.claimed(t, s, "label_error", reviewer)
	if err := r.flags.Ask(t.Context(), reviewer, asked, "Who read the images?"); err != nil {
		t.Fatal(err)
	}
	s.params["flag"] = string(asked)
	return receipt
}

// claimed makes a report that a reviewer has taken.
func (r *running) claimed(t *testing.T, s things, reason moderation.Reason, reviewer postgres.Actor) (receipt string, flag id.Flag) {
	t.Helper()
	got, err := r.flags.Report(t.Context(), moderation.Report{Slug: s.params["slug"], Reason: reason, Body: "Look at series 3."})
	if err != nil {
		t.Fatal(err)
	}
	waiting, _, err := r.flags.Queue(t.Context(), reviewer)
	if err != nil {
		t.Fatal(err)
	}
	flag = waiting[len(waiting)-1].ID
	if err := r.flags.Claim(t.Context(), reviewer, flag, false); err != nil {
		t.Fatal(err)
	}
	return got.Receipt, flag
}
