package catalog

import (
	"strconv"

	"assay/internal/audit"
	"assay/internal/audit/claim"
	"assay/internal/audit/deid"
	"assay/internal/listing"
)

// AuditClaims are the claims of a listing that an audit can hold against the
// files. Both sides use the words of the same vocabularies; what is not
// answered, or answered by "unknown", is not claimed.
func AuditClaims(c listing.Claims) *audit.Claims {
	d := c.Deidentification
	return &audit.Claims{
		Method: deid.Method(d.Method), Codes: texts(d.Codes),
		Dates: deid.DateHandling(answerOf(string(d.Dates))), Faces: deid.FaceHandling(answerOf(string(d.Faces))),
		Reports: deid.Method(c.Reports.Method), ReportsIncluded: string(c.Reports.Included),
		Contents: claim.Contents{
			Patients: c.Demographics.Patients, Modalities: texts(c.Basics.Modalities), BodyParts: texts(c.Basics.BodyParts),
			Devices: auditDevices(c.Devices), Countries: c.Coverage.Countries,
			Sexes: auditGroups(c.Demographics.Sex), AgeBands: auditGroups(c.Demographics.Ages),
		},
	}
}

func answerOf(s string) string {
	if s == "unknown" {
		return ""
	}
	return s
}

func auditDevices(d listing.Devices) []claim.Device {
	var list []claim.Device
	for _, x := range d.List {
		list = append(list, claim.Device{
			Manufacturer: x.Manufacturer, Model: x.Model, FieldStrengthT: decimal(x.FieldStrengthT), KVp: decimal(x.KVP),
			SliceThicknessMinMM: decimal(x.SliceThicknessMinMM), SliceThicknessMaxMM: decimal(x.SliceThicknessMaxMM),
		})
	}
	return list
}

// decimal is 0 for a figure that is not stated.
func decimal(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return f
}

func auditGroups(d listing.Distribution) claim.Groups {
	if len(d.Counts) == 0 {
		return nil
	}
	g := claim.Groups{}
	for _, c := range d.Counts {
		g[string(c.Group)] = c.N
	}
	if d.Missing > 0 {
		g[claim.Missing] = d.Missing
	}
	return g
}
