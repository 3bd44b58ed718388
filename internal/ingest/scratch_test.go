package ingest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"assay/internal/audit"
	"assay/internal/id"
	"assay/internal/listing"
)

func TestSweepClearsWhatDeadWorkersStaged(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	aged := func(path string, age time.Duration) string {
		if err := os.Chtimes(path, time.Now(), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	folder := func(name string, age time.Duration) string {
		path := filepath.Join(r.scratch, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		return aged(path, age)
	}
	dead := folder("audit-"+id.New[string](), time.Hour)
	young := folder("audit-"+id.New[string](), 0)
	foreign := folder("children", time.Hour)
	check := func() {
		var held string
		entries, err := os.ReadDir(r.scratch)
		for _, e := range entries {
			if path := filepath.Join(r.scratch, e.Name()); path != dead && path != young && path != foreign {
				held = aged(path, time.Hour)
			}
		}
		if err = errors.Join(err, r.service(nil).Sweep(t.Context())); err != nil {
			t.Error(err)
		}
		for name, path := range map[string]string{"of a young lease": young, "that is no audit's": foreign, "of an audit that runs": held} {
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the folder %s is gone", name)
			}
		}
		if _, err := os.Stat(dead); err == nil {
			t.Error("what a dead worker staged is still there")
		}
	}
	var once sync.Once
	s := r.service(func(ctx context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
		once.Do(check)
		return audit.Inspect(ctx, f, o)
	})
	if err := s.Audit(t.Context(), r.submit(t, series(t))); err != nil {
		t.Fatal(err)
	}
}

func TestASubmissionThatKillsItsWorkersIsPutAside(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, series(t))
	dying := r.service(func(context.Context, audit.File, audit.InspectOptions) (audit.Facts, error) {
		r.sql(t, "UPDATE audit_run SET renewed_at = now() - interval '1 hour'")
		return audit.Facts{}, r.service(nil).Sweep(t.Context()) // the worker counts as dead from here on
	})
	for range 20 {
		if err := dying.Audit(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		if d := r.dossier(t, j.Version); d.Version.State == listing.AuditError {
			return
		}
	}
	t.Errorf("after 20 workers died: %s, want audit_error", r.dossier(t, j.Version).Version.State)
}
