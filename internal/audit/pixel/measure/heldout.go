package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/pixel"
	"assay/internal/audit/pixel/pixeltest"
)

// perStyle is how many texts of each style are planted.
const perStyle = 120

// group is frames of one origin.
type group struct {
	name   string
	frames []frame
}

// heldOut measures the filter on frames and texts that no figure of it was
// tuned on; seen are those it was.
func heldOut(ctx context.Context, tools audit.Tools, seen []frame, fonts *pixeltest.Fonts) error {
	r := rand.New(rand.NewPCG(*seed, 77))
	groups, err := heldOutFrames(ctx, tools, r, seen)
	if err != nil {
		return err
	}
	fmt.Printf("\n### Frames and texts held out (seed %d)\n\n`go run ./internal/audit/pixel/measure -seed %d`\n\n", *seed, *seed)
	fmt.Print("| frames without text | n | passed | passed as of a risky kind |\n|---|---:|---:|---:|\n")
	var all []frame
	for _, g := range groups {
		passing(g.name, g.frames)
		all = append(all, g.frames...)
	}
	passing("all", all)
	fmt.Print("\n| text | n | passed | missed | of them read in place | read in place, missed as of a risky kind |\n|---|---:|---:|---:|---:|---:|\n")
	var total outcome
	for _, s := range styles {
		var o outcome
		var missed []*writing
		for tries := 0; o.n < perStyle && tries < 10*perStyle && len(all) > 0; tries++ {
			f := all[r.IntN(len(all))]
			if f.width*f.height > plantable {
				continue
			}
			f.samples = slices.Clone(f.samples)
			w := &writing{r: r, fonts: fonts, frame: f}
			if !s.write(w) {
				continue
			}
			o.n++
			if w.frame.passes(false) {
				o.found++
			} else {
				missed = append(missed, w)
			}
		}
		likely, err := readInPlace(ctx, tools, s.name, missed, &o)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %d | %d | %d | %d | %d |\n", s.name, o.n, o.found, o.n-o.found, o.readable, likely)
		total.n, total.found, total.readable = total.n+o.n, total.found+o.found, total.readable+o.readable
		total.likely += likely
	}
	fmt.Printf("| all | %d | %d | %d | %d | %d |\n", total.n, total.found, total.n-total.found, total.readable, total.likely)
	return nil
}

// heldOutFrames returns frames that show no text and that are none of seen.
func heldOutFrames(ctx context.Context, tools audit.Tools, r *rand.Rand, seen []frame) ([]group, error) {
	known := map[[sha256.Size]byte]bool{}
	isNew := func(f frame) bool {
		h := sha256.New()
		binary.Write(h, binary.LittleEndian, f.samples)
		sum := [sha256.Size]byte(h.Sum(nil))
		was := known[sum]
		known[sum] = true
		return !was
	}
	for _, f := range seen {
		isNew(f)
	}
	var others, unplanted, changed, made []frame
	for _, f := range corpusFrames(ctx, tools, func(count int) []int {
		if count < 4 {
			return nil
		}
		at := 1 + int(*seed)%(count-2)
		return slices.Compact([]int{at, count / 4, count * 3 / 4})
	}) {
		if isNew(f) {
			others = append(others, f)
		}
	}
	for _, f := range unplantedFrames(ctx, tools) {
		if isNew(f) {
			unplanted = append(unplanted, f)
		}
	}
	for _, f := range seen {
		if f.width*f.height <= plantable {
			changed = append(changed, transformed(r, f))
		}
	}
	synthetic, err := synthFrames(1000*(*seed), 384)
	if err != nil {
		return nil, err
	}
	for _, f := range synthetic {
		made = append(made, transformed(r, f))
	}
	return []group{
		{"other frames of the multi-frame files of the corpus", others},
		{"files of corpus/phi with nothing planted in pixels", unplanted},
		{"frames of the corpus, turned, cut, resized, windowed or compressed", changed},
		{"made by synth from other seeds, changed likewise", made},
	}, nil
}

// unplantedFrames returns the frames of corpus/phi that show no text.
func unplantedFrames(ctx context.Context, tools audit.Tools) []frame {
	folder := filepath.Join(audittest.Folder(), "phi")
	b, err := os.ReadFile(filepath.Join(folder, "truth.json"))
	if err != nil {
		return nil
	}
	var truth struct {
		Files []struct {
			File, Base string
			Items      []struct{ Kind string }
		}
	}
	if json.Unmarshal(b, &truth) != nil {
		return nil
	}
	var list []frame
	for _, f := range truth.Files {
		planted := false
		for _, i := range f.Items {
			planted = planted || strings.Contains(i.Kind, "pixel")
		}
		if !planted && !showsText(f.Base) {
			list = append(list, fileFrames(ctx, tools, f.File, filepath.Join(folder, f.File), ends)...)
		}
	}
	return list
}

// readInPlace has the reader look at the places of what was missed, in both
// polarities and three sizes, counts what it reads, and of that what the
// filter misses in risky kinds of images too.
func readInPlace(ctx context.Context, tools audit.Tools, style string, missed []*writing, o *outcome) (likely int, err error) {
	if tools.ReadText == nil || len(missed) == 0 {
		return 0, nil
	}
	const settings = 6
	var rasters []pixel.Raster
	for _, w := range missed {
		for n := range settings {
			rasters = append(rasters, place(w.frame, w.x, w.y, w.w, w.h, 2+n/2, n%2 == 1))
		}
	}
	words, err := tools.ReadText(ctx, rasters)
	if err != nil {
		return 0, err
	}
	for i, w := range missed {
		read := false
		for _, list := range words[settings*i:][:settings] {
			read = read || isRead(w.text, list)
		}
		if !read {
			continue
		}
		o.readable++
		if !w.frame.passes(true) {
			likely++
		}
		if *missedTo != "" {
			r := place(w.frame, w.x, w.y, w.w, w.h, 1, false)
			name := filepath.Join(*missedTo, fmt.Sprintf("%s %d.pgm", style, i))
			fmt.Fprintf(os.Stderr, "%s: %s, %d x %d at %d, %d\n", name, w.frame.name, w.frame.width, w.frame.height, w.x, w.y)
			if err := os.WriteFile(name, fmt.Appendf(nil, "P5 %d %d 255\n%s", r.Width, r.Height, r.Gray), 0o600); err != nil {
				return 0, err
			}
		}
	}
	return likely, nil
}
