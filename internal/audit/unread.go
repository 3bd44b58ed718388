package audit

import "assay/internal/audit/dicom"

// unread notes what of a DICOM header no rule can read.
type unread struct {
	long, encrypted, audio bool
}

const (
	tagEncryptedContent dicom.Tag = 0x04000520
	tagWaveformData     dicom.Tag = 0x54001010
)

// element takes one element.
func (u *unread) element(e *dicom.Element) {
	switch {
	case e.Tag == tagEncryptedContent && e.Length > 0:
		u.encrypted = true
	case e.Tag == tagWaveformData:
		u.audio = true
	case e.Private && (e.VR == dicom.UN || e.VR == dicom.OB) && e.Length > 0 && !e.IsComplete():
		u.long = true
	}
}

// say puts into the report what was met.
func (u *unread) say(i *inspection) {
	if u.long {
		i.notChecked("text in long private values", "Of a binary private value only the start is looked at.")
	}
	if u.encrypted {
		i.notChecked("encrypted attributes", "EncryptedAttributesSequence can be read only with the key of its recipient.")
	}
	if u.audio {
		i.notChecked("voices and text in waveforms", "The samples of a waveform are not looked at; its annotations are.")
	}
}
