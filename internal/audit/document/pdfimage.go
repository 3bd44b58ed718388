package document

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"

	"assay/internal/audit/sniff"
)

// pdfImages hands on the images of a PDF: those that are files of their own as
// they are, others as PNG. It reports how many there are.
//
// Source: ISO 32000-1 Sections 7.4 and 8.9.
func (in *inspection) pdfImages(b []byte) int {
	if in.Image == nil {
		return 0
	}
	f := &pdfFile{b: b}
	count := 0
	f.streams(func(dictionary, data []byte) {
		if in.ctx.Err() != nil || !bytes.Contains(dictionary, []byte("/Image")) {
			return
		}
		if names := f.names(dictionary, "Subtype"); len(names) != 1 || names[0] != "Image" {
			return
		}
		p := f.picture(dictionary)
		if p.width < minSide || p.height < minSide {
			return
		}
		count++
		kind, encoded, err := p.encode(data, in.Limits.InflatedBytes)
		if err != nil {
			in.unread("An image of the PDF could not be unpacked; text in it was not checked.")
			return
		}
		in.show("document image", kind, encoded)
	})
	return count
}

// picture is what a dictionary says of its image.
type picture struct {
	width, height, bits int
	mask                bool
	inverted            bool
	filters             []string
	predictor, columns  int
	colors              int
	k                   int // of CCITT
	blackIs1            bool
	space               []string
}

func (f *pdfFile) picture(dictionary []byte) picture {
	p := picture{filters: f.names(dictionary, "Filter"), space: f.names(dictionary, "ColorSpace"), bits: 8, colors: 1}
	p.width, _ = f.number(dictionary, "Width")
	p.height, _ = f.number(dictionary, "Height")
	if n, ok := f.number(dictionary, "BitsPerComponent"); ok {
		p.bits = n
	}
	if bytes.HasPrefix(f.value(dictionary, "ImageMask"), []byte("true")) {
		p.mask, p.bits = true, 1
	}
	p.inverted = bytes.HasPrefix(f.value(dictionary, "Decode"), []byte("[1 0")) || bytes.HasPrefix(f.value(dictionary, "Decode"), []byte("[ 1 0"))
	parameters := f.value(dictionary, "DecodeParms")
	if end := bytes.Index(parameters, []byte(">>")); end >= 0 {
		parameters = parameters[:end]
		p.predictor, _ = f.number(parameters, "Predictor")
		p.columns, _ = f.number(parameters, "Columns")
		if n, ok := f.number(parameters, "Colors"); ok {
			p.colors = n
		}
		p.k, _ = f.number(parameters, "K")
		p.blackIs1 = bytes.HasPrefix(f.value(parameters, "BlackIs1"), []byte("true"))
	}
	return p
}

var errPicture = errors.New("not an image that can be unpacked")

// encode undoes the filters and returns a file.
func (p picture) encode(data []byte, limit int64) (sniff.Kind, []byte, error) {
	for _, name := range p.filters {
		var err error
		switch name {
		case "DCTDecode":
			return sniff.JPEG, data, nil
		case "JPXDecode":
			return sniff.JP2, data, nil
		case "CCITTFaxDecode":
			return p.fax(data)
		case "FlateDecode":
			var z io.ReadCloser
			if z, err = zlib.NewReader(bytes.NewReader(data)); err == nil {
				data, err = p.unpredicted(atMost(z, limit))
			}
		case "LZWDecode":
			data, err = p.unpredicted(atMost(lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8), limit))
		case "ASCII85Decode":
			data = bytes.TrimSuffix(bytes.TrimSpace(data), []byte("~>"))
			data, err = atMost(ascii85.NewDecoder(bytes.NewReader(data)), limit)
		case "ASCIIHexDecode":
			data, err = hex.DecodeString(string(bytes.TrimSuffix(bytes.Join(bytes.Fields(data), nil), []byte(">"))))
		case "RunLengthDecode":
			data, err = runLengths(data, limit)
		default:
			err = errPicture
		}
		if err != nil {
			return "", nil, err
		}
	}
	return p.png(data)
}

// atMost reads up to limit bytes. What was read before damage counts.
func atMost(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(b)) > limit || len(b) == 0 && err != nil {
		return nil, errPicture
	}
	return b, nil
}

// runLengths undoes RunLengthDecode.
func runLengths(b []byte, limit int64) ([]byte, error) {
	var out []byte
	for len(b) > 1 && b[0] != 128 && int64(len(out)) < limit {
		n := int(b[0])
		if n < 128 {
			end := min(len(b), n+2)
			out = append(out, b[1:end]...)
			b = b[end:]
			continue
		}
		out = append(out, bytes.Repeat(b[1:2], 257-n)...)
		b = b[2:]
	}
	return out, nil
}

// unpredicted undoes the predictors of PNG and TIFF.
func (p picture) unpredicted(b []byte, err error) ([]byte, error) {
	if err != nil || p.predictor < 2 {
		return b, err
	}
	columns := p.columns
	if columns <= 0 {
		columns = 1
	}
	step := max(1, p.colors*p.bits/8)
	row := (p.colors*p.bits*columns + 7) / 8
	if p.colors < 1 || p.colors > 32 || p.bits < 1 || p.bits > 16 || row <= 0 || row > 1<<24 {
		return nil, errPicture
	}
	if p.predictor == 2 {
		for at := 0; at < len(b) && p.bits == 8; at += row {
			for i := at + step; i < min(at+row, len(b)); i++ {
				b[i] += b[i-step]
			}
		}
		return b, nil
	}
	out := make([]byte, 0, len(b))
	above := make([]byte, row)
	for at := 0; at+1 < len(b); at += row + 1 {
		line := make([]byte, row)
		copy(line, b[at+1:min(len(b), at+1+row)])
		unfilter(b[at], line, above, step)
		out = append(out, line...)
		above = line
	}
	return out, nil
}

// unfilter undoes one line of PNG's filters.
//
// Source: PNG (Third Edition) Section 9.
func unfilter(filter byte, line, above []byte, step int) {
	for i := range line {
		var left, corner int
		if i >= step {
			left, corner = int(line[i-step]), int(above[i-step])
		}
		up := int(above[i])
		switch filter {
		case 1:
			line[i] += byte(left)
		case 2:
			line[i] += byte(up)
		case 3:
			line[i] += byte((left + up) / 2)
		case 4:
			line[i] += paeth(left, up, corner)
		}
	}
}

func paeth(a, b, c int) byte {
	distance := func(x int) int { return max(x, -x) }
	p := a + b - c
	switch pa, pb, pc := distance(p-a), distance(p-b), distance(p-c); {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	}
	return byte(c)
}

// fax unpacks CCITT, as scanners write it.
func (p picture) fax(data []byte) (sniff.Kind, []byte, error) {
	width := p.columns
	if width <= 0 {
		width = 1728
	}
	if p.k > 0 || width > 1<<16 || p.height > 1<<16 || width*p.height > maxSamples {
		return "", nil, errPicture // mixed coding is not to be had
	}
	format := ccitt.Group4
	if p.k == 0 {
		format = ccitt.Group3
	}
	img := image.NewGray(image.Rect(0, 0, width, p.height))
	err := ccitt.DecodeIntoGray(img, bytes.NewReader(data), ccitt.MSB, format, &ccitt.Options{Invert: p.blackIs1})
	if err != nil {
		return "", nil, err
	}
	return encodePNG(img)
}

// png writes samples as PNG. Colors of a palette are shown as shades by their
// number.
func (p picture) png(b []byte) (sniff.Kind, []byte, error) {
	if p.width > 1<<16 || p.height > 1<<16 || p.width*p.height > maxSamples {
		return "", nil, errPicture
	}
	row := func(components int) int { return (p.width*components*p.bits + 7) / 8 }
	components := 0
	for _, n := range []int{4, 3, 1} {
		if row(n)*p.height <= len(b) && (components == 0 || row(n)*p.height == len(b)) {
			components = n
		}
	}
	if p.mask || len(p.space) > 0 && (p.space[0] == "Indexed" || p.space[0] == "DeviceGray" || p.space[0] == "CalGray") {
		components = 1
	}
	switch p.bits {
	case 1, 2, 4, 8, 16:
	default:
		return "", nil, errPicture
	}
	if components == 0 || row(components)*p.height > len(b) {
		return "", nil, errPicture
	}
	if components == 1 || p.bits != 8 {
		return encodePNG(p.gray(b, components, row(components)))
	}
	// Shades are enough to read text, and take a quarter of the memory.
	img := image.NewGray(image.Rect(0, 0, p.width, p.height))
	for y := range p.height {
		line := b[y*row(components):]
		for x := range p.width {
			s := line[x*components:]
			c := color.NRGBA{s[0], s[1], s[2], 255}
			if components == 4 { // CMYK
				c.R, c.G, c.B = color.CMYKToRGB(s[0], s[1], s[2], s[3])
			}
			img.Pix[y*img.Stride+x] = color.GrayModel.Convert(c).(color.Gray).Y
		}
	}
	return encodePNG(img)
}

// gray draws the first component of each pixel, of any depth.
func (p picture) gray(b []byte, components, row int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, p.width, p.height))
	for y := range p.height {
		line := b[y*row : (y+1)*row]
		for x := range p.width {
			bit := x * components * p.bits
			v := int(line[bit/8])
			if p.bits < 8 {
				v = v >> (8 - p.bits - bit%8) & (1<<p.bits - 1) * 255 / (1<<p.bits - 1)
			}
			if p.inverted {
				v = 255 - v
			}
			img.Pix[y*img.Stride+x] = byte(v)
		}
	}
	return img
}

func encodePNG(img image.Image) (sniff.Kind, []byte, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	err := e.Encode(&b, img)
	return sniff.PNG, b.Bytes(), err
}
