package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	picture "image"
	"image/png"
	"maps"
	"slices"

	"assay/internal/audit/pixel"
)

// Samples are pictures that may be shown to buyers once their seller wants it,
// and why the other files of the set are not among them.
type Samples struct {
	List []Sample
	Left []NotChecked // What is empty; the same set gives the same list
}

// Sample is a small gray picture of a frame in which nothing was found. It is
// encoded here from gray values alone: nothing of the file but its look is in it.
type Sample struct {
	File            int    // in the manifest
	Path            string // of the file, as the report names it
	Frame           int    // from 1
	Modality, Plane string // "CT", "axial"; empty if unknown
	Width, Height   int    // in pixels, at most pixel.MaxDrawn
	PNG             []byte // at most 100 kB
}

// maxSampleBytes bounds an encoded sample.
const maxSampleBytes = 100_000

// mostTries is how many frames are drawn at most for each sample wanted.
const mostTries = 3

// drawSamples draws the samples, each read once more as a whole. Without a
// reader of text there are none.
func (a *run) drawSamples(ctx context.Context) (Samples, error) {
	s := a.samples
	if s == nil {
		return Samples{}, nil
	}
	var out Samples
	if a.opts.NoOCR || a.opts.Tools.ReadText == nil {
		s.leave(leftUnread, len(s.files))
	} else {
		want := a.opts.Samples
		for n, f := range s.chosen(a.hasFace, want) {
			if len(out.List) == want || n >= mostTries*want {
				break
			}
			one, why, err := a.drawSample(ctx, int(f.file))
			if err != nil {
				return Samples{}, fmt.Errorf("file %d of %d: draw a sample: %w", f.file+1, len(a.files), err)
			}
			a.tell(Concluding)
			if why != "" {
				s.leave(why, 1)
				continue
			}
			of := s.list[f.series]
			one.File, one.Path, one.Modality, one.Plane = int(f.file), a.nameOf(int(f.file)), of.modality, of.plane
			out.List = append(out.List, one)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(s.left)) {
		if s.left[why] > 0 {
			out.Left = append(out.Left, NotChecked{Why: why, Count: s.left[why]})
		}
	}
	return out, nil
}

// drawSample draws one frame; why says why it is no sample.
func (a *run) drawSample(ctx context.Context, file int) (one Sample, why string, err error) {
	drawn, err := a.draw(ctx, file)
	if err != nil {
		return one, "", err
	}
	if drawn == nil || !drawn.IsValid() {
		return one, leftBlank, nil
	}
	words, err := a.opts.Tools.ReadText(ctx, drawn.Whole)
	var fault *DecodeError
	switch {
	case errors.As(err, &fault) || err == nil && len(words) < len(drawn.Whole):
		return one, leftUnread, nil
	case err != nil:
		return one, "", err
	}
	for n := range drawn.Whole {
		r := &drawn.Whole[n]
		if words[n] == nil {
			return one, leftUnread, nil
		}
		known := a.known != nil && len(pixel.JudgeKnown(r, words[n], a.known)) > 0
		if known || pixel.HasWords(words[n]) || !pixel.Judge(r, words[n], plainScanner).IsClean() {
			return one, leftText, nil
		}
	}
	encoded, err := encodeGray(drawn)
	if err != nil || len(encoded) > maxSampleBytes {
		return one, leftBlank, err
	}
	return Sample{Frame: drawn.Frame, Width: drawn.Width, Height: drawn.Height, PNG: encoded}, "", nil
}

// draw has the inspection, which may run behind a fence, draw a frame. A file
// that cannot be drawn gives nil.
func (a *run) draw(ctx context.Context, file int) (*pixel.Drawn, error) {
	f := a.files[file]
	var fault *faultError
	o, err := a.open(ctx, f)
	if err != nil {
		if errors.As(err, &fault) || ctx.Err() != nil {
			return nil, err
		}
		return nil, nil
	}
	defer o.close()
	opts := a.inspect
	opts.Draw = true
	given := File{Path: f.path, SizeBytes: o.size, Content: o.content}
	facts, err := a.opts.Inspect(ctx, given, opts)
	if err != nil || facts.Drawn == nil || !facts.Drawn.NeedsDecoder {
		return facts.Drawn, err
	}
	if a.opts.Tools.Decode == nil {
		return nil, nil
	}
	content, err := a.opts.Tools.Decode(ctx, given)
	var refused *DecodeError
	if errors.As(err, &refused) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer content.Close()
	facts, err = a.opts.Inspect(ctx, File{Path: f.path, SizeBytes: content.Size(), Content: content}, opts)
	return facts.Drawn, err
}

// encodeGray writes a picture as PNG: its header, its pixels and its end.
func encodeGray(d *pixel.Drawn) ([]byte, error) {
	var out bytes.Buffer
	gray := &picture.Gray{Pix: d.Gray, Stride: d.Width, Rect: picture.Rect(0, 0, d.Width, d.Height)}
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, gray)
	return out.Bytes(), err
}
