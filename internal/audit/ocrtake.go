package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
)

// maxKeptWords bounds the words of all images that are kept until the names
// of the set are known.
const maxKeptWords = 200_000

// finish waits for what is still being read and takes everything in the order
// of the plan.
func (v *images) finish(ctx context.Context) error {
	a := v.run
	files := slices.Sorted(maps.Keys(v.seen))
	if len(files) == 0 {
		return nil
	}
	a.progress.Files, a.progress.TotalFiles, a.progress.Bytes, a.progress.TotalBytes = 0, len(files), 0, 0
	a.tell(ReadingImages)
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for _, i := range files {
		one := v.seen[i]
		for waiting := true; waiting; {
			select {
			case <-one.done:
				waiting = false
			case <-tick.C:
				a.tell(ReadingImages)
			}
		}
		if one.err != nil {
			return cmp.Or(ctx.Err(), fmt.Errorf("file %d of %d: read text: %w", i+1, len(a.files), one.err))
		}
		if err := v.take(i, one); err != nil {
			return err
		}
		a.progress.Files++
	}
	a.tell(ReadingImages)
	return ctx.Err()
}

// take adds what one file's images show to the report.
func (v *images) take(i int, one *image) error {
	a := v.run
	a.samples.read(i, one)
	found, identified := false, false
	for _, j := range one.judged {
		for _, f := range j.Findings {
			a.found.add(i, f)
		}
		found = found || !j.IsClean()
		identified = identified || j.HasIdentifier()
	}
	if one.notRun != "" {
		v.notRun(i, one)
	}
	if one.facts.BurnedIn {
		a.found.add(i, burnedIn(one, found))
	}
	if identified && (one.facts.CleanClaimed || claimsCleanPixels(a.opts.Claims)) {
		f := ruleByID()["deid-claim-mismatch"].New(pixelPath, "",
			"Clean pixel data (113101) is claimed, but the image shows what reads like an identifier.", finding.Location{Offset: one.facts.Offset})
		f.Severity = finding.Blocker
		a.found.add(i, f)
	}
	for _, p := range one.preview {
		if len(a.previews) < maxPreviews {
			p.File = i
			a.previews = append(a.previews, p)
		}
	}
	one.preview = nil
	v.keep(one)
	return v.note(i, one)
}

// note tells the set which words stand in the images of a file, hashed.
func (v *images) note(i int, one *image) error {
	for _, j := range one.judged {
		for _, line := range j.Text {
			if err := v.run.set.shared.note(i, v.hash.words(line, maxFileWords)); err != nil {
				return err
			}
		}
	}
	one.judged = nil
	return nil
}

const pixelPath = "(7FE0,0010) PixelData"

// notRun says that frames were not read: as a finding if the image is likely
// to show text.
func (v *images) notRun(i int, one *image) {
	v.run.unseen.add(NotChecked{What: textWhat, Why: one.notRun, Count: 1})
	if len(one.facts.Risks) == 0 && !one.facts.BurnedIn {
		return
	}
	f := ruleByID()["pix-ocr-not-run"].New(pixelPath, "", "The image is of a kind that often shows text, and was not read: "+lowerFirst(one.notRun),
		finding.Location{Offset: one.facts.Offset})
	v.run.found.add(i, f)
}

// burnedIn judges an image whose header says that text is burned in.
//
// Source: DICOM PS3.3 Section C.7.6.1, BurnedInAnnotation.
func burnedIn(one *image, found bool) finding.Finding {
	f := ruleByID()["pix-burnedin-yes"].New("(0028,0301) BurnedInAnnotation", "", "", finding.Location{})
	switch {
	case found:
		f.Message = "The header says that text is burned in, and some was found."
	case one.notRun != "" || one.facts.Undecoded != "":
		f.Message = "The header says that text is burned in, and the frames were not read."
	default:
		f.Severity = finding.Warning
		f.Message = "The header says that text is burned in; none was found in the frames."
	}
	return f
}

func claimsCleanPixels(c *Claims) bool { return c != nil && slices.Contains(c.Codes, "113101") }

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] == 'T' && s[1] == 'h' {
		return "t" + s[1:]
	}
	return s
}

// keep drops the words that cannot be a name or an ID, and bounds the rest.
func (v *images) keep(one *image) {
	for n := range one.words {
		if v.kept += len(one.words[n]); v.kept > maxKeptWords {
			v.over = true
			one.words = one.words[:n]
			return
		}
		if n < len(one.judged) && len(one.judged[n].Text) == 0 {
			one.words[n] = nil
		}
	}
}

// lookAgain looks for the names and IDs that some file of the set holds among
// the words of all images. The words are dropped.
func (v *images) lookAgain() {
	a := v.run
	if v.over {
		a.unseen.add(NotChecked{What: "names of the set in images", Why: fmt.Sprintf("The images show more than %d words; those beyond were not compared.", maxKeptWords)})
	}
	if a.known == nil {
		v.seen = nil
		return
	}
	for _, i := range slices.Sorted(maps.Keys(v.seen)) {
		one := v.seen[i]
		for n, words := range one.words {
			if len(words) == 0 {
				continue
			}
			for _, f := range pixel.JudgeKnown(&one.rasters[n], words, a.known) {
				a.found.add(i, f)
			}
		}
	}
	v.seen = nil
}
