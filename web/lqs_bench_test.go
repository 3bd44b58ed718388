package web_test

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"assay/internal/audit"
	"assay/internal/audit/synth"
	"assay/internal/fence"
	"assay/web/webtest"
)

// BenchmarkTheAuditInABrowser scores a folder of CT instances of 512 x 512 in
// Chromium as /lqs does, and by the native engine with as many files at once as
// the page has workers, in this process and behind the fence of the command
// line. ASSAY_BENCH_FILES says how many files, 400 by default.
func BenchmarkTheAuditInABrowser(b *testing.B) {
	count, err := strconv.Atoi(os.Getenv("ASSAY_BENCH_FILES"))
	if err != nil {
		count = 400
	}
	folder := b.TempDir()
	if err := writeFolder(folder, count); err != nil {
		b.Fatal(err)
	}
	s := newSite(b, false)
	p := webtest.Start(b).Visitor(b, s.URL)
	ready(b, p)
	workers := max(1, min(8, runtime.NumCPU()-1))
	pool := fenceOf(b, workers)
	timed := func(inspect audit.InspectFunc) time.Duration {
		start := time.Now()
		if _, err := audit.Run(b.Context(), os.DirFS(folder), audit.Options{
			Inspect: inspect, Parallel: workers, Scoring: &audit.Scoring{Quick: true, Sample: 200, Seed: 1},
		}); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	for b.Loop() {
		native, fenced := timed(nil), timed(pool.Inspect)

		p.Run("choose the folder", chromedp.SetUploadFiles(chromedp.CSS("#lqs-folder"), []string{folder}))
		p.WaitFor("the report", `document.getElementById("lqs-work").hidden && !document.getElementById("lqs-saving").hidden`, 20*time.Minute)
		seconds, err := strconv.ParseFloat(p.EvalText(`document.getElementById("lqs-status").textContent.replace(/^Done in ([0-9.]+) s.*/, "$1")`), 64)
		if err != nil {
			b.Fatalf("the page says %q", p.Text("#lqs-status"))
		}
		b.ReportMetric(float64(count)/seconds, "browser-files/s")
		b.ReportMetric(float64(count)/native.Seconds(), "native-files/s")
		b.ReportMetric(float64(count)/fenced.Seconds(), "fenced-files/s")
		b.ReportMetric(native.Seconds()/seconds, "browser/native")
		b.ReportMetric(fenced.Seconds()/seconds, "browser/fenced")
		b.ReportMetric(float64(renderers()>>20), "renderer-MiB")
	}
}

// fenceOf starts the fence with children of the command line.
func fenceOf(b *testing.B, children int) *fence.Pool {
	b.Helper()
	lqs := filepath.Join(b.TempDir(), "lqs")
	build := osexec.CommandContext(b.Context(), "go", "build", "-o", lqs, "../cmd/lqs")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	pool, err := fence.New(fence.Config{Command: []string{lqs, "audit-child"}, Children: children, Scratch: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// writeFolder writes count CT instances, 100 a series.
func writeFolder(folder string, count int) error {
	for n := 0; n < count; n += 100 {
		made, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: uint64(n + 1), Slices: min(100, count-n), Rows: 512, Columns: 512})
		if err != nil {
			return err
		}
		series := filepath.Join(folder, fmt.Sprintf("series%04d", n/100))
		if err := os.Mkdir(series, 0o755); err != nil {
			return err
		}
		for _, f := range made {
			if err := os.WriteFile(filepath.Join(series, filepath.Base(f.Path)), f.Data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// renderers returns the most memory that the page's process had resident, in
// bytes: workers are threads of it. It is 0 where /proc does not tell.
func renderers() int64 {
	var most int64
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		line, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(line), "--type=renderer") {
			continue
		}
		status, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "status"))
		for l := range strings.Lines(string(status)) {
			if v, ok := strings.CutPrefix(l, "VmHWM:"); ok {
				kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")), 10, 64)
				most = max(most, kib<<10)
			}
		}
	}
	return most
}
