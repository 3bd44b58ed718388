package document

import (
	"bytes"
	"io"

	"assay/internal/audit/sniff"
)

// Image is an image that stands inside a document or beside the main image of
// a slide, encoded as a file of its kind.
type Image struct {
	Place   string // "document image", "label image", "overview image"
	Kind    sniff.Kind
	Content io.ReaderAt
	Size    int64 // in bytes
}

// Bounds of the images of one file that are handed on.
const (
	maxImages     = 200
	maxImageBytes = 256 << 20
	maxSamples    = 40 << 20 // pixels of one that is unpacked here: a page at 600 dots an inch
	minSide       = 8        // no letter fits into less
)

// show hands an image on. Images beyond the bounds are said to be unread.
func (in *inspection) show(place string, kind sniff.Kind, b []byte) {
	if in.Image == nil || len(b) == 0 {
		return
	}
	if in.shown.images++; in.shown.images > maxImages || in.shown.bytes+int64(len(b)) > maxImageBytes {
		in.unread("The file holds more images than the audit looks at; the text in those beyond was not checked.")
		return
	}
	in.shown.bytes += int64(len(b))
	in.Image(Image{Place: place, Kind: kind, Content: bytes.NewReader(b), Size: int64(len(b))})
}

// shownImages counts what was handed on.
type shownImages struct {
	images int
	bytes  int64
}
