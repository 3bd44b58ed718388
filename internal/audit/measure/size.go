package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/synth"
	"assay/internal/fence"
)

// size audits files and sets of a tenth of the size and of the whole, and says
// what memory each took: with what images show, and without (--no-ocr).
func size(ctx context.Context) error {
	fmt.Print("\n### Memory by size: the most resident at any time\n\n")
	fmt.Print("| what | images | this process | largest child | largest program | seconds | verdict |\n|---|---|---|---|---|---|---|\n")
	for _, frames := range []int{190, 1907} { // of 512 KiB: 100 MB and 1 GB
		if err := sizeOf(ctx, fmt.Sprintf("one file of %d frames, %d MB", frames, frames<<19/1_000_000), func(folder string) error { return writeFrames(folder, frames) }); err != nil {
			return err
		}
	}
	for _, files := range []int{1000, 10_000} {
		if err := sizeOf(ctx, fmt.Sprintf("set of %d files", files), func(folder string) error { return writeSet(folder, files) }); err != nil {
			return err
		}
	}
	return nil
}

// sizeOf makes files in a folder, audits them in both ways, and removes them.
func sizeOf(ctx context.Context, what string, make func(folder string) error) error {
	folder, err := os.MkdirTemp("", "assay-size-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := make(folder); err != nil {
		return err
	}
	programs, err := fence.NewTools(fence.ToolsConfig{})
	if err != nil {
		return err
	}
	for _, images := range []bool{false, true} {
		if err := sizeRow(ctx, what, os.DirFS(folder), images, programs); err != nil {
			return err
		}
	}
	return nil
}

func sizeRow(ctx context.Context, what string, set fs.FS, images bool, programs *fence.Tools) error {
	pool, err := fence.New(fence.Config{})
	if err != nil {
		return err
	}
	defer pool.Close()
	said := "no"
	if images {
		said = "yes"
	}
	freeMemory()
	watch, start := watchResident(), time.Now()
	r, err := audit.Run(ctx, set, audit.Options{
		Inspect: pool.Inspect, Parallel: pool.Parallel(), NoOCR: !images, Tools: programs.Audit(), Scratch: fence.NewScratch(os.TempDir()),
	})
	took := time.Since(start)
	parent, reader, decoder, ocr := watch.done()
	if err != nil {
		return err
	}
	fmt.Printf("| %s | %s | %d MB | %d MB | %d MB | %.1f | %s |\n", what, said, parent/1_000_000, reader/1_000_000, max(decoder, ocr)/1_000_000, took.Seconds(), r.Verdict)
	return nil
}

// writeFrames writes a multi-frame CT of 512 x 512 in 16 bits: frame by frame,
// each with some of its own noise.
func writeFrames(folder string, frames int) error {
	f, err := os.Create(filepath.Join(folder, "frames.dcm"))
	if err != nil {
		return err
	}
	defer f.Close()
	head := dicomtest.Build(fmt.Sprintf(`(0008,0005) CS ISO_IR 192
(0008,0016) UI MultiFrameGrayscaleWordSecondaryCaptureImageStorage
(0008,0018) UI 2.25.401
(0008,0060) CS OT
(0010,0010) PN SUBJ-0401
(0010,0020) LO SUBJ-0401
(0020,000D) UI 2.25.402
(0020,000E) UI 2.25.403
(0028,0002) US 1
(0028,0004) CS MONOCHROME2
(0028,0008) IS %d
(0028,0010) US 512
(0028,0011) US 512
(0028,0100) US 16
(0028,0101) US 16
(0028,0102) US 15
(0028,0103) US 0
`, frames))
	head = append(head, 0xE0, 0x7F, 0x10, 0x00, 'O', 'W', 0, 0)
	head = binary.LittleEndian.AppendUint32(head, uint32(frames)<<19)
	if _, err := f.Write(head); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	frame := make([]byte, 1<<19)
	for i := 0; i < len(frame); i += 2 {
		x, y := i/2%512-256, i/1024-256
		binary.LittleEndian.PutUint16(frame[i:], uint16(max(0, 1500-(x*x+y*y)/40)+r.IntN(40)))
	}
	for range frames {
		for range 200 {
			frame[2*r.IntN(1<<18)] = byte(r.Uint32())
		}
		if _, err := f.Write(frame); err != nil {
			return err
		}
	}
	return nil
}

// writeSet writes series of 250 images each.
func writeSet(folder string, files int) error {
	for n := 0; n*250 < files; n++ {
		series, err := synth.Series(synth.Spec{Modality: []synth.Modality{synth.CT, synth.MR}[n%2], Seed: uint64(n + 1), Slices: 250, Rows: 64, Columns: 64})
		if err != nil {
			return err
		}
		for _, f := range series {
			name := filepath.Join(folder, fmt.Sprint(n), filepath.FromSlash(f.Path))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(name, f.Data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
