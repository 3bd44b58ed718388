package synth

import (
	"fmt"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// Problem is something planted that the audit must find.
type Problem string

// Problems.
const (
	PatientName     Problem = "patient-name"     // PatientName holds a name
	BirthDate       Problem = "birth-date"       // PatientBirthDate is filled
	PatientID       Problem = "patient-id"       // PatientID and OtherPatientIDs hold a record number
	DatesKept       Problem = "dates-kept"       // study, series and content dates stay
	StaffName       Problem = "staff-name"       // ReferringPhysicianName, OperatorsName
	Institution     Problem = "institution"      // InstitutionName and address
	DeviceSerial    Problem = "device-serial"    // DeviceSerialNumber, StationName
	PrivateElements Problem = "private-elements" // private blocks, one with the name
	FreeText        Problem = "free-text"        // ImageComments with name, number, telephone
	NestedName      Problem = "nested-name"      // a name two sequences deep
	Age             Problem = "age"              // PatientAge over 89
	VendorUIDs      Problem = "vendor-uids"      // UIDs of the scanner, with the date inside
	BurnedInText    Problem = "burned-in-text"   // name, date and number in the pixels
	NameInPath      Problem = "name-in-path"     // the folder bears the name
	NoClaim         Problem = "no-claim"         // nothing says de-identified
	MixedPatients   Problem = "mixed-patients"   // the second half bears another PatientID
	DuplicateUID    Problem = "duplicate-uid"    // the last two instances share their UID
	MissingSlice    Problem = "missing-slice"    // a slice in the middle is left out
	Truncated       Problem = "truncated"        // the last file is cut
)

// Problems returns all problems.
func Problems() []Problem {
	return []Problem{
		PatientName, BirthDate, PatientID, DatesKept, StaffName, Institution, DeviceSerial, PrivateElements, FreeText,
		NestedName, Age, VendorUIDs, BurnedInText, NameInPath, NoClaim, MixedPatients, DuplicateUID, MissingSlice, Truncated,
	}
}

// plant puts the problems of the header into instance i.
func (s *series) plant(h *header, i int) {
	p := s.Person
	for _, problem := range s.Problems {
		switch problem {
		case PatientName:
			h.text(tag.PatientName, p.Name)
		case BirthDate:
			h.text(tag.PatientBirthDate, p.BirthDate)
		case PatientID:
			h.text(tag.PatientID, p.ID)
			h.text(tag.OtherPatientIDs, "MRN"+p.ID)
		case DatesKept:
			s.plantDates(h)
		case StaffName:
			h.text(tag.ReferringPhysicianName, p.Physician)
			h.text(tag.OperatorsName, p.Physician)
		case Institution:
			h.text(tag.InstitutionName, p.Hospital)
			h.text(tag.InstitutionAddress, "12 Harbor Street, Springfield, IL 62704")
		case DeviceSerial:
			h.text(tag.DeviceSerialNumber, fmt.Sprint(40_000+s.Seed%9_999))
			h.text(tag.StationName, fmt.Sprintf("%s-ROOM-%d", s.Modality, 1+s.Seed%9))
		case PrivateElements:
			s.plantPrivate(h)
		case FreeText:
			h.text(tag.ImageComments, fmt.Sprintf("Compared with the study of %s, MRN %s, call %s", p.plain(), p.ID, p.Phone))
		case NestedName:
			inner, outer := code("CHEST-1", "99PHANTOM", "Chest routine"), newHeader()
			inner.text(tag.PersonName, p.Physician)
			outer.text(tag.RequestedProcedureDescription, "Follow up of "+p.plain())
			outer.items(tag.RequestedProcedureCodeSequence, code("24627-2", "LN", "CT Chest"))
			outer.items(tag.ScheduledProtocolCodeSequence, inner)
			h.items(tag.RequestAttributesSequence, outer)
		case Age:
			h.text(tag.PatientAge, "094Y")
		case NoClaim:
			for _, t := range []tag.Tag{tag.PatientIdentityRemoved, tag.DeidentificationMethod, tag.DeidentificationMethodCodeSequence, tag.LongitudinalTemporalInformationModified} {
				delete(h.elements, t)
			}
		case MixedPatients:
			if i >= s.Slices/2 {
				h.text(tag.PatientName, s.Subject+"-B")
				h.text(tag.PatientID, s.Subject+"-B")
			}
		case DuplicateUID:
			if i > 0 && i == s.Slices-1 {
				h.text(tag.SOPInstanceUID, s.uid("instance", i-1))
				h.text(tag.MediaStorageSOPInstanceUID, s.uid("instance", i-1))
			}
		}
	}
}

func (s *series) plantDates(h *header) {
	for _, t := range []tag.Tag{tag.StudyDate, tag.SeriesDate, tag.AcquisitionDate, tag.ContentDate} {
		h.text(t, s.Person.StudyDate)
	}
	for _, t := range []tag.Tag{tag.StudyTime, tag.SeriesTime, tag.AcquisitionTime, tag.ContentTime} {
		h.text(t, "123015")
	}
	h.text(tag.LongitudinalTemporalInformationModified, "UNMODIFIED")
}

// plantPrivate puts a block of a known vendor and one that names the patient.
func (s *series) plantPrivate(h *header) {
	h.private(0x0009, 0x0010, "LO", []string{"GEMS_IDEN_01"})
	h.private(0x0009, 0x1001, "LO", []string{"GE_GENESIS_FF"})
	h.private(0x0029, 0x0010, "LO", []string{"PHANTOM WORKS 1.0"})
	h.private(0x0029, 0x1010, "LO", []string{strings.ToUpper(s.Person.Name)})
	h.private(0x0029, 0x1011, "UN", evened("patient "+s.Person.ID))
}

// evened returns the bytes of a text with an even length.
func evened(text string) []byte {
	if len(text)%2 == 1 {
		text += "\x00"
	}
	return []byte(text)
}

// burn draws the identifiers into the pixels.
func (s *series) burn(c *canvas, value float64) {
	if !s.has(BurnedInText) {
		return
	}
	p := s.Person
	c.write([]string{p.plain(), "MRN " + p.ID, p.StudyDate[:4] + "-" + p.StudyDate[4:6] + "-" + p.StudyDate[6:]}, value)
}

// damage applies the problems of whole files.
func (s *series) damage(files []File) []File {
	if s.has(MissingSlice) && len(files) > 2 {
		middle := len(files) / 2
		files = append(files[:middle:middle], files[middle+1:]...)
	}
	if s.has(Truncated) {
		last := &files[len(files)-1]
		last.Data = last.Data[:len(last.Data)*2/3]
	}
	return files
}
