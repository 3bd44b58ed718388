package web_test

import (
	"slices"
	"strings"
	"testing"

	"assay/internal/audit"
	"assay/internal/audit/quality"
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

// A loss of a score leads to its rule by the code.
func TestEveryRuleOfTheScoreIsExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	page := s.person(t).get("/guides/lqs").Page
	for _, r := range quality.Registry() {
		entry := page.Find("[id='" + r.Code + "']")
		if entry.Length() != 1 || words(entry.Find("h3")) != r.Title || !strings.Contains(words(entry), quality.Costs(r)) {
			t.Errorf("rule %s: %d entries, title %q, text %q", r.Code, entry.Length(), words(entry.Find("h3")), words(entry))
		}
	}
	for _, f := range slices.Concat(quality.Arithmetic(), quality.Figures()) {
		if !strings.Contains(words(page.Find("dl.formulas")), f.Text) {
			t.Errorf("%s is not explained", f.Name)
		}
	}
	if s.person(t).get("/guides").Page.Find("a[href='/guides/lqs']").Length() != 1 {
		t.Error("the guides do not lead to the score")
	}
}
