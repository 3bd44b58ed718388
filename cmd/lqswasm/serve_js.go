package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"io"
	"runtime/debug"
	"syscall/js"

	"assay/internal/audit"
)

// inspectorMemory is what an inspecting worker keeps to, in bytes, as long as
// a single file does not need more.
const inspectorMemory = 256 << 20

// inspector inspects files for a coordinator in another worker: a message for
// each file, a message back with its facts. Both ends keep one stream of gob,
// so that types are told once.
type inspector struct {
	port    js.Value
	work    chan js.Value
	out     bytes.Buffer
	enc     *gob.Encoder
	options audit.InspectOptions
}

// serve is assayServe(port): it inspects what comes in over a MessagePort.
func serve(_ js.Value, args []js.Value) any {
	debug.SetMemoryLimit(inspectorMemory)
	s := &inspector{port: args[0], work: make(chan js.Value, 1024)}
	s.enc = gob.NewEncoder(&s.out)
	s.port.Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.work <- args[0].Get("data")
		return nil
	}))
	go func() {
		for m := range s.work {
			s.one(m)
		}
	}()
	return nil
}

// one answers one message: {id, path, size, blob or bytes, headerOnly,
// options if they changed}.
func (s *inspector) one(m js.Value) {
	if o := m.Get("options"); o.Truthy() {
		s.options = audit.InspectOptions{}
		if err := gob.NewDecoder(bytes.NewReader(bytesOf(o))).Decode(&s.options); err != nil {
			s.answer(m, audit.CrashFacts("The options of the audit could not be read."), "")
			return
		}
	}
	content, done := contentOf(m)
	defer done()
	facts, err := audit.Inspect(context.Background(), audit.File{
		Path: m.Get("path").String(), SizeBytes: int64(m.Get("size").Float()), Content: content, HeaderOnly: m.Get("headerOnly").Truthy(),
	}, s.options)
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	s.answer(m, facts, problem)
}

// contentOf returns the file of a message.
func contentOf(m js.Value) (io.ReaderAt, func()) {
	if b := m.Get("blob"); b.Truthy() {
		r := newBlob(b)
		return r, r.forget
	}
	return bytes.NewReader(bytesOf(m.Get("bytes"))), func() {}
}

func (s *inspector) answer(m js.Value, facts audit.Facts, problem string) {
	s.out.Reset()
	if err := s.enc.Encode(facts); err != nil {
		problem = "the facts of the file could not be sent"
	}
	array := arrayOf(s.out.Bytes())
	reply := map[string]any{"id": m.Get("id"), "facts": array, "problem": problem}
	s.port.Call("postMessage", reply, []any{array.Get("buffer")})
}

// bytesOf copies a Uint8Array.
func bytesOf(array js.Value) []byte {
	b := make([]byte, array.Length())
	js.CopyBytesToGo(b, array)
	return b
}

// arrayOf copies bytes into a Uint8Array.
func arrayOf(b []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}
