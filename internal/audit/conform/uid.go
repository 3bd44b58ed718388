package conform

import (
	"bytes"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// keyUIDs identify an instance, its series, study and kind: without them
// intact the set cannot be understood.
var keyUIDs = map[dicom.Tag]bool{0x00080016: true, 0x00080018: true, 0x0020000D: true, 0x0020000E: true}

// checkUID judges one UID.
//
// Source: DICOM PS3.5 Section 9.1.
func (c *Checker) checkUID(e *dicom.Element, uid []byte) {
	severity := finding.Warning
	if len(e.Parents) == 0 && keyUIDs[e.Tag] {
		severity = finding.Blocker
	}
	switch fault := uidFault(uid); fault {
	case "":
	case leadingZero:
		c.add(ruleUID, finding.Warning, e, "", fault)
	default:
		c.add(ruleUID, severity, e, string(uid), fault)
	}
}

const leadingZero = "A component of the UID starts with a zero."

// uidFault says what is wrong with a UID, or "".
func uidFault(uid []byte) string {
	if len(uid) > 64 {
		return "The UID is longer than 64 characters."
	}
	start, zero := 0, false
	for i := 0; i <= len(uid); i++ {
		if i < len(uid) && uid[i] != '.' {
			if uid[i] < '0' || uid[i] > '9' {
				return "The UID holds something else than digits and dots."
			}
			continue
		}
		if i == start {
			return "A component of the UID is empty."
		}
		zero = zero || uid[start] == '0' && i-start > 1
		start = i + 1
	}
	if zero {
		return leadingZero
	}
	return ""
}

// checkMeta compares the identifiers of the File Meta Information with those
// of the data set.
func (c *Checker) checkMeta(h *dicom.Header) {
	const (
		class    = dicom.Tag(0x00020002)
		instance = dicom.Tag(0x00020003)
	)
	if h.MediaStorageSOPClassUID != "" && h.SOPClassUID != "" && h.MediaStorageSOPClassUID != h.SOPClassUID {
		c.add(ruleUID, finding.Warning, &dicom.Element{Tag: class}, "", "The File Meta Information names another SOP Class than the data set.")
	}
	if h.MediaStorageSOPInstanceUID != "" && h.SOPInstanceUID != "" && h.MediaStorageSOPInstanceUID != h.SOPInstanceUID {
		c.add(ruleUID, finding.Warning, &dicom.Element{Tag: instance}, "", "The File Meta Information names another instance than the data set; it may still be the original one.")
	}
	if h.SOPClassUID != "" {
		if _, ok := dict.LookupSOPClass(h.SOPClassUID); !ok && uidFault([]byte(h.SOPClassUID)) == "" && bytes.HasPrefix([]byte(h.SOPClassUID), []byte("1.2.840.10008.")) {
			c.add(ruleUID, finding.Warning, &dicom.Element{Tag: 0x00080016}, "", "The SOP Class has a UID of the standard that the standard does not define.")
		}
	}
}
