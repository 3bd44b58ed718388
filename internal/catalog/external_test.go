package catalog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/catalog"
	"assay/internal/license"
	"assay/internal/listing"
)

func externals(t testing.TB) map[string]catalog.Entry {
	t.Helper()
	list, err := catalog.Externals()
	if err != nil {
		t.Fatal(err)
	}
	bySlug := map[string]catalog.Entry{}
	for _, e := range list {
		bySlug[e.Slug] = e
	}
	return bySlug
}

func TestExternalListingsAreWholeAndSaySourceAndDate(t *testing.T) {
	list, err := catalog.Externals()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 36 {
		t.Errorf("%d external listings, want 36", len(list))
	}
	guide := 0
	for _, e := range list {
		d := e.Detail
		if d.InGuide {
			guide++
		}
		if e.Title == "" || e.Summary == "" || d.Owner == "" || d.Route == "" || len(d.Caveats) == 0 || d.LicenseName == "" {
			t.Errorf("%s: title, summary, owner, route, caveats or license name is missing", e.Slug)
		}
		if !strings.HasPrefix(d.OwnerURL, "https://") {
			t.Errorf("%s: owner link %q", e.Slug, d.OwnerURL)
		}
		if !catalog.Bases.Has(d.Basis) {
			t.Errorf("%s: basis %q is unknown", e.Slug, d.Basis)
		}
		if (d.Basis == "not_rechecked") != (d.CheckedOn == "") {
			t.Errorf("%s: basis %q with checked_on %q", e.Slug, d.Basis, d.CheckedOn)
		}
		if len(d.Assertions) == 0 {
			t.Errorf("%s: nobody asserts the rights", e.Slug)
		}
		for _, a := range d.Assertions {
			if !listing.AssertedBys.Has(a.By) || a.Source == "" || a.Statement == "" {
				t.Errorf("%s: assertion %+v does not say who, where and what", e.Slug, a)
			}
			if _, err := license.ParseCommercialUse(string(a.CommercialUse)); err != nil {
				t.Errorf("%s: assertion of %q: %v", e.Slug, a.Source, err)
			}
			if a.CheckedOn == "" {
				continue
			}
			if _, err := time.Parse(time.DateOnly, a.CheckedOn); err != nil {
				t.Errorf("%s: %v", e.Slug, err)
			}
		}
		for _, p := range d.Rights {
			for u, c := range p.Terms.Cells {
				if _, err := license.ParseUse(string(u)); err != nil {
					t.Errorf("%s: %v", e.Slug, err)
				}
				if _, err := license.ParseVerdict(string(c.Verdict)); err != nil {
					t.Errorf("%s, %s: %v", e.Slug, u, err)
				}
				if c.Verdict.Allows() && c.Clause == "" {
					t.Errorf("%s, %s: allowed without a clause", e.Slug, u)
				}
			}
		}
	}
	if guide != 6 {
		t.Errorf("%d listings of the guide, want 6", guide)
	}
}

func TestSourcesThatDisagreeStayApart(t *testing.T) {
	all := externals(t)
	for _, slug := range []string{"nih-chestx-ray14", "miccai-challenges", "tcga-wsi", "kits", "lits", "amos22", "brats"} {
		e := all[slug]
		if !e.SourcesDisagree() || e.Detail.Conflict == "" || len(e.Detail.Assertions) < 2 {
			t.Errorf("%s: disagreement is not shown: conflict %q, %d assertions", slug, e.Detail.Conflict, len(e.Detail.Assertions))
		}
		if e.CommercialUse().Permits() {
			t.Errorf("%s: commercial use %s although sources disagree", slug, e.CommercialUse())
		}
	}
	if n := all["lidc-idri"]; n.SourcesDisagree() {
		t.Errorf("lidc-idri: sources agree, yet shown as disagreeing")
	}
}

// The six of the client's text, in the words of the matrix.
func TestRightsOfTheGuide(t *testing.T) {
	all := externals(t)
	type answer struct {
		Commercial     license.CommercialUse
		Research, Ship license.Verdict
	}
	want := map[string]answer{
		"nih-chestx-ray14":  {license.Unclear, license.YesWithConditions, license.NotStated},
		"chexpert":          {license.BySeparateAgreement, license.YesWithConditions, license.Ask},
		"lidc-idri":         {license.AllowedWithAttribution, license.Yes, license.YesWithConditions},
		"miccai-challenges": {license.CommercialVaries, license.NotStated, license.NotStated},
		"brats":             {license.CommercialVaries, license.NotStated, license.No},
		"tcga-wsi":          {license.Unclear, license.YesWithConditions, license.NotStated},
		"kits":              {license.CommercialVaries, license.YesWithConditions, license.Ask},
		"mimic-cxr":         {license.Prohibited, license.YesWithConditions, license.No},
		"camelyon16":        {license.Allowed, license.Yes, license.Yes},
		"msd":               {license.AllowedShareAlike, license.Yes, license.YesWithConditions},
		"lits":              {license.Prohibited, license.YesWithConditions, license.No},
		"optimam":           {license.BySeparateAgreement, license.YesWithConditions, license.Ask},
		"isic":              {license.CommercialVaries, license.YesWithConditions, license.No},
	}
	got := map[string]answer{}
	for slug := range want {
		e := all[slug]
		got[slug] = answer{e.CommercialUse(),
			e.Decide(license.InternalResearch, license.Context{}).Verdict,
			e.Decide(license.ShipModelInProduct, license.Context{}).Verdict}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rights of external listings (-want +got):\n%s", diff)
	}
}

// A stored word that the matrix contradicts would show two answers on a page.
func TestDerivedCommercialUseAgreesWithTheSeedOrIsStricter(t *testing.T) {
	for slug, e := range externals(t) {
		got, stored := e.CommercialUse(), e.StoredCommercialUse
		if got != stored && got != license.Unclear {
			t.Errorf("%s: derived %s, the seed says %s", slug, got, stored)
		}
		for _, u := range []license.Use{license.TrainCommercialModel, license.ShipModelInProduct} {
			if d := e.Decide(u, license.Context{}); got.Permits() && !d.Verdict.Allows() {
				t.Errorf("%s: commercial use %s, but %s is %s", slug, got, u, d.Verdict)
			}
		}
	}
}

func TestExternalSeedNamesScopesOfKiTS(t *testing.T) {
	e := externals(t)["kits"]
	early := e.Decide(license.ShipModelInProduct, license.Context{Group: "Cases 0 to 209", Scope: license.Images})
	late := e.Decide(license.ShipModelInProduct, license.Context{Group: "Cases 210 to 400", Scope: license.Images})
	labels := e.Decide(license.ShipModelInProduct, license.Context{Scope: license.Labels})
	if early.Verdict != license.YesWithConditions || late.Verdict != license.Ask || labels.Verdict != license.YesWithConditions {
		t.Errorf("KiTS: early %v, late %v, labels %v", early, late, labels)
	}
}
