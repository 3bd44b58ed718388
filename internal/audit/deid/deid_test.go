package deid_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

func TestActionFor(t *testing.T) {
	tests := []struct {
		name string
		tag  dicom.Tag
		opts deid.Options
		want deid.Action
	}{
		{"a name is emptied", 0x00100010, 0, deid.Zero},
		{"a description is removed", 0x0008103E, 0, deid.Remove},
		{"a description stays cleaned", 0x0008103E, deid.CleanDescriptors, deid.Clean},
		{"a date stays", 0x00080020, deid.RetainFullDates, deid.Keep},
		{"a date stays shifted", 0x00080020, deid.RetainModifiedDates, deid.Clean},
		{"a UID is replaced", 0x0020000D, 0, deid.ReplaceUID},
		{"a UID stays", 0x0020000D, deid.RetainUIDs, deid.Keep},
		{"the institution stays", 0x00080080, deid.RetainInstitutionIdentity, deid.Keep},
		{"an attribute of 2025b is removed", 0x00100012, 0, deid.Remove},
		{"the overlay of any group is removed", 0x60043000, 0, deid.Remove},
		{"a curve is removed", 0x50020010, 0, deid.Remove},
		{"a private attribute is removed", 0x00291010, 0, deid.Remove},
		{"a private attribute is kept if safe", 0x00291010, deid.RetainSafePrivate, deid.Clean},
		{"what the table does not name stays", 0x00280010, 0, deid.Keep},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := deid.ActionFor(tt.tag, tt.opts); got != tt.want {
				t.Errorf("ActionFor(%v, %b) = %q, want %q", tt.tag, tt.opts, got, tt.want)
			}
		})
	}
}

func TestGeneratedTablesAreFresh(t *testing.T) {
	before, err := os.ReadFile("tables.go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "generate.go")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GO111MODULE=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go run generate.go: %v\n%s", err, out)
	}
	after, err := os.ReadFile(dir + "/tables.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("tables.go is not what generate.go makes of data/: run go generate ./internal/audit/deid")
	}
}

func TestRulesHaveUniqueIDsAndAdvice(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range append(deid.Rules(), text.Rules()...) {
		if seen[r.ID] {
			t.Errorf("rule %s is registered twice", r.ID)
		}
		seen[r.ID] = true
		if r.Fix == "" || r.Title == "" || r.Source == "" {
			t.Errorf("rule %s lacks a title, advice or source", r.ID)
		}
	}
}

func TestPatientIDs(t *testing.T) {
	tests := []struct {
		id, name, pattern string
		want              finding.Severity
	}{
		{"SUBJ-0004", "ANON-0004", "", finding.Info},
		{"LIDC-IDRI-0001", "", "", finding.Info},
		{"1.3.6.1.4.1.14519.5.2.1.7009", "", "", finding.Info},
		{"9f86d081884c7d65", "", "", finding.Info},
		{"48291377", "", "", finding.Warning},
		{"MR-205147", "", "", finding.Warning},
		{"219-09-9999", "", "", finding.Blocker},
		{"ann@clinic.example", "", "", finding.Blocker},
		{"Lindqvist^Imogen", "", "", finding.Blocker},
		{"LINDQVIST01", "Lindqvist^Imogen", "", finding.Blocker},
		{"48291377", "", `\d{8}`, finding.Info},
		{"SUBJ-4", "", `SUBJ-\d{4}`, finding.Warning},
	}
	for _, tt := range tests {
		t.Run(tt.id+" "+tt.pattern, func(t *testing.T) {
			file := dicomtest.Build("(0010,0010) PN " + tt.name + "\n(0010,0020) LO " + tt.id)
			facts, _ := inspect(t, file, &deid.Claims{PatientIDPattern: tt.pattern})
			for _, f := range facts.Findings {
				if f.Rule == "phi-patient-id-realistic" {
					if f.Severity != tt.want {
						t.Errorf("PatientID of shape %s is %s (%s), want %s", f.Shape, f.Severity, f.Message, tt.want)
					}
					return
				}
			}
			t.Error("PatientID has no finding")
		})
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		name, id string
		want     finding.Severity
	}{
		{"Nakamori^Imogen", "S1", finding.Blocker},
		{"山田^太郎", "S1", finding.Blocker},
		{"SMITH 1975", "S1", finding.Blocker},
		{"Smith", "S1", finding.Blocker},
		{"SMITH", "SMITH", finding.Blocker},
		{"S0628", "S0628", finding.Info},
		{"S0628", "S0001", finding.Warning},
		{"ANON-0000", "S1", finding.Info},
		{"Anonymous^Patient", "S1", finding.Info},
		{"REMOVED", "S1", finding.Info},
		{"^^^^", "S1", finding.Info},
	}
	for _, tt := range tests {
		t.Run(tt.name+" of "+tt.id, func(t *testing.T) {
			file := dicomtest.Build("(0008,0005) CS ISO_IR 192\n(0010,0010) PN " + tt.name + "\n(0010,0020) LO " + tt.id)
			facts, _ := inspect(t, file, nil)
			for _, f := range facts.Findings {
				if f.Rule == "phi-patient-name" {
					if f.Severity != tt.want {
						t.Errorf("PatientName is %s (%s), want %s", f.Severity, f.Message, tt.want)
					}
					return
				}
			}
			t.Error("PatientName has no finding")
		})
	}
}

func TestAges(t *testing.T) {
	for age, want := range map[string]finding.Severity{
		"089Y": finding.Warning, "090Y": finding.Warning, "091Y": finding.Blocker, "120Y": finding.Blocker,
		"97": finding.Blocker, "003M": finding.Warning, "000Y": finding.Info,
	} {
		facts, _ := inspect(t, dicomtest.Build("(0010,1010) AS "+age), nil)
		worst := finding.Severity("")
		for _, f := range all(facts) {
			if strings.Contains(f.Path, "PatientAge") && (worst == "" || f.Severity.Rank() < worst.Rank()) {
				worst = f.Severity
			}
		}
		if worst != want {
			t.Errorf("PatientAge %s is %q, want %q", age, worst, want)
		}
	}
}

func TestFutureDatesNeedTheTimeOfTheAudit(t *testing.T) {
	content := dicomtest.Build("(0008,0020) DA 20310418")
	in := deid.New(nil, deid.Config{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if _, err := dicom.Scan(t.Context(), bytes.NewReader(content), int64(len(content)), dicom.Limits{}, in.Visit); err != nil {
		t.Fatal(err)
	}
	if !hasRule(in.Done().Findings, "phi-date-inconsistent") {
		t.Error("a date in 2031 is not reported in 2026")
	}
	facts, _ := inspect(t, content, nil)
	if hasRule(facts.Findings, "phi-date-inconsistent") {
		t.Error("a date in the future is reported without knowing the time")
	}
}

func hasRule(list []finding.Finding, id string) bool {
	for _, f := range list {
		if f.Rule == id {
			return true
		}
	}
	return false
}

// The second look finds a name of one file in the free text of another, by
// hashes alone.
func TestSecondLookFindsNamesOfOtherFiles(t *testing.T) {
	named, _ := inspect(t, dicomtest.Build("(0010,0010) PN Wolverton^Fergal\n(0010,0020) LO 48291377"), nil)
	content := dicomtest.Build("(0008,103E) LO knee WOLVERTON left\n(0010,0010) PN ANON\n(0020,4000) LT copy of 48291377")
	other, _ := inspect(t, content, nil)
	shared := 0
	known := map[deid.Hash]bool{}
	for _, n := range named.Names {
		known[n] = true
	}
	for _, w := range other.Words {
		if known[w] {
			shared++
		}
	}
	if shared != 2 {
		t.Fatalf("%d words are shared, want 2", shared)
	}
	sc := text.New(text.Options{Knows: func(tok string) bool { return known[testHash(tok)] }})
	in := deid.New(nil, deid.Config{Hash: testHash, Text: sc, OnlyKnown: true})
	if _, err := dicom.Scan(t.Context(), bytes.NewReader(content), int64(len(content)), dicom.Limits{}, in.Visit); err != nil {
		t.Fatal(err)
	}
	list := in.Done().Findings
	if len(list) != 2 || list[0].Severity != finding.Blocker || list[1].Severity != finding.Blocker {
		t.Errorf("the second look finds %v, want two blockers", brief(list))
	}
}

// No value may cross the process border: neither whole nor in part.
func TestFactsHoldNoValue(t *testing.T) {
	values := []string{
		"Canarysson", "Canarina", "CANARY77123", "canary.bird@example.org", "219-09-9999", "555-867-5309", "19431217",
		"Canary Lane", "kestrelword", "CANARYSTATION", "Plumage^Creator",
	}
	content := dicomtest.Build(`(0002,0016) AE CANARYSTATION
(0008,0016) UI CTImageStorage
(0008,0018) UI 1.2.840.113619.19431217.77123
(0008,0020) DA 19431217
(0008,0050) SH CANARY77123
(0008,0080) LO 12 Canary Lane
(0008,1010) SH CANARYSTATION
(0008,103E) LO kestrelword for Canarysson, Canarina on 1943-12-17
(0010,0010) PN Canarysson^Canarina
(0010,0020) LO CANARY77123
(0010,0030) DA 19431217
(0010,1040) LO 12 Canary Lane
(0010,2154) SH 555-867-5309
(0010,4000) LT canary.bird@example.org 219-09-9999 call (555) 867-5309
(0012,0063) LO kestrelword
(0012,0064) SQ
  - (0008,0100) SH CANARY77123
    (0008,0102) SH kestrelword
    (0008,0104) LO Canarysson
(0028,0303) CS KESTRELWORD
(0029,0010) LO Plumage^Creator
(0029,1001) LO Canarysson^Canarina
(0029,1002) UN text:Canarina Canarysson`)
	facts, _ := inspect(t, content, &deid.Claims{PatientIDPattern: "X"})
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(facts); err != nil {
		t.Fatal(err)
	}
	j, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	lower := strings.ToLower(b.String() + string(j))
	for _, v := range values {
		if strings.Contains(lower, strings.ToLower(v)) {
			t.Errorf("the facts hold the value of shape %s", finding.Mask(v))
		}
	}
}

func TestFactsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("(0008,0018) UI 2.25.1\n(0040,A730) SQ\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "  - (0040,A160) UT Word%c%c number %d by Dr. Nobody%d on 2001-01-%02d\n", 'a'+i%26, 'a'+i/26%26, i, i, i%28+1)
	}
	for i := range 200 {
		fmt.Fprintf(&b, "(%04X,0010) LO Unknown Creator %d\n(%04X,1001) LO Value^Of%d\n", 0x1001+2*i, i, 0x1001+2*i, i)
	}
	facts, _ := inspect(t, dicomtest.Build(b.String()), nil)
	if n := len(facts.Findings) + len(facts.Held); n > 600 {
		t.Errorf("%d findings, want at most about 512", n)
	}
	if len(facts.Words) > 256 || len(facts.Names) > 64 {
		t.Errorf("%d words and %d names, want at most 256 and 64", len(facts.Words), len(facts.Names))
	}
}

func BenchmarkInspect(b *testing.B) {
	a, err := os.ReadFile("testdata/clean_copy_with_declared_options.txtar")
	if err != nil {
		b.Fatal(err)
	}
	_, object, _ := strings.Cut(string(a), "-- 1.dcm --\n")
	object, _, _ = strings.Cut(object, "-- findings")
	content := dicomtest.Build(object)
	b.ReportAllocs()
	elements := 0
	for b.Loop() {
		in := deid.New(nil, deid.Config{Hash: testHash})
		header, err := dicom.Scan(b.Context(), bytes.NewReader(content), int64(len(content)), dicom.Limits{}, in.Visit)
		if err != nil {
			b.Fatal(err)
		}
		in.Done()
		elements = header.Elements
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(elements), "ns/element")
}

// The name is in Latin 1, in a file that says UTF-8: the rules see it all the
// same, with the letters that it has.
func TestTextWithBytesOutsideItsCharacterSetIsScanned(t *testing.T) {
	in := deid.New(nil, deid.Config{})
	for _, e := range []*dicom.Element{
		{Tag: 0x00204000, VR: dicom.LT, Value: []byte("referred by Dr. \xc5ngstr\xf6m-\xd6berg"), Charset: dicom.ParseCharset("ISO_IR 192")},
		{Tag: 0x0008103E, VR: dicom.LO, Value: []byte("S\xf6derstr\xf6m^\xc5ke"), Charset: dicom.ParseCharset("ISO_IR 192")},
	} {
		e.Length = int64(len(e.Value))
		if err := in.Visit(e); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]bool{}
	for _, f := range in.Done().Findings {
		if f.Rule == "text-name" {
			found[f.Path+" "+f.Shape] = true
		}
	}
	for _, want := range []string{"(0020,4000) ImageComments AA. AAAAAAAA-AAAAA", "(0008,103E) SeriesDescription AAAAAAAAAA^AAA"} {
		if !found[want] {
			t.Errorf("no name found as %q; found %v", want, found)
		}
	}
}

func TestClaimsNameCompressionByItsVocabulary(t *testing.T) {
	for value, want := range map[deid.Compression]int{"": 0, deid.CompressionLossy: 0, deid.CompressionLossless: 0, "jpeg": 1} {
		c := deid.Claims{Compression: value}
		if got := len(c.Problems()); got != want {
			t.Errorf("Problems of compression %q: %d, want %d", value, got, want)
		}
	}
}
