package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/annotation"
	"assay/internal/audit/deid"
	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
	"assay/internal/fence"
)

// largeTableRows is how many rows the large table has.
const largeTableRows = 1_000_000

// largeTable scores a table of a million labels in a fenced reader, beside
// Python's csv reader over the same file, and says what each part of the audit
// takes of the time.
func largeTable(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "assay-table")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "labels.csv")
	size, err := writeTable(path, largeTableRows)
	if err != nil {
		return err
	}
	freeMemory()
	whole, parent, child, labels, err := scoreLarge(ctx, folder)
	if err != nil {
		return err
	}
	fmt.Printf("\n### A table of %d rows (%s: image, patient, split, sex, age, label)\n\n", largeTableRows, audit.FormatBytes(size))
	fmt.Print("| what | seconds | of a processor | most resident |\n|---|---|---|---|\n")
	fmt.Printf("| audit and score in one fenced reader, %d labels found | %.1f | | parent %s, reader %s |\n", labels, whole.Seconds(), audit.FormatBytes(parent), audit.FormatBytes(child))
	for _, part := range []struct {
		name string
		run  func(*os.File) error
	}{
		{"of that: labels alone, in this process", func(f *os.File) error { return tableLabels(ctx, f, size) }},
		{"of that: identifiers in the text alone, in this process", func(f *os.File) error { return tableIdentifiers(ctx, f, size) }},
	} {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		start, used := time.Now(), processorTime()
		err = part.run(f)
		f.Close()
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.1f | %.1f | |\n", part.name, time.Since(start).Seconds(), (processorTime() - used).Seconds())
	}
	return pythonReads("csv", "import csv,sys\nfor r in csv.reader(open(sys.argv[1],newline='')): pass", path)
}

// scoreLarge scores a folder with one fenced reader.
func scoreLarge(ctx context.Context, folder string) (took time.Duration, parent, child int64, labels int, err error) {
	pool, err := fence.New(fence.Config{Children: 1})
	if err != nil {
		return 0, 0, 0, 0, err
	}
	defer pool.Close()
	defer debug.SetGCPercent(debug.SetGCPercent(25)) // as lqs score does
	watch := watchResident()
	start := time.Now()
	r, err := audit.Run(ctx, os.DirFS(folder), audit.Options{
		Parallel: pool.Parallel(), Inspect: pool.Inspect, Scratch: fence.NewScratch(os.TempDir()), Scoring: &audit.Scoring{},
	})
	took = time.Since(start)
	parent, child, _, _ = watch.done()
	if err != nil {
		return 0, 0, 0, 0, err
	}
	for _, c := range r.Quality.Classes {
		labels += c.Labels
	}
	return took, parent, child, labels, nil
}

func tableLabels(ctx context.Context, f *os.File, size int64) error {
	_, err := annotation.Read(ctx, annotation.Source{
		Path: "labels.csv", SizeBytes: size, Content: f, Kind: sniff.CSV, Hash: func(s string) (h deid.Hash) { copy(h[:], s); return },
	})
	return err
}

func tableIdentifiers(ctx context.Context, f *os.File, size int64) error {
	in := document.Inspector{Scanner: text.New(text.Options{}), Emit: func(finding.Finding) {}, Text: func(string) {}, Name: func(string) {}}
	return in.Inspect(ctx, f, size, sniff.CSV, "labels.csv")
}

// pythonReads times a program of Python that reads a file, and prints its line.
func pythonReads(what, program, path string) error {
	python, err := exec.LookPath("python3")
	if err != nil {
		fmt.Print("\npython3 is not there: nothing to compare with.\n")
		return nil
	}
	program += "\nprint([l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')][0])"
	start := time.Now()
	c := exec.Command(python, "-c", program, path)
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("python3: %w", err)
	}
	took := time.Since(start)
	kb, _ := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	fmt.Printf("| Python's %s reader alone, which keeps nothing | %.1f | %.1f | %s |\n", what, took.Seconds(), cpu.Seconds(), audit.FormatBytes(kb<<10))
	return nil
}

// writeTable writes a table of labels, and returns its size in bytes.
func writeTable(path string, rows int) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	random := rand.New(rand.NewPCG(1, 2))
	classes := []string{"Atelectasis", "Effusion", "Mass", "Nodule", "No Finding"}
	splits := []string{"train", "train", "train", "val", "test"}
	fmt.Fprint(w, "image,patient,split,sex,age,label\n")
	for i := range rows {
		patient := i / 4
		fmt.Fprintf(w, "images/%08d.png,P%06d,%s,%s,%d,%s\n", i, patient, splits[patient%5], []string{"M", "F"}[patient%2], 20+random.IntN(70), classes[random.IntN(5)])
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	return f.Seek(0, io.SeekCurrent)
}
