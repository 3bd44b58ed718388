package iod

import "assay/internal/audit/finding"

var (
	ruleUnknownClass = finding.Rule{
		ID: "iod-unknown-class", Title: "SOP Class is not one of stored objects", Severity: finding.Warning,
		Fix:    "Write the object as a storage SOP Class of the standard that is not retired, and state it in SOPClassUID (0008,0016).",
		Source: "DICOM PS3.4 Annex B, PS3.6 Annex A",
	}
	ruleType1 = finding.Rule{
		ID: "iod-type1", Title: "Attribute that must have a value is absent or empty", Severity: finding.Blocker,
		Fix:    "Fill the attribute; if it identifies somebody, with a dummy as PS3.15 allows for it (action D or U).",
		Source: "DICOM PS3.3 Annexes A and C, PS3.5 Section 7.4.1",
	}
	// An attribute of type 2 may be empty, so an absent one takes nothing from
	// whoever uses the object, and de-identification often removes it: an info,
	// where the other rules warn.
	ruleType2 = finding.Rule{
		ID: "iod-type2", Title: "Attribute that must be present is absent", Severity: finding.Info,
		Fix:    "Put the attribute back, empty if its value is unknown or was removed.",
		Source: "DICOM PS3.3 Annexes A and C, PS3.5 Section 7.4.3",
	}
	rule1C = finding.Rule{
		ID: "iod-1c", Title: "Attribute that the rest of the object makes mandatory is absent or empty", Severity: finding.Warning,
		Fix:    "Put the attribute back with a value; one of type 2C may be empty.",
		Source: "DICOM PS3.3 Annexes A and C, PS3.5 Sections 7.4.2 and 7.4.4",
	}
)

// Rules returns the rules of this package.
func Rules() []finding.Rule {
	return []finding.Rule{ruleUnknownClass, ruleType1, ruleType2, rule1C}
}
