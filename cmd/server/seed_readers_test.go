package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/postgres"
)

func TestDemoReadersAreCheckedOnce(t *testing.T) {
	r := startServer(t)
	seller := r.join(t, "seller-readers@example.org", "Seller", postgres.None)
	reviewer := r.join(t, "reviewer-readers@example.org", "", postgres.Reviewer)

	first, err := r.demoReaders(t.Context(), seller, reviewer)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.demoReaders(t.Context(), seller, reviewer)
	if err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(first, again); diff != "" || len(first) != 2 {
		t.Errorf("a second start (-first +again):\n%s", diff)
	}
	list, err := r.readers.List(t.Context(), seller)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if !a.Holds(time.Now()) || len(a.Credentials) != 1 {
			t.Errorf("%s holds %v with %d credentials, want one that holds", a.Label, a.Holds(time.Now()), len(a.Credentials))
		}
	}
}
