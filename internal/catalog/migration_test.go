package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/migrations"
)

// The tables of scores and of free audits go, with what is in them, and come
// back empty; the data sets that were on offer stay, as not scored.
func TestScoresGoAndComeBackOnAFilledDatabase(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	ctx := t.Context()
	e := generated(1, catalog.PlatformOrganization)[0]
	e.State, e.Detail.Quality = catalog.Live, &catalog.Quality{Grade: "A", Classes: []string{"nodule"}}
	if err := d.DB.InTx(ctx, worker, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
	super, err := pgx.Connect(ctx, d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(context.Background())
	for _, sql := range []string{
		`INSERT INTO catalog_quality (listing_id, organization_id, number, body) SELECT id, organization_id, 1, '{}' FROM catalog_listing`,
		`INSERT INTO free_audit (id, token_hash, size_bytes, expires_at) VALUES ('` + id.New[string]() + `', '` + strings.Repeat("ab", 32) + `', 5, now() + interval '1 hour')`,
	} {
		if _, err := super.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	owner, err := pgx.Connect(ctx, d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.Background())
	for range 2 {
		for _, name := range []string{"000082_add_quality_report.down.sql", "000081_add_free_audit.down.sql", "000081_add_free_audit.up.sql", "000082_add_quality_report.up.sql"} {
			sql, err := migrations.FS.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := owner.Exec(ctx, string(sql)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	for table, want := range map[string]int{"catalog_quality": 0, "quality_report": 0, "free_audit": 0, "catalog_listing": 1} {
		var n int
		if err := super.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%s holds %d rows, want %d (%v)", table, n, want, err)
		}
	}
	db, err := postgres.Open(ctx, d.AppURL) // statements prepared before know the old columns
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store := catalog.NewStore(db)
	q, err := catalog.ParseQuery(map[string][]string{"lqs": {"unknown"}})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := store.Search(ctx, q); err != nil || r.Total != 1 {
		t.Errorf("%d data sets are not scored, want 1 (%v)", r.Total, err)
	}
	if err := db.InTx(ctx, worker, func(tx pgx.Tx) error { return catalog.Project(ctx, tx, e) }); err != nil {
		t.Errorf("publish again: %v", err)
	}
	if q, err = catalog.ParseQuery(map[string][]string{"lqs": {"A"}, "label": {"nodule"}}); err != nil {
		t.Fatal(err)
	}
	if r, err := store.Search(ctx, q); err != nil || r.Total != 1 {
		t.Errorf("published again, %d data sets have grade A and nodules, want 1 (%v)", r.Total, err)
	}
}
