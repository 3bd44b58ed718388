package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	"assay/internal/audit"
	"assay/internal/audit/pixel"
	"assay/internal/audit/pixel/pixeltest"
)

const (
	textsPerFrame = 4
	plantable     = 2 << 20 // pixels of the largest frame that text is planted into
	costFrames    = 40
	faintest      = 5 // text stands out by at least a part of this of the grays
)

// outcome counts texts planted in one ink.
type outcome struct{ n, found, readable, likely int }

// inks name what text is written in.
var inks = []string{"highest value of the frame", "far above it", "lowest value", "lighter gray", "darker gray"}

// plantedTexts plants text into frames and prints what the filter misses.
func plantedTexts(ctx context.Context, tools audit.Tools, frames []frame, fonts *pixeltest.Fonts) error {
	r := rand.New(rand.NewPCG(2026, 11))
	var results [5]outcome
	var missed []pixel.Raster
	var texts []string
	var kinds []int
	for _, f := range frames {
		if f.width*f.height > plantable {
			continue
		}
		for range textsPerFrame {
			p, ok := newPlant(r, f, fonts)
			if !ok {
				continue
			}
			results[p.ink].n++
			if p.frame.passes(false) {
				results[p.ink].found++
				continue
			}
			for _, invert := range []bool{false, true} {
				missed, texts, kinds = append(missed, place(p.frame, p.x, p.y, p.stamp.Width, p.stamp.Height, 3, invert)), append(texts, p.stamp.Text), append(kinds, p.ink)
			}
		}
	}
	if tools.ReadText != nil && len(missed) > 0 {
		words, err := tools.ReadText(ctx, missed)
		if err != nil {
			return err
		}
		for i := 0; i < len(words); i += 2 {
			if isRead(texts[i], words[i]) || isRead(texts[i], words[i+1]) {
				results[kinds[i]].readable++
			}
		}
	}
	fmt.Print("| ink | n | passed | missed | of them read in place |\n|---|---:|---:|---:|---:|\n")
	var all outcome
	for i, o := range results {
		fmt.Printf("| %s | %d | %d | %d | %d |\n", inks[i], o.n, o.found, o.n-o.found, o.readable)
		all.n, all.found, all.readable = all.n+o.n, all.found+o.found, all.readable+o.readable
	}
	fmt.Printf("| all | %d | %d | %d | %d |\n", all.n, all.found, all.n-all.found, all.readable)
	return nil
}

// planting is text in a frame.
type planting struct {
	frame frame
	stamp pixeltest.Stamp
	x, y  int
	ink   int
}

// newPlant writes a random text into a copy of f. It is false if the text does
// not fit or would hardly stand out.
func newPlant(r *rand.Rand, f frame, fonts *pixeltest.Fonts) (planting, bool) {
	p := planting{frame: f, stamp: fonts.Random(r, pixeltest.Text(r)), ink: r.IntN(len(inks))}
	if p.stamp.Width >= f.width-4 || p.stamp.Height >= f.height-4 {
		return p, false
	}
	p.x, p.y = 2+r.IntN(f.width-p.stamp.Width-3), 2+r.IntN(f.height-p.stamp.Height-3)
	if r.IntN(2) == 0 { // in a corner
		p.x, p.y = 2, []int{2, f.height - p.stamp.Height - 2}[r.IntN(2)]
	}
	sorted := slices.Sorted(slices.Values(f.samples))
	low, high := int(sorted[len(sorted)/200]), int(sorted[len(sorted)-1-len(sorted)/200])
	local := mean(p.frame, p.x, p.y, p.stamp.Width, p.stamp.Height)
	value := 0
	switch p.ink {
	case 0:
		value = int(sorted[len(sorted)-1])
	case 1:
		value = min(int(sorted[len(sorted)-1])*4+100, 65535)
	case 2:
		value = int(sorted[0])
	case 3:
		value = local + (high-low)*(20+r.IntN(60))/100
	case 4:
		value = local - (high-low)*(20+r.IntN(60))/100
	}
	value = min(max(value, 0), 65535)
	if high-low < 8 || max(value-local, local-value)*faintest < high-low {
		return p, false
	}
	p.frame.samples = slices.Clone(f.samples)
	p.stamp.Press(p.frame.samples, f.width, p.x, p.y, uint16(value))
	return p, true
}

// place renders the rectangle of a frame and a little around it, scale times
// as large.
func place(f frame, x, y, width, height, scale int, invert bool) pixel.Raster {
	const room = 8
	left, top := max(x-2*room, 0), max(y-room, 0)
	w := min(width+4*room, f.width-left)
	h := min(height+2*room, f.height-top)
	low, high := uint16(65535), uint16(0)
	for y := range h {
		for _, v := range f.samples[(top+y)*f.width+left:][:w] {
			low, high = min(low, v), max(high, v)
		}
	}
	r := pixel.Raster{Source: "image", Width: w * scale, Height: h * scale, Scale: float64(scale), Gray: make([]byte, w*h*scale*scale)}
	for n := range r.Gray {
		x, y := n%r.Width/scale, n/r.Width/scale
		v := byte(int(f.samples[(top+y)*f.width+left+x]-low) * 255 / max(int(high-low), 1))
		if invert {
			v = 255 - v
		}
		r.Gray[n] = v
	}
	return r
}

// isRead reports whether at least half of the letters of text were read, in
// runs of two or more.
func isRead(text string, words []pixel.Word) bool {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.Text)
	}
	want, got := letters(text), letters(b.String())
	read := 0
	for i := 0; i < len(want); {
		n := 0
		for i+n < len(want) && strings.Contains(got, want[i:i+n+1]) {
			n++
		}
		if n >= 2 {
			read += n
		}
		i += max(n, 1)
	}
	return 2*read >= len(want)
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// cost compares the processor time of the filter with that of the reader, on
// the same frames of 512 by 512.
func cost(ctx context.Context, tools audit.Tools, frames []frame) error {
	var same []frame
	for _, f := range frames {
		if f.width == 512 && f.height == 512 && len(same) < costFrames {
			same = append(same, f)
		}
	}
	if len(same) == 0 {
		return nil
	}
	best := time.Duration(1 << 62)
	for range 7 {
		before, _ := processor()
		for _, f := range same {
			f.passes(false)
		}
		after, _ := processor()
		best = min(best, (after-before)/time.Duration(len(same)))
	}
	fmt.Printf("\nOne frame of 512 by 512 (n = %d, real ones first) takes %.2f ms of processor time in the filter, best of 7 runs", len(same), best.Seconds()*1000)
	if tools.ReadText == nil {
		fmt.Println("; tesseract was not there.")
		return nil
	}
	for _, scale := range []int{1, 2} {
		var rasters []pixel.Raster
		for _, f := range same {
			rasters = append(rasters, whole(f, scale))
		}
		_, before := processor()
		if _, err := tools.ReadText(ctx, rasters); err != nil {
			return err
		}
		_, after := processor()
		reading := (after - before) / time.Duration(len(rasters))
		size := "as they are"
		if scale > 1 {
			size = "twice as large, as small letters need"
		}
		fmt.Printf("; tesseract, many frames in one process, takes %.0f ms (%.0f times as much) to read them %s", reading.Seconds()*1000, reading.Seconds()/best.Seconds(), size)
	}
	fmt.Println(".")
	return nil
}

// whole renders a frame, scale times as large.
func whole(f frame, scale int) pixel.Raster {
	low, high := slices.Min(f.samples), slices.Max(f.samples)
	r := pixel.Raster{Source: "image", Width: f.width * scale, Height: f.height * scale, Scale: float64(scale)}
	r.Gray = make([]byte, r.Width*r.Height)
	for i := range r.Gray {
		v := f.samples[i/r.Width/scale*f.width+i%r.Width/scale]
		r.Gray[i] = byte(int(v-low) * 255 / max(int(high-low), 1))
	}
	return r
}
