package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
)

// frame is one frame of gray samples.
type frame struct {
	name          string
	width, height int
	samples       []uint16
}

func (f frame) passes(likely bool) bool {
	return len(pixel.Filter(f.samples, f.width, f.height, likely)) > 0
}

// Frames of the corpus that show text, by eye.
var withText = []string{"no-pixel-spacing", "gdcm-CT-MONO2-8-abdo", "RGB_ILV", "MG1_"}

const (
	smallest = 80 // pixels of a side; smaller frames hold no text to plant
	largest  = 16 << 20
)

// synthFrames returns slices by code, without text, of ten seeds after first.
func synthFrames(first uint64, side int) ([]frame, error) {
	var list []frame
	for _, m := range []synth.Modality{synth.CT, synth.MR, synth.DX, synth.US} {
		for n := range uint64(10) {
			files, err := synth.Series(synth.Spec{Modality: m, Seed: first + n + 1, Slices: 3, Rows: side, Columns: side})
			if err != nil {
				return nil, err
			}
			b := files[1].Data
			list = append(list, framesOf(string(m), bytes.NewReader(b), int64(len(b)), ends)...)
		}
	}
	return list, nil
}

// ends are the first, the middle and the last of count frames, as the audit
// takes first.
func ends(count int) []int { return slices.Compact([]int{0, count / 2, count - 1}) }

// corpusFrames returns gray frames of each file of the corpus that shows no
// text.
func corpusFrames(ctx context.Context, tools audit.Tools, which func(count int) []int) []frame {
	folder := audittest.Folder()
	if folder == "" {
		return nil
	}
	instances, err := audittest.Instances(folder)
	if err != nil {
		return nil
	}
	var list []frame
	for _, i := range instances {
		if !showsText(i.Path) {
			list = append(list, fileFrames(ctx, tools, i.Path, filepath.Join(folder, "dicom", i.Path), which)...)
		}
	}
	return list
}

func showsText(path string) bool {
	return slices.ContainsFunc(withText, func(s string) bool { return strings.Contains(path, s) })
}

// fileFrames reads gray frames of a file, with the decoder where that is
// needed.
func fileFrames(ctx context.Context, tools audit.Tools, name, path string, which func(count int) []int) []frame {
	b, err := os.ReadFile(path)
	if err != nil || len(b) > 128<<20 {
		return nil
	}
	var content io.ReaderAt = bytes.NewReader(b)
	size := int64(len(b))
	if tools.Decode != nil && isCompressed(b) {
		d, err := tools.Decode(ctx, audit.File{Path: "file", SizeBytes: size, Content: content})
		if err != nil {
			return nil
		}
		defer d.Close()
		content, size = d, d.Size()
	}
	return framesOf(name, content, size, which)
}

func isCompressed(b []byte) bool {
	h, err := dicom.Scan(context.Background(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, nil)
	return err == nil && h.PixelData.Encapsulated
}

// framesOf reads native gray frames of 8 or 16 bits.
func framesOf(name string, r io.ReaderAt, size int64, which func(count int) []int) []frame {
	h, err := dicom.Scan(context.Background(), r, size, dicom.Limits{}, nil)
	if err != nil || !h.PixelData.Present || h.PixelData.Encapsulated {
		return nil
	}
	s, _ := dict.LookupTransferSyntax(h.TransferSyntaxUID)
	m := h.Image
	pixels := m.Rows * m.Columns
	if s.BigEndian || s.Deflated || m.SamplesPerPixel != 1 || m.BitsAllocated != 8 && m.BitsAllocated != 16 ||
		m.PhotometricInterpretation == "PALETTE COLOR" || min(m.Rows, m.Columns) < smallest || pixels > largest {
		return nil
	}
	var list []frame
	count := max(m.Frames, 1)
	for _, i := range which(count) {
		b := make([]byte, pixels*m.BitsAllocated/8)
		if _, err := r.ReadAt(b, h.PixelData.Offset+int64(i)*int64(len(b))); err != nil && err != io.EOF {
			continue
		}
		f := frame{name: name, width: m.Columns, height: m.Rows, samples: make([]uint16, pixels)}
		for n := range f.samples {
			if m.BitsAllocated == 8 {
				f.samples[n] = uint16(b[n])
			} else {
				f.samples[n] = binary.LittleEndian.Uint16(b[2*n:]) ^ uint16(m.PixelRepresentation)<<15
			}
		}
		if slices.Min(f.samples) != slices.Max(f.samples) {
			list = append(list, f)
		}
	}
	return list
}
