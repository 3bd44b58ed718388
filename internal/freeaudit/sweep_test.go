package freeaudit_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"assay/internal/freeaudit"
	"assay/internal/id"
	"assay/internal/job"
)

// die has a worker begin an audit and end without a word, long ago.
func (r room) die(t *testing.T, j job.FreeAudit, began <-chan struct{}) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Work(ctx, j) }()
	<-began
	kill()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a worker that is stopped says %v", err)
	}
	r.super(t, `UPDATE free_audit SET renewed_at = now() - interval '31 seconds'`)
}

func TestAnAuditWhoseWorkersDieIsTriedTwice(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	r := newRoom(t, func(o *freeaudit.Options) { o.Inspect = stuck(began) })
	token := r.receive(t, "a.zip", series(t))
	r.die(t, r.queued(t)[0], began)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(r.queued(t)); n != 2 || len(r.objects(t)) != 1 {
		t.Fatalf("after the first death %d jobs and %d objects, want 2 and 1", n, len(r.objects(t)))
	}
	r.die(t, r.queued(t)[1], began)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := r.find(t, token)
	if a.State != freeaudit.Failed || !strings.Contains(a.Reason, "a fault on our side") || len(r.queued(t)) != 2 {
		t.Errorf("after the second death: %s, %q, %d jobs", a.State, a.Reason, len(r.queued(t)))
	}
	r.wantNoFile(t)
}

func TestAWorkerThatLivesIsLeftAlone(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	r := newRoom(t, func(o *freeaudit.Options) { o.Inspect = stuck(began) })
	token := r.receive(t, "a.zip", series(t))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Work(ctx, r.queued(t)[0]) }()
	<-began
	if err := errors.Join(r.Sweep(t.Context()), r.Work(t.Context(), r.queued(t)[0])); err != nil {
		t.Fatal(err)
	}
	if a := r.find(t, token); a.State != freeaudit.Running || len(r.queued(t)) != 1 || len(r.objects(t)) != 1 {
		t.Errorf("%s, %d jobs, %d objects; want running and one of each", a.State, len(r.queued(t)), len(r.objects(t)))
	}
	stop()
	<-ended
}

func TestOrphanedFilesAreSwept(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	r.receive(t, "kept.csv", []byte("a,b\n1,2\n"))
	kept := r.objects(t)[0]
	ended := r.receive(t, "ended.csv", []byte("a,b\n1,2\n"))
	r.work(t)
	a := r.find(t, ended)
	for _, key := range []string{"free/" + string(a.ID), "free/" + id.New[string]()} { // its deletion failed; its row was never written
		if _, err := r.blobs.Put(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Sweep(t.Context()); err != nil || len(r.objects(t)) != 3 {
		t.Fatalf("a sweep took objects that are young: %v left (%v)", r.objects(t), err)
	}
	r.age(t)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.objects(t); len(got) != 1 || got[0] != kept {
		t.Errorf("objects %v, want %s alone", got, kept)
	}
	staged, err := os.ReadDir(r.scratch)
	if err != nil || len(staged) != 1 || staged[0].Name() != "other" {
		t.Errorf("scratch holds %v, want what is not ours alone (%v)", staged, err)
	}
}

// age makes every object and file a day old, and adds what is not ours.
func (r room) age(t *testing.T) {
	t.Helper()
	old := time.Now().Add(-24 * time.Hour)
	for _, name := range []string{r.scratch + "/free-123", r.scratch + "/other"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range r.objects(t) {
		if err := os.Chtimes(r.store+"/"+key, old, old); err != nil {
			t.Fatal(err)
		}
	}
}
