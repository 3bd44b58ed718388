package annotation

import (
	"bufio"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"

	"github.com/zeebo/xxh3"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"assay/internal/audit/imaging"
	"assay/internal/audit/score"
	"assay/internal/audit/sniff"
)

var rulePictureUnread = score.Rule{
	Code: "F-400", Level: score.Error, Title: "Picture that cannot be decoded", Of: "pictures",
	Cap: 5, Full: 0.05, Hard: 0.05,
	Pixels: true,
	Fix:    "Write the picture anew from its source; what is there is cut off or damaged.",
	Source: "the decoders of PNG, JPEG, TIFF, GIF, BMP and WebP",
}

var pictureReader = reader{
	detect: func(*input) ([]Match, error) { return []Match{{Raster, 1}}, nil },
	read:   readPicture,
}

// maxWholePixels bounds pictures that are decoded as a whole, in pixels.
const maxWholePixels = 32 << 20

// rowFormat is how the rows of a picture are written.
type rowFormat struct {
	width, height, channels, bits int32
	indexed                       bool
}

func (f rowFormat) pixels() int64 { return int64(f.width) * int64(f.height) }

// rows gives the rows of a picture from the top, as samples that follow each
// other pixel by pixel.
type rows interface {
	row(out []uint16) error
}

// readPicture reads the size of a picture, and its pixels if asked for.
func readPicture(in *input) error {
	format, palette, from, err := in.openPicture()
	if format.width > 0 {
		in.facts.Picture = &Picture{
			Width: format.width, Height: format.height, Depth: format.channels, Bits: format.bits, Indexed: format.indexed,
		}
	}
	if err == errNoDecoder {
		return nil
	}
	in.check(rulePictureUnread, 1)
	if err == nil && from != nil && in.Pixels && format.pixels() <= in.Limits.Pixels {
		err = in.pixels(format, palette, from)
	}
	if err != nil && in.ctx.Err() == nil {
		in.find(rulePictureUnread, "", "", "")
	}
	return in.ctx.Err()
}

// openPicture reads the header. Rows are nil if the pixels are not to be read.
func (in *input) openPicture() (rowFormat, [][3]byte, rows, error) {
	if in.Kind == sniff.PNG {
		r, err := newPNGReader(in.Content, in.SizeBytes)
		if err != nil || !r.interlaced {
			return r.format, r.palette, r, err
		}
		w := &wholeRows{in: in, decode: png.Decode, format: r.format}
		return r.format, r.palette, w.within(), nil
	}
	d, ok := pictureDecoders[in.Kind]
	if !ok {
		return rowFormat{}, nil, nil, errNoDecoder
	}
	c, err := d.config(in.stream())
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > 1<<30 || c.Height > 1<<30 {
		return rowFormat{}, nil, nil, errPicture
	}
	format, palette := formatOf(c)
	w := &wholeRows{in: in, decode: d.decode, format: format}
	return format, palette, w.within(), nil
}

// stream reads the picture from its start; TIFF seeks in it.
func (in *input) stream() io.Reader {
	if in.Kind == sniff.PNG || in.Kind == sniff.JPEG {
		return bufio.NewReaderSize(in.section(), 64<<10)
	}
	return in.section()
}

// pictureDecoder decodes one kind of picture as a whole; decode is nil if only
// the header is read.
type pictureDecoder struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var pictureDecoders = map[sniff.Kind]pictureDecoder{
	sniff.JPEG: {jpeg.DecodeConfig, jpeg.Decode},
	sniff.GIF:  {gif.DecodeConfig, gif.Decode},
	sniff.BMP:  {bmp.DecodeConfig, bmp.Decode},
	sniff.WebP: {webp.DecodeConfig, webp.Decode},
	sniff.TIFF: {tiff.DecodeConfig, tiff.Decode},
}

// formatOf reads the format of rows from a color model.
func formatOf(c image.Config) (rowFormat, [][3]byte) {
	f := rowFormat{width: int32(c.Width), height: int32(c.Height), channels: 3, bits: 8}
	switch m := c.ColorModel.(type) {
	case color.Palette:
		f.channels, f.indexed = 1, true
		var palette [][3]byte
		for _, entry := range m {
			r, g, b, _ := entry.RGBA()
			palette = append(palette, [3]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)})
		}
		return f, palette
	}
	switch c.ColorModel {
	case color.GrayModel:
		f.channels = 1
	case color.Gray16Model:
		f.channels, f.bits = 1, 16
	case color.RGBAModel, color.NRGBAModel, color.CMYKModel, color.NYCbCrAModel:
		f.channels = 4
	case color.RGBA64Model, color.NRGBA64Model:
		f.channels, f.bits = 4, 16
	}
	return f, nil
}

// pixelWork takes the pixels of a picture as they pass.
type pixelWork struct {
	format  rowFormat
	palette [][3]byte
	tally   valueTally
	gauge   *imaging.Gauge
	digest  xxh3.Hasher
	gray    []uint16
	bytes   []byte
	cells   *cells // nil unless several readers' masks are compared
}

// pixels reads all rows.
func (in *input) pixels(format rowFormat, palette [][3]byte, from rows) error {
	w := &pixelWork{format: format, palette: palette, gauge: imaging.NewGauge(int(format.width), int(format.height), -1), cells: in.newCells(format)}
	defer w.gauge.Close()
	w.gray = make([]uint16, format.width)
	w.digest.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(format.width)), uint32(format.height)))
	row := make([]uint16, int64(format.width)*int64(format.channels))
	for y := range format.height {
		if y%64 == 0 && in.ctx.Err() != nil {
			return in.ctx.Err()
		}
		if err := from.row(row); err != nil {
			return err
		}
		w.row(row)
	}
	in.facts.Picture.Values = w.tally.values()
	if w.cells != nil {
		in.facts.Picture.Runs = w.cells.shapes(in.Limits.Points)
	}
	f := w.gauge.Figures()
	q := &Quality{BitsStored: format.bits, Lossy: in.Kind == sniff.JPEG}
	if format.indexed {
		q.BitsStored = 8
	}
	q.Looked = true
	q.Take(f)
	q.BitsUsed = imaging.BitsUsed(float64(f.Min), float64(f.Max))
	if format.pixels() >= leastCompared && !f.Constant {
		q.Digest = w.digest.Sum128().Bytes()
	}
	in.facts.Quality = q
	return nil
}

// leastCompared is the number of pixels below which pictures are equal without
// being copies.
const leastCompared = imaging.Side * imaging.Side

// Take fills in what a gauge measured of the picture.
func (q *Quality) Take(f imaging.Figures) {
	q.Constant, q.ClippedLow, q.ClippedHigh = f.Constant, f.ClippedLow, f.ClippedHigh
	q.Hash, q.Thumb = f.Hash, f.Thumb
}

// row takes one row of samples.
func (w *pixelWork) row(row []uint16) {
	f := w.format
	switch {
	case f.indexed:
		for x, v := range row {
			w.gray[x] = v
			if int(v) < len(w.palette) {
				w.gray[x] = luma(w.palette[v][0], w.palette[v][1], w.palette[v][2])
			}
		}
		w.tally.row(row)
	case f.channels < 3:
		for x := range w.gray {
			w.gray[x] = row[x*int(f.channels)]
		}
		w.tally.row(w.gray)
	default:
		w.colors(row)
	}
	if w.cells != nil {
		w.cells.row(row, int(f.channels))
	}
	w.gauge.Row(w.gray)
	w.sign(row)
}

// sign takes what a picture shows into the digest: grays or colors, whatever
// the file says of opacity or a color map.
func (w *pixelWork) sign(row []uint16) {
	w.bytes = w.bytes[:0]
	if w.format.channels < 3 {
		for _, v := range w.gray {
			w.bytes = binary.LittleEndian.AppendUint16(w.bytes, v)
		}
	} else {
		channels := int(w.format.channels)
		for x := range w.gray {
			for _, v := range row[x*channels:][:3] {
				w.bytes = binary.LittleEndian.AppendUint16(w.bytes, v)
			}
		}
	}
	w.digest.Write(w.bytes)
}

func (w *pixelWork) colors(row []uint16) {
	shift := max(w.format.bits-8, 0)
	channels := int(w.format.channels)
	for x := range w.gray {
		p := row[x*channels:][:3]
		r, g, b := byte(p[0]>>shift), byte(p[1]>>shift), byte(p[2]>>shift)
		w.tally.add(uint32(r)|uint32(g)<<8|uint32(b)<<16, 1)
		w.gray[x] = luma(r, g, b)
	}
}

// luma is the brightness of a color.
//
// Source: ITU-R BT.601.
func luma(r, g, b byte) uint16 {
	return uint16((77*uint32(r) + 150*uint32(g) + 29*uint32(b)) >> 8)
}

// valueTally counts different values, until there are too many. The zero value
// is empty.
type valueTally struct {
	counts map[uint32]int64
	last   uint32
	run    int64 // of the last value, not in counts yet
	many   bool
}

func (t *valueTally) row(samples []uint16) {
	for _, v := range samples {
		t.add(uint32(v), 1)
	}
}

func (t *valueTally) add(v uint32, n int64) {
	if v == t.last {
		t.run += n
		return
	}
	t.settle()
	t.last, t.run = v, n
}

func (t *valueTally) settle() {
	if t.many || t.run == 0 {
		return
	}
	if t.counts == nil {
		t.counts = map[uint32]int64{}
	}
	t.counts[t.last] += t.run
	t.run = 0
	if len(t.counts) > MaxValues {
		t.many, t.counts = true, nil
	}
}

// values returns the values in ascending order, nil if there are too many.
func (t *valueTally) values() []Value {
	t.settle()
	if t.many {
		return nil
	}
	list := make([]Value, 0, len(t.counts))
	for v, n := range t.counts {
		list = append(list, Value{int64(v), n})
	}
	slices.SortFunc(list, func(a, b Value) int { return int(a.Value - b.Value) })
	return list
}
