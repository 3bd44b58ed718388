package deid_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"assay/internal/audit/deid"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"
)

var update = flag.Bool("update", false, "rewrite the findings in testdata")

// Each file of testdata is a case: the objects, perhaps the claims, and the
// findings, one a line: severity, rule, file, attribute.
func TestRulesOnObjects(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := findingsOf(t, a)
			want := &a.Files[len(a.Files)-1]
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func findingsOf(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	var claims *deid.Claims
	var names []string
	var lines []string
	set := deid.NewSet()
	add := func(file int, f finding.Finding) {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", f.Severity, f.Rule, names[file], attribute(f.Path)))
	}
	for _, file := range a.Files {
		switch {
		case file.Name == "claims.json":
			if err := json.Unmarshal(file.Data, &claims); err != nil {
				t.Fatal(err)
			}
			if problems := claims.Problems(); len(problems) > 0 {
				t.Fatal(problems)
			}
		case strings.HasSuffix(file.Name, ".dcm"):
			facts, header := inspect(t, dicomtest.Build(string(file.Data)), claims)
			if header.Reason != "" {
				t.Fatalf("%s: %s", file.Name, header.Reason)
			}
			names = append(names, file.Name)
			for _, f := range facts.Findings {
				add(len(names)-1, f)
			}
			set.Add(len(names)-1, &facts)
		}
	}
	set.Conclude(add)
	sort.SliceStable(lines, func(i, j int) bool { return rank(lines[i]) < rank(lines[j]) })
	return strings.Join(lines, "\n") + "\n"
}

func rank(line string) string {
	severity, rest, _ := strings.Cut(line, " ")
	return fmt.Sprint(finding.Severity(severity).Rank()) + rest
}

// attribute shortens a path to its keywords' last one, with its sequences.
func attribute(path string) string {
	if i := strings.LastIndexByte(path, ' '); i >= 0 && !strings.Contains(path, "xx)") {
		steps := strings.Count(path, "/")
		return strings.Repeat("·/", steps) + path[i+1:]
	}
	return path
}
