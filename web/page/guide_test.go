package page_test

import (
	"strings"
	"testing"

	"assay/internal/audit"
	"assay/web/page"
	"assay/web/ui"
)

func TestEveryRuleCanBeLinkedTo(t *testing.T) {
	guide, ok := page.GuideBySlug("audit-rules")
	if !ok {
		t.Fatal("there is no page of the rules")
	}
	var b strings.Builder
	if err := page.GuidePage(page.NewGuideView(ui.Shell{Title: guide.Title, Nav: "guides"}, guide)).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for _, r := range audit.Registry() {
		_, fragment, _ := strings.Cut(ui.RuleURL(r.ID), "#")
		if strings.Count(b.String(), ` id="`+fragment+`"`) != 1 {
			t.Errorf("the page has no place, or several, for %s", ui.RuleURL(r.ID))
		}
	}
	if strings.Contains(b.String(), "raw HTML omitted") {
		t.Error("the page shows a comment of its source")
	}
}
