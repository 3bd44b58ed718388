package web_test

import (
	"testing"

	"assay/internal/audit"
)

// A report links each finding to its rule; every rule has its place there.
func TestEveryRuleIsExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	page := s.person(t).get("/guides/audit-rules").Page
	for _, r := range audit.Registry() {
		entry := page.Find("[id='" + r.ID + "']")
		if entry.Length() != 1 || words(entry.Find("h3")) != r.Title {
			t.Errorf("rule %s: %d entries, title %q", r.ID, entry.Length(), words(entry.Find("h3")))
		}
	}
	if s.person(t).get("/guides").Page.Find("a[href='/guides/audit-rules']").Length() != 1 {
		t.Error("the guides do not lead to the rules")
	}
}
