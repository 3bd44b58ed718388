// Command measure prints, as Markdown, how the audit does on the corpus that
// ASSAY_CORPUS names and what its fence costs. Numbers in the documentation
// come from it.
//
//	go run ./internal/audit/measure
package main

import (
	"context"
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
	if err := measure(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context) error {
	fmt.Print("## The audit\n\n`go run ./internal/audit/measure`\n")
	if folder := audittest.Folder(); folder != "" {
		for _, part := range []func(context.Context, string) error{dicomFiles, hostileFiles} {
			if err := part(ctx, folder); err != nil {
				return err
			}
		}
	} else {
		fmt.Print("\nASSAY_CORPUS is not set: files read and hostile files were not measured.\n")
	}
	if err := faultySets(ctx); err != nil {
		return err
	}
	if err := memory(ctx); err != nil {
		return err
	}
	return speed(ctx)
}
