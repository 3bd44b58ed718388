package ingest_test

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/audit/quality"
	"assay/internal/audit/synth"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/postgres/postgrestest"
)

// labeled is a series beside a table of findings.
func labeled(t *testing.T) []byte {
	t.Helper()
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 7, Slices: 5})
	if err != nil {
		t.Fatal(err)
	}
	table := "image,split,nodule\n"
	for i, f := range files {
		table += f.Path + "," + []string{"train", "test"}[i%2] + "," + []string{"0", "1"}[i%2] + "\n"
	}
	zip, err := synth.Zip(append(files, synth.File{Path: "labels.csv", Data: []byte(table)}))
	if err != nil {
		t.Fatal(err)
	}
	return zip
}

// rows counts the rows of a table, as a superuser sees them.
func rows(t *testing.T, c *pgx.Conn, table string) (n int) {
	t.Helper()
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The LQS is kept in the transaction that keeps the report: where one cannot
// be written there is neither, and the audit that comes after writes one of
// each.
func TestTheLQSIsKeptWithItsReportOrNeitherIs(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	r := roomOn(t, d.DB)
	super, err := pgx.Connect(t.Context(), d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(t.Context())
	exec := func(sql string) {
		t.Helper()
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}

	j := r.submit(t, labeled(t))
	exec("ALTER TABLE quality_report ADD CONSTRAINT closed CHECK (false)")
	if err := r.service(nil).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	kept := 0
	if err := r.blobs.List(t.Context(), "report/", func(blob.Object) error { kept++; return nil }); err != nil {
		t.Fatal(err)
	}
	if v := r.dossier(t, j.Version); v.Version.State != listing.Queued || v.Report != nil || rows(t, super, "audit_report") != 0 || kept != 0 {
		t.Fatalf("without its LQS: state %s, report %v, %d rows, %d objects; want a queued version and nothing kept", v.Version.State, v.Report, rows(t, super, "audit_report"), kept)
	}

	exec("ALTER TABLE quality_report DROP CONSTRAINT closed")
	for range 2 { // the second finds its version audited
		if err := r.service(nil).Audit(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	if reports, scores := rows(t, super, "audit_report"), rows(t, super, "quality_report"); reports != 1 || scores != 1 {
		t.Errorf("%d reports and %d LQS, want one of each", reports, scores)
	}
	body, err := r.service(nil).Quality(t.Context(), r.org.Owner, r.dossier(t, j.Version).Report.ID)
	if err != nil {
		t.Fatal(err)
	}
	var lqs quality.Report
	if err := json.Unmarshal(body, &lqs); err != nil {
		t.Fatal(err)
	}
	if digest := r.dossier(t, j.Version).Version.RootDigest; lqs.Schema != quality.Schema || lqs.Input.ManifestSHA256 != digest || lqs.Input.Files != 6 || lqs.Input.Labels != 5 {
		t.Errorf("%s of %s with %d files and %d labels, want %s of %s with 6 files and 5 labels", lqs.Schema, lqs.Input.ManifestSHA256, lqs.Input.Files, lqs.Input.Labels, quality.Schema, digest)
	}
}

// The LQS is read by who may read the report: its seller's members, reviewers
// once it was submitted, and nobody else.
func TestTheLQSIsReadByWhoMayReadTheReport(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	s := r.service(nil)
	j := r.submit(t, series(t))
	if err := s.Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	report := r.dossier(t, j.Version).Report.ID
	stranger, reviewer := accounttest.Organization(t, r.db), accounttest.Reviewer(t, r.db)
	viewer := accounttest.Member(t, r.db, r.org.ID, "viewer")
	if _, err := s.Quality(t.Context(), viewer, report); err != nil {
		t.Errorf("a viewer of the seller: %v", err)
	}
	if _, err := s.Quality(t.Context(), stranger.Owner, report); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a stranger: %v, want not found", err)
	}
	if _, err := s.Quality(t.Context(), reviewer, report); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a reviewer of what was not submitted: %v, want not found", err)
	}
	if _, err := s.Quality(t.Context(), r.org.Owner, "00000000-0000-4000-8000-000000000000"); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a report that is none: %v, want not found", err)
	}
}
