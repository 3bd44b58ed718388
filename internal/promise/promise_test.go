package promise_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"assay/internal/promise"
)

// Hours run day and night; working days stop over the weekend.
func TestDueCountsHoursAndWorkingDays(t *testing.T) {
	at := func(text string) time.Time {
		tm, err := time.Parse("Mon 2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return tm
	}
	for _, tt := range []struct {
		name  string
		what  promise.What
		since string
		want  string
	}{
		{"within a week", promise.ReviewOfFirst, "Mon 2026-11-23 09:30", "Thu 2026-11-26 09:30"},
		{"over a weekend", promise.ReviewOfFlagged, "Thu 2026-11-26 16:00", "Tue 2026-12-01 16:00"},
		{"what comes on a Saturday counts from Monday", promise.ReviewOfFirst, "Sat 2026-11-28 11:00", "Thu 2026-12-03 00:00"},
		{"what comes on a Sunday counts from Monday", promise.ReviewOfRoutine, "Sun 2026-11-29 23:59", "Wed 2026-12-02 00:00"},
		{"changed claims are promised in two days", promise.ReviewOfChanged, "Fri 2026-11-27 08:00", "Tue 2026-12-01 08:00"},
		{"a review of commercial terms has a week", promise.ReviewOfTerms, "Fri 2026-11-27 08:00", "Fri 2026-12-04 08:00"},
		{"identifiers are looked at on a Saturday night too", promise.FlagOfIdentifiers, "Sat 2026-11-28 22:30", "Sun 2026-11-29 02:30"},
		{"a seller has a day for identifiers", promise.SellerOnIdentifiers, "Fri 2026-11-27 18:00", "Sat 2026-11-28 18:00"},
	} {
		if got := promise.Of(tt.what).Due(at(tt.since)); !got.Equal(at(tt.want)) {
			t.Errorf("%s: due %s, want %s", tt.name, got.Format("Mon 2006-01-02 15:04"), tt.want)
		}
	}
}

// The documentation repeats the table line by line.
func TestDocumentationHoldsEveryPromise(t *testing.T) {
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[promise.What]bool{}
	for _, p := range promise.All() {
		line := fmt.Sprintf("| %s | %s | %s | %s |", p.Label, p.By, p.Words(), p.Source)
		if !strings.Contains(string(text), line) {
			t.Errorf("docs/architecture.md lacks the line\n%s", line)
		}
		if seen[p.What] || p.Source == "" || (p.Within > 0) == (p.Days > 0) {
			t.Errorf("%s: named twice, without a source, or with two times", p.What)
		}
		seen[p.What] = true
	}
}
