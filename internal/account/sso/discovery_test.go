package sso

import (
	"fmt"
	"testing"
	"time"
)

func TestDescriptionsAreBoundedInAgeAndNumber(t *testing.T) {
	t.Parallel()
	var d descriptions
	start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	at := func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }
	issuer := func(i int) string { return fmt.Sprintf("https://login.%d.example", i) }
	const many = keptMost + 36
	for i := range many {
		d.put(issuer(i), described{at: at(i)})
	}
	if len(d.kept) != keptMost {
		t.Errorf("%d descriptions are kept of %d, want %d", len(d.kept), many, keptMost)
	}
	for i := range many {
		if _, found := d.find(issuer(i), at(many)); found != (i >= many-keptMost) {
			t.Errorf("description %d of %d is kept: %v; the oldest go", i, many, found)
		}
	}
	last := many - 1
	if _, found := d.find(issuer(last), at(last).Add(keptFor-time.Second)); !found {
		t.Error("a description is forgotten before its time")
	}
	if _, found := d.find(issuer(last), at(last).Add(keptFor)); found {
		t.Error("a description outlives its time")
	}
}
