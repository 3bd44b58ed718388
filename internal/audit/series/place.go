package series

import "assay/internal/audit/dicom"

// Place is where an instance lies in its series. It holds no identifier.
type Place struct {
	Number         int  // InstanceNumber
	HasNumber      bool //
	Position       [3]float64
	HasPosition    bool
	Orientation    [6]float64
	HasOrientation bool
	SpacingMM      [2]float64 // PixelSpacing; 0 if absent
	Rows, Columns  int
}

// Reader collects the place of one instance from its elements.
type Reader struct{ place Place }

// Element takes one element with its decoded text.
func (r *Reader) Element(e *dicom.Element, text string) {}

// Place returns what was read.
func (r *Reader) Place(h *dicom.Header) Place { return r.place }
