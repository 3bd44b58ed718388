package license_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assay/internal/errs"
	"assay/internal/license"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestVerdictsOfKnownLicenses(t *testing.T) {
	var b strings.Builder
	for _, terms := range license.Known() {
		fmt.Fprintf(&b, "%s (%s) commercial use: %s\n", terms.SPDX, terms.Tier, license.CommercialUseOf(terms))
		for _, u := range license.AllUses() {
			c := terms.Cells[u]
			fmt.Fprintf(&b, "  %-25s %-19s %s\n", u, c.Verdict, c.Clause)
		}
	}
	got := b.String()
	const golden = "testdata/verdicts.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("verdicts differ from %s (-want +got):\n%s", golden, diff)
	}
}

func TestKnownLicensesAnswerEveryUseWithAClause(t *testing.T) {
	known := license.Known()
	if len(known) < 8 {
		t.Errorf("%d known licenses, want at least 8", len(known))
	}
	clause := regexp.MustCompile(`^(Section \d+(\.\d+)?(\(\w+\))*|Clause \d\.\d|Paragraph \d|Term \d)(, (Section \d+(\.\d+)?(\(\w+\))*|Paragraph \d|Term \d))*$`)
	for _, terms := range known {
		if _, err := license.ParseSPDX(terms.SPDX); err != nil {
			t.Errorf("%s: %v", terms.SPDX, err)
		}
		for _, u := range license.AllUses() {
			c, ok := terms.Cells[u]
			switch {
			case !ok:
				t.Errorf("%s: no cell for %s", terms.SPDX, u)
			case !clause.MatchString(c.Clause):
				t.Errorf("%s, %s: clause %q does not name a place in the text", terms.SPDX, u, c.Clause)
			case c.Verdict != license.Yes && c.Condition == "":
				t.Errorf("%s, %s: %s without a condition or reason", terms.SPDX, u, c.Verdict)
			}
			d := license.Decide(terms, u, license.Context{AgreementSigned: true})
			if d.Verdict != c.Verdict {
				t.Errorf("%s, %s: decided %s, the cell says %s", terms.SPDX, u, d.Verdict, c.Verdict)
			}
		}
	}
}

func TestClausesOfOurOwnTextsExist(t *testing.T) {
	n := 0
	for _, terms := range license.Known() {
		if !strings.HasPrefix(terms.SPDX, "LicenseRef-Assay-") {
			continue
		}
		text, err := license.Text(terms.SPDX)
		if err != nil {
			t.Errorf("%s: %v", terms.SPDX, err)
			continue
		}
		for u, c := range terms.Cells {
			n++
			if number := strings.TrimPrefix(c.Clause, "Clause "); !strings.Contains(text, "\n"+number+" ") {
				t.Errorf("%s, %s: %s is not in the text", terms.SPDX, u, c.Clause)
			}
		}
	}
	if n == 0 {
		t.Error("no clause was compared")
	}
}

func TestDecide(t *testing.T) {
	must := func(id string) license.Terms {
		terms, ok := license.KnownBySPDX(id)
		if !ok {
			t.Fatalf("%s is not known", id)
		}
		return terms
	}
	one := func(c license.Cell) license.Terms {
		return license.Terms{Cells: map[license.Use]license.Cell{license.PublishResults: c}}
	}
	tests := []struct {
		name  string
		terms license.Terms
		use   license.Use
		want  license.Verdict
	}{
		{"attribution license allows a product with conditions", must("CC-BY-3.0"), license.ShipModelInProduct, license.YesWithConditions},
		{"a waiver allows everything", must("CC0-1.0"), license.RedistributeData, license.Yes},
		{"a non-commercial license forbids a product", must("CC-BY-NC-4.0"), license.ShipModelInProduct, license.No},
		{"a license without derivatives forbids shared labels", must("CC-BY-NC-ND-4.0"), license.ShareDerivedLabels, license.No},
		{"a research agreement sends product makers to the owner", must("LicenseRef-Assay-Research-DUA-1.0"), license.ShipModelInProduct, license.Ask},
		{"a contract must be signed before an unconditional use", must("LicenseRef-Assay-Commercial-1.0"), license.TrainCommercialModel, license.YesWithConditions},
		{"unstated terms say nothing", license.Terms{}, license.InternalResearch, license.NotStated},
		{"an unknown use is not stated", must("CC0-1.0"), "resell_scanner", license.NotStated},
		{"a yes without a clause is not stated", one(license.Cell{Verdict: license.Yes}), license.PublishResults, license.NotStated},
		{"a condition that is not written down is not stated", one(license.Cell{Verdict: license.YesWithConditions, Clause: "1"}), license.PublishResults, license.NotStated},
		{"a verdict outside the five is not stated", one(license.Cell{Verdict: "perhaps", Clause: "1"}), license.PublishResults, license.NotStated},
		{"a no needs no clause", one(license.Cell{Verdict: license.No}), license.PublishResults, license.No},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := license.Decide(tt.terms, tt.use, license.Context{})
			if got.Verdict != tt.want {
				t.Errorf("Decide(%s, %s) = %v (%s), want %v", tt.terms.SPDX, tt.use, got.Verdict, got.Reason, tt.want)
			}
			if got.Verdict == license.NotStated && got.Reason == "" {
				t.Errorf("Decide(%s, %s) does not say which fact is missing", tt.terms.SPDX, tt.use)
			}
		})
	}
}

func TestCommercialUseOf(t *testing.T) {
	want := map[string]license.CommercialUse{
		"CC0-1.0":             license.Allowed,
		"CC-BY-4.0":           license.AllowedWithAttribution,
		"CC-BY-3.0":           license.AllowedWithAttribution,
		"CC-BY-SA-4.0":        license.AllowedShareAlike,
		"ODC-By-1.0":          license.AllowedWithAttribution,
		"ODbL-1.0":            license.AllowedShareAlike,
		"CDLA-Permissive-2.0": license.Allowed,
		"MIT":                 license.AllowedWithAttribution,
		"CC-BY-NC-4.0":        license.Prohibited,
		"CC-BY-NC-SA-4.0":     license.Prohibited,
		"CC-BY-NC-ND-4.0":     license.Prohibited,
		"LicenseRef-PhysioNet-Credentialed-1.5.0": license.Prohibited,
		"LicenseRef-Assay-Research-DUA-1.0":       license.BySeparateAgreement,
		"LicenseRef-Assay-Commercial-1.0":         license.Allowed,
	}
	got := map[string]license.CommercialUse{}
	for _, terms := range license.Known() {
		got[terms.SPDX] = license.CommercialUseOf(terms)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commercial use of known licenses (-want +got):\n%s", diff)
	}
	if got := license.CommercialUseOf(license.Terms{}); got != license.Unclear {
		t.Errorf("CommercialUseOf(no terms) = %s, want unclear", got)
	}
}

func TestPartsWithDifferentTermsVary(t *testing.T) {
	by, _ := license.KnownBySPDX("CC-BY-4.0")
	sa, _ := license.KnownBySPDX("CC-BY-SA-4.0")
	nc, _ := license.KnownBySPDX("CC-BY-NC-SA-4.0")
	early := license.Part{Group: "cases 0 to 209", Scopes: []license.Scope{license.Images}, Terms: by}
	late := license.Part{Group: "cases 210 to 299", Scopes: []license.Scope{license.Images}, Terms: nc}
	labels := license.Part{Scopes: []license.Scope{license.Labels}, Terms: sa}
	all := []license.Part{early, late, labels}

	if got := license.CommercialUseOfParts(all); got != license.CommercialVaries {
		t.Errorf("parts allowed and prohibited: %s, want varies", got)
	}
	if got := license.CommercialUseOfParts([]license.Part{early, labels}); got != license.AllowedShareAlike {
		t.Errorf("attribution and share alike: %s, want allowed_share_alike", got)
	}
	tests := []struct {
		name string
		in   license.Context
		want license.Verdict
	}{
		{"the strictest part decides for everything", license.Context{}, license.No},
		{"the early cases alone may be used", license.Context{Group: "cases 0 to 209"}, license.YesWithConditions},
		{"the labels alone may be used", license.Context{Scope: license.Labels}, license.YesWithConditions},
		{"a scope that no part covers is not stated", license.Context{Scope: license.Reports}, license.NotStated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := license.DecideParts(all, license.ShipModelInProduct, tt.in); got.Verdict != tt.want {
				t.Errorf("DecideParts = %v (%s), want %v", got.Verdict, got.Reason, tt.want)
			}
		})
	}
}

func TestKnownLicensesCannotBeChangedFromOutside(t *testing.T) {
	license.Known()[0].Cells[license.RedistributeData] = license.Cell{Verdict: license.No}
	if got := license.Known()[0].Cells[license.RedistributeData].Verdict; got != license.Yes {
		t.Errorf("a caller's change reached the library: %s", got)
	}
}

func TestTextIsNotFoundForTextsOfOthers(t *testing.T) {
	for _, id := range []string{"CC0-1.0", "LicenseRef-Nobody"} {
		if _, err := license.Text(id); errs.KindOf(err) != errs.NotFound {
			t.Errorf("Text(%q): %v, want NotFound", id, err)
		}
	}
	if _, err := license.Text("../known.go"); errs.KindOf(err) != errs.Invalid {
		t.Errorf("Text with a path: %v, want Invalid", err)
	}
}

func anyDecision() *rapid.Generator[license.Decision] {
	return rapid.Custom(func(t *rapid.T) license.Decision {
		return license.Decision{
			Verdict: rapid.SampledFrom(license.AllVerdicts()).Draw(t, "verdict"),
			Clause:  rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "clause"),
			Reason:  rapid.SampledFrom([]string{"", "attribution", "a fee"}).Draw(t, "reason"),
		}
	})
}

func TestStrictestIsNeverMorePermissiveThanAnyPart(t *testing.T) {
	order := map[license.Verdict]int{}
	for i, v := range license.AllVerdicts() {
		order[v] = i
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(anyDecision(), 1, 6).Draw(t, "decisions")
		got := license.Strictest(list...)
		found := false
		for _, d := range list {
			if order[got.Verdict] < order[d.Verdict] {
				t.Fatalf("Strictest(%v) = %s, more permissive than %s", list, got.Verdict, d.Verdict)
			}
			found = found || d.Verdict == got.Verdict
		}
		if !found {
			t.Fatalf("Strictest(%v) = %s, which none of them says", list, got.Verdict)
		}
		// Grouping and repeating change nothing.
		k := rapid.IntRange(1, len(list)).Draw(t, "split")
		grouped := license.Strictest(append([]license.Decision{license.Strictest(list[:k]...)}, list[k:]...)...)
		if grouped != got {
			t.Fatalf("Strictest is not associative: %v, %v", grouped, got)
		}
	})
}

func TestDecideWithMissingFactsIsNeverPermissive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.SampledFrom(license.Known()).Draw(t, "license")
		use := rapid.SampledFrom(license.AllUses()).Draw(t, "use")
		in := license.Context{AgreementSigned: rapid.Bool().Draw(t, "signed")}
		before := license.Decide(known, use, in)

		cell := known.Cells[use]
		switch rapid.IntRange(0, 3).Draw(t, "lost") {
		case 0:
			delete(known.Cells, use)
			cell = license.Cell{}
		case 1:
			cell.Verdict = ""
		case 2:
			cell.Clause = ""
		case 3:
			cell.Condition = ""
		}
		if cell.Verdict != "" || known.Cells[use].Verdict != "" {
			known.Cells[use] = cell
		}
		after := license.Decide(known, use, in)
		if after.Verdict.Allows() && after != before {
			t.Fatalf("%s, %s: a lost fact turned %v into %v", known.SPDX, use, before, after)
		}
		if after.Verdict == license.NotStated && after.Reason == "" {
			t.Fatalf("%s, %s: not stated without naming the missing fact", known.SPDX, use)
		}
	})
}

func TestAgreementNeverLoosensAVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SampledFrom(license.Known()).Draw(t, "license")
		terms.Access = rapid.SampledFrom(license.AllAccessModes()).Draw(t, "access")
		use := rapid.SampledFrom(license.AllUses()).Draw(t, "use")
		without := license.Decide(terms, use, license.Context{})
		with := license.Decide(terms, use, license.Context{AgreementSigned: true})
		if with.Verdict.Allows() != without.Verdict.Allows() {
			t.Fatalf("%s, %s: signing changed %s to %s", terms.SPDX, use, without.Verdict, with.Verdict)
		}
		if terms.Access.NeedsAgreement() && without.Verdict == license.Yes {
			t.Fatalf("%s, %s: yes without the agreement that %s needs", terms.SPDX, use, terms.Access)
		}
	})
}

func TestWordsParseAndOthersDoNot(t *testing.T) {
	for _, u := range license.AllUses() {
		if got, err := license.ParseUse(string(u)); err != nil || got != u || u.Label() == string(u) {
			t.Errorf("ParseUse(%q) = %q, %v; label %q", u, got, err, u.Label())
		}
	}
	for _, c := range license.AllCommercialUses() {
		if got, err := license.ParseCommercialUse(string(c)); err != nil || got != c {
			t.Errorf("ParseCommercialUse(%q) = %q, %v", c, got, err)
		}
	}
	if len(license.AllUses()) != 11 || len(license.AllVerdicts()) != 5 || len(license.AllCommercialUses()) != 7 {
		t.Errorf("%d uses, %d verdicts, %d kinds of commercial use; want 11, 5 and 7",
			len(license.AllUses()), len(license.AllVerdicts()), len(license.AllCommercialUses()))
	}
	for name, err := range map[string]error{
		"use":     second(license.ParseUse("yes")),
		"tier":    second(license.ParseTier("")),
		"access":  second(license.ParseAccessMode("OPEN")),
		"scope":   second(license.ParseScope("image")),
		"verdict": second(license.ParseVerdict("maybe")),
		"spdx":    second(license.ParseSPDX("CC BY 4.0")),
	} {
		if errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s: a word outside the list: %v, want Invalid", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
