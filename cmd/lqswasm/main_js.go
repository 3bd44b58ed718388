// Command lqswasm is the audit in a browser: the same engine, compiled for
// WebAssembly. It defines one function, assayAudit(files, claims), on the
// global object: files is an array of {path, bytes: Uint8Array}, claims a JSON
// string or empty; it returns a promise of the report as JSON text. Nothing
// leaves the page.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"syscall/js"
	"testing/fstest"

	"assay/internal/audit"
)

func main() {
	js.Global().Set("assayAudit", js.FuncOf(func(_ js.Value, args []js.Value) any { return promise(args) }))
	select {}
}

// promise runs the audit beside the event loop.
func promise(args []js.Value) js.Value {
	var run js.Func
	run = js.FuncOf(func(_ js.Value, settle []js.Value) any {
		go func() {
			defer run.Release()
			report, err := runAudit(args)
			if err != nil {
				settle[1].Invoke(js.Global().Get("Error").New(err.Error()))
				return
			}
			settle[0].Invoke(report)
		}()
		return nil
	})
	return js.Global().Get("Promise").New(run)
}

func runAudit(args []js.Value) (string, error) {
	if len(args) == 0 || args[0].Type() != js.TypeObject {
		return "", fmt.Errorf("assayAudit takes an array of {path, bytes}")
	}
	var claims *audit.Claims
	if len(args) > 1 && args[1].Type() == js.TypeString && args[1].String() != "" {
		claims = &audit.Claims{}
		if err := json.Unmarshal([]byte(args[1].String()), claims); err != nil {
			return "", fmt.Errorf("the claims are no JSON object of claims")
		}
	}
	report, err := audit.Run(context.Background(), filesOf(args[0]), audit.Options{Version: "browser", Claims: claims, AllLocations: true})
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := report.WriteJSON(&text); err != nil {
		return "", err
	}
	return text.String(), nil
}

// filesOf copies the page's files into a file system.
func filesOf(list js.Value) fstest.MapFS {
	set := fstest.MapFS{}
	for i := range list.Length() {
		f := list.Index(i)
		data := make([]byte, f.Get("bytes").Get("length").Int())
		js.CopyBytesToGo(data, f.Get("bytes"))
		set[f.Get("path").String()] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return set
}
