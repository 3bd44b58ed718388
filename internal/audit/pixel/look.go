package pixel

import (
	"errors"
	"io"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// Bounds of what is looked at in one file, so that it takes well under 2 s.
const (
	maxNativePixels = 48 << 20 // looked at for letters, in all frames together
	maxPackedPixels = 12 << 20 // the same of compressed frames
	maxSummary      = 3        // times as many are taken into the brightest of all frames
)

// look is one file under way.
type look struct {
	content  io.ReaderAt
	size     int64
	syntax   dict.TransferSyntax
	facts    *Facts
	finder   *finder
	modality string
	budget   int64 // pixels still to look at
	measure  bool
}

func newLook(content io.ReaderAt, size int64, syntax dict.TransferSyntax, modality string, facts *Facts) *look {
	l := &look{content: content, size: size, syntax: syntax, facts: facts, modality: modality, budget: maxNativePixels}
	if syntax.Encapsulated {
		l.budget = maxPackedPixels
	}
	l.finder = newFinder(len(facts.Risks) > 0)
	return l
}

// done hands over the rasters.
func (l *look) done() {
	l.facts.Rasters = l.finder.rasters()
	l.finder.release()
}

// picture looks at the frames of p. embedded says that bits of its samples
// belong to overlays.
func (l *look) picture(p *picture, isRoot, embedded bool) {
	if why := undecodable(l.syntax.Family); why != "" && p.length < 0 {
		l.undecoded(why, false)
		return
	}
	if p.length < 0 && needsDecoder(l.syntax.Family) {
		l.undecoded("The frames are compressed as "+l.syntax.Name+".", true)
	}
	r := newReader(l.content, l.size, p, l.syntax)
	r.whole = !embedded
	if isRoot && p.length < 0 {
		l.codestreams(r)
	}
	if p.length < 0 && needsDecoder(l.syntax.Family) || r.count == 0 {
		return
	}
	s := &series{look: l, reader: r, picture: p, isRoot: isRoot, embedded: embedded, isConstant: true}
	s.run()
}

// overlay looks at the bitmap o over the image p.
func (l *look) overlay(o *overlay, p *picture) {
	q := &o.picture
	if o.isEmbedded() {
		if p.source == "" || p.length < 0 && l.syntax.Family != "rle" || o.position > 15 {
			return
		}
		bit := *p
		bit.source = o.source
		r := newReader(l.content, l.size, &bit, l.syntax)
		r.whole = true
		s := &series{look: l, reader: r, picture: &bit, bit: o.position, onlyBit: true}
		s.run()
		return
	}
	if q.source == "" {
		return
	}
	s := &series{look: l, reader: newReader(l.content, l.size, q, l.syntax), picture: q, onlyBit: true}
	s.run()
}

func (l *look) undecoded(why string, decoder bool) {
	if l.facts.Undecoded == "" {
		l.facts.Undecoded, l.facts.NeedsDecoder = why, decoder
	}
}

// undecodable says in a sentence why no decoder here reads a family of
// transfer syntaxes; it is empty if one does.
func undecodable(family string) string {
	switch family {
	case "video", "realtime_video_not_file":
		return "The frames are compressed as video, which the audit does not decode."
	case "htj2k":
		return "The frames are compressed as High-Throughput JPEG 2000, which the audit does not decode."
	case "jpeg_xl":
		return "The frames are compressed as JPEG XL, which the audit does not decode."
	case "jpip_referenced_no_pixel_data":
		return "The frames are not in the file but on a server."
	case "other", "":
		return "The audit does not decode frames of this transfer syntax."
	}
	return ""
}

func needsDecoder(family string) bool {
	switch family {
	case "jpeg_lossless", "jpeg_ls", "jpeg2000":
		return true
	}
	return false
}

// series is the frames of one picture.
type series struct {
	look             *look
	reader           *reader
	picture          *picture
	isRoot, embedded bool
	onlyBit          bool // only one bit of each sample counts
	bit              int

	isConstant       bool
	measured         int // frame whose quality is measured, -1 for none
	frame, brightest plane
	beyond           bool
	failed           bool
}

// run decodes the frames that the budget allows: the first, the last, the one
// in the middle, and those between.
func (s *series) run() {
	p, r := s.picture, s.reader
	pixels := max(int64(p.rows)*int64(p.columns), 1)
	n := 0
	if s.isRoot || s.look.budget > 0 {
		n = int(min(int64(r.count), max(s.look.budget/pixels, 3)))
	}
	s.look.budget -= int64(n) * pixels
	s.look.facts.Skipped += r.count - n
	s.measured = -1
	if s.look.measure && s.isRoot && !s.onlyBit {
		s.measured = spread(n/2, n, r.count)
	}
	seen := 0
	for k := range n {
		i := spread(k, n, r.count)
		if !s.one(i) {
			return
		}
		seen++
		if r.count > 1 {
			s.summarize()
		}
	}
	if r.count > 1 {
		s.between(n, pixels)
		s.look.finder.frame(s, 0, &s.brightest)
	}
	s.conclude(seen)
}

// spread returns the k-th of n frames out of count, evenly apart, the first
// and the last among them.
func spread(k, n, count int) int {
	if n <= 1 {
		return 0
	}
	return int(int64(k) * int64(count-1) / int64(n-1))
}

// one decodes and looks at a frame. It is false if it makes no sense to go on.
func (s *series) one(i int) bool {
	if err := s.reader.frame(i, &s.frame); err != nil {
		return s.fault(i, err)
	}
	if s.onlyBit {
		for n, v := range s.frame.samples {
			s.frame.samples[n] = v >> s.bit & 1
		}
		s.frame.low, s.frame.step = 0, 1
	}
	if i == s.measured {
		s.look.facts.Measured = s.measureFrame()
	}
	constant := s.frame.isConstant()
	s.isConstant = s.isConstant && constant
	s.beyond = s.beyond || s.frame.beyond
	if !constant {
		s.look.finder.frame(s, i+1, &s.frame)
	}
	return true
}

// padding returns the sample that fills what is no image, or -1.
func (s *series) padding() int {
	if !s.picture.hasPadding || s.onlyBit || s.picture.samples != 1 {
		return -1
	}
	v := s.picture.padding
	if s.picture.signed {
		v = int(int16(v))
	}
	return int((float64(v) - s.frame.low) / max(s.frame.step, 1))
}

func (s *series) summarize() {
	b := &s.brightest
	if b.samples == nil {
		b.resize(s.frame.width, s.frame.height)
		copy(b.samples, s.frame.samples)
		b.low, b.step = s.frame.low, s.frame.step
		return
	}
	b.brighten(&s.frame)
}

// between takes frames that were not looked at into the brightest of all.
func (s *series) between(n int, pixels int64) {
	if n >= s.reader.count || s.onlyBit {
		return
	}
	more := int(min(int64(s.reader.count), maxSummary*int64(n)))
	for k := range more {
		if s.reader.frame(spread(k, more, s.reader.count), &s.frame) != nil {
			return
		}
		s.summarize()
	}
}

// fault notes that frame i could not be decoded, and why.
func (s *series) fault(i int, err error) bool {
	l := s.look
	switch {
	case errors.Is(err, errTooLarge):
		l.undecoded("A frame is larger than the audit decodes (64 million pixels).", false)
	case errors.Is(err, errDecoder):
		l.undecoded("The frames are compressed as "+l.syntax.Name+".", true)
	case errors.Is(err, errLayout):
		if s.isRoot {
			l.undecoded("The audit does not decode samples of this layout.", true)
		}
	case errors.Is(err, errShort):
		return false // the reader of the structure says so
	default:
		if !s.failed {
			l.add(ruleDecode, s.picture, i+1, "A frame cannot be decoded: its compressed bytes are damaged.")
		}
		s.failed = true
		return i+1 < s.reader.count
	}
	return false
}

// conclude says what all frames together tell.
func (s *series) conclude(seen int) {
	if !s.isRoot || seen == 0 {
		return
	}
	s.look.facts.Constant = s.isConstant
	if m := s.look.facts.Measured; m != nil {
		m.Constant = s.isConstant
	}
	if s.isConstant && s.picture.allocated > 1 {
		f := ruleDecode.New(s.picture.source, "", "Every sample of the image has the same value.", finding.Location{Offset: s.picture.offset})
		f.Severity = finding.Warning
		if isVolume(s.look.modality) {
			f.Severity = finding.Info // the first and last slices of a volume may be empty
		}
		s.look.facts.Findings = append(s.look.facts.Findings, f)
	}
	if s.beyond && !s.embedded {
		f := ruleBits().New(s.picture.source, "", "Samples use bits beyond BitsStored.", finding.Location{Offset: s.picture.offset})
		f.Severity = finding.Warning
		s.look.facts.Findings = append(s.look.facts.Findings, f)
	}
}

// isVolume reports whether images of a modality are mostly slices of a volume
// or tiles of a slide.
func isVolume(modality string) bool {
	switch modality {
	case "CT", "MR", "PT", "NM", "RTDOSE", "SEG", "OPT", "SM":
		return true
	}
	return false
}

func (l *look) add(r finding.Rule, p *picture, frame int, message string) {
	l.facts.Findings = append(l.facts.Findings, r.New(p.source, "", message, finding.Location{Frame: frame, Offset: p.offset}))
}

// codestreams compares the headers of compressed frames with the attributes.
func (l *look) codestreams(r *reader) {
	p := r.p
	wrong := func(i int, message string) {
		l.add(ruleEncapsulation(), p, i+1, message)
	}
	if l.syntax.Family == "video" {
		return
	}
	if r.count != max(p.frames, 1) && r.count > 0 {
		wrong(0, "Pixel data holds another number of frames than NumberOfFrames says.")
	}
	n := min(r.count, 16)
	for k := range n {
		i := spread(k, n, r.count)
		var head [16 << 10]byte
		first := r.frames[i][0]
		got, _ := l.content.ReadAt(head[:min(first.length, int64(len(head)))], first.offset)
		c, ok := parseCodestream(head[:got])
		if !ok {
			continue
		}
		switch {
		case i > 0 && (c.width != p.columns || c.height != p.rows && c.height != 0):
			wrong(i, "A compressed frame has another size than Rows and Columns say.")
		case c.samples != p.samples:
			wrong(i, "A compressed frame has another number of components than SamplesPerPixel says.")
		case c.precision > p.allocated && p.allocated > 0:
			wrong(i, "A compressed frame has more bits a sample than BitsAllocated says.")
		default:
			continue
		}
		return
	}
}

// rule finds a rule that package dicom owns.
func rule(id string) finding.Rule {
	for _, r := range dicom.Rules() {
		if r.ID == id {
			return r
		}
	}
	return finding.Rule{ID: id, Severity: finding.Blocker}
}

func ruleBits() finding.Rule          { return rule("pix-bits") }
func ruleEncapsulation() finding.Rule { return rule("pix-encapsulation") }
