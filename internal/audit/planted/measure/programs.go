package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"assay/internal/audit/planted"
)

// compress has gdcmconv write a DICOM file anew.
func compress(ctx context.Context, dicom []byte, encoding string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "assay-planted-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	in, out := filepath.Join(folder, "in"), filepath.Join(folder, "out")
	if err := os.WriteFile(in, dicom, 0o600); err != nil {
		return nil, err
	}
	flag := map[string]string{"JPEG 2000": "--j2k", "JPEG-LS": "--jpegls", "JPEG lossless": "--jpeg"}[encoding]
	if said, err := exec.CommandContext(ctx, "gdcmconv", flag, "--quiet", in, out).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("gdcmconv %s: %w: %s", flag, err, said)
	}
	return os.ReadFile(out)
}

// setting is one way to ask the reader of text.
type setting struct {
	psm      string
	scale    int
	inverted bool
}

// settings begins with those that read most.
func settings() []setting {
	list := []setting{{"11", 2, false}, {"11", 2, true}, {"6", 3, false}, {"6", 3, true}, {"11", 3, false}, {"11", 3, true}}
	for _, psm := range []string{"3", "6", "11"} {
		for _, scale := range []int{1, 2, 3} {
			for _, inverted := range []bool{false, true} {
				if s := (setting{psm, scale, inverted}); !slices.Contains(list, s) {
					list = append(list, s)
				}
			}
		}
	}
	return list
}

// readable asks the reader about every frame, one setting after the other
// until a word of it comes back. It runs beside the audit and shares nothing
// with it.
func readable(frames []planted.Frame) ([]bool, error) {
	folder, err := os.MkdirTemp("", "assay-planted-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	read := make([]bool, len(frames))
	for _, s := range settings() {
		var left []int
		for i := range frames {
			if !read[i] {
				left = append(left, i)
			}
		}
		if err := readAll(folder, s, frames, left, read); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// readAll reads frames in two processes at a time, 12 frames each.
func readAll(folder string, s setting, frames []planted.Frame, left []int, read []bool) error {
	var work sync.WaitGroup
	slots := make(chan struct{}, 2)
	chunks := slices.Collect(slices.Chunk(left, 12))
	errs := make([]error, len(chunks))
	for k, chunk := range chunks {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			pages, err := readPages(folder, k, s, frames, chunk)
			if errs[k] = err; err != nil {
				return
			}
			for n, i := range chunk {
				read[i] = slices.ContainsFunc(frames[i].Words, func(word string) bool { return strings.Contains(pages[n], word) })
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// readPages returns the letters and digits of each frame of a chunk.
func readPages(folder string, k int, s setting, frames []planted.Frame, chunk []int) ([]string, error) {
	var list strings.Builder
	for n, i := range chunk {
		name := filepath.Join(folder, fmt.Sprintf("%d-%d.pgm", k, n))
		if err := os.WriteFile(name, graymap(frames[i].Image, s), 0o600); err != nil {
			return nil, err
		}
		list.WriteString(name + "\n")
	}
	name := filepath.Join(folder, fmt.Sprintf("%d.txt", k))
	if err := os.WriteFile(name, []byte(list.String()), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("tesseract", name, "stdout", "--psm", s.psm)
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("tesseract: %w", err)
	}
	pages := strings.Split(string(out), "\f")
	if len(pages) < len(chunk) {
		return nil, fmt.Errorf("tesseract: %d pages for %d frames", len(pages), len(chunk))
	}
	for i, p := range pages {
		pages[i] = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
				return r
			}
			return -1
		}, strings.ToUpper(p))
	}
	return pages, nil
}

// graymap writes an image enlarged, in the format PGM.
func graymap(m *image.Gray, s setting) []byte {
	w, h := m.Rect.Dx()*s.scale, m.Rect.Dy()*s.scale
	var b bytes.Buffer
	fmt.Fprintf(&b, "P5\n%d %d\n255\n", w, h)
	for y := range h {
		for x := range w {
			b.WriteByte(between(m, float64(x)/float64(s.scale), float64(y)/float64(s.scale), s.inverted))
		}
	}
	return b.Bytes()
}

// between returns the gray at a place between pixels.
func between(m *image.Gray, x, y float64, inverted bool) byte {
	i, j := int(x), int(y)
	fx, fy := x-float64(i), y-float64(j)
	at := func(i, j int) float64 {
		return float64(m.Pix[min(j, m.Rect.Dy()-1)*m.Stride+min(i, m.Rect.Dx()-1)])
	}
	v := (at(i, j)*(1-fx)+at(i+1, j)*fx)*(1-fy) + (at(i, j+1)*(1-fx)+at(i+1, j+1)*fx)*fy
	if inverted {
		v = 255 - v
	}
	return byte(v + 0.5)
}
