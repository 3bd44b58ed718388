package fence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"assay/internal/audit"
	"assay/internal/audit/pixel"
)

// Rasters wait a moment for others, since starting the reader costs as much as
// reading three to six of them.
const (
	gatherTime = 100 * time.Millisecond
	maxBatch   = 24       // rasters
	maxPixels  = 64 << 20 // of all rasters of a batch
)

// queue holds the rasters that wait for a reader.
type queue struct {
	mu      sync.Mutex
	waiting []*reading
	readers int // taking from the queue
}

// reading is one raster on its way through the reader.
type reading struct {
	ctx    context.Context
	raster *pixel.Raster
	words  []pixel.Word
	err    error
	done   *sync.WaitGroup
}

// readText has the words in each raster read, in batches that rasters of
// several callers share. Words are nil for a raster on which the reader died;
// then the error is an *audit.DecodeError.
func (t *Tools) readText(ctx context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
	list := make([]*reading, len(rasters))
	var done sync.WaitGroup
	for i := range rasters {
		done.Add(1)
		list[i] = &reading{ctx: ctx, raster: &rasters[i], done: &done}
	}
	t.enqueue(list)
	all := make(chan struct{})
	go func() { done.Wait(); close(all) }()
	select {
	case <-all:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	words := make([][]pixel.Word, len(list))
	var failed error
	for i, r := range list {
		var died *audit.DecodeError
		switch {
		case r.err == nil:
			words[i] = r.words
		case errors.As(r.err, &died):
			failed = r.err
		default:
			return nil, r.err
		}
	}
	return words, failed
}

func (t *Tools) enqueue(list []*reading) {
	q := &t.reading
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, list...)
	for q.readers < t.config.Processes && q.readers*maxBatch < len(q.waiting) {
		q.readers++
		go t.takeTurns()
	}
}

// takeTurns reads batches until nothing waits.
func (t *Tools) takeTurns() {
	q := &t.reading
	for {
		q.mu.Lock()
		if n := len(q.waiting); n > 0 && n < maxBatch {
			q.mu.Unlock()
			time.Sleep(gatherTime)
			q.mu.Lock()
		}
		list := q.take()
		if len(list) == 0 {
			q.readers--
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		t.readBatch(list)
	}
}

// take removes a batch from the queue, which is locked.
func (q *queue) take() []*reading {
	n, pixels := 0, 0
	for n < len(q.waiting) && n < maxBatch {
		pixels += len(q.waiting[n].raster.Gray)
		if n > 0 && pixels > maxPixels {
			break
		}
		n++
	}
	list := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	return list
}

// readBatch reads a batch in one process. If that dies, each raster gets a
// process of its own, so that one costs the others nothing.
func (t *Tools) readBatch(list []*reading) {
	list = slices.DeleteFunc(list, func(r *reading) bool {
		if r.ctx.Err() == nil {
			return false
		}
		r.err = r.ctx.Err()
		r.done.Done()
		return true
	})
	if len(list) == 0 {
		return
	}
	err := t.readTogether(list)
	if err != nil && len(list) > 1 {
		for _, r := range list {
			r.err = t.readTogether([]*reading{r})
		}
	} else {
		for _, r := range list {
			r.err = err
		}
	}
	for _, r := range list {
		r.done.Done()
	}
}

// readTogether runs the reader once over a list of rasters. It tries a line
// that it reads badly inverted too, so that light letters on dark ground are
// read as well.
func (t *Tools) readTogether(list []*reading) error {
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	space := func(write func(io.Writer) error) error {
		f, err := memory()
		if err != nil {
			return err
		}
		files = append(files, f)
		return write(f)
	}
	if err := space(func(w io.Writer) error { return writePages(w, len(list)) }); err != nil {
		return err
	}
	for _, r := range list {
		if err := space(func(w io.Writer) error { return writeGraymap(w, r.raster) }); err != nil {
			return err
		}
	}
	out := bounded{limit: readOutput}
	err := t.run(list[0].ctx, toolRun{
		path: t.reader.Path,
		args: []string{"/proc/self/fd/3", "stdout", "--psm", "11", "tsv"},
		env:  append([]string{"OMP_THREAD_LIMIT=1", "LC_ALL=C"}, tessdata()...),
		// The list first, then its pages.
		files: files, stdout: &out,
		cpu: readCPU + time.Duration(len(list))*readCPURaster,
	})
	if err != nil {
		return readError(err)
	}
	pages, err := parseWords(out.text, len(list))
	if err != nil {
		return readError(&toolEnd{})
	}
	for i, r := range list {
		r.words = pages[i]
	}
	return nil
}

// tessdata passes on where the reader's language data lie, if that is set.
func tessdata() []string {
	if folder, ok := os.LookupEnv("TESSDATA_PREFIX"); ok {
		return []string{"TESSDATA_PREFIX=" + folder}
	}
	return nil
}

// readError says in a sentence how the reader ended.
func readError(err error) error {
	var end *toolEnd
	if !errors.As(err, &end) {
		return err
	}
	switch {
	case end.unstarted:
		return errors.New("the reader of text could not be started behind the fence")
	case end.wall:
		return &audit.DecodeError{Message: "The reader of text did not finish a frame in time and was stopped.", Died: true}
	}
	return &audit.DecodeError{Message: "The reader of text died on a frame.", Died: true}
}

// memory returns a file in memory that any user may open through its
// descriptor.
func memory() (*os.File, error) {
	fd, err := unix.MemfdCreate("page", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "page")
	if err := f.Chmod(0o666); err != nil {
		f.Close()
		return nil, fmt.Errorf("make temporary space: %w", err)
	}
	return f, nil
}
