package main

import (
	"errors"
	"io"
	"sync"
	"syscall/js"
)

// Bytes read of a blob at once: the first time, where reading goes on, and at a
// place apart, as the slices of a sketch.
const (
	firstRead = 64 << 10
	apartRead = 8 << 10
	nextRead  = 1 << 20
)

// blob is a Blob of the browser, read slice by slice: its head, which several
// look at, is kept, and the slice that was read last.
type blob struct {
	value js.Value
	size  int64

	mu   sync.Mutex
	head []byte
	last []byte
	at   int64 // of last
}

func newBlob(value js.Value) *blob {
	return &blob{value: value, size: int64(value.Get("size").Float())}
}

// forget frees the slices that are kept.
func (b *blob) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.head, b.last = nil, nil
}

// ReadAt reads ahead: what follows the slice read last comes in one of 1 MiB.
func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := 0
	for done < len(p) && off+int64(done) < b.size {
		n, err := b.part(p[done:], off+int64(done))
		if err != nil {
			return done, err
		}
		done += n
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// part fills as much of p as one slice holds.
func (b *blob) part(p []byte, off int64) (int, error) {
	if off < firstRead {
		if b.head == nil {
			var err error
			if b.head, err = b.slice(nil, 0, firstRead); err != nil {
				b.head = nil
				return 0, err
			}
		}
		return copy(p, b.head[off:]), nil
	}
	if off < b.at || off >= b.at+int64(len(b.last)) {
		want := int64(apartRead)
		if off == b.at+int64(len(b.last)) || off == firstRead {
			want = nextRead
		}
		last, err := b.slice(b.last, off, max(want, min(int64(len(p)), nextRead)))
		if err != nil {
			b.last = nil
			return 0, err
		}
		b.last, b.at = last, off
	}
	return copy(p, b.last[off-b.at:]), nil
}

// slice reads n bytes at off into room, fewer at the end.
func (b *blob) slice(room []byte, off, n int64) ([]byte, error) {
	n = min(n, b.size-off)
	array, err := b.read(off, n)
	if err != nil {
		return nil, err
	}
	if int64(cap(room)) < n {
		room = make([]byte, n)
	}
	room = room[:n]
	if got := js.CopyBytesToGo(room, array); int64(got) < n {
		return nil, errors.New("the browser read less of the file than it has")
	}
	return room, nil
}

// landing is where assayRead puts what it reads. A buffer that this program
// gets to see is held until its own collector runs, which it does for its own
// memory only: with one for each slice the page grew with the files.
var landing js.Value

// read returns an array that starts with n bytes at off: at once in a worker of
// the page, which has assayRead, else by waiting.
func (b *blob) read(off, n int64) (array js.Value, err error) {
	read := js.Global().Get("assayRead")
	if read.IsUndefined() {
		buffer, err := await(b.value.Call("slice", float64(off), float64(off+n)).Call("arrayBuffer"))
		if err != nil {
			return js.Value{}, err
		}
		return js.Global().Get("Uint8Array").New(buffer), nil
	}
	if landing.IsUndefined() {
		landing = js.Global().Get("Uint8Array").New(nextRead)
	}
	if !read.Invoke(b.value, float64(off), float64(off+n), landing).Bool() {
		return js.Value{}, errUnreadable
	}
	return landing, nil
}

var errUnreadable = errors.New("the browser could not read the file: it may have been changed or removed since it was chosen")

// await waits for a promise. It must not run in the page's own call.
func await(promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	c := make(chan outcome, 1)
	done := js.FuncOf(func(_ js.Value, args []js.Value) any {
		c <- outcome{value: args[0]}
		return nil
	})
	defer done.Release()
	failed := js.FuncOf(func(js.Value, []js.Value) any {
		c <- outcome{err: errUnreadable}
		return nil
	})
	defer failed.Release()
	promise.Call("then", done, failed)
	o := <-c
	return o.value, o.err
}
