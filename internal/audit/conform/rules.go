package conform

import "assay/internal/audit/finding"

var (
	ruleValue = finding.Rule{
		ID: "fmt-vr-vm-len", Title: "Value breaks the rules of its VR", Severity: finding.Warning,
		Fix:    "Write the value of the attribute that the finding names as its value representation demands (format, length, number of values), or leave it empty.",
		Source: "DICOM PS3.5 Section 6.2 and 6.4, PS3.6 Section 6",
	}
	ruleCharset = finding.Rule{
		ID: "fmt-charset", Title: "Text does not fit its character set", Severity: finding.Warning,
		Fix:    "Set SpecificCharacterSet (0008,0005) to the set the text is written in, spelled as in the standard (ISO_IR 192 for UTF-8).",
		Source: "DICOM PS3.3 Section C.12.1.1.2, PS3.5 Section 6.1",
	}
	ruleUID = finding.Rule{
		ID: "fmt-uid", Title: "Unique identifier is malformed or contradicts another", Severity: finding.Warning,
		Fix:    "Write UIDs as digits and dots, 64 characters at most, without leading zeros, and repeat SOPClassUID and SOPInstanceUID of the data set in MediaStorageSOPClassUID (0002,0002) and MediaStorageSOPInstanceUID (0002,0003).",
		Source: "DICOM PS3.5 Section 9.1, PS3.10 Section 7.1",
	}
	ruleOrder = finding.Rule{
		ID: "fmt-order-dup", Title: "Elements are repeated or out of order", Severity: finding.Warning,
		Fix:    "Write each element once, in ascending order of tags.",
		Source: "DICOM PS3.5 Section 7.1",
	}
)

// Rules returns the rules that this package reports.
func Rules() []finding.Rule {
	return []finding.Rule{ruleValue, ruleCharset, ruleUID, ruleOrder}
}
