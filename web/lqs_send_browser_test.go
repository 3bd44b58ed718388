package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/blob"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// sendInBrowser sends a file by the form and stays on the page of its audit.
func sendInBrowser(p *webtest.Page, path string) {
	p.Go("/lqs")
	p.Attach("file", path)
	p.Submit("#send form")
}

// setFree changes the row of the only free audit, as a worker does.
func (s site) setFree(t *testing.T, set string) {
	t.Helper()
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE free_audit SET `+set)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestThePagesOfASendingInABrowser(t *testing.T) {
	s := newSite(t, false)
	p := webtest.Start(t).Visitor(t, s.URL)
	sendInBrowser(p, writeSample(t, "boxes-coco"))
	p.WantText("h1", "Your audit waits")
	p.CheckViews("free-queued")
	s.setFree(t, `state = 'running', stage = 'inspecting', files_done = 31, files_total = 70`)
	p.Reload()
	p.WantText("[data-testid=free-state]", "31 of 70 files")
	p.CheckViews("free-running")
	s.setFree(t, `state = 'queued'`)
	s.work(t)
	p.WaitFor("the report", `document.querySelector("[data-testid=lqs-report]")`, time.Minute)
	p.CheckViews("free-done")

	broken := filepath.Join(t.TempDir(), strings.Repeat("long-name-", 20)+".csv")
	if err := os.WriteFile(broken, []byte("a,b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sendInBrowser(p, broken)
	err := s.Blobs.List(t.Context(), "free/", func(o blob.Object) error { return s.Blobs.Delete(t.Context(), o.Key) })
	if err != nil {
		t.Fatal(err)
	}
	s.work(t)
	p.Reload()
	p.WantText("h1", "Your audit could not be finished")
	p.CheckViews("free-failed")

	sendInBrowser(p, broken)
	s.work(t)
	p.WaitFor("the report", `document.querySelector("[data-testid=lqs-report]")`, time.Minute)
	p.CheckViews("free-nothing")
}
