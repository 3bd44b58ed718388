// The command measure prints how many planted identifiers the audit finds, as
// Markdown for docs/benchmarks.md. ASSAY_CORPUS adds the files of the corpus.
package main

import (
	"fmt"
	"io/fs"
	"os"

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
	tools, err := fence.NewTools(fence.ToolsConfig{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
	var corpus fs.FS
	if dir := os.Getenv("ASSAY_CORPUS"); dir != "" {
		corpus = os.DirFS(dir)
	}
	if err := planted.Measure(os.Stdout, corpus, tools.Audit()); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}
