package pixel

import (
	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// lossyFindings reports images that lost something when they were compressed
// unless the seller declares so: a buyer may measure or train on what is not
// in the original.
//
// Source: DICOM PS3.3 Section C.7.6.1.1.5, PS3.5 Section 10.
func (r *risk) lossyFindings(h *dicom.Header, claims *deid.Claims) []finding.Finding {
	if !h.PixelData.Present {
		return nil
	}
	path := ""
	switch {
	case r.lossy == "01":
		path = "(0028,2110) LossyImageCompression"
	case isLossySyntax(h.TransferSyntaxUID):
		path = "(0002,0010) TransferSyntaxUID"
	default:
		return nil
	}
	message := "The image was compressed with loss, and no claim says so."
	if claims != nil {
		switch claims.Compression {
		case deid.CompressionLossy:
			return nil
		case deid.CompressionLossless:
			message = "The image was compressed with loss; the claims say that none was."
		}
	}
	return []finding.Finding{ruleLossy.New(path, "", message, finding.Location{})}
}
