package web_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"assay/internal/audit/synth"
	"assay/web/static"
	"assay/web/webtest"
)

// ready opens the page of the free audit and waits until its workers run.
func ready(t testing.TB, p *webtest.Page) {
	t.Helper()
	if !static.Has("wasm/lqs.wasm") {
		t.Skip("this build has no audit for browsers: run make wasm")
	}
	p.Go("/lqs")
	p.WaitFor("the audit to be loaded", `document.getElementById("lqs-local").dataset.ready === "yes"`, time.Minute)
}

// choose puts files into the field for files.
func choose(p *webtest.Page, files ...string) {
	p.Run("choose files", chromedp.SetUploadFiles(chromedp.CSS("#lqs-files"), files))
}

// writeSeries writes a phantom series into a folder and returns its files.
func writeSeries(t *testing.T, spec synth.Spec) []string {
	t.Helper()
	made, err := synth.Series(spec)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var names []string
	for _, f := range made {
		name := filepath.Join(folder, filepath.Base(f.Path))
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// The server is gone once the page has loaded: what is audited then cannot have
// been sent, and whatever else is fetched fails.
func TestTheAuditInTheBrowserWorksWithoutANetwork(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	p.Check()
	s.server.Close()

	choose(p, writeSeries(t, synth.Spec{Modality: synth.CT, Seed: 5, Slices: 12})...)
	p.WaitFor("the report", `!document.getElementById("lqs-saving").hidden`, time.Minute)
	t.Log(p.Text("#lqs-status"))
	if p.Text("[data-testid=lqs-result]") == "" {
		t.Error("there is no report on the page")
	}
	p.Check()
}

// The page before and after an audit, in every view.
func TestThePageOfTheFreeAuditInABrowser(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	p.CheckViews("lqs")
	choose(p, writeSeries(t, synth.Spec{Modality: synth.CT, Seed: 5, Slices: 12})...)
	p.WaitFor("the report", `!document.getElementById("lqs-saving").hidden`, time.Minute)
	p.CheckViews("lqs-done")
}

// A table of many rows takes a browser a while; each row is read.
func TestALargeTableInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 9 MB in a browser")
	}
	name := filepath.Join(t.TempDir(), "labels.csv")
	var table bytes.Buffer
	table.WriteString("image,patient,split,label\n")
	for i := range 200_000 {
		fmt.Fprintf(&table, "images/%07d.png,P%06d,%s,%s\n", i, i/4, [2]string{"train", "test"}[i/4%2], [3]string{"normal", "nodule", "effusion"}[i%3])
	}
	if err := os.WriteFile(name, table.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	ready(t, p)
	choose(p, name)
	p.WaitFor("an end", `document.getElementById("lqs-work").hidden && !document.getElementById("lqs-controls").querySelector("input").disabled`, 5*time.Minute)
	t.Log(p.Text("#lqs-status"))
	p.WantText("[data-testid=lqs-result]", "200,000 labels")
}
