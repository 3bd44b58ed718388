// The command measure prints how many planted identifiers the audit finds, as
// Markdown for docs/benchmarks.md. ASSAY_CORPUS adds the files of the corpus.
// Text in pixels is measured where tesseract is.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"assay/internal/audit/pixel/pixeltest"
	"assay/internal/audit/planted"
	"assay/internal/fence"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "audit-child" {
		if err := fence.ChildMain(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure() error {
	var corpus fs.FS
	if dir := os.Getenv("ASSAY_CORPUS"); dir != "" {
		corpus = os.DirFS(dir)
	}
	pool, err := fence.New(fence.Config{})
	if err != nil {
		return err
	}
	defer pool.Close()
	programs, err := fence.NewTools(fence.ToolsConfig{})
	if err != nil {
		return err
	}
	bench := planted.Bench{Inspect: pool.Inspect, Tools: programs.Audit(), Fonts: fonts()}
	if bench.Tools.ReadText != nil {
		bench.Readable = readable
	}
	if _, err := exec.LookPath("gdcmconv"); err == nil {
		bench.Compress = compress
	}
	return planted.Measure(os.Stdout, corpus, bench)
}

// fonts returns the fonts of the language's library and those of the system
// that have Latin letters in a plain style.
func fonts() *pixeltest.Fonts {
	f := pixeltest.NewFonts()
	for _, pattern := range []string{"/usr/share/fonts/truetype/*/*.ttf", "/usr/share/matplotlib/mpl-data/fonts/ttf/DejaVu*.ttf"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			base := strings.TrimSuffix(filepath.Base(name), ".ttf")
			if strings.Contains(base, "Display") || !strings.HasPrefix(base, "DejaVu") && !strings.HasPrefix(base, "Liberation") && !strings.HasPrefix(base, "Free") {
				continue // of symbols or of another script
			}
			if data, err := os.ReadFile(name); err == nil {
				f.Add(base, data)
			}
		}
	}
	return f
}
