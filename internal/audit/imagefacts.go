package audit

import (
	"assay/internal/audit/annotation"
)

// photometric returns a defined term of PhotometricInterpretation, or "other".
//
// Source: DICOM PS3.3 Section C.7.6.3.1.2.
func photometric(term string) string {
	switch term {
	case "", "MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT", "XYB":
		return term
	}
	return "other"
}

// imageFacts are the facts of a DICOM image that labels nothing: what its
// header and its pixels say of its quality.
func imageFacts(f *Facts) *annotation.Facts {
	in := f.Instance
	q := &annotation.Quality{
		Photometric: in.Photometric, BitsStored: int32(in.BitsStored), Lossy: in.IsLossy,
		RowMM: float32(in.Place.SpacingMM[0]), ColMM: float32(in.Place.SpacingMM[1]), ThicknessMM: float32(in.SliceThicknessMM),
	}
	if p := f.Pixels; p != nil && p.Measured != nil {
		q.Looked = true
		q.Take(p.Measured.Figures)
		q.BitsUsed = p.Measured.BitsUsed
	}
	return &annotation.Facts{Formats: []annotation.Match{{Format: annotation.DICOMImage, Confidence: 1}}, Quality: q}
}
