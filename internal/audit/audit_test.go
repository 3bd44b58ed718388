package audit_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"
	"assay/internal/audit/synth"
)

// seriesFS holds made series as a file system.
func seriesFS(t *testing.T, specs ...synth.Spec) fstest.MapFS {
	t.Helper()
	set := fstest.MapFS{}
	for _, s := range specs {
		files, err := synth.Series(s)
		if err != nil {
			t.Fatalf("synth.Series: %v", err)
		}
		for _, f := range files {
			set[f.Path] = &fstest.MapFile{Data: f.Data}
		}
	}
	return set
}

func run(t *testing.T, set fs.FS, opts audit.Options) *audit.Report {
	t.Helper()
	r, err := audit.Run(t.Context(), set, opts)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return r
}

func jsonOf(t *testing.T, r *audit.Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteJSON(&b); err != nil {
		t.Fatalf("WriteJSON: %v", err)
	}
	return b.String()
}

func TestSameInputGivesTheSameBytes(t *testing.T) {
	set := seriesFS(t,
		synth.Spec{Modality: synth.CT, Seed: 1, Slices: 12, Problems: synth.Problems()},
		synth.Spec{Modality: synth.MR, Seed: 2, Slices: 12, Problems: []synth.Problem{synth.PatientName, synth.FreeText, synth.PrivateElements}},
		synth.Spec{Modality: synth.US, Seed: 3, Slices: 4},
	)
	set["notes.txt"] = &fstest.MapFile{Data: []byte("call 617-555-0142 about MRN 4471882")}
	want := jsonOf(t, run(t, set, audit.Options{Parallel: 1, AllLocations: true}))
	for _, parallel := range []int{1, 2, 7, 32} {
		slow := func(ctx context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
			time.Sleep(time.Duration(len(f.Path)*7919%5) * time.Millisecond)
			return audit.Inspect(ctx, f, o)
		}
		got := jsonOf(t, run(t, set, audit.Options{Parallel: parallel, AllLocations: true, Inspect: slow}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("report with %d in parallel differs (-one +many):\n%s", parallel, diff)
		}
	}
}

func TestReportHasTheFieldsOfItsSchema(t *testing.T) {
	r := run(t, seriesFS(t, synth.Spec{Modality: synth.CT, Seed: 1, Slices: 3}), audit.Options{Version: "1.2.3"})
	var top map[string]any
	if err := json.Unmarshal([]byte(jsonOf(t, r)), &top); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"schema", "tool", "input", "claims", "verdict", "findings", "not_checked", "measured"} {
		if _, ok := top[k]; !ok {
			t.Errorf("the report has no %q", k)
		}
	}
	if _, ok := top["files"]; ok {
		t.Error("the report lists files without AllLocations")
	}
	if top["schema"] != "assay-report/1" || top["claims"] != nil {
		t.Errorf("schema = %v, claims = %v; want assay-report/1 and null", top["schema"], top["claims"])
	}
	if r.Tool.Version != "1.2.3" || r.Tool.RulesVersion == "" || len(r.Tool.Tables) < 2 {
		t.Errorf("tool = %+v, want version, rules version and tables", r.Tool)
	}
}

func TestMeasuredFacts(t *testing.T) {
	r := run(t, seriesFS(t,
		synth.Spec{Modality: synth.CT, Seed: 1, Slices: 5, Subject: "SUBJ-0001"},
		synth.Spec{Modality: synth.MR, Seed: 2, Slices: 4, Subject: "SUBJ-0002"},
	), audit.Options{})
	m := r.Measured
	if m.Instances != 9 || m.Series != 2 || m.Studies != 2 || m.Patients != 2 {
		t.Errorf("measured %d instances, %d series, %d studies, %d patients; want 9, 2, 2, 2", m.Instances, m.Series, m.Studies, m.Patients)
	}
	if diff := cmp.Diff(map[string]int{"CT": 5, "MR": 4}, m.Modalities); diff != "" {
		t.Errorf("modalities (-want +got):\n%s", diff)
	}
	if m.Matrices["128×128"] != 9 || m.Kinds["dicom"] != 9 || m.SliceThicknessMM == nil || len(m.FieldStrengthsT) != 1 || m.PeakKilovoltageKV == nil {
		t.Errorf("measured = %+v, want matrix, kinds, thickness, field strength and kVp", m)
	}
	if m.SOPClasses["CT Image Storage"] != 5 {
		t.Errorf("SOP classes = %v, want names", m.SOPClasses)
	}
}

// TestCanaryStaysInside plants a word in every text attribute, the path and a
// note, and looks for it in the report.
func TestCanaryStaysInside(t *testing.T) {
	const canary = "ZZYZX"
	object := `
(0008,0016) UI CTImageStorage
(0008,0018) UI 2.25.7
(0008,0050) SH ZZYZX1
(0008,0060) CS ZZYZX
(0008,0070) LO ZZYZX
(0008,0080) LO ZZYZX Hospital
(0008,0090) PN ZZYZX^Zoe
(0008,1030) LO ZZYZX
(0008,1090) LO ZZYZX
(0009,0010) LO ZZYZX
(0009,1001) LO ZZYZX
(0010,0010) PN ZZYZX^Zoe
(0010,0020) LO ZZYZX
(0010,0040) CS ZZYZX
(0010,1010) AS ZZYZ
(0010,4000) LT ZZYZX
(0012,0063) LO ZZYZX
(0018,0015) CS ZZYZX
(0020,000D) UI 2.25.1
(0020,000E) UI 2.25.2
(0020,4000) LT ZZYZX
`
	set := fstest.MapFS{
		"ZZYZX/ZZYZX.dcm": &fstest.MapFile{Data: dicomtest.Build(object)},
		"ZZYZX.csv":       &fstest.MapFile{Data: []byte("patient_name,ZZYZX\nZZYZX Zoe,ZZYZX\n")},
		"ZZYZX.json":      &fstest.MapFile{Data: []byte(`{"ZZYZX": {"name": "ZZYZX", "mrn": "ZZYZX"}}`)},
		"other.txt":       &fstest.MapFile{Data: []byte("Mr. ZZYZX called.")},
	}
	r := run(t, set, audit.Options{AllLocations: true})
	if r.Verdict != audit.Failed {
		t.Errorf("verdict = %s, want failed", r.Verdict)
	}
	if text := jsonOf(t, r); strings.Contains(strings.ToUpper(text), canary) {
		i := strings.Index(strings.ToUpper(text), canary)
		t.Errorf("the report quotes the canary: …%s…", text[max(0, i-200):min(len(text), i+100)])
	}
}

func TestFactsCrossTheFenceUnchanged(t *testing.T) {
	set := seriesFS(t, synth.Spec{Modality: synth.CT, Seed: 1, Slices: 1, Problems: synth.Problems()})
	for path, f := range set {
		facts, err := audit.Inspect(t.Context(), audit.File{Path: path, SizeBytes: int64(len(f.Data)), Content: bytes.NewReader(f.Data)}, audit.InspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(facts); err != nil {
			t.Fatalf("encode: %v", err)
		}
		var back audit.Facts
		if err := gob.NewDecoder(&b).Decode(&back); err != nil {
			t.Fatalf("decode: %v", err)
		}
		want, got := fmt.Sprintf("%+v", facts.Findings), fmt.Sprintf("%+v", back.Findings)
		if want != got || len(facts.Header.Findings) != len(back.Header.Findings) {
			t.Errorf("facts changed on the way:\n%s\n%s", want, got)
		}
	}
}

func TestCanceledAuditEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	set := seriesFS(t, synth.Spec{Modality: synth.CT, Seed: 1, Slices: 20})
	stuck := func(ctx context.Context, _ audit.File, _ audit.InspectOptions) (audit.Facts, error) {
		cancel()
		<-ctx.Done()
		return audit.Facts{}, ctx.Err()
	}
	if _, err := audit.Run(ctx, set, audit.Options{Inspect: stuck}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v, want context canceled", err)
	}
}

func TestFaultOfOursIsAnError(t *testing.T) {
	set := seriesFS(t, synth.Spec{Modality: synth.CT, Seed: 1, Slices: 20})
	broken := func(context.Context, audit.File, audit.InspectOptions) (audit.Facts, error) {
		return audit.Facts{}, errors.New("no child")
	}
	if _, err := audit.Run(t.Context(), set, audit.Options{Inspect: broken}); err == nil {
		t.Error("Run: no error, though no file could be inspected")
	}
}

func TestCrashesAreFindingsUntilThereAreTooMany(t *testing.T) {
	set := fstest.MapFS{}
	for i := range 20 {
		set[fmt.Sprintf("%02d.dcm", i)] = &fstest.MapFile{Data: []byte("x")}
	}
	var asked atomic.Int32
	crash := func(context.Context, audit.File, audit.InspectOptions) (audit.Facts, error) {
		asked.Add(1)
		return audit.CrashFacts("The reader crashed on this file."), nil
	}
	r := run(t, set, audit.Options{Inspect: crash, Parallel: 1, AllLocations: true, Limits: audit.Limits{Crashes: 3}})
	crashed, refused := 0, 0
	for _, f := range r.Files {
		switch f.Status {
		case audit.Crashed:
			crashed++
		case audit.Refused:
			refused++
		}
	}
	if crashed != 3 || refused != 17 || r.Verdict != audit.Failed {
		t.Errorf("%d crashed, %d refused, verdict %s; want 3, 17, failed", crashed, refused, r.Verdict)
	}
}

func TestPanicOfAReaderIsAFinding(t *testing.T) {
	facts, err := audit.Inspect(t.Context(), audit.File{Path: "x", SizeBytes: 10, Content: panics{}}, audit.InspectOptions{})
	if err != nil || facts.Status != audit.Crashed {
		t.Errorf("Inspect = %q, %v; want crashed", facts.Status, err)
	}
}

type panics struct{}

func (panics) ReadAt([]byte, int64) (int, error) { panic("a value") }

func TestLimitsAreFindings(t *testing.T) {
	data := dicomtest.Build("(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.1\n")
	set := fstest.MapFS{
		"a.dcm":                          &fstest.MapFile{Data: data},
		"b.dcm":                          &fstest.MapFile{Data: append(data, make([]byte, 2000)...)},
		"c/d/e/f.dcm":                    &fstest.MapFile{Data: data},
		strings.Repeat("n", 60) + ".dcm": &fstest.MapFile{Data: data},
		"link":                           &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte("/etc/passwd")},
		"z.dcm":                          &fstest.MapFile{Data: data},
		"zz.dcm":                         &fstest.MapFile{Data: data},
	}
	r := run(t, set, audit.Options{Limits: audit.Limits{FileBytes: 1000, PathParts: 3, PathPartBytes: 50, Files: 6}})
	got := map[string]string{}
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Rule, "file-") || strings.HasPrefix(f.Rule, "set-l") {
			got[f.Rule] = f.Message
		}
	}
	want := map[string]string{
		"file-size-limit":  "The file is larger than 1000 bytes.",
		"file-path-limit":  "The path has more than 3 parts.",
		"file-not-regular": "A symbolic link is not followed.",
		"set-limit":        "The set holds more than 6 files.",
	}
	for rule, message := range want {
		if rule == "file-path-limit" && got[rule] == "A part of the path is longer than 50 bytes." {
			continue
		}
		if got[rule] != message {
			t.Errorf("%s: %q, want %q", rule, got[rule], message)
		}
	}
}

func TestArchiveIsAuditedLikeItsFolder(t *testing.T) {
	spec := synth.Spec{Modality: synth.CT, Seed: 5, Slices: 6, Problems: []synth.Problem{synth.BirthDate}}
	files, err := synth.Series(spec)
	if err != nil {
		t.Fatal(err)
	}
	want := run(t, seriesFS(t, spec), audit.Options{AllLocations: true})
	for name, pack := range map[string]func([]synth.File) ([]byte, error){"set.zip": synth.Zip, "set.tar": synth.Tar} {
		data, err := pack(files)
		if err != nil {
			t.Fatal(err)
		}
		got, err := audit.RunFile(t.Context(), name, bytes.NewReader(data), int64(len(data)), audit.Options{AllLocations: true})
		if err != nil {
			t.Fatalf("RunFile(%s): %v", name, err)
		}
		if diff := cmp.Diff(jsonOf(t, want), jsonOf(t, got)); diff != "" {
			t.Errorf("%s (-folder +archive):\n%s", name, diff)
		}
	}
}

func TestArchiveThatCannotBeTrustedIsAFinding(t *testing.T) {
	data := []byte("PK\x03\x04 and then nothing that belongs to a zip")
	r, err := audit.RunFile(t.Context(), "set.zip", bytes.NewReader(data), int64(len(data)), audit.Options{})
	if err != nil {
		t.Fatalf("RunFile: %v", err)
	}
	if r.Verdict != audit.Failed || len(r.Findings) != 1 || r.Findings[0].Rule != "archive-refused" {
		t.Errorf("verdict %s, findings %v; want failed by archive-refused", r.Verdict, r.Findings)
	}
}

func TestFileThatCannotBeReadIsAFindingOfItsOwn(t *testing.T) {
	set := seriesFS(t, synth.Spec{Modality: synth.CT, Seed: 5, Slices: 2})
	r := run(t, unreadable{set}, audit.Options{AllLocations: true})
	if r.Files[0].Status != audit.Refused || r.Files[1].Status != audit.Read {
		t.Errorf("statuses = %s, %s; want refused, read", r.Files[0].Status, r.Files[1].Status)
	}
}

// unreadable fails to read its first file.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	f, err := u.MapFS.Open(name)
	if strings.HasSuffix(name, "0001.dcm") {
		return onlyErrors{f}, err
	}
	return f, err
}

type onlyErrors struct{ fs.File }

func (onlyErrors) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestManifestDigestDoesNotConfuseNames(t *testing.T) {
	one := audit.Manifest{{Path: "a\n0 1 b", SizeBytes: 1, SHA256: "00"}}
	two := audit.Manifest{{Path: "a", SizeBytes: 1, SHA256: "00"}, {Path: "b", SizeBytes: 1, SHA256: "0"}}
	if one.Digest() == two.Digest() {
		t.Error("two manifests have one digest")
	}
	swapped := audit.Manifest{two[1], two[0]}
	if swapped.Digest() != two.Digest() {
		t.Error("the order of the files changes the digest")
	}
}

func TestDiff(t *testing.T) {
	f := func(rule string, severity finding.Severity, count int) finding.Finding {
		return finding.Finding{Rule: rule, Severity: severity, Count: count, Path: "p"}
	}
	older := &audit.Report{Findings: []finding.Finding{f("gone", "warning", 1), f("fewer", "blocker", 9), f("same", "info", 2), f("milder", "blocker", 1)}}
	newer := &audit.Report{Findings: []finding.Finding{f("fewer", "blocker", 3), f("same", "info", 2), f("fresh", "blocker", 1), f("milder", "warning", 1)}}
	got := audit.Diff(older, newer)
	want := audit.Changes{
		New:  []finding.Finding{f("fresh", "blocker", 1)},
		Gone: []finding.Finding{f("gone", "warning", 1)},
		Changed: []audit.Change{
			{Old: f("fewer", "blocker", 9), New: f("fewer", "blocker", 3)},
			{Old: f("milder", "blocker", 1), New: f("milder", "warning", 1)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Diff (-want +got):\n%s", diff)
	}
	if c := audit.Diff(nil, newer); len(c.New) != 4 || len(c.Gone)+len(c.Changed) != 0 {
		t.Errorf("Diff against nothing = %+v, want four new", c)
	}
}

func TestManyShapesAndItemsAreJoined(t *testing.T) {
	var b strings.Builder
	b.WriteString("(0008,0016) UI RTStructureSetStorage\n(0008,0018) UI 2.25.1\n(3006,0020) SQ\n")
	for i := range 300 {
		fmt.Fprintf(&b, "  - (3006,0026) LO Roi%s %d\n", strings.Repeat("x", i%40), i)
	}
	set := fstest.MapFS{"rt.dcm": &fstest.MapFile{Data: dicomtest.Build(b.String())}}
	r := run(t, set, audit.Options{})
	lines, total := 0, 0
	for _, f := range r.Findings {
		if f.Rule == "phi-rt-text" {
			lines++
			total += f.Count
		}
	}
	if lines == 0 || lines > 30 || total != 300 {
		t.Errorf("300 ROI names became %d findings that count %d; want at most 30 that count 300", lines, total)
	}
}

func TestProgressReachesTheEnd(t *testing.T) {
	var last audit.Progress
	stages := map[audit.Stage]bool{}
	set := seriesFS(t, synth.Spec{Modality: synth.CT, Seed: 1, Slices: 9})
	r := run(t, set, audit.Options{Progress: func(p audit.Progress) { last = p; stages[p.Stage] = true }})
	if last.Stage != audit.Concluding || last.Files != 9 || last.TotalFiles != 9 || last.Bytes != r.Input.Bytes || !stages[audit.Inspecting] {
		t.Errorf("last progress = %+v, want 9 of 9 files and all bytes", last)
	}
}

func TestWhatAnAuditDoesNotReachInTimeIsRefused(t *testing.T) {
	report, err := audit.Run(t.Context(), fstest.MapFS{"a.csv": {Data: []byte("a,b\n1,2\n")}}, audit.Options{Limits: audit.Limits{SetTime: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != audit.Failed || len(report.Findings) != 1 || report.Findings[0].Rule != "set-limit" {
		t.Errorf("verdict %s, findings %+v, want one set-limit", report.Verdict, report.Findings)
	}
}
