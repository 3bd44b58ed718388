package ingest_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/listing"
)

// The seller cancels while a file keeps the worker busy: the worker stops, the
// version is a draft, nothing is left on disk, and the bytes are swept. The
// same version takes files again.
func TestACanceledAuditStopsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, series(t))
	started := make(chan struct{})
	var once atomic.Bool
	slow := r.service(func(ctx context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
		if once.CompareAndSwap(false, true) {
			close(started)
		}
		<-ctx.Done() // as a child that reads a large file and is killed then
		return audit.Facts{}, context.Cause(ctx)
	})
	done := make(chan error, 1)
	go func() { done <- slow.Audit(context.Background(), j) }()
	<-started
	stranger := accounttest.Organization(t, r.db)
	if err := slow.Cancel(t.Context(), stranger.Owner, j.Version); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a stranger cancels: %v, want not found", err)
	}
	viewer := accounttest.Member(t, r.db, r.org.ID, "viewer")
	if err := slow.Cancel(t.Context(), viewer, j.Version); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("a viewer cancels: %v, want forbidden", err)
	}
	if err := slow.Cancel(t.Context(), r.org.Owner, j.Version); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the worker: %v, want silence", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the worker goes on after the audit was canceled")
	}
	if left, err := os.ReadDir(r.scratch); err != nil || len(left) > 0 {
		t.Errorf("left in scratch: %v %v", left, err)
	}
	if d := r.dossier(t, j.Version); d.Version.State != listing.Draft || d.Report != nil {
		t.Errorf("after canceling: %s, report %v", d.Version.State, d.Report)
	}
	if err := r.uploads.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := 0
	if err := r.blobs.List(t.Context(), "upload/", func(blob.Object) error { kept++; return nil }); err != nil || kept > 0 {
		t.Errorf("%d objects of the upload are kept (%v)", kept, err)
	}
	if err := slow.Cancel(t.Context(), r.org.Owner, j.Version); errs.KindOf(err) != errs.Conflict {
		t.Errorf("canceled twice: %v, want a conflict", err)
	}
	if err := r.service(nil).Audit(t.Context(), j); err != nil { // the job that still lay in the queue
		t.Errorf("a job of a canceled audit: %v", err)
	}
}

// A version that waits for a worker can be given up too, and takes other files.
func TestACanceledVersionTakesFilesAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	l := r.newListing(t)
	first := r.send(t, l, series(t))
	if err := r.service(nil).Cancel(t.Context(), r.org.Owner, first.Version); err != nil {
		t.Fatal(err)
	}
	second := r.send(t, l, series(t))
	if second.Version != first.Version {
		t.Errorf("the files went to version %s, want the draft %s", second.Version, first.Version)
	}
	if err := r.service(nil).Audit(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if d := r.dossier(t, second.Version); d.Report == nil || d.Version.Number != 1 {
		t.Errorf("version %d in state %s, want version 1 with a report", d.Version.Number, d.Version.State)
	}
	if err := r.service(nil).Cancel(t.Context(), r.org.Owner, second.Version); errs.KindOf(err) != errs.Conflict {
		t.Errorf("canceled after the report: %v, want a conflict", err)
	}
}
