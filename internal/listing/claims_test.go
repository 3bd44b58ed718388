package listing_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"assay/internal/errs"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
)

var today = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestCompleteClaimsHaveNoGap(t *testing.T) {
	if gaps := listingtest.Claims().Gaps(today); len(gaps) > 0 {
		t.Errorf("Gaps = %+v, want none", gaps)
	}
}

func TestEmptyClaimsAskForEveryStep(t *testing.T) {
	asked := map[listing.Step]bool{}
	for _, gap := range (listing.Claims{}).Gaps(today) {
		asked[gap.Step] = true
		if !gap.Missing {
			t.Errorf("a contradiction in empty claims: %+v", gap)
		}
	}
	for _, step := range listing.Steps {
		// Annotators are asked for only if people made the labels.
		if !asked[step.Value] && step.Value != listing.StepAnnotators {
			t.Errorf("nothing is asked for at step %s", step.Value)
		}
	}
}

func TestGaps(t *testing.T) {
	tests := []struct {
		name   string
		change func(*listing.Claims)
		step   listing.Step
		field  string
	}{
		{"Safe Harbor contradicts full dates", func(c *listing.Claims) {
			c.Deidentification.Method = listing.SafeHarbor
			c.Deidentification.Codes = []listing.DeidCode{listing.RetainFullDates}
			c.Deidentification.Dates = listing.DatesFull
		}, listing.StepDeidentification, "code"},
		{"Safe Harbor leaves no date finer than the year", func(c *listing.Claims) {
			c.Deidentification.Method = listing.SafeHarbor
			c.Deidentification.Codes = nil
			c.Deidentification.Dates = listing.DatesFull
		}, listing.StepDeidentification, "dates"},
		{"Safe Harbor contradicts original UIDs", func(c *listing.Claims) {
			c.Deidentification.Method = listing.SafeHarbor
			c.Deidentification.Codes = []listing.DeidCode{listing.RetainUIDs}
			c.Deidentification.Dates = listing.DatesRemoved
		}, listing.StepDeidentification, "code"},
		{"full and modified dates exclude each other", func(c *listing.Claims) {
			c.Deidentification.Codes = []listing.DeidCode{listing.RetainFullDates, listing.RetainModifiedDates}
			c.Deidentification.Dates = listing.DatesUnknown
		}, listing.StepDeidentification, "code"},
		{"Expert Determination needs the expert", func(c *listing.Claims) {
			c.Deidentification.Expert = listing.Expert{}
		}, listing.StepDeidentification, "expert_name"},
		{"an expired determination blocks", func(c *listing.Claims) {
			c.Deidentification.Expert.ValidUntil = "2026-11-19"
		}, listing.StepDeidentification, "expert_valid_until"},
		{"a limited data set cannot be listed publicly", func(c *listing.Claims) {
			c.Deidentification.Method = listing.LimitedDataSet
		}, listing.StepDeidentification, "method"},
		{"cleaned faces contradict untreated faces", func(c *listing.Claims) {
			c.Deidentification.Codes = []listing.DeidCode{listing.CleanVisualFeatures}
			c.Deidentification.Faces = listing.FacesNotTreated
		}, listing.StepDeidentification, "faces"},
		{"reports that are included need a method", func(c *listing.Claims) {
			c.Reports = listing.Reports{Included: listing.Yes}
		}, listing.StepDeidentification, "reports_method"},
		{"a research agreement is no open download", func(c *listing.Claims) {
			c.License.Tier, c.License.Access = license.ResearchAgreement, license.AccessOpen
		}, listing.StepLicense, "access"},
		{"hosted files are not at the owner's site only", func(c *listing.Claims) {
			c.License.Access = license.AccessExternalOnly
		}, listing.StepLicense, "access"},
		{"CC BY is an attribution license", func(c *listing.Claims) {
			c.License.SPDX, c.License.Tier, c.License.Access = "CC-BY-4.0", license.OpenPublicDomain, license.AccessOpen
		}, listing.StepLicense, "tier"},
		{"CC BY-NC contradicts a commercial product", func(c *listing.Claims) {
			c.License.SPDX, c.License.Tier, c.License.Access = "CC-BY-NC-4.0", license.ResearchNoncommercial, license.AccessOpen
		}, listing.StepRights, "grant-0-ship_model_in_product-verdict"},
		{"CC BY takes no further restriction", func(c *listing.Claims) {
			c.License.SPDX, c.License.Tier, c.License.Access = "CC-BY-4.0", license.OpenAttribution, license.AccessOpen
		}, listing.StepRights, "grant-0-redistribute_data-verdict"},
		{"a consent without commerce contradicts a commercial product", func(c *listing.Claims) {
			c.Consent.Commercial = listing.CommercialExcluded
		}, listing.StepRights, "grant-0-train_commercial_model-verdict"},
		{"a yes names its clause", func(c *listing.Claims) {
			c.License.Grants[0].Cells[license.InternalResearch] = license.Cell{Verdict: license.Yes}
		}, listing.StepRights, "grant-0-internal_research-clause"},
		{"a condition is written down", func(c *listing.Claims) {
			c.License.Grants[0].Cells[license.InternalResearch] = license.Cell{Verdict: license.YesWithConditions, Clause: "2"}
		}, listing.StepRights, "grant-0-internal_research-condition"},
		{"every use is answered", func(c *listing.Claims) {
			delete(c.License.Grants[0].Cells, license.ValidateProduct)
		}, listing.StepRights, "grant-0-validate_product-verdict"},
		{"several parts have names", func(c *listing.Claims) {
			c.License.Grants = append(c.License.Grants, c.License.Grants[0])
		}, listing.StepRights, "grant-1-group"},
		{"an approval has a protocol number", func(c *listing.Claims) { c.Consent.Protocol = "" }, listing.StepConsent, "protocol"},
		{"a waiver comes from a board", func(c *listing.Claims) { c.Consent.IRB = listing.IRBNotObtained }, listing.StepConsent, "basis"},
		{"labels by people have annotators", func(c *listing.Claims) { c.Annotators.Groups = nil }, listing.StepAnnotators, "annotator-0-role"},
		{"board certification names the board", func(c *listing.Claims) { c.Annotators.Groups[0].Board = "" }, listing.StepAnnotators, "annotator-0-board"},
		{"a Dice coefficient is at most 1", func(c *listing.Claims) { c.Annotators.Groups[0].Agreement = "83" }, listing.StepAnnotators, "annotator-0-agreement"},
		{"a consensus has more than one reader", func(c *listing.Claims) {
			c.Annotators.Groups[0].Readers, c.Annotators.Groups[0].ReadsPerCase, c.Annotators.Groups[0].Adjudication = 1, 1, listing.AdjudicationNone
		}, listing.StepAnnotators, "annotator-0-readers"},
		{"no label excludes a provenance", func(c *listing.Claims) {
			c.Labels.Provenance = append(c.Labels.Provenance, listing.ProvenanceNone)
		}, listing.StepLabels, "provenance"},
		{"a region lies in one of the countries", func(c *listing.Claims) { c.Coverage.Regions = []string{"FR-IDF"} }, listing.StepCoverage, "regions"},
		{"groups add up to the patients at most", func(c *listing.Claims) { c.Demographics.Patients = 100 }, listing.StepDemographics, "ages_missing"},
		{"a split has a name of its own", func(c *listing.Claims) { c.Splits.List[1].Name = "Train" }, listing.StepSplits, "split-1-name"},
		{"problems contradict that none is known", func(c *listing.Claims) { c.Caveats.NoneKnown = true }, listing.StepCaveats, "none_known"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			claims := listingtest.Claims()
			tt.change(&claims)
			gaps := claims.Gaps(today)
			for _, gap := range gaps {
				if gap.Step == tt.step && gap.Field == tt.field {
					if gap.Message == "" {
						t.Error("the gap has no sentence")
					}
					return
				}
			}
			t.Errorf("Gaps = %+v, want one at %s %s", gaps, tt.step, tt.field)
		})
	}
}

func TestUnknownIsAnAnswer(t *testing.T) {
	c := listingtest.Claims()
	c.License = listing.License{Tier: license.TierUnknown, Access: license.AccessUnknown, Grants: []listing.Grant{{Cells: map[license.Use]license.Cell{}}}}
	for _, use := range license.AllUses() {
		c.License.Grants[0].Cells[use] = license.Cell{Verdict: license.NotStated}
	}
	c.Deidentification = listing.Deidentification{Method: listing.DeidUnknown, Dates: listing.DatesUnknown, Faces: listing.FacesUnknown}
	c.Reports = listing.Reports{Included: listing.NotStated}
	c.Consent = listing.Consent{IRB: listing.IRBUnknown, Basis: listing.ConsentUnknown, Commercial: listing.CommercialNotStated}
	c.Labels = listing.Labels{Provenance: []listing.Provenance{listing.ProvenanceUnknown}, AnnotationTypes: []listing.AnnotationType{listing.NoAnnotation}}
	c.Annotators = listing.Annotators{}
	c.Coverage = listing.Coverage{Unknown: true, Settings: []listing.Setting{"not_stated"}}
	c.Devices = listing.Devices{Unknown: true}
	unknown := listing.Distribution{NotStated: true}
	c.Demographics = listing.Demographics{Ages: unknown, Sex: unknown, Race: unknown}
	c.Splits = listing.Splits{Provided: listing.NotStated}
	c.Caveats = listing.Caveats{NoneKnown: true}
	if gaps := c.Gaps(today); len(gaps) > 0 {
		t.Errorf("Gaps = %+v, want none: unknown is an answer", gaps)
	}
	for _, part := range c.License.Parts() {
		for _, use := range license.AllUses() {
			if d := license.Decide(part.Terms, use, license.Context{}); d.Verdict.Allows() {
				t.Errorf("unknown terms allow %s: %+v", use, d)
			}
		}
	}
}

// Every answer that a form can carry comes back as it was given.
func TestFormCarriesClaimsThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawClaims(t)
		got := listing.Claims{}
		for _, step := range listing.Steps {
			values := want.Form(step.Value)
			var err error
			got, err = got.WithForm(step.Value, listing.Compact(step.Value, values, ""))
			if err != nil {
				t.Fatalf("step %s: %v (values %v)", step.Value, err, values)
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("claims changed on their way (-want +got):\n%s", diff)
		}
		text, err := want.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		back, err := listing.ParseClaims(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.Canonical()
		if err != nil || again != text {
			t.Fatalf("canonical text changed: %s, %v; want %s", again, err, text)
		}
		if !json.Valid([]byte(text)) || strings.ContainsAny(text, "\n\t") {
			t.Fatalf("canonical text is no compact JSON: %s", text)
		}
	})
}

// drawClaims fills a full set of claims with other answers.
func drawClaims(t *rapid.T) listing.Claims {
	c := listingtest.Claims()
	line := rapid.Custom(func(t *rapid.T) string {
		words := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9äé<>&"'=+%().-]{1,9}`), 1, 5).Draw(t, "words")
		return strings.Join(words, " ")
	})
	text := func(label string) string { return line.Draw(t, label) }
	day := rapid.SampledFrom([]string{"", "2024-02-29", "2026-11-20"})
	count := rapid.IntRange(0, 100_000)

	c.Basics.Title, c.Basics.Summary = text("title"), text("summary")+"\n"+text("more")
	c.Basics.Modalities = some(t, "modality", listing.Modalities)
	c.Basics.BodyParts = some(t, "body part", listing.BodyParts)
	c.Basics.Tasks = some(t, "task", listing.Tasks)
	c.License.Tier = one(t, "tier", listing.Tiers)
	c.License.Access = one(t, "access", listing.AccessModes)
	c.License.Name = text("license name")
	c.License.Grants = nil
	for range rapid.IntRange(0, 3).Draw(t, "grants") {
		g := listing.Grant{Group: text("group"), Files: text("files"), Count: count.Draw(t, "n"), Scopes: some(t, "scope", listing.Scopes),
			SPDX: rapid.SampledFrom([]string{"", "CC-BY-4.0", "MIT", "LicenseRef-x"}).Draw(t, "spdx"), Cells: map[license.Use]license.Cell{}}
		for _, use := range license.AllUses() {
			if v := one(t, "verdict", listing.Verdicts); v != "" {
				g.Cells[use] = license.Cell{Verdict: v, Clause: text("clause"), Condition: text("condition")}
			}
		}
		c.License.Grants = append(c.License.Grants, g)
	}
	c.Deidentification.Method = one(t, "method", listing.DeidMethods)
	c.Deidentification.Codes = some(t, "code", listing.DeidCodes)
	c.Deidentification.Dates = one(t, "dates", listing.DateHandlings)
	c.Deidentification.Faces = one(t, "faces", listing.FaceHandlings)
	c.Deidentification.Expert.Date, c.Deidentification.Expert.ValidUntil = day.Draw(t, "date"), day.Draw(t, "until")
	c.Reports = listing.Reports{Included: one(t, "included", listing.Answers), Method: one(t, "report method", listing.ReportMethods), Note: text("note")}
	c.Consent = listing.Consent{IRB: one(t, "irb", listing.IRBStatuses), Board: text("board"), Basis: one(t, "basis", listing.ConsentBases),
		Commercial: one(t, "commercial", listing.CommercialConsents), Statement: text("statement")}
	c.Labels.Provenance = some(t, "provenance", listing.Provenances)
	c.Labels.AnnotationTypes = some(t, "annotation", listing.AnnotationTypes)
	c.Annotators.Groups = nil
	for range rapid.IntRange(0, 4).Draw(t, "annotators") {
		c.Annotators.Groups = append(c.Annotators.Groups, listing.Annotator{
			Role: one(t, "role", listing.AnnotatorRoles), Readers: rapid.IntRange(0, 9).Draw(t, "readers"), Specialty: text("specialty"),
			BoardCertified: one(t, "certified", listing.Answers), Country: rapid.SampledFrom(listing.Countries()).Draw(t, "country"),
			Adjudication: one(t, "adjudication", listing.Adjudications), Metric: one(t, "metric", listing.AgreementScores),
			Agreement: rapid.SampledFrom([]string{"", "0.83", "-0.5", "97"}).Draw(t, "agreement"),
		})
	}
	c.Coverage.Countries = rapid.SampledFrom([][]string{nil, {"BQ"}, {"BQ", "DE", "US"}, {"CD", "CG", "MM", "PS", "SX", "VC"}}).Draw(t, "countries")
	c.Coverage.Sites = rapid.IntRange(0, 99).Draw(t, "sites")
	c.Coverage.Settings = some(t, "setting", listing.Settings)
	c.Devices = listing.Devices{Unknown: rapid.Bool().Draw(t, "unknown devices")}
	for range rapid.IntRange(0, 3).Draw(t, "devices") {
		c.Devices.List = append(c.Devices.List, listing.Device{Manufacturer: text("manufacturer"), FieldStrengthT: rapid.SampledFrom([]string{"", "1.5", "3"}).Draw(t, "tesla")})
	}
	c.Demographics = listing.Demographics{Patients: count.Draw(t, "patients"), Ages: distribution(t, listing.AgeBands), Sex: distribution(t, listing.Sexes), Race: distribution(t, listing.Races)}
	c.Splits = listing.Splits{Provided: one(t, "provided", listing.Answers)}
	for range rapid.IntRange(0, 3).Draw(t, "splits") {
		c.Splits.List = append(c.Splits.List, listing.Split{Name: text("split"), N: count.Draw(t, "n"), ByPatient: one(t, "by patient", listing.Answers)})
	}
	c.Caveats = listing.Caveats{NoneKnown: rapid.Bool().Draw(t, "none known"), List: rapid.SliceOfNDistinct(line, 0, 5, rapid.ID).Draw(t, "caveats")}
	return c
}

func one[T ~string](t *rapid.T, label string, v listing.Vocabulary[T]) T {
	i := rapid.IntRange(-1, len(v)-1).Draw(t, label)
	if i < 0 {
		return ""
	}
	return v[i].Value
}

func some[T ~string](t *rapid.T, label string, v listing.Vocabulary[T]) []T {
	var list []T
	for _, term := range v {
		if rapid.IntRange(0, 3).Draw(t, label) == 0 {
			list = append(list, term.Value)
		}
	}
	return list
}

func distribution(t *rapid.T, groups listing.Vocabulary[listing.Group]) listing.Distribution {
	d := listing.Distribution{Missing: rapid.IntRange(0, 50).Draw(t, "missing"), NotStated: rapid.Bool().Draw(t, "not stated")}
	for _, g := range groups {
		if n := rapid.IntRange(0, 9).Draw(t, "n"); n > 0 {
			d.Counts = append(d.Counts, listing.Count{Group: g.Value, N: n})
		}
	}
	return d
}

// Whatever a browser sends, a form is read or refused, and what was read is
// written and read again the same.
func FuzzWithForm(f *testing.F) {
	f.Add("basics", "title", "Low-dose\x00 chest CT", "modality", "CT")
	f.Add("rights", "grant-0-group", "Cases", "grant-49-files", "*.dcm")
	f.Add("coverage", "countries", "USA, de;\nKorea", "device-3-kvp", "1e9")
	f.Add("splits", "split--1-name", "x", "split-999999999999999999-n", "-4")
	f.Add("demographics", "ages-0-9", "9223372036854775808", "patients", "1,204")
	f.Fuzz(func(t *testing.T, name, k1, v1, k2, v2 string) {
		step, ok := listing.ParseStep(name)
		if !ok {
			return
		}
		values := listing.Compact(step, map[string][]string{k1: {v1}, k2: {v2}}, "")
		first, err := listing.Claims{}.WithForm(step, values)
		if err != nil && len(errs.FieldsOf(err)) == 0 {
			t.Fatalf("refused without naming a field: %v", err)
		}
		if err != nil {
			return
		}
		again, err := listing.Claims{}.WithForm(step, listing.Compact(step, first.Form(step), ""))
		if err != nil || !reflect.DeepEqual(normal(t, first), normal(t, again)) {
			t.Fatalf("read again: %+v, %v; want %+v", again, err, first)
		}
	})
}

func normal(t *testing.T, c listing.Claims) string {
	t.Helper()
	text, err := c.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCompactDropsBlankAndRemovedRows(t *testing.T) {
	values := map[string][]string{
		"split-0-name": {"train"}, "split-1-name": {" "}, "split-2-name": {"test"}, "split-3-name": {"extra"}, "provided": {"yes"},
	}
	got := listing.Compact(listing.StepSplits, values, "split-2")
	want := map[string][]string{"provided": {"yes"}, "split-0-name": {"train"}, "split-1-name": {"extra"}}
	if diff := cmp.Diff(want, map[string][]string(got)); diff != "" {
		t.Errorf("Compact (-want +got):\n%s", diff)
	}
}

func TestFormRefusesWhatItCannotRead(t *testing.T) {
	tests := []struct {
		name, field, value string
		step               listing.Step
	}{
		{"a modality outside the list", "modality", "SEG", listing.StepBasics},
		{"a title over the limit", "title", strings.Repeat("x", 121), listing.StepBasics},
		{"an identifier with a space", "spdx", "CC BY", listing.StepLicense},
		{"a verdict outside the five", "grant-0-internal_research-verdict", "maybe", listing.StepRights},
		{"a date that is none", "expert_date", "2026-02-30", listing.StepDeidentification},
		{"a country that is none", "countries", "Atlantis", listing.StepCoverage},
		{"a region finer than a state", "regions", "US-10001", listing.StepCoverage},
		{"a count below 0", "split-0-n", "-1", listing.StepSplits},
		{"a decimal with a comma", "annotator-0-agreement", "0,83", listing.StepAnnotators},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := listing.Claims{}.WithForm(tt.step, map[string][]string{tt.field: {tt.value}})
			list := errs.FieldsOf(err)
			if len(list) != 1 || list[0].Field != tt.field {
				t.Errorf("WithForm = %v, want a message at %s", err, tt.field)
			}
		})
	}
}

func TestTextLosesWhatWouldPoseAsAnother(t *testing.T) {
	c, err := listing.Claims{}.WithForm(listing.StepBasics, map[string][]string{"title": {"safe\u202etxt.exe \x1b[31mred\x00\u2028end"}})
	if err != nil || c.Basics.Title != "safetxt.exe [31mred end" {
		t.Errorf("title = %q, %v", c.Basics.Title, err)
	}
}

func TestCanonicalTextIsPinned(t *testing.T) {
	c := listing.Claims{
		Basics:  listing.Basics{Title: `Ünïcode <b> & "quotes"`, Asserted: listing.Assertion{By: listing.BySeller, User: "u", At: today}},
		License: listing.License{Grants: []listing.Grant{{Count: 3, Cells: map[license.Use]license.Cell{license.ValidateProduct: {Verdict: license.No, Clause: "1"}}}}},
	}
	want := `{"annotators":{},"basics":{"asserted":{"at":"2026-11-20T12:00:00Z","by":"seller","user":"u"},"title":"Ünïcode <b> & \"quotes\""},` +
		`"caveats":{},"consent":{},"coverage":{},"deidentification":{},"demographics":{},"devices":{},"labels":{},` +
		`"license":{"grants":[{"cells":{"validate_product":{"clause":"1","verdict":"no"}},"count":3}]},"reports":{},"splits":{}}`
	got, err := c.Canonical()
	if err != nil || got != want {
		t.Errorf("Canonical = %s, %v; want %s", got, err, want)
	}
	if digest := listing.DigestText(got); digest != "6ac704b7474e141a58371a029a369cdc5687e1af82dc3ec0169da9d4653f17a5" {
		t.Errorf("digest = %s", digest)
	}
}

func TestVocabulariesAreWhole(t *testing.T) {
	check := func(name string, values, labels []string) {
		seen := map[string]bool{}
		for i, v := range values {
			if v == "" || seen[v] || labels[i] == "" || seen[labels[i]] {
				t.Errorf("%s: %q (%q) is empty or twice", name, v, labels[i])
			}
			seen[v], seen[labels[i]] = true, true
		}
	}
	whole(check, "modality", listing.Modalities)
	whole(check, "body part", listing.BodyParts)
	whole(check, "task", listing.Tasks)
	whole(check, "method", listing.DeidMethods)
	whole(check, "code", listing.DeidCodes)
	whole(check, "dates", listing.DateHandlings)
	whole(check, "faces", listing.FaceHandlings)
	whole(check, "reports", listing.ReportMethods)
	whole(check, "irb", listing.IRBStatuses)
	whole(check, "basis", listing.ConsentBases)
	whole(check, "commercial", listing.CommercialConsents)
	whole(check, "provenance", listing.Provenances)
	whole(check, "annotation", listing.AnnotationTypes)
	whole(check, "role", listing.AnnotatorRoles)
	whole(check, "adjudication", listing.Adjudications)
	whole(check, "metric", listing.AgreementScores)
	whole(check, "setting", listing.Settings)
	whole(check, "state", listing.States)
	if n := len(listing.DeidCodes); n != 13 {
		t.Errorf("%d codes of CID 7050, want 13", n)
	}
	if n := len(listing.Countries()); n != 249 {
		t.Errorf("%d countries, want the 249 of ISO 3166-1", n)
	}
	for _, code := range listing.Countries() {
		if back, ok := listing.ParseCountry(listing.CountryName(code)); !ok || back != code {
			t.Errorf("ParseCountry(%q) = %s, %v; want %s", listing.CountryName(code), back, ok, code)
		}
	}
}

func whole[T ~string](check func(string, []string, []string), name string, v listing.Vocabulary[T]) {
	var values []T
	plain := make([]string, len(v))
	for i, term := range v {
		values = append(values, term.Value)
		plain[i] = string(term.Value)
	}
	check(name, plain, v.Labels(values))
}
