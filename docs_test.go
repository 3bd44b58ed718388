package assay_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/internal/config"
)

var update = flag.Bool("update", false, "rewrite the table of settings in docs/operations.md")

// pages is every page of documentation at the root and under docs.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.ToSlash(name)] = string(text)
		}
	}
	return found
}

func TestCommandsOfTheDocumentationAreInTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).FindAllSubmatch(makefile, -1) {
		targets = append(targets, string(m[1]))
	}
	all := pages(t)
	for name, text := range all {
		for _, m := range regexp.MustCompile("(?m)(?:`|^    |^)make ([a-z][a-z-]*)").FindAllStringSubmatch(text, -1) {
			if !slices.Contains(targets, m[1]) {
				t.Errorf("%s says make %s, which the Makefile does not know", name, m[1])
			}
		}
	}
	for _, command := range []string{"make demo", "make test"} {
		if !strings.Contains(all["README.md"], command) {
			t.Errorf("README.md does not say %s", command)
		}
	}
}

// The word "TestX" in the documentation is evidence: the test must exist.
func TestEveryTestThatTheDocumentationNamesExists(t *testing.T) {
	exists := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			exists[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w+)`")
	for name, text := range pages(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if !exists[m[1]] {
				t.Errorf("%s names %s, which no file declares", name, m[1])
			}
		}
	}
}

func TestLinksOfTheDocumentationLeadToFiles(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for name, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target := path.Join(path.Dir(name), m[1])
			if _, err := os.Stat(filepath.FromSlash(target)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
	}
}

const tableStart, tableEnd = "<!-- settings: go test -run Settings -update . -->\n", "<!-- end of settings -->"

// settingsTable is one row for each field of config.Config that the
// environment sets.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("\n| setting | default | meaning |\n|---|---|---|\n")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config.Config]()) {
		name := f.Tag.Get("env")
		if name == "" || name == "-" {
			continue
		}
		fallback := f.Tag.Get("envDefault")
		if fallback != "" {
			fallback = "`" + fallback + "`"
		}
		meaning := f.Tag.Get("comment")
		if f.Tag.Get("secret") == "true" {
			meaning += "; secret, never printed"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, fallback, meaning)
	}
	b.WriteString("\n")
	return b.String()
}

func TestSettingsOfTheOperationsPageAreThoseOfTheProgram(t *testing.T) {
	const name = "docs/operations.md"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), tableStart)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok1 || !ok2 {
		t.Fatalf("%s has lost the marks around its table of settings", name)
	}
	want := before + tableStart + settingsTable() + tableEnd + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("the table of settings in %s is not that of config.Config: run go test -run Settings -update .", name)
	}
	if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestArchitecturePageNamesEveryFolderOfTheHouse(t *testing.T) {
	text := pages(t)["docs/architecture.md"]
	for _, row := range rows {
		for _, pattern := range row {
			name := strings.TrimSuffix(pattern, "/...")
			if !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, "`"+strings.TrimPrefix(name, "internal/")+"`") {
				t.Errorf("docs/architecture.md does not name %s", name)
			}
		}
	}
}

func TestScreenshotIsSmall(t *testing.T) {
	info, err := os.Stat("docs/screenshot.png")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 300_000 {
		t.Errorf("docs/screenshot.png has %d bytes, want under 300,000", info.Size())
	}
}
