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

// madeFrames returns slices by code, without text.
func madeFrames() ([]frame, error) {
	var list []frame
	for _, m := range []synth.Modality{synth.CT, synth.MR, synth.DX, synth.US} {
		for seed := range uint64(10) {
			files, err := synth.Series(synth.Spec{Modality: m, Seed: seed + 1, Slices: 3, Rows: 512, Columns: 512})
			if err != nil {
				return nil, err
			}
			b := files[1].Data
			list = append(list, framesOf(string(m), bytes.NewReader(b), int64(len(b)))...)
		}
	}
	return list, nil
}

// corpusFrames returns the first, the middle and the last gray frame of each
// file of the corpus that shows no text.
func corpusFrames(ctx context.Context, tools audit.Tools) []frame {
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
		if slices.ContainsFunc(withText, func(s string) bool { return strings.Contains(i.Path, s) }) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(folder, "dicom", i.Path))
		if err != nil || len(b) > 128<<20 {
			continue
		}
		var content io.ReaderAt = bytes.NewReader(b)
		size := int64(len(b))
		if tools.Decode != nil && isCompressed(b) {
			d, err := tools.Decode(ctx, audit.File{Path: "file", SizeBytes: size, Content: content})
			if err != nil {
				continue
			}
			defer d.Close()
			content, size = d, d.Size()
		}
		list = append(list, framesOf(i.Path, content, size)...)
	}
	return list
}

func isCompressed(b []byte) bool {
	h, err := dicom.Scan(context.Background(), bytes.NewReader(b), int64(len(b)), dicom.Limits{}, nil)
	return err == nil && h.PixelData.Encapsulated
}

// framesOf reads native gray frames of 8 or 16 bits.
func framesOf(name string, r io.ReaderAt, size int64) []frame {
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
	for _, i := range slices.Compact([]int{0, count / 2, count - 1}) {
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
