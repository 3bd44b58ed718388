package ingest

import (
	"encoding/json"

	"assay/internal/audit"
	"assay/internal/listing"
)

// declared hands the audit what it can hold against the files: the claims on
// de-identification. Both sides use the words of the same vocabulary.
func declared(c listing.Claims) (*audit.Claims, error) {
	d := c.Deidentification
	text, err := json.Marshal(map[string]any{
		"method": d.Method, "codes": d.Codes, "dates": d.Dates, "faces": d.Faces,
		"reports": c.Reports.Method, "reports_included": c.Reports.Included,
	})
	if err != nil {
		return nil, err
	}
	var claims audit.Claims
	return &claims, json.Unmarshal(text, &claims)
}
