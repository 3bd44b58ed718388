package pixel

import (
	"io"

	"assay/internal/audit/dicom"
	"assay/internal/audit/sniff"
)

// Inspector looks at the pixels of one DICOM file. Feed it each element that
// dicom.Scan shows, then call Done.
type Inspector struct{}

// New returns an Inspector for one file.
func New() *Inspector { return &Inspector{} }

// Element takes one element with its decoded text.
func (in *Inspector) Element(e *dicom.Element, text string) {}

// Done looks at the pixels themselves.
func (in *Inspector) Done(content io.ReaderAt, size int64, h *dicom.Header) Facts {
	p := h.PixelData
	return Facts{Offset: p.Offset, Length: p.Length}
}

// InspectImage looks at an image that is not DICOM.
func InspectImage(content io.ReaderAt, size int64, kind sniff.Kind) Facts {
	return Facts{}
}
