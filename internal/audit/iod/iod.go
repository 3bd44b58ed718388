package iod

import (
	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// Checker checks one instance. Feed it each element that dicom.Scan shows,
// then call Done.
type Checker struct {
	emit func(finding.Finding)
}

// New returns a checker whose findings go to emit when Done is called.
func New(emit func(finding.Finding)) *Checker { return &Checker{emit: emit} }

// Element takes one element.
func (c *Checker) Element(e *dicom.Element, text string) {}

// Done judges what was seen.
func (c *Checker) Done(h *dicom.Header) {}

var rules []finding.Rule

// Rules returns the rules of this package.
func Rules() []finding.Rule { return append([]finding.Rule(nil), rules...) }
