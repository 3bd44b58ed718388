package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"testing/fstest"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/dicom"
	"assay/internal/audit/synth"
	"assay/internal/fence"

	second "github.com/suyashkumar/dicom"
)

// rounds is how often each way is timed; they take turns, and the median of
// the ratios counts, so that a busy machine slows both.
const rounds = 7

// speed compares the fence with the same audit in this process, and the
// scanner with the parser of github.com/suyashkumar/dicom, on series made by
// code.
func speed(ctx context.Context) error {
	files, err := madeFiles()
	if err != nil {
		return err
	}
	set := fstest.MapFS{}
	var total int64
	for _, f := range files {
		set[f.Path] = &fstest.MapFile{Data: f.Data}
		total += int64(len(f.Data))
	}
	pool, err := fence.New(fence.Config{Children: 1})
	if err != nil {
		return err
	}
	defer pool.Close()
	here := audit.Options{Parallel: 1}
	fenced := audit.Options{Parallel: pool.Parallel(), Inspect: pool.Inspect, Scratch: fence.NewScratch(os.TempDir())}
	whole, err := alternate(
		func() error { _, err := audit.Run(ctx, set, here); return err },
		func() error { _, err := audit.Run(ctx, set, fenced); return err })
	if err != nil {
		return err
	}
	parsers, err := alternate(
		func() error { return parseAll(files) },
		func() error { return scanAll(ctx, files) })
	if err != nil {
		return err
	}
	fmt.Printf("\n### Speed (n = %d instances of made CT, MR and US, %s; %d rounds in turn, median)\n\n", len(files), audit.FormatBytes(total), rounds)
	fmt.Print("| what | files/s | ratio of files/s (range) |\n|---|---|---|\n")
	fmt.Printf("| whole audit in this process, one at a time | %.0f | 1 |\n", whole.rate(0, len(files)))
	fmt.Printf("| whole audit, one fenced child | %.0f | %s |\n", whole.rate(1, len(files)), whole.ratio())
	fmt.Printf("| suyashkumar/dicom v1.1.0, SkipPixelData | %.0f | 1 |\n", parsers.rate(0, len(files)))
	fmt.Printf("| audit/dicom.Scan, all elements visited | %.0f | %s |\n", parsers.rate(1, len(files)), parsers.ratio())
	return nil
}

func madeFiles() ([]synth.File, error) {
	var all []synth.File
	for i, m := range []synth.Modality{synth.CT, synth.MR, synth.US} {
		files, err := synth.Series(synth.Spec{Modality: m, Seed: uint64(i + 1), Slices: 200})
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	return all, nil
}

func parseAll(files []synth.File) error {
	for _, f := range files {
		if _, err := second.Parse(bytes.NewReader(f.Data), int64(len(f.Data)), nil, second.SkipPixelData()); err != nil && err != io.EOF {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	return nil
}

func scanAll(ctx context.Context, files []synth.File) error {
	for _, f := range files {
		if _, err := dicom.Scan(ctx, bytes.NewReader(f.Data), int64(len(f.Data)), dicom.Limits{}, func(*dicom.Element) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// turns are the times of two ways, round by round.
type turns [rounds][2]time.Duration

// alternate times two ways in turn, after one round that does not count.
func alternate(one, two func() error) (turns, error) {
	var t turns
	for round := -1; round < rounds; round++ {
		for i, way := range []func() error{one, two} {
			start := time.Now()
			if err := way(); err != nil {
				return t, err
			}
			if round >= 0 {
				t[round][i] = time.Since(start)
			}
		}
	}
	return t, nil
}

func (t turns) rate(way, files int) float64 {
	var all []time.Duration
	for _, r := range t {
		all = append(all, r[way])
	}
	slices.Sort(all)
	return float64(files) / all[rounds/2].Seconds()
}

func (t turns) ratio() string {
	var all []float64
	for _, r := range t {
		all = append(all, r[0].Seconds()/r[1].Seconds())
	}
	slices.Sort(all)
	return fmt.Sprintf("%.2f (%.2f-%.2f)", all[rounds/2], all[0], all[rounds-1])
}
