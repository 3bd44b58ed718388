package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/quality"
	"assay/internal/audit/synth"
	"assay/web/webtest"
)

// From the form to the deleted result, with the house's own workers and fence,
// in a browser that runs no script.
func TestTheFreeAuditWithoutScripts(t *testing.T) {
	r := startServer(t)
	p := webtest.Start(t).Visitor(t, r.url, webtest.NoScript)
	path := filepath.Join(t.TempDir(), "boxes.zip")
	for _, s := range synth.Samples() {
		if s.Name == "boxes-coco" {
			zip, err := s.Zip()
			if err == nil {
				err = os.WriteFile(path, zip, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	p.Go("/lqs")
	p.Check()
	p.Attach("file", path)
	p.Submit("#send form")
	link, _, _ := strings.Cut(p.Path(), "?")
	secret := strings.Trim(strings.TrimPrefix(link, "/lqs/r/"), "/")
	if len(secret) != 43 {
		t.Fatalf("the form leads to %s", p.Path())
	}
	p.WaitFor("the report, by pages that renew themselves", `document.querySelector("[data-testid=lqs-report]")`, time.Minute)
	p.Check()

	all := p.Count("[data-testid=lqs-finding]")
	p.Set("level", "E")
	p.Submit("form[data-testid=lqs-filter]")
	if n := p.Count("[data-testid=lqs-finding]"); n == 0 || n >= all || n != p.Count("[data-testid=lqs-finding].is-E") {
		t.Errorf("%d of %d findings are shown as errors", n, all)
	}
	c := newCaller(t, "holder", r.url, 40)
	var report quality.Report
	if err := json.Unmarshal([]byte(c.get(t, "/lqs/r/"+secret+"/lqs.json").body), &report); err != nil || len(report.Findings) != all {
		t.Errorf("%d findings in JSON, %d on the page (%v)", len(report.Findings), all, err)
	}
	for form, holds := range map[string]string{"findings.csv": "F-105", "report.html": "<!doctype html>", "audit.json": "assay-report/1"} {
		if got := c.get(t, "/lqs/r/"+secret+"/"+form); got.status != http.StatusOK || !strings.Contains(strings.ToLower(got.body), strings.ToLower(holds)) {
			t.Errorf("%s: status %d, without %s", form, got.status, holds)
		}
	}
	p.Submit("form[action$='/delete']")
	p.WantText("main", "The audit was deleted")
	p.Go("/lqs/r/" + secret)
	if p.Status() != http.StatusNotFound {
		t.Errorf("the result after it was deleted: status %d", p.Status())
	}
	if strings.Contains(r.log.String(), secret) {
		t.Error("the secret of the link stands in the log")
	}
	if !strings.Contains(r.log.String(), "/lqs/r/{token}") {
		t.Error("no request for the result was logged: the test looked at nothing")
	}
}
