package annotation

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/score"
)

// Rules of DICOM segmentations.
var (
	ruleSegFrames = score.Rule{
		Code: "F-500", Level: score.Error, Title: "NumberOfFrames is not the number of frame items", Of: "segmentations",
		Cap: 5, Full: 0.05,
		Fix:    "Write NumberOfFrames, as many as PerFrameFunctionalGroupsSequence has items.",
		Source: "DICOM PS3.3 Sections A.51, C.7.6.16 and C.8.20.2",
	}
	ruleSegNumber = score.Rule{
		Code: "F-501", Level: score.Error, Title: "Frame of a segment that is not defined", Of: "frames of segmentations",
		Cap: 5, Full: 0.05,
		Fix:    "Let ReferencedSegmentNumber of each frame name a SegmentNumber of SegmentSequence.",
		Source: "DICOM PS3.3 Section C.8.20.3.1",
	}
	ruleSegBits = score.Rule{
		Code: "F-502", Level: score.Error, Title: "Bits do not fit the SegmentationType", Of: "segmentations",
		Cap: 4, Full: 0.05,
		Fix:    "Write BINARY segmentations with 1 bit a pixel, FRACTIONAL ones with 8, LABELMAP ones with 8 or 16.",
		Source: "DICOM PS3.3 Table C.8.20-2",
	}
	ruleSegBytes = score.Rule{
		Code: "F-503", Level: score.Error, Title: "Pixel data of a segmentation is too short or too long", Of: "segmentations with native pixel data",
		Cap: 6, Full: 0.05,
		Fix:    "Write rows x columns x frames x bits / 8 bytes, rounded up once for all frames: no frame starts at a byte of its own.",
		Source: "DICOM PS3.3 Section C.8.20.2.1, PS3.5 Section 8.1.1",
	}
	ruleSegEmpty = score.Rule{
		Code: "F-504", Level: score.Error, Title: "Segment without frames", Of: "segments",
		Cap: 3, Full: 0.05,
		Fix:    "Take the segment out of SegmentSequence, or write its frames.",
		Source: "DICOM PS3.3 Section C.8.20.3.1",
	}
	ruleFrameOfReference = score.Rule{
		Code: "F-505", Level: score.Error, Title: "FrameOfReferenceUID is not that of the images", Of: "segmentations and structure sets beside their images",
		Cap: 5, Full: 0.05,
		Fix:    "Write the FrameOfReferenceUID of the labeled images, if the labels were drawn on them.",
		Source: "DICOM PS3.3 Sections C.7.4.1, A.51 and C.8.8.5",
	}
	ruleSegVoxels = score.Rule{
		Code: "C-500", Level: score.Warning, Title: "Segment whose frames are all empty", Of: "segments whose pixels were counted",
		Cap: 2, Full: 0.1,
		Pixels: true,
		Fix:    "Draw the segment, or take it out: a mask of zeros says that the structure is not there.",
		Source: "the pixel data",
	}
	ruleSegAlgorithm = score.Rule{
		Code: "P-500", Level: score.Warning, Title: "Segment made by an algorithm", Of: "segments",
		Cap: 2, Full: 0.1,
		Fix:    "Have a reader check the segment and say so, or say in the description of the set that a program made it.",
		Source: "DICOM PS3.3 Table C.8.20-4, SegmentAlgorithmType",
	}
)

var segRules = []score.Rule{
	ruleSegFrames, ruleSegNumber, ruleSegBits, ruleSegBytes, ruleSegEmpty, ruleFrameOfReference, ruleSegVoxels, ruleSegAlgorithm,
}

// Tags of the segmentation.
const (
	tagNumberOfFrames   dicom.Tag = 0x00280008
	tagBitsAllocated    dicom.Tag = 0x00280100
	tagOrganizationType dicom.Tag = 0x00209311
	tagSegmentationType dicom.Tag = 0x00620001
	tagSegments         dicom.Tag = 0x00620002
	tagSegmentID        dicom.Tag = 0x0062000A // SegmentIdentificationSequence
	tagSegmentNumber    dicom.Tag = 0x0062000B // ReferencedSegmentNumber
	tagSharedGroups     dicom.Tag = 0x52009229
	tagPerFrameGroups   dicom.Tag = 0x52009230
	tagPixelData        dicom.Tag = 0x7FE00010
)

// maxSegmentBytes bounds the pixel data whose voxels are counted.
const maxSegmentBytes = 512 << 20

// segment is an item of SegmentSequence.
type segment struct {
	number    int // 0 if it has none
	label     string
	property  string // CodeMeaning of SegmentedPropertyTypeCodeSequence
	algorithm string
	frames    int
	voxels    int64
}

// segReader reads one segmentation.
type segReader struct {
	in    *input
	refs  *references
	kind  string // SegmentationType
	tiled bool   // the frames are all tiles of a slide, and need no items

	stated   int // NumberOfFrames, -1 if absent
	segments []segment
	byNumber map[int]int // index into segments
	shared   int         // segment of all frames, 0 if it is told by frame
	items    int         // of PerFrameFunctionalGroupsSequence
	frames   []int32     // ReferencedSegmentNumber of each item, -1 if absent

	row, column, slice, thickness float64 // of a voxel, in millimeters; 0 unknown
}

func (in *input) readSegmentation() error {
	r := &segReader{in: in, refs: newReferences(in), stated: -1, byNumber: map[int]int{}}
	h, err := in.scan(func(e *dicom.Element, text string) error {
		switch {
		case e.Depth == 0:
			r.root(e, text)
		case e.Parents[0].Tag == tagSegments:
			r.segment(e, text)
		case e.Parents[0].Tag == tagReferencedFrom:
			r.series(e, text)
		case e.Parents[0].Tag == tagSharedGroups, e.Parents[0].Tag == tagPerFrameGroups:
			r.group(e, text)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.number()
	r.checkFrames()
	r.checkBits(h)
	if err := r.count(h); err != nil {
		return err
	}
	r.labels()
	return nil
}

func (r *segReader) root(e *dicom.Element, text string) {
	switch e.Tag {
	case tagNumberOfFrames:
		if n, ok := integer(e, text); ok {
			r.stated = n
		}
	case tagSegmentationType:
		r.kind = text
	case tagOrganizationType:
		r.tiled = text == "TILED_FULL"
	case tagFrameOfRef:
		r.in.facts.Object.Frame, r.in.facts.Object.FrameAt = r.in.Hash(text), tagPath(nil, tagFrameOfRef)
	}
}

// segment takes an element of SegmentSequence.
func (r *segReader) segment(e *dicom.Element, text string) {
	n := e.Parents[0].Item
	if n > r.in.Limits.Classes {
		return
	}
	for len(r.segments) < n {
		r.segments = append(r.segments, segment{})
	}
	s := &r.segments[n-1]
	switch {
	case e.Depth == 1 && e.Tag == 0x00620004:
		if v, ok := integer(e, text); ok {
			s.number = v
		}
	case e.Depth == 1 && e.Tag == 0x00620005:
		s.label = text
	case e.Depth == 1 && e.Tag == 0x00620008:
		s.algorithm = text
	case e.Tag == tagCodeMeaning && within(e.Parents, tagSegments, 0x0062000F):
		s.property = text
	}
}

// series takes an element of ReferencedSeriesSequence.
func (r *segReader) series(e *dicom.Element, text string) {
	switch {
	case e.Tag == tagReferencedSOP && within(e.Parents, tagReferencedFrom, tagInstances):
		r.refs.add(e, text)
	case e.Tag == tagSeries && e.Depth == 1:
		r.refs.series(text)
	}
}

// group takes an element of the functional groups.
func (r *segReader) group(e *dicom.Element, text string) {
	first := e.Parents[0]
	if first.Tag == tagPerFrameGroups {
		r.items = max(r.items, first.Item)
	}
	switch e.Tag {
	case tagSegmentNumber:
		if n, ok := integer(e, text); ok && within(e.Parents, first.Tag, tagSegmentID) {
			r.frame(first, n)
		}
	case tagReferencedSOP:
		if within(e.Parents, first.Tag, 0x00089124, 0x00082112) { // SourceImageSequence
			r.refs.add(e, text)
		}
	case tagPixelSpacing:
		if a, b, ok := strings.Cut(text, `\`); ok && r.row == 0 {
			r.row, r.column = millimeters(a), millimeters(b)
		}
	case 0x00180088: // SpacingBetweenSlices
		if r.slice == 0 {
			r.slice = millimeters(text)
		}
	case 0x00180050: // SliceThickness
		if r.thickness == 0 {
			r.thickness = millimeters(text)
		}
	}
}

// millimeters reads a length above 0, 0 if it is none.
func millimeters(text string) float64 {
	v, err := strconv.ParseFloat(dicom.Trim(text), 64)
	if err != nil || !(v > 0 && v < 1e5) {
		return 0
	}
	return v
}

// frame notes the segment of a frame, or of all.
func (r *segReader) frame(of dicom.Step, number int) {
	if of.Tag == tagSharedGroups {
		r.shared = number
		return
	}
	for len(r.frames) < of.Item {
		r.frames = append(r.frames, -1)
	}
	r.frames[of.Item-1] = int32(number)
}

// number tells the segments by their numbers.
func (r *segReader) number() {
	for i := len(r.segments) - 1; i >= 0; i-- {
		r.byNumber[r.segments[i].number] = i
	}
}

// byFrame reports whether each frame belongs to one segment, by its item.
//
// Source: DICOM PS3.3 Section C.8.20.3.1: a label map names its segments by the
// values of its pixels, tiles of a full slide by their order.
func (r *segReader) byFrame() bool { return r.kind != "LABELMAP" && !(r.tiled && r.items == 0) }

func (r *segReader) checkFrames() {
	if !(r.tiled && r.items == 0) {
		r.in.check(ruleSegFrames, 1)
		switch {
		case r.stated < 0:
			r.in.find(ruleSegFrames, tagPath(nil, tagNumberOfFrames), "", "NumberOfFrames is absent or no number")
		case r.stated != r.items:
			r.in.find(ruleSegFrames, tagPath(nil, tagNumberOfFrames), "", "")
		}
	}
	if !r.byFrame() {
		return
	}
	r.in.check(ruleSegNumber, r.items)
	for i := range r.items {
		number := r.segmentOf(i)
		at, known := r.byNumber[number]
		switch {
		case known && number > 0:
			r.segments[at].frames++
		case number < 0:
			r.in.find(ruleSegNumber, tagPath([]dicom.Step{{Tag: tagPerFrameGroups, Item: i + 1}}, 0), "", "the frame names no segment")
		default:
			r.in.find(ruleSegNumber, tagPath([]dicom.Step{{Tag: tagPerFrameGroups, Item: i + 1}, {Tag: tagSegmentID, Item: 1}}, tagSegmentNumber), "", "")
		}
	}
	r.in.check(ruleSegEmpty, len(r.segments))
	for i := range r.segments {
		if r.segments[i].frames == 0 {
			r.in.find(ruleSegEmpty, tagPath([]dicom.Step{{Tag: tagSegments, Item: i + 1}}, 0), "", "")
		}
	}
}

// segmentOf returns the number of a frame's segment, -1 if none is named.
func (r *segReader) segmentOf(frame int) int {
	switch {
	case frame < len(r.frames) && r.frames[frame] >= 0:
		return int(r.frames[frame])
	case r.shared > 0:
		return r.shared
	}
	return -1
}

// checkBits holds the pixel data against the attributes that describe it.
func (r *segReader) checkBits(h *dicom.Header) {
	m := &h.Image
	r.in.check(ruleSegBits, 1)
	fits := r.kind == "BINARY" && m.BitsAllocated == 1 || r.kind == "FRACTIONAL" && m.BitsAllocated == 8 ||
		r.kind == "LABELMAP" && (m.BitsAllocated == 8 || m.BitsAllocated == 16)
	switch {
	case fits:
	case r.kind == "BINARY", r.kind == "FRACTIONAL", r.kind == "LABELMAP":
		r.in.find(ruleSegBits, tagPath(nil, tagBitsAllocated), "", "")
	default:
		r.in.find(ruleSegBits, tagPath(nil, tagSegmentationType), "", "the SegmentationType is none of the standard's")
	}
	if !h.PixelData.Present || h.PixelData.Encapsulated {
		return
	}
	r.in.check(ruleSegBytes, 1)
	// A wrong NumberOfFrames is told once, above: the items count too.
	if !r.holds(h, r.stated) && !r.holds(h, r.items) {
		r.in.find(ruleSegBytes, tagPath(nil, tagPixelData), "", "")
	}
}

// holds reports whether the pixel data is as long as so many frames are; a byte
// makes the length even.
func (r *segReader) holds(h *dicom.Header, frames int) bool {
	if frames < 0 {
		return false
	}
	over, total := bits.Mul64(uint64(frames)*uint64(max(h.Image.BitsAllocated, 1)), uint64(h.Image.Rows)*uint64(h.Image.Columns))
	if over != 0 || total > math.MaxInt64-7 {
		return false
	}
	want := int64(total+7) / 8
	return h.PixelData.Length == want || h.PixelData.Length == want+want%2
}

// count counts the voxels of each segment, if pixels are asked for, lie in the
// file as they are and are not too many.
func (r *segReader) count(h *dicom.Header) error {
	p := &h.PixelData
	size := int64(h.Image.Rows) * int64(h.Image.Columns)
	syntax, known := dict.LookupTransferSyntax(h.TransferSyntaxUID)
	if !r.in.Pixels || !p.Present || p.Encapsulated || !known || syntax.Deflated || syntax.BigEndian || p.Length > maxSegmentBytes || size == 0 || size > r.in.Limits.Pixels {
		return nil
	}
	counter := &voxelCounter{in: r.in, offset: p.Offset, end: p.Offset + p.Length}
	switch {
	case r.kind == "BINARY" && h.Image.BitsAllocated == 1:
		return r.countBits(counter, size)
	case r.kind == "LABELMAP" && (h.Image.BitsAllocated == 8 || h.Image.BitsAllocated == 16):
		return r.countValues(counter, h.Image.BitsAllocated/8)
	}
	return nil
}

// countBits counts the set bits of each frame: the first pixel is the lowest
// bit of a byte.
//
// Source: DICOM PS3.5 Section 8.1.1.
func (r *segReader) countBits(c *voxelCounter, size int64) error {
	for i := range r.items {
		at, ok := r.byNumber[r.segmentOf(i)]
		if !ok {
			continue
		}
		n, err := c.ones(int64(i)*size, size)
		if err != nil {
			return err
		}
		r.segments[at].voxels += n
	}
	r.counted()
	return nil
}

// countValues counts the pixels of each value of a label map.
func (r *segReader) countValues(c *voxelCounter, bytes int) error {
	var counts [1 << 16]int64
	if err := c.values(counts[:], bytes); err != nil {
		return err
	}
	for i := range r.segments {
		if n := r.segments[i].number; n >= 0 && n < len(counts) {
			r.segments[i].voxels = counts[n]
			r.segments[i].frames = max(1, r.items)
		}
	}
	r.counted()
	return nil
}

// counted keeps the sizes of the masks, and tells those that are empty.
func (r *segReader) counted() {
	voxel := r.row * r.column * r.slice / 1000
	if r.slice == 0 {
		voxel = r.row * r.column * r.thickness / 1000
	}
	for i := range r.segments {
		s := &r.segments[i]
		if s.frames == 0 {
			continue // told already
		}
		r.in.check(ruleSegVoxels, 1)
		if s.voxels == 0 {
			r.in.find(ruleSegVoxels, tagPath([]dicom.Step{{Tag: tagSegments, Item: i + 1}}, 0), "", "")
		}
		r.in.facts.Object.Masks = append(r.in.facts.Object.Masks, MaskSize{Label: int32(i), Voxels: s.voxels, ML: float64(s.voxels) * voxel})
	}
}

// labels makes a label of each segment; one without frames, or without a voxel,
// says that nothing is there.
func (r *segReader) labels() {
	f := r.in.facts
	f.At.Label = "(0062,0002)[%d]"
	names := objectClasses{in: r.in}
	image := int32(-1)
	if len(f.Images) > 0 {
		image = 0
	}
	r.in.check(ruleSegAlgorithm, len(r.segments))
	counted := len(f.Object.Masks) > 0
	for i, s := range r.segments {
		l := Label{
			Image: image, Class: names.of(firstOf(s.label, s.property, "segment"), true), Reader: -1, Unit: -1, Shape: -1, Place: int32(i),
			Kind: Mask, Origin: originOf(s.algorithm), Value: float32(math.NaN()),
		}
		if r.byFrame() && s.frames == 0 || counted && s.voxels == 0 {
			l.State = Negative
		}
		if l.Origin == Model {
			r.in.find(ruleSegAlgorithm, tagPath([]dicom.Step{{Tag: tagSegments, Item: i + 1}}, 0x00620008), "", "")
		}
		r.in.addLabel(l)
	}
}

// originOf reads SegmentAlgorithmType or ROIGenerationAlgorithm.
//
// Source: DICOM PS3.3 Table C.8.20-4, Section C.8.8.5.
func originOf(algorithm string) Origin {
	switch algorithm {
	case "AUTOMATIC":
		return Model
	case "SEMIAUTOMATIC":
		return SemiAutomatic
	case "MANUAL":
		return Human
	}
	return UnknownOrigin
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// voxelCounter reads pixel data in order.
type voxelCounter struct {
	in          *input
	offset, end int64 // of the pixel data in the file
	buf         [64 << 10]byte
}

// ones counts the bits that are set among n bits from one on.
func (c *voxelCounter) ones(from, n int64) (int64, error) {
	var sum int64
	for at := from; at < from+n; {
		start := c.offset + at/8
		stop := min(c.offset+(from+n+7)/8, c.end, start+int64(len(c.buf)))
		if start >= stop {
			return sum, nil
		}
		b := c.buf[:stop-start]
		if _, err := c.in.Content.ReadAt(b, start); err != nil {
			return sum, nil // cut short, which is told
		}
		if err := c.in.ctx.Err(); err != nil {
			return 0, err
		}
		last := min((stop-c.offset)*8, from+n)
		b[0] &= 0xFF << (at % 8)
		if rest := last % 8; rest != 0 {
			b[len(b)-1] &= 1<<rest - 1
		}
		for _, v := range b {
			sum += int64(bits.OnesCount8(v))
		}
		at = last
	}
	return sum, nil
}

// values counts the pixels of each value, of one or two bytes.
func (c *voxelCounter) values(counts []int64, bytes int) error {
	for at := c.offset; at < c.end; at += int64(len(c.buf)) {
		b := c.buf[:min(int64(len(c.buf)), c.end-at)]
		if _, err := c.in.Content.ReadAt(b, at); err != nil {
			return nil
		}
		if err := c.in.ctx.Err(); err != nil {
			return err
		}
		for i := 0; i+bytes <= len(b); i += bytes {
			v := int(b[i])
			if bytes == 2 {
				v |= int(b[i+1]) << 8
			}
			counts[v]++
		}
	}
	return nil
}
