package catalog_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// seeded is a catalog with the descriptions of the program; seed writes them
// again, as a new edition does.
func seeded(t *testing.T) (s *catalog.Store, admin postgres.Actor, seed func()) {
	t.Helper()
	db := postgrestest.New(t)
	seed = func() {
		t.Helper()
		if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
			t.Fatal(err)
		}
	}
	seed()
	return catalog.NewStore(db), accounttest.Admin(t, db), seed
}

// newTerms are those that an owner gave a data set lately.
func newTerms() *catalog.ReferenceTerms {
	return &catalog.ReferenceTerms{Name: "Terms of 2026", Tier: license.ResearchNoncommercial, Access: license.AccessRegistered,
		Cells: map[license.Use]license.Cell{
			license.InternalResearch:     {Verdict: license.Yes, Clause: "Section 1"},
			license.TrainCommercialModel: {Verdict: license.No, Clause: "Section 4"},
			license.ShipModelInProduct:   {Verdict: license.Ask, Clause: "Section 4", Condition: "the owner's office"},
		}}
}

func TestACheckMayChangeTheTerms(t *testing.T) {
	t.Parallel()
	s, admin, seed := seeded(t)
	c := goodRecheck("nih-chestx-ray14")
	c.Terms, c.CommercialUse = newTerms(), license.Prohibited
	if fields := errs.FieldsOf(s.Recheck(t.Context(), admin, c)); len(fields) != 1 || fields[0].Field != "source_url" {
		t.Errorf("new terms without the address of their source: %v", fields)
	}
	c.SourceURL = "https://example.org/terms"
	if err := s.Recheck(t.Context(), admin, c); err != nil {
		t.Fatal(err)
	}
	seed() // a new edition of the program changes nothing of it

	e, err := s.Get(t.Context(), "nih-chestx-ray14")
	if err != nil {
		t.Fatal(err)
	}
	if e.Tier != license.ResearchNoncommercial || e.Access != license.AccessRegistered || e.Detail.LicenseName != "Terms of 2026" {
		t.Errorf("the listing shows %s, %s, %s", e.Tier, e.Access, e.Detail.LicenseName)
	}
	for use, want := range map[license.Use]license.Verdict{license.TrainCommercialModel: license.No, license.ShipModelInProduct: license.Ask, license.PublishResults: license.NotStated} {
		if got := e.Decide(use, license.Context{}).Verdict; got != want {
			t.Errorf("%s: %s, want %s", use, got, want)
		}
	}
	want := []catalog.Check{{On: "2026-11-27", By: listing.ByOwner, Source: c.Source, SourceURL: c.SourceURL, Statement: c.Statement, CommercialUse: license.Prohibited,
		LicenseBefore: "NIH terms: use unrestricted with attribution", LicenseAfter: "Terms of 2026", TierBefore: license.OpenAttribution, TierAfter: license.ResearchNoncommercial}}
	if diff := cmp.Diff(want, e.Detail.Checks); diff != "" {
		t.Errorf("checks that buyers see (-want +got):\n%s", diff)
	}
	r, history, err := s.Reference(t.Context(), admin, "nih-chestx-ray14")
	if err != nil || len(history) != 1 || history[0].TierBefore != license.OpenAttribution || history[0].SourceURL != c.SourceURL || history[0].By == "" {
		t.Errorf("history %+v, %v", history, err)
	}
	if diff := cmp.Diff(*c.Terms, r.Terms); diff != "" || r.Parts != 1 {
		t.Errorf("%d parts, terms (-want +got):\n%s", r.Parts, diff)
	}
	disagree := 0
	for _, a := range r.Assertions {
		if r.Disagrees(a) {
			disagree++
		}
	}
	if disagree == 0 || !r.SourcesDisagree() {
		t.Error("older sources that say something else are not told")
	}
}

func TestAddedReferencesHoldWhatWasEntered(t *testing.T) {
	t.Parallel()
	s, admin, _ := seeded(t)
	n := goodReference()
	patients := int64(1204)
	n.Patients = &patients
	if err := s.AddReference(t.Context(), admin, n); err != nil {
		t.Fatal(err)
	}
	e, err := s.Get(t.Context(), n.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"US", "DE"}, e.Countries); diff != "" || e.Patients == nil || *e.Patients != 1204 || e.Images != nil {
		t.Errorf("patients %v, images %v, countries (-want +got):\n%s", e.Patients, e.Images, diff)
	}
	if diff := cmp.Diff([][]string{n.Restrictions, n.Caveats}, [][]string{e.Detail.Restrictions, e.Detail.Caveats}); diff != "" {
		t.Errorf("restrictions and caveats (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]catalog.Fact{{Label: "Labels", Value: n.Labels}, {Label: "Countries", Value: "United States, Germany"}}, e.Detail.Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestAReferenceIsWithdrawnAndPutBack(t *testing.T) {
	t.Parallel()
	s, admin, seed := seeded(t)
	const reason = "The owner asked us to take it down."
	if err := s.RestoreReference(t.Context(), admin, "chexpert"); errs.KindOf(err) != errs.Conflict {
		t.Errorf("put back what is there: %v, want Conflict", err)
	}
	if err := s.WithdrawReference(t.Context(), admin, "chexpert", "short"); errs.KindOf(err) != errs.Invalid {
		t.Errorf("without a reason: %v, want Invalid", err)
	}
	if err := s.WithdrawReference(t.Context(), admin, "no-such-set", reason); errs.KindOf(err) != errs.NotFound {
		t.Errorf("an unknown one: %v, want NotFound", err)
	}
	results := make(chan error, 6)
	var all sync.WaitGroup
	for range cap(results) {
		all.Go(func() { results <- s.WithdrawReference(t.Context(), admin, "chexpert", reason) })
	}
	all.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
		} else if errs.KindOf(err) != errs.Conflict {
			t.Errorf("at once: %v, want Conflict", err)
		}
	}
	if done != 1 {
		t.Errorf("withdrawn %d times at once", done)
	}
	state := func(want catalog.State, why string) {
		t.Helper()
		e, err := s.Get(t.Context(), "chexpert")
		if err != nil || e.State != want || e.StateReason != why {
			t.Errorf("state %q for %q, %v; want %q for %q", e.State, e.StateReason, err, want, why)
		}
	}
	state(catalog.Withdrawn, reason)
	seed()
	state(catalog.Withdrawn, reason)
	if err := s.Recheck(t.Context(), admin, goodRecheck("chexpert")); err != nil {
		t.Fatal(err)
	}
	state(catalog.Withdrawn, reason) // a check alone does not put it back
	if err := s.RestoreReference(t.Context(), admin, "chexpert"); err != nil {
		t.Fatal(err)
	}
	state(catalog.Live, "")
	seed()
	state(catalog.Live, "")
}
