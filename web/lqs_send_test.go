package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/audit/quality"
	"assay/internal/audit/synth"
	"assay/internal/freeaudit"
	"assay/internal/id"
	"assay/internal/job"
)

// work carries out the newest free audit.
func (s site) work(t *testing.T) {
	t.Helper()
	rows, err := s.DB.Pool().Query(t.Context(), `SELECT args->>'id' FROM river_job WHERE kind = 'free_audit' ORDER BY id DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[id.FreeAudit])
	if err == nil {
		err = s.Free.Work(t.Context(), job.FreeAudit{ID: a})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sampleZip is a sample as its archive.
func sampleZip(t *testing.T, name string) []byte {
	t.Helper()
	for _, s := range synth.Samples() {
		if s.Name == name {
			zip, err := s.Zip()
			if err != nil {
				t.Fatal(err)
			}
			return zip
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

// renews stands in a page that renews itself without scripts.
const renews = `http-equiv="refresh"`

func TestFilesOfAVisitorAreAuditedAndDeleted(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p := s.person(t)
	sent := p.attach("/lqs", "/lqs/files", "file", "Jane Doe.zip", sampleZip(t, "boxes-coco"))
	if sent.Status != http.StatusSeeOther || !strings.HasPrefix(sent.Location, "/lqs/r/") {
		t.Fatalf("sending: status %d, to %q", sent.Status, sent.Location)
	}
	link := sent.Location
	waits := p.get(link + "/")
	if waits.Status != http.StatusOK || !strings.Contains(waits.Body, renews) || !strings.Contains(waits.Body, "It is next.") {
		t.Errorf("before the audit: status %d, %s", waits.Status, waits.Page.Find("main").Text())
	}
	if early := p.get(link + "/lqs.json"); early.Status != http.StatusNotFound {
		t.Errorf("a result before there is one: status %d", early.Status)
	}
	s.work(t)

	stranger := s.person(t) // the secret is in the link, not in a cookie
	page := stranger.get(link + "/")
	if strings.Contains(page.Body, renews) || page.Page.Find("[data-testid=lqs-report]").Length() != 1 {
		t.Errorf("after the audit: %s", page.Page.Find("main").Text())
	}
	if strings.Contains(page.Body, "Jane") {
		t.Error("the page shows the name of the file")
	}
	for _, path := range []string{"/", "/lqs.json", "/findings.csv", "/report.html", "/audit.json"} {
		got := stranger.get(link + path)
		if got.Status != http.StatusOK || got.Header.Get("Referrer-Policy") != "no-referrer" || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, Referrer-Policy %q, Cache-Control %q", path, got.Status, got.Header.Get("Referrer-Policy"), got.Header.Get("Cache-Control"))
		}
		if path != "/" && !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s is not sent to be saved", path)
		}
	}
	if page.Page.Find(`meta[name=robots][content=noindex]`).Length() != 1 {
		t.Error("search engines may list a result")
	}
	wantFiltered(t, stranger, link)

	if got := stranger.send(link+"/delete", url.Values{}); got.Status != http.StatusForbidden {
		t.Errorf("deleting without a token: status %d", got.Status)
	}
	if got := stranger.fill("/lqs", link+"/delete"); got.Status != http.StatusSeeOther || got.Location != "/lqs" {
		t.Errorf("deleting: status %d, to %q", got.Status, got.Location)
	}
	if got := stranger.get("/lqs"); !strings.Contains(got.Body, "The audit was deleted") {
		t.Error("nothing says that the audit was deleted")
	}
	for _, path := range []string{"/", "/lqs.json", "/audit.json"} {
		if got := p.get(link + path); got.Status != http.StatusNotFound {
			t.Errorf("%s after it was deleted: status %d", path, got.Status)
		}
	}
}

// wantFiltered holds that the filter of the findings shows those of a level
// alone, and that the whole report comes as JSON.
func wantFiltered(t *testing.T, p *person, link string) {
	t.Helper()
	var r quality.Report
	if err := json.Unmarshal([]byte(p.get(link+"/lqs.json").Body), &r); err != nil {
		t.Fatal(err)
	}
	form := p.get(link + "/").Page.Find("form[data-testid=lqs-filter]")
	action, _ := form.Attr("action")
	action, _, _ = strings.Cut(action, "#")
	if form.Find("select[name=level]").Length() != 1 {
		t.Fatal("no filter of levels")
	}
	shown := p.get(action + "?level=E&pillar=").Page.Find("[data-testid=lqs-finding]")
	want := 0
	for _, f := range r.Findings {
		if f.Level == "E" {
			want++
		}
	}
	if shown.Length() != want || want == 0 {
		t.Errorf("%d findings of level E are shown of %d", shown.Length(), want)
	}
	shown.Each(func(_ int, f *goquery.Selection) {
		if !f.HasClass("is-E") {
			t.Errorf("the finding %s is of another level", f.AttrOr("data-code", ""))
		}
	})
}

func TestASendingIsRefusedWithoutItsToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p := s.person(t)
	for name, change := range map[string]func(*http.Request){
		"another site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"no token":     func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") },
	} {
		body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\r\n--x--\r\n"
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/lqs/files", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		if got := p.do(r); got.Status != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", name, got.Status)
		}
	}
	if got := p.send("/lqs/samples/boxes-coco", url.Values{}); got.Status != http.StatusForbidden {
		t.Errorf("a sample without a token: status %d, want 403", got.Status)
	}
}

func TestAVisitorIsTurnedAwayWhenTooManyAuditsWait(t *testing.T) {
	t.Parallel()
	limits := freeaudit.DefaultLimits()
	limits.Waiting = 3
	s := limitedSite(t, false, limits)
	p := s.person(t)
	send := func(i int) answer {
		if i%2 == 1 {
			return p.fill("/lqs", "/lqs/samples/ct-seg")
		}
		return p.attach("/lqs", "/lqs/files", "file", "a.csv", []byte("a,b\n1,2\n"))
	}
	for i := range 6 {
		got := send(i)
		want, retry := http.StatusSeeOther, ""
		if i >= 3 {
			want, retry = http.StatusTooManyRequests, "120"
		}
		if got.Status != want || got.Header.Get("Retry-After") != retry {
			t.Errorf("sending %d: status %d, Retry-After %q, want %d and %q", i+1, got.Status, got.Header.Get("Retry-After"), want, retry)
		}
		if i >= 3 && !strings.Contains(got.Body, "Too many audits wait at the moment.") {
			t.Errorf("sending %d does not say why it was turned away", i+1)
		}
	}
}

func TestOneAddressSendsThirtyTimesAnHour(t *testing.T) {
	t.Parallel()
	limits := freeaudit.DefaultLimits()
	limits.Waiting = 1000
	s := limitedSite(t, false, limits)
	p := s.person(t)
	values := url.Values{"csrf": {p.token("/lqs")}}
	for i := range 32 {
		got := p.send("/lqs/samples/none", values)
		if want := http.StatusNotFound; i < 30 && got.Status != want {
			t.Errorf("sending %d: status %d, want %d", i+1, got.Status, want)
		}
		if i >= 30 && (got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "3600") {
			t.Errorf("sending %d: status %d, Retry-After %q, want 429 and 3600", i+1, got.Status, got.Header.Get("Retry-After"))
		}
	}
}

func TestLargeAndEmptySendingsAreRefusedInASentence(t *testing.T) {
	t.Parallel()
	limits := freeaudit.DefaultLimits()
	limits.Bytes = 4096
	s := limitedSite(t, false, limits)
	p := s.person(t)
	for _, tt := range []struct {
		name   string
		bytes  int
		status int
		says   string
	}{
		{"a byte too much", 4097, http.StatusRequestEntityTooLarge, "larger than 4 KiB"},
		{"far too much", 3 << 20, http.StatusRequestEntityTooLarge, "larger than 4 KiB"},
		{"as much as may be", 4096, http.StatusSeeOther, ""},
	} {
		got := p.attach("/lqs", "/lqs/files", "file", "a.bin", bytes.Repeat([]byte("a"), tt.bytes))
		if got.Status != tt.status || !strings.Contains(got.Body, tt.says) {
			t.Errorf("%s: status %d, want %d and %q: %s", tt.name, got.Status, tt.status, tt.says, got.Page.Find("main").Text())
		}
	}
	if got := p.attach("/lqs", "/lqs/files", "file", "", nil); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "No file arrived") {
		t.Errorf("no file: status %d: %s", got.Status, got.Page.Find("main").Text())
	}
}

func TestSeveralFilesAreAuditedAsOneSet(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p := s.person(t)
	csrf := p.token("/lqs")
	body := fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%s\r\n", csrf)
	for _, name := range []string{"a.csv", `C:\\scans\\b.csv`, "../c.csv"} {
		body += fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\nimage,finding\na.png,1\n\r\n", name)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/lqs/files", strings.NewReader(body+"--x--\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	sent := p.do(r)
	if sent.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", sent.Status, sent.Page.Find("main").Text())
	}
	s.work(t)
	var report quality.Report
	if err := json.Unmarshal([]byte(p.get(sent.Location+"/lqs.json").Body), &report); err != nil || report.Input.Files != 3 {
		t.Errorf("%d files were audited, want 3 (%v)", report.Input.Files, err)
	}
}

// fetch is get for what is no page; tag is that of a copy kept before.
func (p *person) fetch(path, tag string) answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.site.URL+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("If-None-Match", tag)
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
}

func TestSamplesAreServedAndAuditedOnTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p := s.person(t)
	page := p.get("/lqs")
	for _, of := range synth.Samples() {
		if page.Page.Find(`form[action="/lqs/samples/`+of.Name+`"]`).Length() != 1 || !strings.Contains(page.Page.Find(".samples").Text(), of.Shows) {
			t.Errorf("%s is not on the page", of.Name)
		}
		got := p.fetch("/lqs/samples/"+of.Name+".zip", "")
		if got.Status != http.StatusOK || got.Body != string(sampleZip(t, of.Name)) || got.Header.Get("Content-Type") != "application/zip" ||
			!strings.HasPrefix(got.Header.Get("Cache-Control"), "public") || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: status %d, %d bytes, headers %v", of.Name, got.Status, len(got.Body), got.Header)
		}
		if again := p.fetch("/lqs/samples/"+of.Name+".zip", got.Header.Get("ETag")); again.Status != http.StatusNotModified || again.Body != "" {
			t.Errorf("%s again: status %d, %d bytes", of.Name, again.Status, len(again.Body))
		}
	}
	if got := p.get("/lqs/samples/none.zip"); got.Status != http.StatusNotFound {
		t.Errorf("no sample: status %d", got.Status)
	}
	sent := p.fill("/lqs", "/lqs/samples/boxes-coco")
	if sent.Status != http.StatusSeeOther {
		t.Fatalf("a sample on the server: status %d", sent.Status)
	}
	s.work(t)
	if got := p.get(sent.Location + "/"); got.Page.Find("[data-testid=lqs-report]").Length() != 1 {
		t.Errorf("no report of the sample: %s", got.Page.Find("main").Text())
	}
}
