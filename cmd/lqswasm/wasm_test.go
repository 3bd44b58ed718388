package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/synth"
)

// harness runs the module in node on the files of a folder and prints the
// report.
const harness = `
const fs = require("node:fs"), path = require("node:path");
require(process.argv[2]);
const go = new Go();
const list = (dir, below) => fs.readdirSync(dir, {withFileTypes: true}).flatMap(e =>
  e.isDirectory() ? list(path.join(dir, e.name), below + e.name + "/") :
  [{path: below + e.name, blob: new Blob([fs.readFileSync(path.join(dir, e.name))])}]);
WebAssembly.instantiate(fs.readFileSync(process.argv[3]), go.importObject).then(async r => {
  go.run(r.instance);
  let stages = new Set();
  const text = await assayAudit(list(process.argv[4], ""), {allLocations: true, progress: s => stages.add(s)});
  if (!stages.has("inspecting files")) throw new Error("no progress");
  let refused = false;
  try { await assayAudit(); } catch (e) { refused = e instanceof Error; }
  if (!refused) throw new Error("a wrong call was not refused");
  process.stdout.write(text, () => process.exit(0));
}).catch(e => { console.error(e); process.exit(1); });
`

func TestBrowserGivesTheReportOfTheCommandLine(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the module is built but not run")
	}
	folder, module := t.TempDir(), filepath.Join(t.TempDir(), "lqs.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", module, ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 4, Slices: 5, Problems: []synth.Problem{synth.PatientName, synth.FreeText, synth.NameInPath}})
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, synth.File{Path: "notes.txt", Data: []byte("call 617-555-0142")})
	set := fstest.MapFS{}
	for _, f := range files {
		name := filepath.Join(folder, "set", filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		set[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	script := filepath.Join(folder, "harness.cjs")
	if err := os.WriteFile(script, []byte(harness), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), node, script, filepath.Join(goroot(t), "lib", "wasm", "wasm_exec.js"),
		module, filepath.Join(folder, "set")).Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	want, err := audit.Run(t.Context(), set, audit.Options{Version: "wasm", AllLocations: true})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := want.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text.String(), string(out)); diff != "" {
		t.Errorf("report (-here +browser):\n%s", diff)
	}
	if !json.Valid(out) {
		t.Error("the report is no JSON")
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	return strings.TrimSpace(string(out))
}
