package quality_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/finding"
	"assay/internal/audit/quality"
	"assay/internal/audit/score"
)

func TestEveryRuleOfTheRegistryIsWhole(t *testing.T) {
	code := regexp.MustCompile(`^[FCDSQP]-[0-9]{3}$`)
	seen := map[string]bool{}
	for _, r := range quality.Registry() {
		if !code.MatchString(r.Code) || seen[r.Code] {
			t.Errorf("the code %q stands twice, or is no letter of a pillar with three digits", r.Code)
		}
		seen[r.Code] = true
		if r.Title == "" || r.Of == "" || r.Fix == "" || r.Source == "" {
			t.Errorf("%s lacks a title, what it is held against, a fix or a source", r.Code)
		}
		if strings.HasSuffix(r.Title, ".") || strings.HasSuffix(r.Of, ".") || strings.HasSuffix(r.Source, ".") {
			t.Errorf("%s: title, of and source end without a period: %q, %q, %q", r.Code, r.Title, r.Of, r.Source)
		}
		if (r.Level == score.Info) != (r.Cap == 0) || (r.Cap == 0) != (r.Full == 0) || r.Cap < 0 || r.Full < 0 || r.Full > 1 {
			t.Errorf("%s: level %s with cap %v at rate %v; an info has none, others have both", r.Code, r.Level, r.Cap, r.Full)
		}
		if hard := r.Hard > 0 || r.AnyHard; hard && r.Severity() != finding.Blocker {
			t.Errorf("%s is a hard fault and no error", r.Code)
		}
	}
}

func TestDigestOfTheRulesIsStable(t *testing.T) {
	if got := quality.RulesSHA256(); len(got) != 64 || got != quality.RulesSHA256() {
		t.Errorf("digest %q is not one SHA-256", got)
	}
}

func TestRulesPageIsFresh(t *testing.T) {
	var b strings.Builder
	if err := quality.WriteRulesPage(&b); err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../../docs/lqs-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), b.String()); diff != "" {
		t.Errorf("docs/lqs-rules.md is old, run go generate ./internal/audit/quality (-have +want):\n%s", diff)
	}
}
