package main

import (
	"testing"

	"assay/internal/id"
	"assay/internal/moderation"
	"assay/internal/postgres"
)

// reported makes a report about which the seller is asked, and returns the
// secret of its link.
func (r *running) reported(t *testing.T, s things, reviewer postgres.Actor) (receipt string) {
	t.Helper()
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
