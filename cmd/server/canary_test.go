package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/synth"
	"assay/internal/id"

	"assay/internal/postgres"
)

// A person who does not exist. No page, log or row may hold a trace of her,
// in whatever case and as bytes in hex.
const (
	canaryName   = "Zzyzxson^Quillara"
	canaryNumber = "7731094628"
)

var canaries = []string{"zzyzx", "quillara", "7731094628"}

// canaryIn returns the first trace of the person in a text, with what stands
// around it.
func canaryIn(text string) string {
	low := strings.ToLower(text)
	for _, c := range canaries {
		for _, form := range []string{c, hex.EncodeToString([]byte(c)), hex.EncodeToString([]byte(strings.ToUpper(c)))} {
			if at := strings.Index(low, form); at >= 0 {
				return text[max(0, at-120):min(len(text), at+80)]
			}
		}
	}
	return ""
}

// canaryText is the person in every attribute whose value is text, also two
// sequences deep and in private elements.
func canaryText() string {
	values := map[string]string{
		"PN": canaryName, "LO": "Quillara Zzyzxson", "SH": canaryNumber, "ST": "Seen by Dr. Quillara Zzyzxson", "AE": canaryNumber,
		"LT": "Quillara Zzyzxson, MRN " + canaryNumber + ", tel. 555 0199", "UT": "Report on Quillara Zzyzxson", "CS": canaryNumber,
		"UC": "Zzyzxson, Quillara", "UR": "https://zzyzxson.example/quillara",
	}
	var b strings.Builder
	fmt.Fprintln(&b, "(0008,0016) UI CTImageStorage\n(0008,0018) UI 1.2.826.0.1.3680043.8.498.1")
	for group := 0x0008; group <= 0x4010; group += 2 {
		for element := range 0x10000 {
			tag := dict.Tag(group<<16 | element)
			e, ok := dict.Lookup(tag)
			value := values[e.VR]
			if !ok || e.Tag != tag || value == "" || element == 0 || group == 0x0008 && element == 0x0005 {
				continue
			}
			fmt.Fprintf(&b, "(%04X,%04X) %s %s\n", group, element, e.VR, value)
		}
		if group == 0x0008 { // a private block, and a sequence in a sequence
			fmt.Fprintf(&b, "(0009,0010) LO ACME %s\n(0009,1001) LO %s\n(0009,1002) UN text:%s\n", canaryNumber, canaryName, canaryName)
		}
		if group == 0x3002 {
			fmt.Fprintf(&b, "(3006,0039) SQ\n  - (3006,0080) SQ\n      - (0010,0010) PN %s\n", canaryName)
		}
	}
	return b.String()
}

// canaryFiles are everything that a seller may send, each with the person in
// its name, its text or its metadata.
func canaryFiles(t *testing.T) []synth.File {
	t.Helper()
	person := &synth.Person{Name: canaryName, BirthDate: "19620409", StudyDate: "20210304", ID: canaryNumber, Phone: "555 0199",
		Physician: "Zzyzxmann^Quillaro", Hospital: "Zzyzx General Hospital"}
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 7, Slices: 4, Folder: "Zzyzxson_Quillara", Person: person, Problems: synth.Problems()})
	if err != nil {
		t.Fatal(err)
	}
	full := dicomtest.Build(canaryText())
	add := func(path string, data []byte) { files = append(files, synth.File{Path: path, Data: data}) }
	add("Zzyzxson_Quillara/everything.dcm", full)
	add("Zzyzxson_Quillara/"+canaryNumber+"/cut.dcm", full[:len(full)*2/3])
	add("broken/"+canaryNumber+".dcm", append(bytes.Clone(full[:400]), bytes.Repeat([]byte(canaryName), 400)...))
	add("report.txt", []byte("Patient: Quillara Zzyzxson\nMRN: "+canaryNumber+"\nFindings: none.\n"))
	add("Report of Quillara Zzyzxson.txt", []byte("Dear Mrs. Zzyzxson, your number is "+canaryNumber+".\n"))
	add("labels.csv", []byte("patient_name,patient_id,finding\nQuillara Zzyzxson,"+canaryNumber+",nodule\n"))
	add("labels.json", []byte(`{"patient":{"name":"Quillara Zzyzxson","mrn":"`+canaryNumber+`"},"Zzyzxson":1}`))
	add("cut.json", []byte(`{"patient":{"name":"Quillara Zzyzxson`))
	add("deep.xml", []byte(`<?xml version="1.0"?><!DOCTYPE zzyzxson [<!ENTITY a "Quillara">]><zzyzxson><quillara mrn="`+canaryNumber+`">&a;</quillara>`))
	add("message.hl7", []byte("MSH|^~\\&|LAB|Zzyzx General|||20210304||ADT^A01|1|P|2.5\rPID|1||"+canaryNumber+"||Zzyzxson^Quillara||19620409|F\r"))
	add("unknown/Zzyzxson^Quillara.bin", []byte("\x00\x01\x02 Quillara Zzyzxson "+canaryNumber))
	add("page.html", []byte("<html><title>Zzyzxson</title><script>quillara()</script></html>"))
	inner, err := synth.Zip([]synth.File{{Path: "Zzyzxson/" + canaryNumber + ".txt", Data: []byte("Quillara")}})
	if err != nil {
		t.Fatal(err)
	}
	add("Quillara.zip", inner)
	return files
}

func TestCanaryStaysWithTheSubmission(t *testing.T) {
	r := startServer(t)
	t.Setenv("TMPDIR", t.TempDir()) // where plain forms are spooled; other tests have theirs
	seller := r.join(t, "seller@example.org", "Seller", postgres.None)
	buyer := r.join(t, "buyer@example.org", "Buyer", postgres.None)
	reviewer := r.join(t, "reviewer@example.org", "", postgres.Reviewer)
	callers := []*caller{newCaller(t, "stranger", r.url, 30), r.signedIn(t, "buyer", 31, "buyer@example.org", buyer),
		r.signedIn(t, "reviewer", 32, "reviewer@example.org", reviewer), r.signedIn(t, "seller", 33, "seller@example.org", seller)}
	c := callers[3]
	files := canaryFiles(t)
	pack, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}

	var versions []id.Version
	send := func(name string, how func(l id.Listing)) {
		t.Helper()
		l := r.draft(t, seller)
		how(l)
		v := id.Version(r.newest(t, seller, l))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		d, err := r.waitForAudit(ctx, seller, v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Logf("%s: %s", name, d.Version.State)
		versions = append(versions, v)
	}
	send("the files in a plain form", func(l id.Listing) { c.sendForm(t, l, files) })
	send("a zip, resumable, named in its metadata", func(l id.Listing) { c.sendNamed(t, l, pack) })
	send("a zip that is cut", func(l id.Listing) { c.sendNamed(t, l, pack[:len(pack)*3/4]) })
	send("a zip with a bad sum", func(l id.Listing) { c.sendNamed(t, l, spoiled(t, files)) })
	send("one file of a kind that nobody knows", func(l id.Listing) { c.sendNamed(t, l, []byte("\x00 Quillara Zzyzxson "+canaryNumber)) })
	send("children that are killed", func(l id.Listing) {
		stop := killChildren(t)
		c.sendNamed(t, l, pack)
		time.Sleep(2 * time.Second)
		stop()
	})
	send("an object that changed in the store", func(l id.Listing) {
		path, err := c.beginTus(t.Context(), "/seller/listings/"+string(l), len(pack))
		if err != nil {
			t.Fatal(err)
		}
		must(c.sendTus(t.Context(), path, 0, bytes.NewReader(pack[:len(pack)/2])))(t)
		object := strings.TrimPrefix(r.config.BlobURL, "file://") + "/upload/" + path[strings.LastIndex(path, "/")+1:]
		if err := os.WriteFile(object, bytes.Repeat([]byte(canaryName), len(pack)/2/len(canaryName)+1)[:len(pack)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		must(c.sendTus(t.Context(), path, len(pack)/2, bytes.NewReader(pack[len(pack)/2:])))(t)
	})
	r.breakRequests(t, c)
	r.sendFree(t, callers[0], files, pack)

	r.wantNoCanary(t, callers, versions)
}

// sendForm sends files as a browser without scripts does.
func (c *caller) sendForm(t *testing.T, l id.Listing, files []synth.File) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.WriteField("csrf", c.token)
	for _, f := range files {
		part, err := m.CreateFormFile("file", f.Path)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(f.Data)
	}
	m.Close()
	got := c.send(t, http.MethodPost, "/seller/listings/"+string(l)+"/upload/files", &b, map[string]string{"Content-Type": m.FormDataContentType()})
	if got.status != http.StatusSeeOther {
		t.Fatalf("plain form: status %d", got.status)
	}
}

// sendFree sends the person without an account: all files, a zip, one that is
// cut, single files by name. The pages of the results tell nothing of her, and
// nothing of what was sent is left.
func (r *running) sendFree(t *testing.T, c *caller, files []synth.File, pack []byte) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.readToken(t.Context(), "/lqs"))
	sendings := [][]synth.File{files, {{Path: "Zzyzxson^Quillara.zip", Data: pack}}, {{Path: canaryNumber + ".zip", Data: pack[:len(pack)/2]}},
		{{Path: "Quillara.csv", Data: []byte("patient_name,patient_id,Zzyzxson\nQuillara Zzyzxson," + canaryNumber + ",1\n")}}, {{Path: "a.zzyzx", Data: []byte("Quillara")}}}
	for _, f := range files {
		if strings.HasSuffix(f.Path, ".json") || strings.HasSuffix(f.Path, "everything.dcm") {
			sendings = append(sendings, []synth.File{f})
		}
	}
	for i, sending := range sendings {
		link := c.sendFreeForm(t, sending)
		for range 600 {
			if got := c.get(t, link+"/"); !strings.Contains(got.body, "free-state") {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		for _, form := range []string{"/", "/lqs.json", "/findings.csv", "/report.html", "/audit.json"} {
			got := c.get(t, link+form)
			if got.status != http.StatusOK {
				t.Errorf("sending %d, %s: status %d", i, form, got.status)
			}
			if found := canaryIn(fmt.Sprint(got.header) + got.body); found != "" {
				t.Errorf("sending %d without an account, %s: %s", i, form, found)
			}
		}
	}
	left, _ := filepath.Glob(filepath.Join(strings.TrimPrefix(r.config.BlobURL, "file://"), "free", "*"))
	if len(left) > 0 {
		t.Errorf("%d files of visitors are left", len(left))
	}
	t.Logf("without an account: %d sendings", len(sendings))
}

// sendFreeForm sends files without an account and returns the link of the
// result.
func (c *caller) sendFreeForm(t *testing.T, files []synth.File) string {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.WriteField("csrf", c.token)
	for _, f := range files {
		part, err := m.CreateFormFile("file", f.Path)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(f.Data)
	}
	m.Close()
	got := c.send(t, http.MethodPost, "/lqs/files", &b, map[string]string{"Content-Type": m.FormDataContentType()})
	if got.status != http.StatusSeeOther {
		t.Fatalf("without an account: status %d: %.300s", got.status, got.body)
	}
	return strings.TrimSuffix(got.location(), "/")
}

// sendNamed sends bytes with a file name in the metadata of the tus protocol.
func (c *caller) sendNamed(t *testing.T, l id.Listing, data []byte) {
	t.Helper()
	got := c.send(t, http.MethodPost, "/seller/listings/"+string(l)+"/upload/tus", nil, map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": strconv.Itoa(len(data)), "X-CSRF-Token": c.token,
		"Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte("Zzyzxson^Quillara.zip"))})
	u, err := url.Parse(got.location())
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("begin: status %d, %v", got.status, err)
	}
	if r := must(c.sendTus(t.Context(), u.Path, 0, bytes.NewReader(data)))(t); r.status != http.StatusNoContent {
		t.Fatalf("send: status %d", r.status)
	}
}

// spoiled is an archive in which every second file fails its check sum.
func spoiled(t *testing.T, files []synth.File) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, f := range files {
		h := &zip.FileHeader{Name: f.Path, Method: zip.Store, CRC32: 1, CompressedSize64: uint64(len(f.Data)), UncompressedSize64: uint64(len(f.Data))}
		if i%2 == 0 {
			h = &zip.FileHeader{Name: f.Path, Method: zip.Store}
			w, err := z.CreateHeader(h)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(f.Data)
			continue
		}
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(f.Data)
	}
	z.Close()
	return b.Bytes()
}

// killChildren kills the fence's children as they come, until stopped.
func killChildren(t *testing.T) (stop func()) {
	done, gone := make(chan struct{}), make(chan int)
	go func() {
		killed := 0
		for {
			select {
			case <-done:
				gone <- killed
				return
			case <-time.After(20 * time.Millisecond):
			}
			for _, pid := range childrenOf(os.Getpid(), "audit-child") {
				if syscall.Kill(pid, syscall.SIGKILL) == nil {
					killed++
				}
			}
		}
	}()
	return func() {
		close(done)
		t.Logf("%d children killed", <-gone)
	}
}

// childrenOf are the processes whose parent is pid and whose command line holds
// a word.
func childrenOf(pid int, word string) []int {
	var list []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) < 2 || fields[1] != strconv.Itoa(pid) || fields[0] == "Z" {
			continue
		}
		if line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline"); strings.Contains(string(line), word) {
			list = append(list, child)
		}
	}
	return list
}

// breakRequests sends the person in every place of a request that fails.
func (r *running) breakRequests(t *testing.T, c *caller) {
	t.Helper()
	l := r.draft(t, c.actor)
	for _, path := range []string{"/no/Zzyzxson/Quillara", "/datasets/zzyzxson-quillara", "/seller/versions/" + canaryNumber, "/static/" + canaryNumber + ".js"} {
		c.get(t, path)
	}
	for _, body := range []string{"--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + c.token + "\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Zzyzxson^Quillara.dcm\"\r\n\r\nQuill",
		"--x\r\nContent-Disposition: form-data; name=\"Quillara\"; filename=\"Zzyzxson\r\n\r\n" + canaryNumber} {
		c.send(t, http.MethodPost, "/seller/listings/"+string(l)+"/upload/files", strings.NewReader(body), map[string]string{"Content-Type": "multipart/form-data; boundary=x"})
	}
	// A client that goes away in the middle of a file.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	path, err := c.beginTus(t.Context(), "/seller/listings/"+string(l), 1<<20)
	if err == nil {
		_, err = c.sendTus(ctx, path, 0, &slowReader{ctx: ctx, text: canaryName})
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a client that goes away: %v", err)
	}
}

// slowReader gives its text again and again, with pauses, until its context
// ends.
type slowReader struct {
	ctx  context.Context
	text string
}

// Read gives the text once more.
func (s *slowReader) Read(p []byte) (int, error) {
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-time.After(20 * time.Millisecond):
		return copy(p, s.text), nil
	}
}

// wantNoCanary looks everywhere but in the submissions themselves.
func (r *running) wantNoCanary(t *testing.T, callers []*caller, versions []id.Version) {
	t.Helper()
	cells := 0
	c := r.super(t)
	for _, table := range r.tables(t) {
		rows, err := c.Query(t.Context(), `SELECT t::text FROM `+table+` t`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			cells++
			if got := canaryIn(text); got != "" {
				t.Errorf("in a row of %s: %s", table, got)
			}
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
	}
	t.Logf("database: %d rows of %d tables", cells, len(r.tables(t)))
	for _, c := range callers {
		start := []string{"/", "/datasets", "/account", "/seller", "/organization", "/review", "/mailbox"}
		for _, v := range versions {
			start = append(start, "/seller/versions/"+string(v), "/seller/versions/"+string(v)+"/report.json", "/review/versions/"+string(v))
		}
		pages := r.crawl(t, c, start)
		t.Logf("pages of the %s: %d", c.name, pages)
	}
	r.searchFiles(t)
	r.wantTextsSealed(t, callers, versions)
	if got := canaryIn(r.log.String()); got != "" {
		t.Errorf("in the log: %s", got)
	}
	t.Logf("log: %d lines", strings.Count(r.log.String(), "\n"))
}

var linkInPage = regexp.MustCompile(`(?:href|src|action)="(/[^"#]*)`)

// textsToRead are the pages that show the seller the texts of the submission,
// as they must; wantTextsSealed looks at them.
var textsToRead = regexp.MustCompile(`^/seller/versions/[^/]+/texts(\.csv)?(\?|$)`)

// wantTextsSealed holds that the person stands in the lists of texts that the
// seller opens, so that searchFiles looked at lists that hold her, and that
// nobody else is shown them.
func (r *running) wantTextsSealed(t *testing.T, callers []*caller, versions []id.Version) {
	t.Helper()
	found := 0
	for _, v := range versions {
		for _, c := range callers {
			for _, path := range []string{"/seller/versions/" + string(v) + "/texts", "/seller/versions/" + string(v) + "/texts.csv"} {
				got := c.get(t, path)
				seen := canaryIn(got.body) != ""
				switch {
				case c.name == "seller" && seen:
					found++
				case seen, c.name != "seller" && got.status < 400 && !isSignIn(got):
					t.Errorf("%s of the %s: status %d, shows a text: %v", path, c.name, got.status, seen)
				}
				if found := canaryIn(fmt.Sprint(got.header)); found != "" {
					t.Errorf("headers of %s of the %s: %s", path, c.name, found)
				}
			}
		}
	}
	sealed, _ := filepath.Glob(filepath.Join(strings.TrimPrefix(r.config.BlobURL, "file://"), "texts", "*.sealed"))
	if found == 0 || len(sealed) == 0 {
		t.Errorf("the person stands in %d pages of texts and %d lists are kept: the test looked at nothing", found, len(sealed))
	}
	t.Logf("lists of texts: %d sealed, the person on %d pages of the seller", len(sealed), found)
}

// crawl follows the links of a caller's pages.
func (r *running) crawl(t *testing.T, c *caller, queue []string) int {
	t.Helper()
	seen := map[string]bool{}
	for len(queue) > 0 && len(seen) < 400 {
		path := queue[0]
		queue = queue[1:]
		path = strings.ReplaceAll(path, "&amp;", "&")
		if seen[path] || textsToRead.MatchString(path) || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/logout") || strings.Contains(path, "?") && len(seen) > 150 {
			continue
		}
		seen[path] = true
		got := c.get(t, path)
		text := path + "\n" + fmt.Sprint(got.header) + "\n" + got.body
		if found := canaryIn(text); found != "" {
			t.Errorf("on %s of the %s: %s", path, c.name, found)
		}
		for _, link := range linkInPage.FindAllStringSubmatch(got.body, -1) {
			queue = append(queue, link[1])
		}
		if strings.HasPrefix(got.location(), "/") {
			queue = append(queue, got.location())
		}
	}
	return len(seen)
}

// searchFiles looks at the names of all files that the server keeps, and into
// all but the submissions.
func (r *running) searchFiles(t *testing.T) {
	t.Helper()
	reports := 0
	err := filepath.WalkDir(r.config.Var, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, r.config.Var)
		if found := canaryIn(name); found != "" {
			t.Errorf("the name of a file: %s", found)
		}
		if strings.Contains(name, "/scratch/") {
			t.Errorf("left in scratch: %s", name)
		}
		if d.IsDir() || strings.Contains(name, "/upload/") && !strings.HasSuffix(name, ".info") {
			return nil // the submissions
		}
		text, err := os.ReadFile(path)
		if found := canaryIn(string(text)); found != "" {
			t.Errorf("in %s: %s", name, found)
		}
		if strings.Contains(name, "/report/") {
			reports++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if reports == 0 {
		t.Error("no whole report was kept: the test looked at nothing")
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "assay-form-*")); len(left) > 0 {
		t.Errorf("%d spooled files were left behind", len(left))
	}
	t.Logf("whole reports: %d", reports)
}
