// Command lean prepares the build of the audit for browsers: it writes, into a
// folder, the files of web/ui with web/markup in place of templ, and an
// overlay.json for go build that puts them there. The build works without it,
// and is larger by what templ imports: an HTTP server, TLS and html/template.
// The folder's name should start with _, so that go takes it for no package.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	into := flag.String("into", "", "folder of the overlay")
	flag.Parse()
	if err := write("web/ui", *into); err != nil {
		fmt.Fprintln(os.Stderr, "lean:", err)
		os.Exit(1)
	}
}

// instead puts web/markup in place of templ.
var instead = strings.NewReplacer(
	`import "github.com/a-h/templ"`, `import templ "assay/web/markup"`,
	"\t\"github.com/a-h/templ\"", "\ttempl \"assay/web/markup\"",
	`"github.com/a-h/templ/runtime"`, `"assay/web/markup/runtime"`,
)

// write writes the overlay of the package in folder.
func write(folder, into string) error {
	into, err := filepath.Abs(into)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return err
	}
	replace := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !bytes.Contains(source, []byte(`"github.com/a-h/templ"`)) {
			continue
		}
		full, err := filepath.Abs(name)
		if err != nil {
			return err
		}
		replace[full] = filepath.Join(into, filepath.Base(name))
		if err := os.WriteFile(replace[full], []byte(instead.Replace(string(source))), 0o644); err != nil {
			return err
		}
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(into, "overlay.json"), list, 0o644)
}
