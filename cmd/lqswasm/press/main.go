// Command press compresses the audit for browsers once, by brotli, so that the
// server need not do it: NAME becomes NAME.br, unless that is newer.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/andybalholm/brotli"
)

func main() {
	quality := flag.Int("quality", 5, "from 0 to 11: higher is smaller and slower")
	flag.Parse()
	for _, name := range flag.Args() {
		if err := press(name, *quality); err != nil {
			fmt.Fprintln(os.Stderr, "press:", err)
			os.Exit(1)
		}
	}
}

// window is the binary logarithm of how far back repeats are found, in bytes;
// the most that browsers must read.
const window = 24

func press(name string, quality int) error {
	source, err := os.Stat(name)
	if err != nil {
		return err
	}
	if pressed, err := os.Stat(name + ".br"); err == nil && pressed.ModTime().After(source.ModTime()) {
		return nil
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: quality, LGWin: window})
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name+".br", b.Bytes(), 0o644)
}
