package planted

import (
	"context"
	"encoding/hex"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing/fstest"

	"assay/internal/audit"
	"assay/internal/audit/finding"
)

// Frame is a frame that shows text, and the words of it of which a reader must
// give back one: letters and digits in capitals.
type Frame struct {
	Image *image.Gray
	Words []string
	At    image.Rectangle // of the text
}

// findings audits one file as the programs of the house do.
func (b Bench) findings(path string, content []byte) ([]finding.Finding, error) {
	set := fstest.MapFS{path: {Data: content, Mode: 0o444}}
	report, err := audit.Run(context.Background(), set, audit.Options{
		Version: "measure", Parallel: 1, Inspect: b.Inspect, Tools: b.Tools, NoOCR: b.Tools.ReadText == nil,
	})
	if err != nil {
		return nil, err
	}
	return report.Findings, nil
}

// matchRead is match for text in images: only a finding counts that says where
// in the image words were read.
func (it item) matchRead(list []finding.Finding) (found, blocker bool) {
	for _, f := range list {
		if f.Severity == finding.Info || !strings.HasPrefix(f.Rule, it.rule) {
			continue
		}
		for _, l := range f.Locations {
			if len(l.Boxes) > 0 {
				found = true
				blocker = blocker || f.Severity == finding.Blocker
			}
		}
	}
	return found, blocker
}

// seenTally counts the items of one kind of pixels.
type seenTally struct {
	kind                                            string
	planted, readable, found, blockers, foundUnread int
}

// atOnce is how many files are audited at a time, so that their rasters share
// a process of the reader.
const atOnce = 4

// measurePixels writes what is found of text that images show.
func measurePixels(w io.Writer, b Bench) error {
	fmt.Fprintf(w, "\n### Planted text in pixels, made by code (seed %d)\n\n", Seed)
	if b.Tools.ReadText == nil || b.Readable == nil || b.Fonts == nil {
		fmt.Fprint(w, "Not measured: there is no reader of text on this machine.\n")
		return nil
	}
	list, err := pixelItems(Seed, b.Fonts, b.Compress)
	if err != nil {
		return err
	}
	frames := make([]Frame, len(list))
	for i, s := range list {
		frames[i] = Frame{s.frame, s.words, s.at}
	}
	readable, err := b.Readable(frames)
	if err != nil {
		return err
	}
	reports, err := b.all(list)
	if err != nil {
		return err
	}
	var tallies []seenTally
	missed := []string{}
	for i, s := range list {
		if n := len(tallies); n == 0 || tallies[n-1].kind != s.kind {
			tallies = append(tallies, seenTally{kind: s.kind})
		}
		if t := &tallies[len(tallies)-1]; t.take(s, readable[i], reports[i]) {
			missed = append(missed, fmt.Sprintf("%s: %s", s.kind, s.how))
		}
	}
	fmt.Fprintf(w, "Names as above, dates and numbers, in %d outline fonts and three of dots, 9 to 48 pixels, light and dark, native and compressed. n counts the images of which tesseract, asked directly in 18 settings of mode, size and polarity, gives back a word; found are those of them in which the audit says where it read text.\n\n", b.Fonts.Count())
	fmt.Fprint(w, "| kind | planted | readable (n) | found | recall | as a blocker | found of those not readable |\n|---|---|---|---|---|---|---|\n")
	for _, t := range tallies {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %.1f %% | %d | %d of %d |\n", t.kind, t.planted, t.readable, t.found, 100*float64(t.found)/float64(max(1, t.readable)), t.blockers, t.foundUnread, t.planted-t.readable)
	}
	if err := b.withoutText(w); err != nil {
		return err
	}
	for _, m := range missed {
		fmt.Fprintf(w, "- missed: %s\n", m)
	}
	return nil
}

// withoutText writes how many images without text are taken for one with text.
func (b Bench) withoutText(w io.Writer) error {
	d := &drawer{rand.New(rand.NewPCG(Seed, 2000)), locales(), b.Fonts, nil}
	var list []shown
	for n := range 2 * perPixelKind {
		width, height := 200+d.r.IntN(220), 180+d.r.IntN(180)
		o := base(d.r)
		o.image(width, height, 8)
		m := d.anatomy(width, height)
		o.set("(7FE0,0010) OW hex:" + hex.EncodeToString(append(m.Pix, make([]byte, len(m.Pix)%2)...)))
		list = append(list, shown{item: item{content: built(o), rule: "pix-ocr-text", path: fmt.Sprintf("series/%04d.dcm", n)}})
	}
	reports, err := b.all(list)
	if err != nil {
		return err
	}
	flagged := 0
	for i, s := range list {
		if found, _ := s.matchRead(reports[i]); found {
			flagged++
		}
	}
	fmt.Fprintf(w, "\nImages of the same making without text: n = %d, said to show text: %d.\n\n", len(list), flagged)
	return nil
}

// take counts one item and reports whether it was missed.
func (t *seenTally) take(s shown, readable bool, all []finding.Finding) (missed bool) {
	t.planted++
	found, blocker := s.matchRead(all)
	switch {
	case readable && found:
		t.readable++
		t.found++
		if blocker {
			t.blockers++
		}
	case readable:
		t.readable++
		return true
	case found:
		t.foundUnread++
	}
	return false
}

// all audits every item by itself, several at a time.
func (b Bench) all(list []shown) ([][]finding.Finding, error) {
	out, errs := make([][]finding.Finding, len(list)), make([]error, atOnce)
	var work sync.WaitGroup
	for k := range atOnce {
		work.Go(func() {
			for i := k; i < len(list); i += atOnce {
				if out[i], errs[k] = b.findings(list[i].path, list[i].content); errs[k] != nil {
					return
				}
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
