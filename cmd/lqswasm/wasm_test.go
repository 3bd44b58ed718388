package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/synth"
	"assay/web/ui"
)

// harness runs the module in node on the files of a folder and prints both
// reports. With workers it inspects in threads, as the page does. The first of
// them ends at its first file if dying is 1.
const harness = `
const fs = require("node:fs"), path = require("node:path"), { Worker, MessageChannel } = require("node:worker_threads");
const [exec, wasm, folder, threads, dying] = process.argv.slice(2);
require(exec);
const go = new Go();
const list = (dir, below) => fs.readdirSync(dir, {withFileTypes: true}).flatMap(e =>
  e.isDirectory() ? list(path.join(dir, e.name), below + e.name + "/") :
  [{path: below + e.name, blob: new Blob([fs.readFileSync(path.join(dir, e.name))])}]);
const thread = "const {workerData: d, parentPort} = require('node:worker_threads'); require(d.exec);" +
  "const go = new Go(); WebAssembly.instantiate(d.module, go.importObject).then(i => { go.run(i); assayServe(d.port); parentPort.postMessage(0); });";
const mortal = "const {workerData: d, parentPort} = require('node:worker_threads'); d.port.on('message', () => process.exit(1)); parentPort.postMessage(0);";
let run = null;
const inspectors = async (module) => {
  const ports = [];
  for (let i = 0; i < Number(threads); i++) {
    const c = new MessageChannel(), dies = dying === "1" && i === 0;
    const w = new Worker(dies ? mortal : thread, {eval: true, workerData: {exec, module, port: c.port2}, transferList: [c.port2]});
    await new Promise(ok => w.once("message", ok));
    if (dies) w.once("exit", () => run.lose(0));
    ports.push(c.port1);
  }
  assayConnect(ports);
};
WebAssembly.instantiate(fs.readFileSync(wasm), go.importObject).then(async r => {
  go.run(r.instance);
  await inspectors(r.module);
  let stages = new Set();
  run = assayScore(list(folder, ""), {allLocations: true, whole: true}, s => stages.add(s));
  const result = await run.done;
  if (!stages.has("inspecting files")) throw new Error("no progress");
  let refused = false;
  try { await assayScore().done; } catch (e) { refused = e instanceof Error; }
  if (!refused) throw new Error("a wrong call was not refused");
  const large = {size: 3e9, slice: (from, to) => {
    const part = Buffer.alloc(to - from);
    if (from === 0) part.write("PK\x05\x06");
    return new Blob([part]);
  }};
  let limit = "";
  try { await assayScore([{path: "a.zip", blob: large}]).done; } catch (e) { limit = e.message; }
  const stopped = assayScore(list(folder, ""), {});
  stopped.cancel();
  try { await stopped.done; throw new Error("it went on"); } catch (e) { if (e.message !== "stopped") throw e; }
  process.stdout.write(JSON.stringify({lqs: result.lqs, audit: result.audit, document: result.document, limit}), () => process.exit(0));
}).catch(e => { console.error(e); process.exit(1); });
`

// texts are the two reports of a run, the first as a page, and what is said of
// an archive of 3 GB.
type texts struct{ LQS, Audit, Document, Limit string }

// browser is the module and a set of files for node.
type browser struct{ node, exec, module, folder, script string }

func newBrowser(t *testing.T, files []synth.File) browser {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the module is built but not run")
	}
	folder := t.TempDir()
	b := browser{
		node: node, exec: filepath.Join(goroot(t), "lib", "wasm", "wasm_exec.js"),
		module: filepath.Join(folder, "lqs.wasm"), folder: filepath.Join(folder, "set"), script: filepath.Join(folder, "harness.cjs"),
	}
	overlay := filepath.Join(folder, "lean")
	lean := exec.CommandContext(t.Context(), "go", "run", "./cmd/lqswasm/lean", "-into", overlay)
	lean.Dir = "../.."
	if out, err := lean.CombinedOutput(); err != nil {
		t.Fatalf("go run lean: %v\n%s", err, out)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(overlay, "overlay.json"), "-trimpath", "-ldflags", "-s -w", "-o", b.module, ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, f := range files {
		name := filepath.Join(b.folder, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(b.script, []byte(harness), 0o644); err != nil {
		t.Fatal(err)
	}
	return b
}

// run scores the files with so many workers, the first of which may die.
func (b browser) run(t *testing.T, threads, dying string) texts {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), b.node, b.script, b.exec, b.module, b.folder, threads, dying).Output()
	if err != nil {
		t.Fatalf("node with %s workers: %v\n%s", threads, err, err.(*exec.ExitError).Stderr)
	}
	var got texts
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestBrowserGivesTheReportOfTheCommandLine(t *testing.T) {
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 4, Slices: 5, Problems: []synth.Problem{synth.PatientName, synth.FreeText, synth.NameInPath}})
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, synth.File{Path: "notes.txt", Data: []byte("call 617-555-0142")})
	set := fstest.MapFS{}
	for _, f := range files {
		set[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	want := reportsOf(t, set)
	b := newBrowser(t, files)
	for _, threads := range []string{"0", "2"} {
		got := b.run(t, threads, "0")
		got.Audit = withoutSecondReader(t, got.Audit)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reports with %s workers (-here +browser):\n%s", threads, diff)
		}
	}
}

func TestAWorkerThatDiesCostsOnlyItsFiles(t *testing.T) {
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 4, Slices: 20})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, files)
	for _, threads := range []string{"1", "2"} {
		var r audit.Report
		if err := json.Unmarshal([]byte(b.run(t, threads, "1").Audit), &r); err != nil {
			t.Fatal(err)
		}
		crashed := 0
		for _, f := range r.Files {
			if f.Status == audit.Crashed {
				crashed++
			} else if f.Status != audit.Read {
				t.Errorf("with %s workers %s is %q", threads, f.Path, f.Status)
			}
		}
		if crashed < 1 || crashed > 4 {
			t.Errorf("with %s workers, one of which dies, %d of %d files are lost, want 1 to 4, which it may hold", threads, crashed, len(r.Files))
		}
	}
}

// withoutSecondReader drops the entry that says what the browser leaves out; it
// must be there.
func withoutSecondReader(t *testing.T, text string) string {
	t.Helper()
	var r audit.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	left := slices.DeleteFunc(slices.Clone(r.NotChecked), func(n audit.NotChecked) bool { return n.What == "header values by a second reader" })
	if len(left) != len(r.NotChecked)-1 {
		t.Errorf("the report has %d entries for the second reader under not checked, want 1", len(r.NotChecked)-len(left))
	}
	r.NotChecked = left
	var b strings.Builder
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// reportsOf scores the set in this process.
func reportsOf(t *testing.T, set fs.FS) texts {
	t.Helper()
	r, err := audit.Run(t.Context(), set, audit.Options{Version: "browser", AllLocations: true, Scoring: &audit.Scoring{Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	var lqs, whole, page strings.Builder
	if err := errors.Join(r.Quality.WriteJSON(&lqs), r.WriteJSON(&whole), ui.QualityDocument(ui.QualityProps{Report: r.Quality}).Render(t.Context(), &page)); err != nil {
		t.Fatal(err)
	}
	return texts{lqs.String(), whole.String(), page.String(), "the archive is larger than 2 GiB, the limit in a browser: unpack it and choose the folder, or use the command line: lqs score ARCHIVE"}
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	return strings.TrimSpace(string(out))
}
