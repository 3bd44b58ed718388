package pixel

import "assay/internal/audit/dicom"

// risk collects what the header says about text in the image.
type risk struct{}

func (r *risk) element(e *dicom.Element, text string) {}

// risks returns the reasons for which the image may show text.
func (r *risk) risks(h *dicom.Header) []string { return nil }
