// Command lqswasm is the audit for the browser: the same engine as lqs,
// compiled for js/wasm. It reads slices of the files that the page hands over
// and sends nothing anywhere.
//
// It runs in Web Workers, uses assayRead of lqs_worker.js to read a blob at
// once where there is one, and defines three functions:
//
//	assayServe(port)
//
// inspects files for a coordinator at the other end of a MessagePort.
//
//	assayConnect(ports)
//
// makes this worker the coordinator of those that serve the other ends.
//
//	assayScore(files, options, progress) → {done, cancel, lose}
//
// scores a set of files, an array of {path, blob}; without a connection it
// inspects them itself. A single file that is an archive is opened. options may
// hold sample and seed (numbers), whole (boolean: read every byte), patientKey
// (text) and claims (JSON text). progress is called with (stage, files,
// totalFiles, bytes, totalBytes). done is a Promise of {lqs, audit, csv, html,
// document}: the two reports as JSON text, the findings of the first as a table,
// its part of a page, and the same as a file of its own; it is rejected with an Error if the audit could not
// finish. cancel() ends it, lose(i) says that the worker behind port i has
// died.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall/js"

	"assay/internal/audit"
	"assay/web/ui"
)

func main() {
	js.Global().Set("assayScore", js.FuncOf(start))
	js.Global().Set("assayServe", js.FuncOf(serve))
	js.Global().Set("assayConnect", js.FuncOf(connect))
	select {} // the page calls from now on
}

// start answers at once; the audit runs in a goroutine, since reading a blob
// must wait.
func start(_ js.Value, args []js.Value) any {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := newRequest(args)
	executor := js.FuncOf(func(_ js.Value, settle []js.Value) any {
		go func() {
			defer cancel()
			var result map[string]any
			if err == nil {
				result, err = r.run(ctx)
			}
			if err != nil {
				settle[1].Invoke(js.Global().Get("Error").New(plain(err)))
				return
			}
			settle[0].Invoke(result)
		}()
		return nil
	})
	defer executor.Release()
	return map[string]any{
		"done":   js.Global().Get("Promise").New(executor),
		"cancel": js.FuncOf(func(js.Value, []js.Value) any { cancel(); return nil }),
		"lose": js.FuncOf(func(_ js.Value, args []js.Value) any {
			if shared != nil {
				go shared.lose(args[0].Int())
			}
			return nil
		}),
	}
}

func plain(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped"
	}
	return err.Error()
}

// Limits of a browser, whose audit has 4 GiB of addresses for each worker.
const (
	volumeBytes  = 1 << 30 // of a volume, unpacked
	archiveBytes = 2 << 30 // of an archive that holds the set
)

// errArchive refuses an archive.
var errArchive = fmt.Errorf("the archive is larger than %s, the limit in a browser: unpack it and choose the folder, or use the command line: lqs score ARCHIVE", audit.FormatBytes(archiveBytes))

// request is one call of assayScore.
type request struct {
	set  *fileSet
	opts audit.Options
}

func newRequest(args []js.Value) (r *request, err error) {
	r = &request{opts: audit.Options{
		Version: "browser", Limits: audit.Limits{VolumeBytes: volumeBytes}, Scoring: &audit.Scoring{Quick: true, Seed: 1},
	}}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the audit was called in a wrong way: %v", p)
		}
	}()
	if len(args) == 0 || args[0].Type() != js.TypeObject {
		return r, errors.New("assayScore needs an array of files")
	}
	if len(args) > 1 && args[1].Type() == js.TypeObject {
		if err := readOptions(args[1], &r.opts); err != nil {
			return r, err
		}
	}
	if len(args) > 2 && args[2].Type() == js.TypeFunction {
		r.opts.Progress = func(p audit.Progress) {
			args[2].Invoke(string(p.Stage), p.Files, p.TotalFiles, float64(p.Bytes), float64(p.TotalBytes))
		}
	}
	if shared != nil {
		r.opts.Inspect, r.opts.Parallel = shared.inspect, ahead*len(shared.workers)
	}
	r.set, err = filesOf(args[0])
	return r, err
}

func readOptions(o js.Value, opts *audit.Options) error {
	if v := o.Get("claims"); v.Type() == js.TypeString && v.String() != "" {
		opts.Claims = new(audit.Claims)
		if err := json.Unmarshal([]byte(v.String()), opts.Claims); err != nil {
			return fmt.Errorf("claims: %w", err)
		}
	}
	if v := o.Get("sample"); v.Type() == js.TypeNumber {
		opts.Scoring.Sample = v.Int()
	}
	if v := o.Get("seed"); v.Type() == js.TypeNumber {
		opts.Scoring.Seed = uint64(v.Float())
	}
	if v := o.Get("patientKey"); v.Type() == js.TypeString {
		opts.Scoring.PatientKey = v.String()
	}
	opts.Scoring.Quick = !o.Get("whole").Truthy()
	opts.AllLocations = o.Get("allLocations").Truthy()
	return nil
}

// run scores the set.
func (r *request) run(ctx context.Context) (result map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the audit stopped: %v", p)
		}
	}()
	report, err := r.set.audit(ctx, r.opts)
	if err != nil {
		return nil, err
	}
	props := ui.QualityProps{Report: report.Quality}
	var lqs, whole, document, html, csv strings.Builder
	err = errors.Join(report.Quality.WriteJSON(&lqs), report.WriteJSON(&whole), report.Quality.WriteFindingsCSV(&csv), ui.QualityDocument(props).Render(ctx, &document))
	props.GuideURL = "/guides/lqs"
	if err := errors.Join(err, ui.QualityReport(props).Render(ctx, &html)); err != nil {
		return nil, err
	}
	return map[string]any{"lqs": lqs.String(), "audit": whole.String(), "document": document.String(), "html": html.String(), "csv": csv.String()}, nil
}
