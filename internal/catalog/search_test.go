package catalog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

var worker = postgres.Actor{Organization: catalog.PlatformOrganization, Platform: postgres.Worker}

// generated returns n entries of one organization with random facets.
func generated(n int, organization id.Organization) []catalog.Entry {
	r := rand.New(rand.NewPCG(1, 2))
	some := func(field catalog.Field, atMost int) []string {
		words := vocabulary(field)
		var out []string
		for range r.IntN(atMost + 1) {
			if w := words[r.IntN(len(words))]; !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
		return out
	}
	one := func(field catalog.Field) string {
		words := vocabulary(field)
		return words[r.IntN(len(words))]
	}
	known := license.Known()
	words := []string{"nodule", "tumor", "fracture", "stroke", "lesion"}
	list := make([]catalog.Entry, n)
	for i := range list {
		terms := known[r.IntN(len(known))]
		parts := []license.Part{{Terms: terms}}
		if r.IntN(4) == 0 {
			parts = append(parts, license.Part{Scopes: []license.Scope{license.Labels}, Terms: known[r.IntN(len(known))]})
		}
		if r.IntN(6) == 0 {
			parts = []license.Part{{Terms: license.Terms{Name: "Own terms"}}}
		}
		e := catalog.Entry{
			ID: id.New[id.Listing](), Organization: organization, OrganizationName: "Northfield", OrganizationSlug: "northfield",
			Slug: fmt.Sprintf("generated-%03d", i), Kind: catalog.Hosted, State: catalog.Live,
			Title:   fmt.Sprintf("Generated set %03d with %s", i%50, words[r.IntN(len(words))]),
			Summary: "Images of " + words[r.IntN(len(words))],
			Tier:    license.Tier(one(catalog.FieldTier)), Access: license.AccessMode(one(catalog.FieldAccess)),
			Modalities: some(catalog.FieldModality, 3), BodyParts: some(catalog.FieldBodyPart, 3), Tasks: some(catalog.FieldTask, 2),
			LabelProvenance: some(catalog.FieldLabelProvenance, 2), AnnotatorKinds: some(catalog.FieldAnnotator, 2),
			DeidMethod: one(catalog.FieldDeidMethod), Countries: some(catalog.FieldCountry, 3),
			StoredCommercialUse: license.CommercialUse(one(catalog.FieldCommercialUse)),
			Detail:              catalog.Detail{Rights: parts},
			PublishedAt:         time.Date(2026, 11, 1+r.IntN(20), 0, 0, 0, 0, time.UTC),
		}
		if r.IntN(3) > 0 {
			p := int64(r.IntN(40))
			e.Patients = &p
		}
		if r.IntN(4) > 0 {
			e.Detail.Quality = &catalog.Quality{Grade: []string{"", "A", "B", "F"}[r.IntN(4)], Classes: some(catalog.FieldClass, 4)}
		}
		if r.IntN(5) == 0 {
			e.Detail.CommercialReview = &catalog.CommercialReview{On: "2026-11-20", Clause: "3.1"}
		}
		if r.IntN(12) == 0 {
			e.State, e.StateReason = catalog.Suspended, "A direct identifier was found."
		}
		list[i] = e
	}
	return list
}

// filled returns a catalog with the external and 300 generated listings, and
// what lies in it.
func filled(t testing.TB) (*postgres.DB, []catalog.Entry) {
	t.Helper()
	db := postgrestest.New(t)
	ctx := t.Context()
	if err := catalog.SeedExternal(ctx, db, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	list := generated(300, catalog.PlatformOrganization)
	err := db.InTx(ctx, worker, func(tx pgx.Tx) error {
		for _, e := range list {
			if err := catalog.Project(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	external, err := catalog.Externals()
	if err != nil {
		t.Fatal(err)
	}
	return db, append(list, external...)
}

// holds says which values a row counts for in a facet, in plain Go.
func holds(e catalog.Entry, field catalog.Field, ask bool) []string {
	switch field {
	case catalog.FieldUse:
		var out []string
		for _, u := range license.AllUses() {
			if d := e.Decide(u, license.Context{}); d.Verdict.Allows() || ask && d.Verdict == license.Ask {
				out = append(out, string(u))
			}
		}
		return out
	case catalog.FieldCommercialUse:
		return []string{string(e.CommercialUse())}
	case catalog.FieldModality:
		return e.Modalities
	case catalog.FieldBodyPart:
		return e.BodyParts
	case catalog.FieldTask:
		return e.Tasks
	case catalog.FieldKind:
		return []string{string(e.Kind)}
	case catalog.FieldTier:
		return []string{string(e.Tier)}
	case catalog.FieldAccess:
		return []string{string(e.Access)}
	case catalog.FieldLabelProvenance:
		return e.LabelProvenance
	case catalog.FieldAnnotator:
		return e.AnnotatorKinds
	case catalog.FieldDeidMethod:
		return []string{e.DeidMethod}
	case catalog.FieldCountry:
		return e.Countries
	case catalog.FieldReviewed:
		if e.Detail.CommercialReview != nil {
			return []string{"1"}
		}
		return nil
	case catalog.FieldLQS:
		switch q := e.Detail.Quality; {
		case q == nil:
			return []string{string(catalog.UnknownGrade)}
		case q.Grade == "":
			return []string{string(catalog.Ungraded)}
		default:
			return []string{q.Grade}
		}
	case catalog.FieldClass:
		if e.Detail.Quality != nil {
			return e.Detail.Quality.Classes
		}
	}
	return nil
}

// passes says whether a row passes a facet: one value chosen is enough, except
// for uses, where each one is needed.
func passes(e catalog.Entry, field catalog.Field, q catalog.Query) bool {
	chosen := q.Filters[field]
	if len(chosen) == 0 {
		return true
	}
	held := holds(e, field, q.IncludeAsk)
	n := 0
	for _, v := range chosen {
		if slices.Contains(held, v) {
			n++
		}
	}
	if field == catalog.FieldUse {
		return n == len(chosen)
	}
	return n > 0
}

// matching asks the database for the keyword alone: full text is the one rule
// that plain Go does not repeat.
func matching(ctx context.Context, t testing.TB, db *postgres.DB, keyword string) map[string]bool {
	t.Helper()
	slugs := map[string]bool{}
	err := db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT slug FROM catalog_listing WHERE $1 = '' OR search @@ websearch_to_tsquery('english', $1)", keyword)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, s := range list {
			slugs[s] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slugs
}

type counts map[catalog.Field]map[string]int

func bruteForce(entries []catalog.Entry, match map[string]bool, q catalog.Query) (total int, facets counts) {
	facets = counts{}
	for _, e := range entries {
		if e.State != catalog.Live || !match[e.Slug] {
			continue
		}
		var failed []catalog.Field
		for _, f := range catalog.AllFields() {
			if !passes(e, f, q) {
				failed = append(failed, f)
			}
		}
		if len(failed) == 0 {
			total++
		}
		for _, f := range catalog.AllFields() {
			if len(failed) > 1 || len(failed) == 1 && failed[0] != f {
				continue
			}
			for _, v := range holds(e, f, q.IncludeAsk) {
				if facets[f] == nil {
					facets[f] = map[string]int{}
				}
				facets[f][v]++
			}
		}
	}
	return total, facets
}

func TestFacetCountsEqualCountingByHand(t *testing.T) {
	t.Parallel()
	db, entries := filled(t)
	store := catalog.NewStore(db)
	keywords := []string{"", "", "nodule", "tumor OR fracture", "chest -lesion", "zzzz"}
	match := map[string]map[string]bool{}
	for _, k := range keywords {
		match[k] = matching(t.Context(), t, db, k)
	}
	checked, empty := 0, 0
	check := func(rt *rapid.T) {
		q := anyQuery(keywords).Draw(rt, "query")
		r, err := store.Search(t.Context(), q)
		if err != nil {
			rt.Fatalf("Search(%v): %v", q.Values(), err)
		}
		total, facets := bruteForce(entries, match[q.Keyword], q)
		got := counts{}
		for _, f := range r.Facets {
			for _, v := range f.Values {
				if v.Chosen != q.Has(f.Field, v.Value) {
					rt.Fatalf("%s=%s: chosen %v", f.Field, v.Value, v.Chosen)
				}
				if v.Count > 0 {
					if got[f.Field] == nil {
						got[f.Field] = map[string]int{}
					}
					got[f.Field][v.Value] = v.Count
				}
			}
		}
		if r.Total != total {
			rt.Fatalf("%v: total %d, by hand %d", q.Values(), r.Total, total)
		}
		if diff := cmp.Diff(facets, got); diff != "" {
			rt.Fatalf("%v: facets (-by hand +search):\n%s", q.Values(), diff)
		}
		if want := min(total, catalog.PageSize); len(r.Rows) != want {
			rt.Fatalf("%v: %d rows, want %d", q.Values(), len(r.Rows), want)
		}
		for _, relax := range r.Relax {
			n, _ := bruteForce(entries, match[relax.Query.Keyword], relax.Query)
			if n != relax.Count || n == 0 {
				rt.Fatalf("%v: without %s %d come back, said %d", q.Values(), relax.Field, n, relax.Count)
			}
		}
		checked++
		if total == 0 {
			empty++
		}
	}
	for range 3 { // 100 queries each, unless -rapid.checks says otherwise
		rapid.Check(t, check)
	}
	t.Logf("%d queries compared, %d without results", checked, empty)
}

func TestPagesCoverEachRowOnceInBothDirections(t *testing.T) {
	t.Parallel()
	db, entries := filled(t)
	store := catalog.NewStore(db)
	match := matching(t.Context(), t, db, "")
	nodules := matching(t.Context(), t, db, "nodule")
	for _, query := range []catalog.Query{
		{Sort: catalog.Newest}, {Sort: catalog.Title}, {Sort: catalog.Patients}, {Sort: catalog.Images},
		{Sort: catalog.Relevance, Keyword: "nodule"},
	} {
		t.Run(string(query.Sort), func(t *testing.T) {
			m := match
			if query.Keyword != "" {
				m = nodules
			}
			total, _ := bruteForce(entries, m, query)
			var forward []string
			var pages [][]string
			q := query
			var last catalog.Query
			for {
				r, err := store.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if r.Total != total {
					t.Fatalf("total %d, want %d on every page", r.Total, total)
				}
				var slugs []string
				for _, e := range r.Rows {
					slugs = append(slugs, e.Slug)
				}
				pages = append(pages, slugs)
				forward = append(forward, slugs...)
				last = q
				if (r.Prev == nil) != (len(pages) == 1) {
					t.Errorf("page %d: previous page %v", len(pages), r.Prev)
				}
				if r.Next == nil {
					break
				}
				// through the address, as a browser goes
				if q, err = catalog.ParseQuery(r.Next.Values()); err != nil {
					t.Fatal(err)
				}
			}
			seen := map[string]bool{}
			for _, s := range forward {
				if seen[s] {
					t.Errorf("%s appears twice", s)
				}
				seen[s] = true
			}
			if len(forward) != total {
				t.Errorf("pages hold %d rows, want %d", len(forward), total)
			}
			q = last
			for i := len(pages) - 1; i > 0; i-- {
				r, err := store.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if r.Prev == nil {
					t.Fatalf("no way back from page %d", i+1)
				}
				q, err = catalog.ParseQuery(r.Prev.Values())
				if err != nil {
					t.Fatal(err)
				}
				back, err := store.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				var slugs []string
				for _, e := range back.Rows {
					slugs = append(slugs, e.Slug)
				}
				if diff := cmp.Diff(pages[i-1], slugs); diff != "" {
					t.Fatalf("back to page %d (-forward +back):\n%s", i, diff)
				}
			}
		})
	}
}

func TestSeedingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	store := catalog.NewStore(db)
	for range 2 {
		if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
			t.Fatal(err)
		}
	}
	c, err := store.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.External != 36 || c.Hosted != 0 || c.Commercial != 8 {
		t.Errorf("after two seedings: %+v, want 36 external, 8 for commercial use", c)
	}
	first, err := store.Search(t.Context(), catalog.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Rows[0].Slug != "nih-chestx-ray14" {
		t.Errorf("the first listing is %s, want the first of the file", first.Rows[0].Slug)
	}
	got, err := store.Get(t.Context(), "lidc-idri")
	if err != nil {
		t.Fatal(err)
	}
	want := externals(t)["lidc-idri"]
	if diff := cmp.Diff(want.Detail, got.Detail); diff != "" {
		t.Errorf("lidc-idri as read back (-seed +read):\n%s", diff)
	}
}

func TestTombstonesLeaveTheSearchAndKeepTheirReason(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx, store := t.Context(), catalog.NewStore(db)
	e := generated(1, catalog.PlatformOrganization)[0]
	e.State, e.StateReason = catalog.Live, ""
	in := func(fn func(pgx.Tx) error) error { return db.InTx(ctx, worker, fn) }
	if err := in(func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
	if err := in(func(tx pgx.Tx) error {
		return catalog.Entomb(ctx, tx, e.Organization, e.ID, catalog.Suspended, "A name was found in a header.")
	}); err != nil {
		t.Fatal(err)
	}
	if r, err := store.Search(ctx, catalog.Query{}); err != nil || r.Total != 0 {
		t.Errorf("a suspended listing is still found: %d, %v", r.Total, err)
	}
	got, err := store.Get(ctx, e.Slug)
	if err != nil || got.State != catalog.Suspended || got.StateReason != "A name was found in a header." {
		t.Errorf("tombstone: %v, %q, %v", got.State, got.StateReason, err)
	}
	if err := in(func(tx pgx.Tx) error { return catalog.Restore(ctx, tx, e.Organization, e.ID) }); err != nil {
		t.Fatal(err)
	}
	if r, _ := store.Search(ctx, catalog.Query{}); r.Total != 1 {
		t.Errorf("a restored listing is not found")
	}
	err = in(func(tx pgx.Tx) error { return catalog.Entomb(ctx, tx, e.Organization, e.ID, catalog.Withdrawn, " ") })
	if errs.KindOf(err) != errs.Invalid {
		t.Errorf("a tombstone without a reason: %v, want Invalid", err)
	}
	if _, err := store.Get(ctx, "never-heard-of"); errs.KindOf(err) != errs.NotFound {
		t.Errorf("an unknown address: %v, want NotFound", err)
	}
}

func TestOnlyItsOrganizationWritesARow(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	var own, other id.Organization
	for i, o := range []*id.Organization{&own, &other} {
		*o = id.New[id.Organization]()
		err := db.InTx(ctx, postgres.Actor{Organization: *o, Platform: postgres.Worker}, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO organization (id, slug, name) VALUES ($1, $2, 'Org')", string(*o), fmt.Sprintf("org-%d", i))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	e := generated(1, own)[0]
	if err := db.InTx(ctx, postgres.Actor{Organization: other}, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) }); err == nil {
		t.Error("another organization projected the row")
	}
	if err := db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) }); err == nil {
		t.Error("the public projected the row")
	}
	if err := db.InTx(ctx, postgres.Actor{Organization: own}, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) }); err != nil {
		t.Fatalf("its own organization: %v", err)
	}
	err := db.InTx(ctx, postgres.Actor{Organization: other}, func(tx pgx.Tx) error {
		return catalog.Entomb(ctx, tx, own, e.ID, catalog.Withdrawn, "Mischief.")
	})
	if errs.KindOf(err) != errs.NotFound {
		t.Errorf("another organization withdrew the row: %v, want NotFound", err)
	}
	twin := e
	twin.ID = id.New[id.Listing]()
	err = db.InTx(ctx, postgres.Actor{Organization: own}, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, twin) })
	if errs.KindOf(err) != errs.Conflict {
		t.Errorf("a second listing at the same address: %v, want Conflict", err)
	}
	e.Modalities = []string{"ct"}
	err = db.InTx(ctx, postgres.Actor{Organization: own}, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) })
	if err == nil {
		t.Error("a word outside the vocabulary was projected")
	}
}
