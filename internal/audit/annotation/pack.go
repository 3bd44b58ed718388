package annotation

import (
	"encoding/binary"
	"iter"
	"math"
	"strings"
)

// Packed are images and labels in a tenth of the room that they take one by
// one: the names of images in one string, and of everything else what differs
// from the image or label before. Facts cross the fence with it, and hold it
// until the set is joined.
type Packed struct {
	Names          string
	Images, Labels []byte // a record each: which fields follow, then these
	ImageCount     int
	LabelCount     int
}

// leastPacked is how many images and labels are worth packing.
const leastPacked = 1000

// Pack packs the images and labels of a file that has many. Those of DICOM
// objects stay as they are, since others point to them.
func (f *Facts) Pack() {
	if len(f.Images)+len(f.Labels) < leastPacked || f.Object != nil || f.Packed != nil {
		return
	}
	p := &Packed{ImageCount: len(f.Images), LabelCount: len(f.Labels)}
	p.packLabels(f.Labels)
	f.Labels = nil // before the images are packed: this halves what is held at once
	p.packImages(f.Images)
	f.Images = nil
	f.Packed = p
}

// numbers returns how many images and labels the file has, packed or not. A
// record takes a byte at least, whatever the count says.
func (f *Facts) numbers() (images, labels int) {
	if p := f.Packed; p != nil {
		return max(0, min(p.ImageCount, len(p.Images))), max(0, min(p.LabelCount, len(p.Labels)))
	}
	return len(f.Images), len(f.Labels)
}

// images goes over the images with their numbers. An image holds until the
// next one.
func (f *Facts) images() iter.Seq2[int, *Image] {
	return func(yield func(int, *Image) bool) {
		if f.Packed != nil {
			f.Packed.unpackImages(yield)
			return
		}
		for i := range f.Images {
			if !yield(i, &f.Images[i]) {
				return
			}
		}
	}
}

// labels goes over the labels. A label holds until the next one.
func (f *Facts) labels() iter.Seq[*Label] {
	return func(yield func(*Label) bool) {
		if f.Packed != nil {
			f.Packed.unpackLabels(yield)
			return
		}
		for i := range f.Labels {
			if !yield(&f.Labels[i]) {
				return
			}
		}
	}
}

// Fields of a packed image that differ from the one before; its place differs
// if it is not the next one.
const (
	packedLength = 1 << iota // of the name
	packedSOP
	packedSeries
	packedSize
	packedPatient
	packedSplit
	packedPerson
	packedImagePlace
	packedFlags
)

func (p *Packed) packImages(list []Image) {
	var names strings.Builder
	size := 0
	for i := range list {
		size += len(list[i].Name)
	}
	names.Grow(size)
	w := packing{out: make([]byte, 0, 8*len(list))}
	var before Image
	for i := range list {
		im := &list[i]
		names.WriteString(im.Name)
		w.image(im, &before)
		before = *im
	}
	p.Names, p.Images = names.String(), w.out
}

func (w *packing) image(im, before *Image) {
	size := im.Width != before.Width || im.Height != before.Height || im.Depth != before.Depth || im.Channels != before.Channels
	person := im.Sex != before.Sex || math.Float32bits(im.AgeYears) != math.Float32bits(before.AgeYears)
	flags := im.Empty != before.Empty || im.Listed != before.Listed || im.Tracks != before.Tracks
	has := which(len(im.Name) != len(before.Name), im.SOP != before.SOP, im.Series != before.Series, size, im.Patient != before.Patient,
		im.Split != before.Split, person, im.Place != before.Place+1, flags)
	w.number(int64(has))
	if has&packedLength != 0 {
		w.number(int64(len(im.Name)))
	}
	if has&packedSOP != 0 {
		w.out = append(w.out, im.SOP[:]...)
	}
	if has&packedSeries != 0 {
		w.out = append(w.out, im.Series[:]...)
	}
	if has&packedSize != 0 {
		w.numbers(im.Width, im.Height, im.Depth, im.Channels)
	}
	if has&packedPatient != 0 {
		w.out = append(w.out, im.Patient[:]...)
	}
	if has&packedSplit != 0 {
		w.number(int64(len(im.Split)))
		w.out = append(w.out, im.Split...)
	}
	if has&packedPerson != 0 {
		w.out = append(w.out, im.Sex)
		w.float(im.AgeYears)
	}
	if has&packedImagePlace != 0 {
		w.number(int64(im.Place))
	}
	if has&packedFlags != 0 {
		w.number(int64(which(im.Empty, im.Listed)))
		w.number(int64(im.Tracks))
	}
}

func (p *Packed) unpackImages(yield func(int, *Image) bool) {
	r := unpacked{in: p.Images}
	names, length := p.Names, int64(0)
	var im Image
	for i := range p.ImageCount {
		has := r.number()
		if has&packedLength != 0 {
			length = r.number()
		}
		r.image(&im, has)
		if r.broken || length < 0 || length > int64(len(names)) {
			return
		}
		im.Name, names = names[:length], names[length:]
		if !yield(i, &im) {
			return
		}
	}
}

func (r *unpacked) image(im *Image, has int64) {
	im.Place++
	if has&packedSOP != 0 {
		copy(im.SOP[:], r.bytes(int64(len(im.SOP))))
	}
	if has&packedSeries != 0 {
		copy(im.Series[:], r.bytes(int64(len(im.Series))))
	}
	if has&packedSize != 0 {
		r.numbers(&im.Width, &im.Height, &im.Depth, &im.Channels)
	}
	if has&packedPatient != 0 {
		copy(im.Patient[:], r.bytes(int64(len(im.Patient))))
	}
	if has&packedSplit != 0 {
		im.Split = knownSplit(r.bytes(r.number()))
	}
	if has&packedPerson != 0 {
		im.Sex = r.byte()
		im.AgeYears = r.float()
	}
	if has&packedImagePlace != 0 {
		im.Place = int32(r.number())
	}
	if has&packedFlags != 0 {
		flags := r.number()
		im.Empty, im.Listed = flags&1 != 0, flags&2 != 0
		im.Tracks = int32(r.number())
	}
}

// knownSplit returns a split without an allocation.
func knownSplit(b []byte) Split {
	for _, s := range []Split{NoSplit, Train, Validation, Test} {
		if string(b) == string(s) {
			return s
		}
	}
	return Split(b)
}

// Fields of a packed label that differ from the one before; its image and its
// place differ if they are not the next ones.
const (
	packedImage = 1 << iota
	packedClass
	packedGroup
	packedLabelPlace
	packedKind
	packedBox
	packedValue
)

func (p *Packed) packLabels(list []Label) {
	w := packing{out: make([]byte, 0, 8*len(list))}
	var before Label
	for i := range list {
		w.label(&list[i], &before)
		before = list[i]
	}
	p.Labels = w.out
}

func (w *packing) label(l, before *Label) {
	group := l.Reader != before.Reader || l.Unit != before.Unit || l.Shape != before.Shape
	kind := l.Kind != before.Kind || l.State != before.State || l.Origin != before.Origin
	has := which(l.Image != before.Image+1, l.Class != before.Class, group, l.Place != before.Place+1, kind,
		l.Box != before.Box, math.Float32bits(l.Value) != math.Float32bits(before.Value))
	w.number(int64(has))
	if has&packedImage != 0 {
		w.number(int64(l.Image))
	}
	if has&packedClass != 0 {
		w.number(int64(l.Class))
	}
	if has&packedGroup != 0 {
		w.numbers(l.Reader, l.Unit, l.Shape)
	}
	if has&packedLabelPlace != 0 {
		w.number(int64(l.Place))
	}
	if has&packedKind != 0 {
		w.out = append(w.out, byte(l.Kind), byte(l.State), byte(l.Origin))
	}
	if has&packedBox != 0 {
		for _, v := range l.Box {
			w.float(v)
		}
	}
	if has&packedValue != 0 {
		w.float(l.Value)
	}
}

func (p *Packed) unpackLabels(yield func(*Label) bool) {
	r := unpacked{in: p.Labels}
	var l Label
	for range p.LabelCount {
		r.label(&l)
		if r.broken || !yield(&l) {
			return
		}
	}
}

func (r *unpacked) label(l *Label) {
	has := r.number()
	l.Image++
	l.Place++
	if has&packedImage != 0 {
		l.Image = int32(r.number())
	}
	if has&packedClass != 0 {
		l.Class = int32(r.number())
	}
	if has&packedGroup != 0 {
		r.numbers(&l.Reader, &l.Unit, &l.Shape)
	}
	if has&packedLabelPlace != 0 {
		l.Place = int32(r.number())
	}
	if has&packedKind != 0 {
		l.Kind, l.State, l.Origin = Kind(r.byte()), State(r.byte()), Origin(r.byte())
	}
	if has&packedBox != 0 {
		for i := range l.Box {
			l.Box[i] = r.float()
		}
	}
	if has&packedValue != 0 {
		l.Value = r.float()
	}
}

// packing is what was packed so far.
type packing struct{ out []byte }

func (w *packing) number(v int64) { w.out = binary.AppendVarint(w.out, v) }

func (w *packing) numbers(list ...int32) {
	for _, v := range list {
		w.number(int64(v))
	}
}

func (w *packing) float(v float32) {
	w.out = binary.LittleEndian.AppendUint32(w.out, math.Float32bits(v))
}

// unpacked is what is left to unpack. It is broken once more was asked for.
type unpacked struct {
	in     []byte
	broken bool
}

func (r *unpacked) number() int64 {
	v, n := binary.Varint(r.in)
	if n <= 0 {
		r.in, r.broken = nil, true
		return 0
	}
	r.in = r.in[n:]
	return v
}

func (r *unpacked) numbers(list ...*int32) {
	for _, v := range list {
		*v = int32(r.number())
	}
}

// bytes returns the next n bytes, nil if there are fewer.
func (r *unpacked) bytes(n int64) []byte {
	if n < 0 || n > int64(len(r.in)) {
		r.in, r.broken = nil, true
		return nil
	}
	b := r.in[:n]
	r.in = r.in[n:]
	return b
}

func (r *unpacked) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *unpacked) float() float32 {
	if b := r.bytes(4); b != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// which sets a bit for each that holds, the first in the lowest.
func which(list ...bool) int {
	out := 0
	for i, set := range list {
		if set {
			out |= 1 << i
		}
	}
	return out
}
