package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/fence"
)

// memory says what a set costs for each of its files, once everything was
// inspected: made-up facts, so that nothing else is in the heap.
func memory(ctx context.Context) error {
	fmt.Print("\n### Memory of a set (made-up facts of CT series of 300, temporary space on disk)\n\n")
	fmt.Print("| files | live heap before files are compared | most at any time (GC at 10 %) | bytes of live heap a file | seconds |\n|---|---|---|---|---|\n")
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for _, folders := range []int{33, 333, 1000} {
		live, most, took, err := heapOf(ctx, audittest.Many{Folders: folders, Files: 300})
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %.1f MB | %.1f MB | %d | %.1f |\n", folders*300, float64(live)/1e6, float64(most)/1e6, live/int64(folders*300), took.Seconds())
	}
	return nil
}

// heapOf audits a set and returns the bytes of the heap that are in use before
// files are compared, and the most at any time, above what there was before.
func heapOf(ctx context.Context, many audittest.Many) (live, most int64, took time.Duration, err error) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	runtime.GC()
	before := heap()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, heap()-before)
			}
		}
	}()
	start := time.Now()
	_, err = audit.Run(ctx, many, audit.Options{
		Inspect: many.Inspect, Limits: audit.Limits{Files: many.Folders * many.Files}, Scratch: fence.NewScratch(os.TempDir()),
		Progress: func(p audit.Progress) {
			if p.Stage == audit.Concluding {
				runtime.GC()
				live = heap() - before
			}
		},
	})
	took = time.Since(start)
	close(stop)
	<-done
	return live, most, took, err
}

// freeMemory gives back to the system what earlier measurements took.
func freeMemory() { debug.FreeOSMemory() }
