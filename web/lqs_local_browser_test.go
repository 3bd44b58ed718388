package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"assay/internal/audit/synth"
	"assay/web/webtest"
)

// waitForReport waits until the audit in the browser has ended with a report.
func waitForReport(p *webtest.Page) {
	p.WaitFor("the report", `!document.getElementById("lqs-saving").hidden`, 2*time.Minute)
}

// writeSample unpacks a sample into a folder of its own.
func writeSample(t *testing.T, name string) string {
	t.Helper()
	zip := filepath.Join(t.TempDir(), name+".zip")
	if err := os.WriteFile(zip, sampleZip(t, name), 0o644); err != nil {
		t.Fatal(err)
	}
	return zip
}

func TestNothingIsAskedForOnceFilesAreChosen(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	workers := p.Workers()
	if len(workers) < 2 {
		t.Fatalf("%d workers, want the coordinator and at least one inspector", len(workers))
	}
	if asked := p.Requests(); len(asked) == 0 {
		t.Error("no request was seen while the page loaded: the test looks at nothing")
	}
	choose(p, writeSeries(t, synth.Spec{Modality: synth.CT, Seed: 5, Slices: 12})...)
	waitForReport(p)
	if asked := p.Requests(); len(asked) > 0 {
		t.Errorf("after files were chosen the page or a worker asked for %v", asked)
	}
	p.Check()
	for i, w := range workers {
		for name, attempt := range map[string]string{
			"fetch":              `fetch("/healthz").then(() => "sent", e => "refused")`,
			"to another site":    `fetch("https://example.org/", {mode: "no-cors"}).then(() => "sent", e => "refused")`,
			"XMLHttpRequest":     `new Promise(ok => { const x = new XMLHttpRequest(); x.onload = () => ok("sent"); x.onerror = () => ok("refused"); x.open("GET", "/healthz"); x.send(); })`,
			"WebSocket":          `new Promise(ok => { try { const w = new WebSocket("ws://" + location.host + "/"); w.onopen = () => ok("sent"); w.onerror = () => ok("refused"); } catch { ok("refused"); } })`,
			"EventSource":        `new Promise(ok => { const e = new EventSource("/healthz"); e.onopen = () => ok("sent"); e.onerror = () => ok("refused"); })`,
			"a script elsewhere": `new Promise(ok => { try { importScripts("https://example.org/x.js"); ok("sent"); } catch { ok("refused"); } })`,
		} {
			if got := w.EvalText(attempt); got != "refused" {
				t.Errorf("worker %d, %s: %s", i, name, got)
			}
		}
	}
}

func TestTheAuditInTheBrowserTakesWhatIsChosen(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	series := writeSeries(t, synth.Spec{Modality: synth.CT, Seed: 5, Slices: 12})
	nested := filepath.Join(t.TempDir(), "set")
	long := filepath.Join(nested, "train", strings.Repeat("a-long-name-of-a-folder-", 8))
	if err := os.MkdirAll(long, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, name := range series {
		data, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(long, fmt.Sprintf("%02d-%s.dcm", i, strings.Repeat("x", 180))), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"images":[{"id":1,`), 0o644); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.zip")
	if err := os.WriteFile(damaged, sampleZip(t, "ct-seg")[:100_000], 0o644); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.csv")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		choose func()
		files  int
	}{
		{"files", func() { choose(p, series...) }, 12},
		{"a folder, chosen", func() {
			p.Run("choose a folder", chromedp.SetUploadFiles(chromedp.CSS("#lqs-folder"), []string{nested}))
		}, 12},
		{"a folder, dropped", func() { p.Drop("#lqs-drop", nested) }, 12},
		{"files, dropped", func() { p.Drop("#lqs-drop", series[:3]...) }, 3},
		{"a zip", func() { choose(p, writeSample(t, "ct-seg")) }, 75},
		{"a zip that is cut", func() { choose(p, damaged) }, 1},
		{"a broken file", func() { choose(p, broken) }, 1},
		{"a file without a byte", func() { choose(p, empty) }, 1},
	} {
		p.Run("forget the last report", chromedp.Evaluate[chromedp.Void](`document.getElementById("lqs-saving").hidden = true; 0`))
		tt.choose()
		waitForReport(p)
		if got := p.EvalText(`document.querySelector("[data-testid=lqs-verdict]").innerText.replace(/\s+/g, " ")`); !strings.Contains(got, fmt.Sprint(tt.files, " file")) && !strings.Contains(got, fmt.Sprint("Files ", tt.files)) {
			t.Errorf("%s: the verdict does not tell of %d files: %s", tt.name, tt.files, got)
		}
		if !p.Eval(`document.activeElement.id === "lqs-result" && Math.abs(document.getElementById("lqs-result").getBoundingClientRect().top) < innerHeight`) {
			t.Errorf("%s: the verdict is out of sight", tt.name)
		}
		p.Check()
	}
	p.SetView(webtest.View{Width: 390, Height: 844})
	choose(p, append([]string{broken}, series...)...)
	waitForReport(p)
	p.CheckViews("lqs-broken-file")
}

func TestAFolderWithoutFilesIsSaidToBeEmpty(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	p.Drop("#lqs-drop", t.TempDir())
	p.WaitFor("a word on the empty folder", `document.getElementById("lqs-status").textContent.startsWith("There is no file in it.")`, time.Minute)
	p.Check()
}

func TestAnAuditInTheBrowserIsStopped(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	many := writeSeries(t, synth.Spec{Modality: synth.DX, Seed: 5, Slices: 400})
	p.Run("read all pixels", chromedp.SetValue(chromedp.CSS("#lqs-sample"), "all"))
	choose(p, many...)
	p.WaitFor("progress", `!document.getElementById("lqs-work").hidden && document.getElementById("lqs-figures").textContent !== ""`, time.Minute)
	p.Screenshot("lqs-running")
	p.Click("#lqs-cancel")
	p.WaitFor("the end", `document.getElementById("lqs-status").textContent === "Stopped. Nothing was kept."`, time.Minute)
	if p.Eval(`!document.getElementById("lqs-work").hidden || document.getElementById("lqs-result").childElementCount > 0`) {
		t.Error("a stopped audit left progress or a report")
	}
	p.WaitFor("the audit to be ready again", `document.getElementById("lqs-local").dataset.ready === "yes" && !document.getElementById("lqs-files").disabled`, time.Minute)
	choose(p, many[:3]...)
	waitForReport(p)
	p.Check()
}

// The browser refuses to read a file that changed after it was chosen; a score
// of what is no longer there would be none.
func TestAFileThatChangedSinceItWasChosenIsSaid(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	series := writeSeries(t, synth.Spec{Modality: synth.CT, Seed: 5, Slices: 6})
	p.Run("hold what is chosen", chromedp.Evaluate[chromedp.Void](`document.addEventListener("change", e => {
		e.stopPropagation();
		window.held = [...e.target.files];
	}, {capture: true, once: true}); 0`))
	choose(p, series...)
	if err := os.WriteFile(series[2], []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(series[4]); err != nil {
		t.Fatal(err)
	}
	p.Run("go on", chromedp.Evaluate[chromedp.Void](`{
		const data = new DataTransfer(), input = document.getElementById("lqs-files");
		for (const f of window.held) data.items.add(f);
		input.files = data.files;
		input.dispatchEvent(new Event("change", {bubbles: true}));
	} 0`))
	p.WaitFor("the end", `document.getElementById("lqs-work").hidden && document.getElementById("lqs-status").textContent.length > 0 && !document.getElementById("lqs-files").disabled`, time.Minute)
	if got := p.Text("#lqs-status"); !strings.Contains(got, "file 3 of 6") || !strings.Contains(got, "changed or removed since it was chosen") {
		t.Errorf("of a file that changed the page says %q", got)
	}
	choose(p, series[0], series[1])
	waitForReport(p)
}

func TestSamplesAreTriedInTheBrowser(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	for name, grades := range map[string]string{"chest-table": "AB", "boxes-coco": "BCD", "ct-seg": "F"} {
		p.Run("forget the last report", chromedp.Evaluate[chromedp.Void](`document.getElementById("lqs-saving").hidden = true; 0`))
		p.Click(fmt.Sprintf(`[data-sample="/lqs/samples/%s.zip"]`, name))
		waitForReport(p)
		got := strings.TrimPrefix(strings.ToLower(p.Text("[data-testid=lqs-grade]")), "grade ")
		if len(got) != 1 || !strings.Contains(strings.ToLower(grades), got) {
			t.Errorf("%s has the grade %q in the browser, want one of %s", name, got, grades)
		}
		p.CheckViews("lqs-sample-" + name)
	}
}
