package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"io"
	"sync"
	"syscall/js"
	"time"

	"assay/internal/audit"
)

const (
	ahead     = 4                // files that a worker is given before it has answered
	handBytes = 64 << 20         // of a file out of an archive that is handed to a worker
	fileTime  = 60 * time.Second // without an answer, after which a worker is given up
	mibTime   = 5 * time.Second  // more of it for each MiB that waits at the worker
)

// pool has files inspected in other workers of the page.
type pool struct {
	workers []*worker
	free    chan *worker // one entry for each file that a worker may still take
}

// shared is the pool of this coordinator, nil before assayConnect.
var shared *pool

// connect is assayConnect(ports).
func connect(_ js.Value, args []js.Value) any {
	if args[0].Length() > 0 {
		shared = newPool(args[0])
	}
	return nil
}

// worker is one inspector at the other end of a port.
type worker struct {
	port js.Value
	dec  *gob.Decoder
	in   *stream

	mu      sync.Mutex
	waiting map[int]chan reply
	next    int
	bytes   int64 // of the files that wait
	given   *audit.InspectOptions
	gone    bool
}

type reply struct {
	facts audit.Facts
	err   error
}

// stream is what a decoder reads: the bytes of one reply after the other.
type stream struct{ bytes.Buffer }

// newPool talks to the workers behind ports.
func newPool(ports js.Value) *pool {
	p := &pool{free: make(chan *worker, ahead*ports.Length()+1)}
	for i := range ports.Length() {
		w := &worker{port: ports.Index(i), in: &stream{}, waiting: map[int]chan reply{}}
		w.dec = gob.NewDecoder(w.in)
		w.port.Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
			w.take(args[0].Get("data"))
			return nil
		}))
		p.workers = append(p.workers, w)
	}
	for range ahead {
		for _, w := range p.workers {
			p.free <- w
		}
	}
	return p
}

// take reads one reply.
func (w *worker) take(m js.Value) {
	var r reply
	w.in.Write(bytesOf(m.Get("facts")))
	if err := w.dec.Decode(&r.facts); err != nil {
		r = reply{facts: audit.CrashFacts("The facts of the file could not be read.")}
	}
	if text := m.Get("problem").String(); text != "" {
		r.err = errors.New(text)
	}
	w.mu.Lock()
	c := w.waiting[m.Get("id").Int()]
	delete(w.waiting, m.Get("id").Int())
	w.mu.Unlock()
	if c != nil {
		c <- r
	}
}

// inspect is an audit.InspectFunc. A worker that does not answer costs its
// files a finding; without any worker left files are inspected here.
func (p *pool) inspect(ctx context.Context, f audit.File, opts audit.InspectOptions) (audit.Facts, error) {
	message, transfer, ok := messageOf(f)
	if !ok {
		return audit.Inspect(ctx, f, opts)
	}
	for {
		var w *worker
		select {
		case w = <-p.free:
		case <-ctx.Done():
			return audit.Facts{}, ctx.Err()
		}
		if w == nil { // none is left
			p.free <- nil
			return audit.Inspect(ctx, f, opts)
		}
		if w.gone {
			continue
		}
		r := p.ask(ctx, w, message, transfer, f.SizeBytes, opts)
		if !w.gone {
			p.free <- w
		}
		return r.facts, r.err
	}
}

// messageOf makes the message for a file; false if it must be inspected here.
func messageOf(f audit.File) (message map[string]any, transfer []any, ok bool) {
	message = map[string]any{"path": f.Path, "size": float64(f.SizeBytes), "headerOnly": f.HeaderOnly}
	if open, is := f.Content.(*openBlob); is {
		message["blob"] = open.blob.value
		return message, []any{}, true
	}
	if f.SizeBytes > handBytes {
		return nil, nil, false
	}
	b := make([]byte, f.SizeBytes)
	if n, err := f.Content.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) || n < len(b) {
		return nil, nil, false
	}
	array := arrayOf(b)
	message["bytes"] = array
	return message, []any{array.Get("buffer")}, true
}

// ask has one worker inspect one file.
func (p *pool) ask(ctx context.Context, w *worker, message map[string]any, transfer []any, size int64, opts audit.InspectOptions) reply {
	c := make(chan reply, 1)
	w.mu.Lock()
	w.next++
	message["id"] = w.next
	w.waiting[w.next] = c
	w.bytes += size
	patience := fileTime + time.Duration(w.bytes>>20)*mibTime
	if w.given == nil || !same(w.given, &opts) {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(opts); err != nil {
			w.mu.Unlock()
			return reply{err: err}
		}
		message["options"] = arrayOf(b.Bytes())
		w.given = &opts
	}
	w.port.Call("postMessage", message, transfer)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.bytes -= size
		w.mu.Unlock()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-c:
		return r
	case <-ctx.Done():
		return reply{err: ctx.Err()}
	case <-timer.C:
		p.bury(w)
		return reply{facts: audit.CrashFacts("The reader gave no answer about this file in the time for its size.")}
	}
}

// bury gives a worker up: the files that it still has end as the first one did.
func (p *pool) bury(w *worker) {
	w.mu.Lock()
	if w.gone {
		w.mu.Unlock()
		return
	}
	w.gone = true
	waiting := w.waiting
	w.waiting = map[int]chan reply{}
	w.mu.Unlock()
	for _, c := range waiting {
		c <- reply{facts: audit.CrashFacts("The reader stopped on this file, or on one beside it.")}
	}
	for _, other := range p.workers {
		if !other.gone {
			return
		}
	}
	p.free <- nil
}

// lose buries a worker that the page says has died.
func (p *pool) lose(number int) {
	if number >= 0 && number < len(p.workers) {
		p.bury(p.workers[number])
	}
}

func same(a, b *audit.InspectOptions) bool {
	return a.Key == b.Key && a.NoPixels == b.NoPixels && a.Quick == b.Quick && len(a.Known) == len(b.Known) &&
		(len(a.Known) == 0 || &a.Known[0] == &b.Known[0])
}
