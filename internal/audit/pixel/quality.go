package pixel

import (
	"assay/internal/audit/dicom"
	"assay/internal/audit/imaging"
)

// measureFrame measures the frame at hand.
func (s *series) measureFrame() *Measured {
	p := &s.frame
	if p.width < 1 || p.height < 1 {
		return nil
	}
	g := imaging.NewGauge(p.width, p.height, s.padding())
	defer g.Close()
	for y := range p.height {
		g.Row(p.samples[y*p.width:][:p.width])
	}
	m := &Measured{Figures: g.Figures()}
	if s.reader.gray == nil {
		m.BitsUsed = imaging.BitsUsed(0, float64(m.Max-m.Min)*max(p.step, 1))
	}
	return m
}

// IsLossy reports whether the header or the transfer syntax says that the
// image was compressed with loss.
//
// Source: DICOM PS3.3 Section C.7.6.1.1.5, PS3.5 Section 10.
func (in *Inspector) IsLossy(h *dicom.Header) bool {
	return in.lossy == "01" || isLossySyntax(h.TransferSyntaxUID)
}
