package main

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/internal/storage"
)

// wantStorageWhole measures what the town keeps: the real writers of every kind
// of object name it as the measurement expects, and nothing is left over.
func (w *town) wantStorageWhole(t *testing.T) {
	t.Helper()
	r := w.server
	r.settled(t)
	if err := r.storage.Measure(t.Context(), job.MeasureStorage{}); err != nil {
		t.Fatal(err)
	}
	report, err := r.storage.Report(t.Context(), postgres.Actor{User: id.New[id.User](), Platform: postgres.Admin}, 10)
	if err != nil {
		t.Fatal(err)
	}
	made := r.reauditKeys(t)
	for _, f := range append(report.Missing, report.Orphans...) {
		if !slices.Contains(made, f.Key) {
			t.Errorf("%s: %s", f.What, f.Key)
		}
	}
	for _, p := range report.Parts {
		switch p.Kind {
		case storage.Unknown, storage.FreeAudits:
			if p.Orphans+p.Missing+p.Waiting > 0 || p.Kind == storage.Unknown && p.Objects > 0 {
				t.Errorf("%s: %+v", p.Kind, p)
			}
		default:
			if p.Objects == 0 || p.Waiting > 0 {
				t.Errorf("%s: %d objects, %d without a row", p.Kind, p.Objects, p.Waiting)
			}
		}
	}
	if len(report.Shares) < 2 {
		t.Errorf("%d organizations keep something, want two at least", len(report.Shares))
	}
}

// reauditKeys are the reports that giveReaudit made without their object.
func (r *running) reauditKeys(t *testing.T) []string {
	t.Helper()
	rows, err := r.super(t).Query(t.Context(), `SELECT id FROM audit_report WHERE rules_version = '9999.1'`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[id.Report])
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]string, len(list))
	for i, one := range list {
		keys[i] = ingest.ReportKey(one)
	}
	return keys
}
