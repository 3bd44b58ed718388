package page_test

import (
	"strings"
	"testing"

	"assay/internal/audit"
	"assay/web/page"
	"assay/web/ui"
)

func TestEveryRuleCanBeLinkedTo(t *testing.T) {
	var b strings.Builder
	if err := page.Rules(page.NewRulesView(ui.Shell{Title: page.RulesTitle, Nav: "guides"}, audit.Registry())).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for _, r := range audit.Registry() {
		_, fragment, _ := strings.Cut(ui.RuleURL(r.ID), "#")
		if strings.Count(b.String(), ` id="`+fragment+`"`) != 1 {
			t.Errorf("the page has no place, or several, for %s", ui.RuleURL(r.ID))
		}
	}
}
