package catalog_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres/postgrestest"
)

func TestPublishedListingIsFoundByItsClaims(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	known, _ := license.KnownBySPDX("LicenseRef-Assay-Commercial-1.0")
	said := listing.Assertion{By: listing.BySeller, At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	c := listing.Claims{
		Basics:           listing.Basics{Title: "Low-dose chest CT", Summary: "Screening CT with nodules.", Modalities: []listing.Modality{"CT"}, BodyParts: []listing.BodyPart{"lung"}, Tasks: []listing.Task{"segmentation"}, Asserted: said},
		License:          listing.License{Tier: known.Tier, SPDX: known.SPDX, Name: known.Name, Access: known.Access, Grants: []listing.Grant{{Cells: known.Cells}}, Asserted: said},
		Deidentification: listing.Deidentification{Method: listing.SafeHarbor, Asserted: said},
		Annotators: listing.Annotators{Asserted: said, Groups: []listing.Annotator{
			{Role: "radiologist", Readers: 2, BoardCertified: listing.Yes, Board: "ABR", Years: 8, Adjudication: "senior_arbiter", Metric: "dice", Agreement: "0.83"}}},
		Coverage:     listing.Coverage{Countries: []string{"DE", "US"}, Sites: 3},
		Demographics: listing.Demographics{Patients: 3980},
	}
	e := catalog.Publication{
		Listing: id.New[id.Listing](), Organization: catalog.PlatformOrganization, OrganizationName: "Northfield", OrganizationSlug: "northfield",
		Slug: "low-dose-chest-ct", Claims: c, PublishedAt: time.Now(),
		Audit: &catalog.Audit{Verdict: "passed", On: "2026-11-20"},
	}.Entry()
	if err := db.InTx(ctx, worker, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
	q, err := catalog.ParseQuery(map[string][]string{"q": {"nodules"}, "use": {"ship_model_in_product", "train_commercial_model"},
		"modality": {"CT"}, "commercial_use": {"allowed"}, "annotator_kind": {"radiologist"}, "deid_method": {"hipaa_safe_harbor"}, "country": {"DE"}, "kind": {"hosted"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := catalog.NewStore(db).Search(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if r.Total != 1 || r.Rows[0].Slug != "low-dose-chest-ct" || *r.Rows[0].Patients != 3980 {
		t.Fatalf("search by its claims found %d", r.Total)
	}
	for _, claim := range r.Rows[0].Detail.Claims {
		if claim.By != listing.BySeller && claim.On != "" {
			t.Errorf("claim without who: %+v", claim)
		}
		if claim.Subject == "Annotators" {
			want := "board-certified (ABR); at least 8 years of practice; disagreement settled by: senior arbiter; Dice coefficient 0.83"
			if claim.Term != "Radiologist × 2" || claim.Value != want || claim.On != "2026-11-20" {
				t.Errorf("annotators: %+v", claim)
			}
		}
	}
}

func TestEmptyClaimsArePublishedAsUnknownNotAsAllowed(t *testing.T) {
	e := catalog.Publication{Slug: "empty", PublishedAt: time.Now()}.Entry()
	if e.CommercialUse() != license.Unclear || e.Tier != license.TierUnknown || e.Access != license.AccessUnknown || e.DeidMethod != "unknown" {
		t.Errorf("empty claims: commercial use %s, tier %s, access %s, de-identification %s", e.CommercialUse(), e.Tier, e.Access, e.DeidMethod)
	}
	for _, u := range license.AllUses() {
		if d := e.Decide(u, license.Context{}); d.Verdict != license.NotStated {
			t.Errorf("%s: %s from nothing", u, d.Verdict)
		}
	}
}
