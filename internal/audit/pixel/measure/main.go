// Command measure prints, as Markdown for docs/benchmarks.md, how the filter
// does that decides which frames are read: how many frames without text it
// lets pass, how much planted text it misses, and what it costs beside the
// reader of text. ASSAY_CORPUS adds the frames of the corpus.
//
//	go run ./internal/audit/pixel/measure
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"assay/internal/audit/pixel/pixeltest"
	"assay/internal/fence"
)

// seed makes the frames and texts of the second part, which must differ from
// those that the filter was tuned on.
var seed = flag.Uint64("seed", 1, "of the frames and texts held out")

// missedTo is a folder for what is missed and can be read.
var missedTo = flag.String("missed", "", "write what is missed and read in place into this folder, as PGM")

func main() {
	if len(os.Args) >= 2 && os.Args[1] == "audit-child" {
		if err := fence.ChildMain(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	tools, err := fence.NewTools(fence.ToolsConfig{})
	if err != nil {
		return err
	}
	programs := tools.Audit()
	made, err := synthFrames(0, 512)
	if err != nil {
		return err
	}
	corpus := corpusFrames(ctx, programs, ends)
	fmt.Print("## The filter before the reader of text\n\n`go run ./internal/audit/pixel/measure`\n\n")
	fmt.Print("| frames without text | n | passed | passed as of a risky kind |\n|---|---:|---:|---:|\n")
	passing("made by synth", made)
	passing("of the corpus", corpus)
	all := append(made, corpus...)
	fonts, n := systemFonts()
	fmt.Printf("\nText planted into these frames, in %d outline fonts and 3 of dots, 9 to 48 pixels high. Read in place: what the filter missed and tesseract reads at least by half when it is shown the very place.\n\n", n)
	if err := plantedTexts(ctx, programs, all, fonts); err != nil {
		return err
	}
	if err := cost(ctx, programs, append(corpus, made...)); err != nil {
		return err
	}
	return heldOut(ctx, programs, corpus, fonts)
}

// systemFonts returns the fonts of Go and those of the system.
func systemFonts() (*pixeltest.Fonts, int) {
	f := pixeltest.NewFonts()
	for _, folder := range []string{"dejavu", "liberation", "liberation2", "noto"} {
		names, _ := filepath.Glob("/usr/share/fonts/truetype/" + folder + "/*.ttf")
		for _, name := range names {
			if b, err := os.ReadFile(name); err == nil {
				f.Add(filepath.Base(name), b)
			}
		}
	}
	return f, f.Count()
}

func passing(what string, frames []frame) {
	passed, likely := 0, 0
	for _, f := range frames {
		if f.passes(false) {
			passed++
		}
		if f.passes(true) {
			likely++
		}
	}
	fmt.Printf("| %s | %d | %d | %d |\n", what, len(frames), passed, likely)
}
