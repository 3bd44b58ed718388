package pixel

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/audit/finding"
	"assay/internal/audit/text"
)

// Bounds of a judgment on one raster.
const (
	maxHits     = 64
	maxTextSize = 4096 // bytes kept for the second look
)

// Confidences, from 0 to 100. A reader gives letters to noise too, most of
// them with low confidence.
const (
	sureWord  = 60 // below, a word alone says nothing
	sureSmall = 25 // the same in an icon or overlay
	sureName  = 50 // a name is a matter of letters alone
	sureHit   = 35 // a date, number or address has a form of its own
	noiseWord = 20 // below, a word is dropped
)

// Judgment is what the words of one raster say.
type Judgment struct {
	Findings []finding.Finding // each at the frame and the boxes of its words

	// Text are the lines that were read, for a second look once the names of
	// the whole set are known. They may hold identifiers: they stay in memory
	// and are never kept or logged.
	Text []string
}

// IsClean says that nothing was found.
func (j Judgment) IsClean() bool { return len(j.Findings) == 0 }

// HasIdentifier says that a blocker was found.
func (j Judgment) HasIdentifier() bool {
	for _, f := range j.Findings {
		if f.Severity == finding.Blocker {
			return true
		}
	}
	return false
}

// Judge says whether the words that a reader found in r identify somebody
// (a blocker), may do so (a warning), or are no more than the markers of an
// image and the stray words that every reader finds in noise.
func Judge(r *Raster, words []Word, scanner *text.Scanner) Judgment {
	j := judging{raster: r, rule: ruleOf(r.Source)}
	placed := r.placeAll(words)
	for _, line := range linesOf(placed) {
		j.scan(line, func(s string) []text.Hit { return scanner.Scan(s, likeHeader) })
		j.labeled(line)
		j.keep(line)
	}
	j.strays(words, placed)
	return Judgment{Findings: j.findings(), Text: j.text}
}

// likeHeader says that a line is like a short value of a header, "DOE, JANE",
// not like a sentence of a report.
var likeHeader = text.Where{VR: "LO"}

// JudgeKnown looks only for the names and IDs that scanner knows from
// elsewhere in the set, in the words of a raster that was judged before.
func JudgeKnown(r *Raster, words []Word, scanner *text.Scanner) []finding.Finding {
	j := judging{raster: r, rule: ruleOf(r.Source), known: true}
	for _, line := range linesOf(r.placeAll(words)) {
		j.scan(line, scanner.ScanKnown)
	}
	return j.findings()
}

// judging is one raster being judged.
type judging struct {
	raster *Raster
	rule   finding.Rule
	known  bool
	hits   []hit
	text   []string
	size   int
}

// hit is an identifier, or a word that may be one, and where it stands.
type hit struct {
	rule  finding.Rule // of the text; zero for a stray word
	shape string
	boxes []Box
	words []int // indexes in the words of the raster
}

// scan looks for identifiers in a line, as it was read and with the letters
// put right that readers take for others.
func (j *judging) scan(l textLine, find func(string) []text.Hit) {
	for _, form := range []string{l.join(nil), l.join(repair)} {
		bounds := l.bounds
		for _, h := range find(form) {
			if len(j.hits) >= maxHits {
				return
			}
			found := hit{rule: h.Rule, shape: h.Shape}
			sum := 0.0
			for i, b := range bounds {
				if b[0] < h.End && h.Start < b[1] {
					w := l.words[i]
					found.words = append(found.words, w.index)
					found.boxes = append(found.boxes, w.Box)
					sum += w.Confidence
				}
			}
			if n := len(found.words); n > 0 && sum/float64(n) >= needed(h.Rule.ID) && !j.has(found) {
				j.hits = append(j.hits, found)
			}
		}
	}
}

// needed is the mean confidence of the words that make a hit of a rule.
func needed(rule string) float64 {
	if rule == "text-name" {
		return sureName
	}
	return sureHit
}

// has reports whether a hit was found before, in another form of its words or
// another reading of its place.
func (j *judging) has(h hit) bool {
	for _, o := range j.hits {
		if o.rule.ID == h.rule.ID && overlap(o.boxes[0], h.boxes[0]) > 0.5 {
			return true
		}
	}
	return false
}

// keep remembers a line for the second look.
func (j *judging) keep(l textLine) {
	for _, form := range []string{l.join(nil), l.join(repair)} {
		if j.size += len(form); j.size > maxTextSize {
			return
		}
		j.text = append(j.text, form)
	}
}

// strays adds the words that nothing explains, each place once.
func (j *judging) strays(words, placed []Word) {
	for i, w := range words {
		if len(j.hits) >= maxHits {
			return
		}
		if !isStray(w, j.sure()) {
			continue
		}
		at := placed[i].Box
		h := hit{shape: finding.Mask(strings.Trim(w.Text, punctuation)), boxes: []Box{at}, words: []int{i}}
		if !j.covers(at) {
			j.hits = append(j.hits, h)
		}
	}
}

// sure is the confidence from which a long word counts. Icons and overlays are
// small or plain, have no noise, and are doubtful whatever they show.
func (j *judging) sure() float64 {
	if j.rule.ID == "phi-icon" || j.rule.ID == "phi-overlay" {
		return sureSmall
	}
	return sureWord
}

// covers reports whether a hit stands at a place.
func (j *judging) covers(b Box) bool {
	for _, h := range j.hits {
		for _, o := range h.boxes {
			if overlap(o, b) > 0.5 {
				return true
			}
		}
	}
	return false
}

// findings writes the hits down.
func (j *judging) findings() []finding.Finding {
	var list []finding.Finding
	for _, h := range j.hits {
		at := finding.Location{Frame: j.raster.Frame, Offset: j.raster.Offset}
		for _, b := range h.boxes {
			if len(at.Boxes) < finding.MaxBoxes {
				at.Boxes = append(at.Boxes, finding.Box{b.X, b.Y, b.Width, b.Height})
			}
		}
		f := j.rule.New(j.raster.Source, h.shape, "", at)
		switch {
		case h.rule.ID == "":
			f.Severity = finding.Warning
			f.Message = "The image shows a word or a long number that is no common marker: it may be a name or an ID."
		case j.known:
			f.Severity, f.HIPAA = finding.Blocker, h.rule.HIPAA
			f.Message = "The image shows a name or ID of the submission."
		default:
			f.Severity, f.HIPAA = finding.Blocker, h.rule.HIPAA
			f.Message = fmt.Sprintf("The image shows what reads like an identifier (%s: %s).", h.rule.ID, h.rule.Title)
		}
		list = append(list, f)
	}
	return list
}

// placeAll returns the words with their boxes in pixels of the frame.
func (r *Raster) placeAll(words []Word) []Word {
	out := slices.Clone(words)
	for i := range out {
		out[i].Box = r.Place(out[i].Box)
	}
	return out
}

// overlap returns the common area of two boxes as a part of the smaller one.
func overlap(a, b Box) float64 {
	w := min(a.X+a.Width, b.X+b.Width) - max(a.X, b.X)
	h := min(a.Y+a.Height, b.Y+b.Height) - max(a.Y, b.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return float64(w*h) / float64(max(1, min(a.Width*a.Height, b.Width*b.Height)))
}
