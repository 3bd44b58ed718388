package pixel

import (
	"io"
	"slices"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
)

const (
	maxDataSets = 64 // with a picture of their own
	maxOverlays = 16 // of a data set
)

// Inspector looks at the pixels of one DICOM file. Feed it each element that
// dicom.Scan shows, then call Done.
type Inspector struct {
	// Measure asks for the figures of image quality.
	Measure bool

	risk
	open    []*dataSet // by depth
	sets    []*dataSet // that hold pixels
	metaEnd int64
}

// dataSet is what one data set, the outermost or an item, says of its pixels.
type dataSet struct {
	parents  []dicom.Step
	picture  *picture // own
	own      picture
	overlays []*overlay
	kept     bool
}

// New returns an Inspector for one file.
func New() *Inspector { return &Inspector{} }

// Element takes one element with its decoded text.
func (in *Inspector) Element(e *dicom.Element, text string) {
	if e.Meta {
		in.metaEnd = e.ValueOffset + max(e.Length, 0)
		return
	}
	in.risk.element(e, text)
	switch group := e.Tag.Group(); {
	case isPicture(e.Tag):
		in.dataSet(e).picture.learn(e, text)
	case group == 0x7FE0:
		in.pixels(e)
	case isOverlay(e.Tag):
		s := in.dataSet(e)
		if s.overlay(e) {
			in.keep(s)
		}
	}
}

// pixels takes pixel data, or the table that says where its frames begin.
func (in *Inspector) pixels(e *dicom.Element) {
	s := in.dataSet(e)
	switch e.Tag {
	case tagFrameOffsets:
		s.picture.frameOffsets = ordered(e.Value, false)
	case tagPixelData, tagFloatPixelData, tagDoublePixelData:
		s.picture.place(e)
		in.keep(s)
	}
}

func (in *Inspector) keep(s *dataSet) {
	if !s.kept && len(in.sets) < maxDataSets {
		s.kept = true
		in.sets = append(in.sets, s)
	}
}

// dataSet returns the data set that holds an element.
func (in *Inspector) dataSet(e *dicom.Element) *dataSet {
	if e.Depth < len(in.open) {
		if s := in.open[e.Depth]; s != nil && slices.Equal(s.parents, e.Parents) {
			return s
		}
		in.open = in.open[:e.Depth]
	}
	for len(in.open) < e.Depth {
		in.open = append(in.open, nil)
	}
	s := &dataSet{parents: slices.Clone(e.Parents), own: emptyPicture}
	s.picture = &s.own
	in.open = append(in.open, s)
	return s
}

// Done looks at the pixels themselves.
func (in *Inspector) Done(content io.ReaderAt, size int64, h *dicom.Header) Facts {
	syntax, known := dict.LookupTransferSyntax(h.TransferSyntaxUID)
	facts := Facts{Offset: h.PixelData.Offset, Length: h.PixelData.Length, Risks: in.risks(h), BurnedIn: in.burnedIn == "YES", CleanClaimed: in.cleanClaimed}
	if syntax.Deflated {
		facts.Offset, facts.Length = 0, 0
		content, size = newInflated(content, size, in.metaEnd), deflatedEnd
	}
	l := newLook(content, size, syntax, h.Modality, &facts)
	l.measure = in.Measure
	for _, s := range in.sets {
		isRoot := len(s.parents) == 0
		if s.picture.source != "" {
			if known || h.TransferSyntaxUID == "" {
				l.picture(s.picture, isRoot, s.hasEmbedded())
			} else {
				l.undecoded("The transfer syntax is not known.", false)
			}
		}
		for _, o := range s.overlays {
			l.overlay(o, s.picture)
		}
	}
	l.done()
	return facts
}
