package iod_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"assay/internal/audit/audittest"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
	"assay/internal/audit/iod"
	"assay/internal/audit/synth"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/conformance.md, keeping their causes")

const conformancePage = "../../../docs/conformance.md"

// TestAgreesWithDciodvfy holds the rules against dciodvfy on the DICOM files
// of the corpus and on phantoms: both must name the same attributes as absent
// or empty. Each disagreement stands in docs/conformance.md with its cause and
// the number of files.
func TestAgreesWithDciodvfy(t *testing.T) {
	program := dciodvfy(t)
	files := append(corpusFiles(t), phantoms(t)...)
	results := make([]result, len(files))
	var wg sync.WaitGroup
	gate := make(chan bool, runtime.GOMAXPROCS(0))
	for i, f := range files {
		wg.Go(func() {
			gate <- true
			results[i] = compare(t.Context(), program, f)
			<-gate
		})
	}
	wg.Wait()

	counts := map[difference]int{}
	agreed, judged := 0, 0
	for i, r := range results {
		if r.err != nil {
			t.Fatalf("%s: %v", files[i], r.err)
		}
		if r.judged {
			judged++
		}
		agreed += r.agreed
		for _, d := range r.differences {
			counts[d]++
		}
	}
	if judged < 200 {
		t.Errorf("both judged %d of %d files, want at least 200", judged, len(files))
	}
	checkPage(t, "differences", counts, fmt.Sprintf("%d files, %d judged by both; both name the same attribute %d times.", len(files), judged, agreed))
}

func dciodvfy(t *testing.T) string {
	program, err := exec.LookPath("dciodvfy")
	if err != nil {
		t.Skip("dciodvfy (dicom3tools) is not installed")
	}
	return program
}

// difference is an attribute of which one side says that it is wanting.
type difference struct{ attribute, class, who string }

type result struct {
	judged      bool
	agreed      int
	differences []difference
	err         error
}

func compare(ctx context.Context, program, name string) result {
	data, err := os.ReadFile(name)
	if err != nil {
		return result{err: err}
	}
	return compareData(ctx, program, data)
}

func compareData(ctx context.Context, program string, data []byte) result {
	ours, class, read, err := check(ctx, data)
	if err != nil {
		return result{err: err}
	}
	theirs, judged := verify(ctx, program, data)
	if !read || !judged {
		return result{}
	}
	r := result{judged: true}
	for a := range ours {
		if theirs[a] {
			r.agreed++
		} else {
			r.differences = append(r.differences, difference{a, class, "assay"})
		}
	}
	for a := range theirs {
		if !ours[a] {
			r.differences = append(r.differences, difference{a, class, "dciodvfy"})
		}
	}
	return r
}

// check returns the attributes that the rules find wanting.
func check(ctx context.Context, data []byte) (found map[string]bool, class string, read bool, err error) {
	found = map[string]bool{}
	h, list, err := scan(ctx, data)
	if err != nil {
		return nil, "", false, err
	}
	for _, f := range list {
		if f.Rule != "iod-unknown-class" {
			found[f.Path] = true
		}
	}
	class = "none"
	if c, ok := dict.LookupSOPClass(cmp.Or(h.SOPClassUID, h.MediaStorageSOPClassUID)); ok {
		class = c.Name
	}
	return found, class, h.Status == dicom.Read, nil
}

func scan(ctx context.Context, data []byte) (*dicom.Header, []finding.Finding, error) {
	var list []finding.Finding
	c := iod.New(func(f finding.Finding) { list = append(list, f) })
	h, err := dicom.Scan(ctx, bytes.NewReader(data), int64(len(data)), dicom.Limits{}, func(e *dicom.Element) error {
		text, _ := dicom.Text(e, e.Charset)
		c.Element(e, text)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if unchecked := c.Done(h); unchecked != "" {
		h.Reason = unchecked
	}
	return h, list, nil
}

// wanting is a line on an attribute at the root of the data set.
var wanting = regexp.MustCompile(`(?m)^Error - </(\w+)\(([0-9a-f]{4}),([0-9a-f]{4})\) ?> - (?:Missing|Empty) attribute`)

// verify returns the attributes that dciodvfy finds wanting, and whether it
// read the file and found an object definition to judge by.
func verify(ctx context.Context, program string, data []byte) (found map[string]bool, judged bool) {
	// It ends with 1 for any error in the file, so only its text tells.
	// It seeks, so a pipe will not do.
	f, err := os.CreateTemp("", "iod-*.dcm")
	if err != nil {
		return nil, false
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return nil, false
	}
	out, _ := exec.CommandContext(ctx, program, "-new", f.Name()).CombinedOutput()
	found = map[string]bool{}
	for _, m := range wanting.FindAllSubmatch(out, -1) {
		tag := fmt.Sprintf("(%s,%s)", strings.ToUpper(string(m[2])), strings.ToUpper(string(m[3])))
		if !strings.HasPrefix(tag, "(0002") && !strings.HasPrefix(tag, "(0004") {
			found[tag+" "+string(m[1])] = true
		}
	}
	if bytes.Contains(out, []byte("read failed")) {
		return found, false // it saw only a part of the file
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.ContainsAny(line, " -") {
			judged = true // the name of the IOD, on a line of its own
		}
	}
	return found, judged
}

func corpusFiles(t *testing.T) []string {
	folder := audittest.Corpus(t)
	list, err := audittest.Instances(folder)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, i := range list {
		files = append(files, filepath.Join(folder, "dicom", filepath.FromSlash(i.Path)))
	}
	return files
}

// phantoms writes a series of each modality that package synth makes.
func phantoms(t *testing.T) []string {
	folder := t.TempDir()
	var files []string
	for i, m := range synth.Modalities() {
		series, err := synth.Series(synth.Spec{Modality: m, Seed: uint64(i), Slices: 2})
		if err != nil {
			t.Fatal(err)
		}
		for n, f := range series {
			name := filepath.Join(folder, fmt.Sprintf("%s-%d.dcm", m, n))
			if err := os.WriteFile(name, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, name)
		}
	}
	return files
}

// checkPage compares differences with the table of the page that stands
// between the marks of that name, or rewrites it.
func checkPage(t *testing.T, name string, counts map[difference]int, summary string) {
	t.Log(summary)
	start, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	page, err := os.ReadFile(conformancePage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), start)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no table between the marks of %s", conformancePage, name)
	}
	causes := map[difference]string{}
	for line := range strings.Lines(old) {
		if c := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"); len(c) == 5 {
			causes[difference{trim(c[0]), trim(c[1]), trim(c[2])}] = trim(c[4])
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", summary)
	b.WriteString("| attribute | SOP Class | named by | files | cause |\n|---|---|---|---|---|\n")
	var list []difference
	for d := range counts {
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y difference) int {
		return cmp.Or(cmp.Compare(x.who, y.who), cmp.Compare(x.attribute, y.attribute), cmp.Compare(x.class, y.class))
	})
	for _, d := range list {
		if causes[d] == "" {
			t.Errorf("%s in %s is named by %s alone (%d files), and %s gives no cause", d.attribute, d.class, d.who, counts[d], conformancePage)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %s |\n", d.attribute, d.class, d.who, counts[d], causes[d])
	}
	b.WriteString("\n")
	if *update {
		if err := os.WriteFile(conformancePage, []byte(before+start+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(old, b.String()); diff != "" {
		t.Errorf("the table of %s is old; run go test ./internal/audit/iod -update and give each new line its cause (-have +want):\n%s", conformancePage, diff)
	}
}

func trim(s string) string { return strings.TrimSpace(s) }
