package pixel

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"assay/internal/audit/sniff"
)

const (
	maxImagePixels = 32 << 20 // of an image with colors
	imageSource    = "image"
)

// decoder decodes one kind of raster image.
type decoder struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var decoders = map[sniff.Kind]decoder{
	sniff.PNG:  {png.DecodeConfig, png.Decode},
	sniff.JPEG: {jpeg.DecodeConfig, jpeg.Decode},
	sniff.GIF:  {gif.DecodeConfig, gif.Decode},
	sniff.BMP:  {bmp.DecodeConfig, bmp.Decode},
	sniff.WebP: {webp.DecodeConfig, webp.Decode},
	sniff.TIFF: {tiff.DecodeConfig, tiff.Decode},
}

// InspectImage looks at an image that is not DICOM: a file, or one inside a
// document. Of an image with several pages or frames it sees the first.
func InspectImage(content io.ReaderAt, size int64, kind sniff.Kind) Facts {
	var facts Facts
	d, ok := decoders[kind]
	if !ok {
		facts.Undecoded = fmt.Sprintf("The audit does not decode images of this kind (%s).", kind)
		return facts
	}
	stream := func() io.Reader { return bufio.NewReaderSize(io.NewSectionReader(content, 0, size), 64<<10) }
	if kind == sniff.TIFF {
		stream = func() io.Reader { return io.NewSectionReader(content, 0, size) }
	}
	c, err := d.config(stream())
	if err != nil {
		facts.Undecoded = "The header of the image cannot be read."
		return facts
	}
	most := int64(maxImagePixels)
	if c.ColorModel == color.GrayModel {
		most = maxFramePixels
	}
	if pixels := int64(c.Width) * int64(c.Height); pixels <= 0 || pixels > most {
		facts.Undecoded = fmt.Sprintf("The image is larger than the audit decodes (%d million pixels).", most>>20)
		return facts
	}
	m, err := d.decode(stream())
	if err != nil {
		facts.Undecoded = "The image cannot be decoded."
		return facts
	}
	lookAtImage(m, &facts)
	return facts
}

// lookAtImage looks for letters in a decoded image.
func lookAtImage(m image.Image, facts *Facts) {
	var p plane
	grayOf(m, &p)
	if len(p.samples) == 0 {
		return
	}
	if facts.Constant = p.isConstant(); facts.Constant {
		return
	}
	// Anything may be in such an image: a scan, a screenshot, a photograph.
	f := newFinder(true)
	s := &series{picture: newPicture(), reader: &reader{count: 1}}
	s.picture.source = imageSource
	f.frame(s, 1, &p)
	facts.Rasters = f.rasters()
	f.release()
}
