package audit_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/iod/iodtest"
)

var update = flag.Bool("update", false, "rewrite the findings in testdata")

// TestSets audits each set in testdata: a text that says what it is, the files
// (those named .dcm are completed by iodtest and built by dicomtest; a name with
// [60] stands for 60 files, with their number in the place of {n}), what the
// seller claims in claims.json, and the findings.
func TestSets(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no sets: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			set := fstest.MapFS{}
			opts := audit.Options{AllLocations: true}
			var want []byte
			numbers := map[string]int{}
			number := func(text string) int { // files with one text are copies
				if numbers[text] == 0 {
					numbers[text] = len(numbers) + 1
				}
				return numbers[text]
			}
			for i, f := range archive.Files {
				switch {
				case f.Name == "findings":
					want = f.Data
					archive.Files[i].Data = nil
				case f.Name == "claims.json":
					if err := json.Unmarshal(f.Data, &opts.Claims); err != nil {
						t.Fatal(err)
					}
				case strings.HasSuffix(f.Name, ".dcm"):
					for name, text := range many(f.Name, string(f.Data)) {
						set[name] = &fstest.MapFile{Data: dicomtest.Build(iodtest.Complete(text, number(text)))}
					}
				default:
					set[f.Name] = &fstest.MapFile{Data: f.Data}
				}
			}
			report, err := audit.Run(t.Context(), set, opts)
			if err != nil {
				t.Fatalf("Run: %v", err)
			}
			got := findingLines(report)
			if *update {
				archive.Files[len(archive.Files)-1].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("findings of %s (-want +got):\n%s", name, diff)
			}
		})
	}
}

// many returns the files that a name stands for, in the order of their numbers.
func many(name, text string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		before, rest, ok := strings.Cut(name, "[")
		count, after, ok2 := strings.Cut(rest, "]")
		n, err := strconv.Atoi(count)
		if !ok || !ok2 || err != nil {
			yield(name, text)
			return
		}
		for i := range n {
			number := fmt.Sprintf("%03d", i+1)
			if !yield(before+number+after, strings.ReplaceAll(text, "{n}", strconv.Itoa(i+1))) {
				return
			}
		}
	}
}

// findingLines writes the verdict and the findings for a person: severity,
// rule, files, and the attribute or other place.
func findingLines(r *audit.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.Verdict)
	for _, f := range r.Findings {
		files := map[string]bool{}
		var list []string
		for _, l := range f.Locations {
			if !files[l.File] {
				list = append(list, l.File)
			}
			files[l.File] = true
		}
		if n := len(list); n > 20 {
			list = []string{list[0], "…", list[n-1], fmt.Sprintf("(%d files)", n)}
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", f.Severity, f.Rule, strings.Join(list, ","), shortPath(f.Path))
	}
	return b.String()
}

// shortPath leaves the keyword of an attribute.
func shortPath(p string) string {
	if i := strings.LastIndex(p, ") "); i >= 0 {
		return p[i+2:]
	}
	if p == "" {
		return "-"
	}
	return p
}

func TestRegistry(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range audit.Registry() {
		switch {
		case seen[r.ID]:
			t.Errorf("rule %s stands twice in the registry", r.ID)
		case r.Title == "" || r.Fix == "" || r.Source == "" || r.Severity.Rank() > 2:
			t.Errorf("rule %s lacks a title, fix, source or severity", r.ID)
		}
		seen[r.ID] = true
	}
	// Those that this version must have.
	for _, id := range strings.Fields(`
		phi-patient-name phi-staff-name phi-patient-id-realistic phi-other-ids phi-birth-date phi-age-over-89
		phi-date-real phi-date-inconsistent phi-date-precise-with-safe-harbor phi-address-geo phi-contact
		phi-insurance phi-device-serial phi-uid-original phi-uid-unmapped-ref phi-remaining-x phi-remaining-z-d
		phi-constant-vs-varying phi-file-meta phi-private-unknown phi-private-orphan phi-nested phi-overlay phi-curve-audio
		phi-icon phi-encapsulated-doc phi-sr-content phi-rt-text phi-ps-graphics phi-waveform-annot
		phi-modified-attrs phi-digital-signature
		text-ssn text-mrn text-phone text-email text-url text-ip text-date text-age90 text-name text-zip-address
		text-vin-plate text-institution text-account text-residual-list name-in-path
		deid-flag-missing deid-method-missing deid-code-invalid deid-claim-mismatch deid-long-temporal deid-mixed
		fmt-part10 fmt-preamble-polyglot fmt-trailing-bytes fmt-not-dicom fmt-truncated fmt-transfer-syntax
		fmt-nesting fmt-size-limit fmt-order-dup fmt-vr-vm-len fmt-charset fmt-uid fmt-parser-crash
		set-duplicate-uid set-duplicate-pixels set-series-geometry set-split-leakage set-mixed-patient set-manifest
		pix-risk-class pix-face-risk pix-wsi-label pix-lossy
		iod-unknown-class iod-type1 iod-type2 iod-1c
		pix-ocr-text pix-ocr-not-run pix-burnedin-yes img-ocr
		img-metadata nifti-header-text wsi-metadata report-text sidecar-columns archive-inside`) {
		if !seen[id] {
			t.Errorf("no rule %s in the registry", id)
		}
		delete(seen, id)
	}
}

func TestRulesPageIsFresh(t *testing.T) {
	var b strings.Builder
	if err := audit.WriteRulesPage(&b); err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../docs/audit-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), b.String()); diff != "" {
		t.Errorf("docs/audit-rules.md is old, run go generate ./internal/audit (-have +want):\n%s", diff)
	}
}
