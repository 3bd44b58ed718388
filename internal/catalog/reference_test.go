package catalog_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func goodRecheck(slug string) catalog.Recheck {
	return catalog.Recheck{Slug: slug, Party: listing.ByOwner, Source: "Terms on the owner's page", Statement: "Any use with attribution.",
		CommercialUse: license.AllowedWithAttribution, CheckedOn: "2026-11-27", Conflict: "", Confidence: "high", Note: "The page is new."}
}

func goodReference() catalog.NewReference {
	return catalog.NewReference{Slug: "knee-mr-reference", Title: "Knee MR with readings of two readers", Name: "Knee MR", Summary: "MR series of knees with readings.",
		Owner: "Example Institute", OwnerURL: "https://example.org/knee", Modalities: []string{"MR"}, BodyParts: []string{"knee"}, Tasks: []string{"classification"},
		DeidMethod: "unknown", Countries: []string{"US", "germany"}, Labels: "Tears of the meniscus, by series",
		Restrictions: []string{"No redistribution of single images"}, Caveats: []string{"Series of one scanner"},
		Terms: catalog.ReferenceTerms{SPDX: "CC-BY-4.0", Name: "CC BY 4.0", Tier: license.OpenAttribution, Access: license.AccessOpen}, First: goodRecheck("knee-mr-reference")}
}

func TestSeedsLeaveWhatAnAdminWrote(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	seed := func() {
		t.Helper()
		if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
			t.Fatal(err)
		}
	}
	seed()
	s, admin := catalog.NewStore(db), accounttest.Admin(t, db)
	if err := s.Recheck(t.Context(), admin, goodRecheck("nih-chestx-ray14")); err != nil {
		t.Fatal(err)
	}
	if err := s.AddReference(t.Context(), admin, goodReference()); err != nil {
		t.Fatal(err)
	}
	seed()

	r, history, err := s.Reference(t.Context(), admin, "nih-chestx-ray14")
	if err != nil {
		t.Fatal(err)
	}
	if r.CheckedOn != "2026-11-27" || r.Conflict != "" || !r.IsEdited || len(history) != 1 || len(r.Assertions) != 4 {
		t.Errorf("after the seed: checked on %q, conflict %q, edited %v, %d checks, %d sources", r.CheckedOn, r.Conflict, r.IsEdited, len(history), len(r.Assertions))
	}
	added, _, err := s.Reference(t.Context(), admin, "knee-mr-reference")
	if err != nil || added.State != catalog.Live {
		t.Errorf("the added data set is %q after the seed, %v", added.State, err)
	}
	e, err := s.Get(t.Context(), "knee-mr-reference")
	if err != nil || e.CommercialUse() != license.AllowedWithAttribution {
		t.Errorf("buyers see %q, %v", e.CommercialUse(), err)
	}
	list, err := s.References(t.Context(), admin)
	if err != nil || len(list) != 37 {
		t.Errorf("%d references, want 36 of the program and one added; %v", len(list), err)
	}
}

func TestOnlyAdminsKeepReferences(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	s := catalog.NewStore(db)
	for _, a := range []postgres.Actor{{}, accounttest.Reviewer(t, db), accounttest.Organization(t, db).Owner, {User: id.New[id.User](), Organization: catalog.PlatformOrganization}} {
		for name, err := range map[string]error{
			"Recheck": s.Recheck(t.Context(), a, goodRecheck("chexpert")), "AddReference": s.AddReference(t.Context(), a, goodReference()),
			"WithdrawReference": s.WithdrawReference(t.Context(), a, "chexpert", "The owner took it back."), "RestoreReference": s.RestoreReference(t.Context(), a, "chexpert"),
			"References": func() error { _, err := s.References(t.Context(), a); return err }(),
		} {
			if errs.KindOf(err) != errs.Forbidden {
				t.Errorf("%s by %q: %v, want Forbidden", name, a.Platform, err)
			}
		}
	}
}

func TestReferencesNameTheirMistakes(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	s, admin := catalog.NewStore(db), accounttest.Admin(t, db)
	tests := []struct {
		field  string
		change func(*catalog.NewReference)
	}{
		{"slug", func(n *catalog.NewReference) { n.Slug = "Not A Slug" }},
		{"slug", func(n *catalog.NewReference) { n.Slug = "chexpert" }}, // taken
		{"owner_url", func(n *catalog.NewReference) { n.OwnerURL = "javascript:alert(1)" }},
		{"license", func(n *catalog.NewReference) { n.Terms.SPDX = "MINE" }},
		{"modalities", func(n *catalog.NewReference) { n.Modalities = []string{"XX"} }},
		{"tier", func(n *catalog.NewReference) { n.Terms.Tier = "free" }},
		{"tier", func(n *catalog.NewReference) { n.Terms.SPDX = "CC-BY-NC-4.0" }}, // filters would show it as open
		{"commercial_use", func(n *catalog.NewReference) {
			n.Terms.SPDX, n.Terms.Tier = "CC-BY-NC-4.0", license.ResearchNoncommercial
		}},
		{"countries", func(n *catalog.NewReference) { n.Countries = []string{"Atlantis"} }},
		{"patients", func(n *catalog.NewReference) { n.Patients = new(int64) }},
		{"images", func(n *catalog.NewReference) { many := int64(1e12); n.Images = &many }},
		{"restrictions", func(n *catalog.NewReference) { n.Restrictions = []string{strings.Repeat("x", 301)} }},
		{"caveats", func(n *catalog.NewReference) { n.Caveats = make([]string, 21) }},
		{"source_url", func(n *catalog.NewReference) { n.First.SourceURL = "javascript:alert(1)" }},
		{"clause_ship_model_in_product", func(n *catalog.NewReference) {
			n.Terms.SPDX, n.Terms.Cells = "", map[license.Use]license.Cell{license.ShipModelInProduct: {Verdict: license.Yes}}
		}},
		{"condition_train_commercial_model", func(n *catalog.NewReference) {
			n.Terms.SPDX, n.Terms.Cells = "", map[license.Use]license.Cell{license.TrainCommercialModel: {Verdict: license.YesWithConditions, Clause: "Section 2"}}
		}},
		{"use_publish_results", func(n *catalog.NewReference) {
			n.Terms.SPDX, n.Terms.Cells = "", map[license.Use]license.Cell{license.PublishResults: {Verdict: "maybe"}}
		}},
		{"checked_on", func(n *catalog.NewReference) { n.First.CheckedOn = time.Now().AddDate(0, 0, 3).Format(time.DateOnly) }},
		{"party", func(n *catalog.NewReference) { n.First.Party = "somebody" }},
		{"commercial_use", func(n *catalog.NewReference) { n.First.CommercialUse = "perhaps" }},
	}
	for _, tt := range tests {
		n := goodReference()
		tt.change(&n)
		err := s.AddReference(t.Context(), admin, n)
		if !slices.ContainsFunc(errs.FieldsOf(err), func(e errs.FieldError) bool { return e.Field == tt.field }) {
			t.Errorf("%s: %v, want a mistake in that field", tt.field, err)
		}
	}
}

// What two admins write at once is all kept.
func TestConcurrentChecksAreAllKept(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	s, admin := catalog.NewStore(db), accounttest.Admin(t, db)
	before, _, err := s.Reference(t.Context(), admin, "chexpert")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			c := goodRecheck("chexpert")
			c.Source += string(rune('a' + i))
			if err := s.Recheck(t.Context(), admin, c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Go(func() {
		if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	after, history, err := s.Reference(t.Context(), admin, "chexpert")
	if err != nil || len(after.Assertions) != len(before.Assertions)+8 || len(history) != 8 {
		t.Errorf("%d sources after %d, %d checks, %v", len(after.Assertions), len(before.Assertions), len(history), err)
	}
}
