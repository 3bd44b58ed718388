// Command measure prints, as Markdown, how the audit does on the corpus that
// ASSAY_CORPUS names and what its fence costs. Numbers in the documentation
// come from it.
//
//	go run ./internal/audit/measure
//	go run ./internal/audit/measure -only mutants -mutants 10000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"assay/internal/audit/audittest"
	"assay/internal/fence"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "audit-child" {
		if err := fence.ChildMain(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	mutantCount := flag.Int("mutants", 10_000, "how many damaged files to audit")
	only := flag.String("only", "", "measure one part: corpus, sets, mutants, memory, size, speed, headers, labels or ocr")
	flag.Parse()
	if err := measure(context.Background(), *only, *mutantCount); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// measure runs one part, or all of them in the order of the documentation.
func measure(ctx context.Context, only string, mutantCount int) error {
	folder := audittest.Folder()
	parts := []struct {
		name   string
		corpus bool
		run    func() error
	}{
		{"corpus", true, func() error { return dicomFiles(ctx, folder) }},
		{"corpus", true, func() error { return hostileFiles(ctx, folder) }},
		{"sets", false, func() error { return faultySets(ctx) }},
		{"mutants", false, func() error { return mutants(ctx, mutantCount, folder) }},
		{"memory", false, func() error { return memory(ctx) }},
		{"size", false, func() error { return size(ctx) }},
		{"speed", false, func() error { return speed(ctx) }},
		{"headers", false, func() error { return headers(ctx) }},
		{"labels", false, func() error { return largeTable(ctx) }},
		{"labels", false, func() error { return largeCOCO(ctx) }},
		{"ocr", false, func() error { return readingText(ctx) }},
	}
	fmt.Print("## The audit\n\n`go run ./internal/audit/measure`\n")
	if folder == "" {
		fmt.Print("\nASSAY_CORPUS is not set: what needs the corpus was not measured.\n")
	}
	for _, p := range parts {
		if only != "" && only != p.name || p.corpus && folder == "" {
			continue
		}
		if err := p.run(); err != nil {
			return err
		}
	}
	return nil
}
