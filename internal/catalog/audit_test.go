package catalog_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/account/accounttest"
	"assay/internal/audit/finding"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres/postgrestest"
)

// The public part of an audit counts findings by rule. Nothing that a finding
// says about a place travels with it, for any version that was ever live.
func TestPublicAuditHoldsCountsAndNoPlace(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	org, reviewer := accounttest.Seller(t, db), accounttest.Reviewer(t, db)
	s, store := listing.New(db, catalog.Publisher{}, time.Now), catalog.NewStore(db)
	d := listingtest.Complete(t, db, org.Owner)
	const secret = "ZZYZX"
	r := measuredReport()
	r.Findings = nil
	for i := range 3 {
		r.Findings = append(r.Findings, finding.Finding{
			Rule: "fmt-charset", Severity: finding.Info, HIPAA: []string{"A"}, Action: "Z", Count: 5 + i,
			Path: secret + "-path", Shape: secret + "-shape", Message: secret + "-message " + string(rune('a'+i)), Fix: secret + "-fix",
			Locations: []finding.Location{{File: secret + "-file.dcm", Frame: 31337, Offset: 31337}},
		})
	}
	publish := func() listing.Version {
		t.Helper()
		v := passWith(t, db, org.Owner, d, r)
		if _, err := s.Submit(ctx, org.Owner, v.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Version(ctx, org.Owner, v.ID); err == nil && got.Version.State == listing.InReview {
			listingtest.Rule(t, db, reviewer, v.ID, listing.Approves)
		}
		if err := s.Publish(ctx, org.Owner, v.ID); err != nil {
			t.Fatal(err)
		}
		return v
	}
	publish()
	second := publish()
	e, err := store.Get(ctx, d.Listing.Slug)
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[int]int{0: 2, 1: 1, 2: 2} {
		a, err := store.Audit(ctx, e, number)
		if err != nil {
			t.Fatalf("version %d: %v", number, err)
		}
		body, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(body); strings.Contains(text, secret) || strings.Contains(text, "31337") {
			t.Errorf("version %d: the public audit tells a place: %s", number, text)
		}
		counts := []catalog.RuleCount{{Rule: "fmt-charset", Severity: finding.Info, HIPAA: []string{"A"}, Action: "Z", Findings: 3, Places: 18}}
		if diff := cmp.Diff(counts, a.Rules); diff != "" {
			t.Errorf("rules (-want +got):\n%s", diff)
		}
		if a.Version != want || a.Infos != 3 || len(a.RootDigest) != 64 || len(a.ClaimsDigest) != 64 || a.Measured.Instances != 900 || len(a.NotChecked) != 1 {
			t.Errorf("asked for version %d: %+v", number, a)
		}
	}
	if len(e.Detail.Versions) != 2 || e.Detail.Versions[1].State != "superseded" {
		t.Errorf("versions: %+v", e.Detail.Versions)
	}
	if _, err := store.Audit(ctx, e, 3); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a version that never was: %v, want not found", err)
	}
	if err := s.Withdraw(ctx, org.Owner, second.ID, "The hospital ended the contract."); err != nil {
		t.Fatal(err)
	}
	if e, err = store.Get(ctx, d.Listing.Slug); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Audit(ctx, e, 0); errs.KindOf(err) != errs.NotFound {
		t.Errorf("the audit of a withdrawn data set: %v, want not found", err)
	}
}
