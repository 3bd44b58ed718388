package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
)

// What the report says was not done with images.
const (
	textWhat  = "text in images"
	notAsked  = "The audit was asked not to look at what images show."
	noReader  = "The program that reads text in images (tesseract) was not there."
	noDecoder = "The program that decodes compressed images (gdcmconv) was not there. "
)

// images looks at what the images of an audit show: it has frames decoded
// that the inspection could not decode, and the text in rendered frames read
// and judged. Decoding holds up one worker; reading goes on beside the
// inspection, with the rasters that wait bounded in bytes. What it finds is
// kept until the end and taken in the order of the plan.
type images struct {
	run   *run
	turns turns
	room  *room
	hash  *hasher         // of who takes
	ctx   context.Context // of all readings, beyond that of the inspection
	stop  context.CancelFunc

	used   int // frames admitted so far, in the order of the plan
	others int // of them in images without a risk

	reading sync.WaitGroup
	mu      sync.Mutex
	seen    map[int]*image // by file
	kept    int            // words in all images
	over    bool           // there were more
}

// image is what is known of one file's images.
type image struct {
	facts   *pixel.Facts
	notRun  string        // why its frames were not read; empty if they were
	done    chan struct{} // closed once nothing more will come
	rasters []pixel.Raster
	words   [][]pixel.Word
	judged  []pixel.Judgment
	preview []Preview
	err     error
}

// maxWaiting bounds the bytes of the rasters that wait for the reader.
const maxWaiting = 128 << 20

// framesOfDecoded is what an image that must be decoded counts for, before
// anybody knows how many of its frames will be read.
const framesOfDecoded = 3

func newImages(ctx context.Context, a *run) *images {
	v := &images{run: a, room: newRoom(maxWaiting), hash: newHasher(a.inspect.Key), seen: map[int]*image{}}
	v.ctx, v.stop = context.WithCancel(ctx)
	v.turns.waiting = map[int]chan struct{}{}
	return v
}

// close ends what is still under way.
func (v *images) close() {
	v.stop()
	v.reading.Wait()
}

// look takes the facts of a file that was inspected and is still open.
func (v *images) look(ctx context.Context, i int, f File, facts *Facts) error {
	p := facts.Pixels
	if p == nil {
		return nil
	}
	facts.Findings = append(facts.Findings, p.Findings...)
	rasters := p.Rasters
	p.Findings, p.Rasters = nil, nil
	one := &image{facts: p, done: make(chan struct{})}
	if len(rasters) > 0 || p.NeedsDecoder {
		admitted, err := v.admit(ctx, i, p, len(rasters))
		if err != nil {
			return err
		}
		if !admitted {
			one.notRun = v.overBudget()
			rasters = nil
		} else if p.NeedsDecoder {
			if rasters, err = v.decode(ctx, i, f, facts, one, rasters); err != nil {
				return err
			}
		}
	} else if p.Undecoded != "" {
		one.notRun = p.Undecoded
	}
	tools := v.run.opts.Tools
	if len(rasters) > 0 && tools.ReadText == nil {
		one.notRun, rasters = noReader, nil
	}
	if len(rasters) == 0 && one.notRun == "" && !p.BurnedIn {
		return nil
	}
	one.rasters = rasters
	v.mu.Lock()
	v.seen[i] = one
	v.mu.Unlock()
	return v.start(ctx, one)
}

func (v *images) overBudget() string {
	return fmt.Sprintf("The audit reads at most %d frames of a set, first those that are likely to show text.", v.run.opts.Limits.ReadFrames)
}

// admit decides whether the frames of file i are read within the budget of the
// set. It decides in the order of the plan, so that the same set gives the
// same report; images without a risk get a quarter of the budget at most.
func (v *images) admit(ctx context.Context, i int, p *pixel.Facts, rasters int) (bool, error) {
	if err := v.turns.wait(ctx, i); err != nil {
		return false, err
	}
	defer v.turns.pass(i)
	limit := v.run.opts.Limits.ReadFrames
	frames := max(1, rasters)
	risky := len(p.Risks) > 0 || p.BurnedIn
	if p.NeedsDecoder {
		frames = max(frames, framesOfDecoded)
		// Compressed images without a risk are decoded by sample, spread over
		// the set.
		if stride := 1 + len(v.run.files)/max(1, limit/4/framesOfDecoded); !risky && i%stride != 0 {
			return false, nil
		}
	}
	if v.used+frames > limit || !risky && v.others+frames > limit/4 {
		return false, nil
	}
	v.used += frames
	if !risky {
		v.others += frames
	}
	return true, nil
}

// decode has a file decoded and looks at it once more. It returns the rasters
// to read: those found before if the decoder is of no help.
func (v *images) decode(ctx context.Context, i int, f File, facts *Facts, one *image, before []pixel.Raster) ([]pixel.Raster, error) {
	decode := v.run.opts.Tools.Decode
	if decode == nil {
		one.notRun = noDecoder + one.facts.Undecoded
		return before, nil
	}
	content, err := decode(ctx, f)
	var fault *DecodeError
	switch {
	case errors.As(err, &fault):
		one.notRun = fault.Message
		if !fault.NotTried {
			facts.Findings = append(facts.Findings, undecodable(fault, one.facts))
		}
		return before, nil
	case err != nil:
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("decode: %w", err)
	}
	defer content.Close()
	opts := v.run.inspect
	opts.OnlyPixels = true
	again, err := v.run.opts.Inspect(ctx, File{Path: f.Path, SizeBytes: content.Size(), Content: content}, opts)
	if err != nil {
		return nil, err
	}
	p := again.Pixels
	if p == nil || p.Undecoded != "" {
		one.notRun = "The decoder wrote a file whose frames the audit does not read."
		return before, nil
	}
	for _, one := range p.Findings {
		// What the header tells was said at the first look.
		if !slices.ContainsFunc(facts.Findings, func(f finding.Finding) bool {
			return f.Rule == one.Rule && f.Path == one.Path && f.Message == one.Message
		}) {
			facts.Findings = append(facts.Findings, one)
		}
	}
	one.facts.Constant, one.facts.Undecoded, one.facts.NeedsDecoder = p.Constant, "", false
	one.facts.Measured, one.facts.Skipped = p.Measured, p.Skipped
	if one.facts.Digest, err = digestDecoded(ctx, content, p.Offset, p.Length); err != nil {
		return nil, fmt.Errorf("read a decoded file: %w", err)
	}
	return p.Rasters, nil
}

// undecodable is the finding on a file on which the decoder failed: a blocker
// if it died, else a warning, since another decoder may read more.
func undecodable(fault *DecodeError, p *pixel.Facts) finding.Finding {
	f := ruleByID()["pix-decode"].New("(7FE0,0010) PixelData", "", fault.Message, finding.Location{Offset: p.Offset})
	f.Rule = "pix-decode"
	f.Severity = finding.Warning
	if fault.Died {
		f.Severity = finding.Blocker
	}
	return f
}

// start has the rasters of an image read while the inspection goes on. It
// waits while too many bytes of rasters wait.
func (v *images) start(ctx context.Context, one *image) error {
	if len(one.rasters) == 0 {
		close(one.done)
		return nil
	}
	size := 0
	for _, r := range one.rasters {
		size += len(r.Gray)
	}
	release, err := v.room.take(ctx, size)
	if err != nil {
		return err
	}
	v.reading.Go(func() {
		defer close(one.done)
		defer release()
		v.read(one)
	})
	return nil
}

// read has the rasters of an image read and judges the words. Then the
// rasters are dropped.
func (v *images) read(one *image) {
	words, err := v.run.opts.Tools.ReadText(v.ctx, one.rasters)
	var fault *DecodeError
	switch {
	case errors.As(err, &fault):
		one.notRun = fault.Message
	case err != nil:
		one.err = err
		return
	}
	one.words = words
	flagged := 0
	for n := range words {
		r := &one.rasters[n]
		j := pixel.Judge(r, words[n], plainScanner)
		one.judged = append(one.judged, j)
		if !j.IsClean() && flagged < maxFilePreviews {
			flagged++
			one.preview = append(one.preview, newPreview(r, words[n], j.Findings))
		}
		r.Gray = nil
	}
}
