// Command lqswasm is the audit for the browser: the same engine as lqs,
// compiled for js/wasm. It reads the files that the page hands over and sends
// nothing anywhere.
//
// It defines one function,
//
//	assayAudit(files, options) → Promise of a report as JSON text
//
// where files is an array of {path, blob} and options may hold claims (JSON
// text), allLocations (boolean) and progress, a function that is called with
// (stage, files, totalFiles, bytes, totalBytes). A single file that is an
// archive is opened. The promise is rejected with an Error if the audit could
// not finish.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall/js"

	"assay/internal/audit"
)

func main() {
	js.Global().Set("assayAudit", js.FuncOf(start))
	select {} // the page calls from now on
}

// start answers with a promise at once; the audit runs in a goroutine, since
// reading a blob must wait for the page.
func start(_ js.Value, args []js.Value) any {
	executor := js.FuncOf(func(_ js.Value, settle []js.Value) any {
		go func() {
			report, err := auditFiles(args)
			if err != nil {
				settle[1].Invoke(js.Global().Get("Error").New(err.Error()))
				return
			}
			settle[0].Invoke(report)
		}()
		return nil
	})
	defer executor.Release()
	return js.Global().Get("Promise").New(executor)
}

func auditFiles(args []js.Value) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the audit was called in a wrong way: %v", r)
		}
	}()
	if len(args) == 0 || args[0].Type() != js.TypeObject {
		return "", fmt.Errorf("assayAudit needs an array of files")
	}
	opts := audit.Options{Version: "wasm"}
	if len(args) > 1 && args[1].Type() == js.TypeObject {
		if err := readOptions(args[1], &opts); err != nil {
			return "", err
		}
	}
	set, err := filesOf(args[0])
	if err != nil {
		return "", err
	}
	report, err := set.audit(context.Background(), opts)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = report.WriteJSON(&b)
	return b.String(), err
}

func readOptions(o js.Value, opts *audit.Options) error {
	if v := o.Get("claims"); v.Type() == js.TypeString && v.String() != "" {
		opts.Claims = new(audit.Claims)
		if err := json.Unmarshal([]byte(v.String()), opts.Claims); err != nil {
			return fmt.Errorf("claims: %w", err)
		}
	}
	opts.AllLocations = o.Get("allLocations").Truthy()
	if f := o.Get("progress"); f.Type() == js.TypeFunction {
		opts.Progress = func(p audit.Progress) {
			f.Invoke(string(p.Stage), p.Files, p.TotalFiles, float64(p.Bytes), float64(p.TotalBytes))
		}
	}
	return nil
}
