package main

import (
	"bytes"
	"context"
	"fmt"
	"syscall"

	"assay/internal/audit"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
	"assay/internal/fence"
)

// Frames that are read, and how many of them one process each.
const (
	readTogether = 48
	readAlone    = 8
)

// readingText compares a list of frames in one process with a process for each.
func readingText(ctx context.Context) error {
	tools, err := fence.NewTools(fence.ToolsConfig{Processes: 1})
	if err != nil {
		return err
	}
	read := tools.Audit().ReadText
	if read == nil {
		fmt.Print("\nText in images was not measured: tesseract is not installed.\n")
		return nil
	}
	rasters, err := madeRasters(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\n### Text in images (processor time of the reader, its start and fence included)\n\n")
	fmt.Printf("| made US frames with burned-in text | a list in one process | a process each | ratio |\n|---|---|---|---|\n")
	whole := make([]pixel.Raster, readTogether)
	parts := make([]pixel.Raster, readTogether)
	for i := range parts {
		parts[i] = rasters[i%len(rasters)]
		whole[i] = onCanvas(parts[i])
	}
	for _, kind := range []struct {
		name string
		list []pixel.Raster
	}{{"the pieces that the pre-filter cuts out", parts}, {"on a canvas of 512 x 512", whole}} {
		if _, err := read(ctx, kind.list[:2]); err != nil { // warm-up
			return err
		}
		together, err := rate(len(kind.list), func() error { _, err := read(ctx, kind.list); return err })
		if err != nil {
			return err
		}
		alone, err := rate(readAlone, func() error {
			for i := range readAlone {
				if _, err := read(ctx, kind.list[i:i+1]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.1f frames/s (n = %d) | %.1f frames/s (n = %d) | %.1f |\n", kind.name, together, len(kind.list), alone, readAlone, together/alone)
	}
	return nil
}

// rate returns how many frames f handles in a second of processor time.
func rate(frames int, f func() error) (float64, error) {
	before := childTime()
	if err := f(); err != nil {
		return 0, err
	}
	return float64(frames) / (childTime() - before), nil
}

// childTime is the processor time of all children that have ended, in seconds.
func childTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime)
}

// madeRasters are those of made ultrasound frames with burned-in text.
func madeRasters(ctx context.Context) ([]pixel.Raster, error) {
	files, err := synth.Series(synth.Spec{Modality: synth.US, Seed: 11, Slices: 8, Problems: []synth.Problem{synth.BurnedInText}})
	if err != nil {
		return nil, err
	}
	var list []pixel.Raster
	for _, f := range files {
		facts, err := audit.Inspect(ctx, audit.File{Path: f.Path, SizeBytes: int64(len(f.Data)), Content: bytes.NewReader(f.Data)},
			audit.InspectOptions{Limits: audit.DefaultLimits()})
		if err != nil {
			return nil, err
		}
		if facts.Pixels != nil {
			list = append(list, facts.Pixels.Rasters...)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("the pre-filter sees no text in made frames")
	}
	return list, nil
}

// onCanvas puts the raster on a white frame of 512 by 512 pixels, cut off where
// it is larger.
func onCanvas(r pixel.Raster) pixel.Raster {
	const side = 512
	out := pixel.Raster{Source: r.Source, Width: side, Height: side, Scale: 1, Gray: bytes.Repeat([]byte{255}, side*side)}
	for y := range min(side, r.Height) {
		copy(out.Gray[y*side:(y+1)*side], r.Gray[y*r.Width:(y+1)*r.Width])
	}
	return out
}
