package quality

import (
	"assay/internal/audit/annotation"
)

// measure fills the classes and metrics of the report, and holds the set
// against the rules of metrics.
func (r *Report) measure(set *annotation.Set, opts Options) {
	v := newView(set, opts)
	r.Input.Patients, r.Input.PatientsFrom = v.patients(), set.PatientFrom
	r.Classes = v.classes()
	m := &r.Metrics
	m.Completeness = v.completeness()
	m.Distribution = v.distribution(r.Classes)
	m.CoOccurrence = v.coOccurrence(r.Classes)
	m.Splits = v.splitCounts()
	m.Drift = v.drift(r.Classes)
	m.Duplicates = v.duplicates()
	m.Leakage = v.leakage()
	m.Agreement = v.agreement()
	m.Provenance = v.provenance()
	m.Demographics = v.demographics()
	m.BoxCenters = v.boxCenters()
	m.Tables = v.tables()
	m.Images.LabelSize = v.labelSizes()
}
