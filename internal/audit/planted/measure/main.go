// The command measure prints how many planted identifiers the audit finds, as
// Markdown for docs/benchmarks.md. ASSAY_CORPUS adds the files of the corpus.
package main

import (
	"fmt"
	"io/fs"
	"os"

	"assay/internal/audit/planted"
)

func main() {
	var corpus fs.FS
	if dir := os.Getenv("ASSAY_CORPUS"); dir != "" {
		corpus = os.DirFS(dir)
	}
	if err := planted.Measure(os.Stdout, corpus); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}
