package deid

import (
	"strings"
	"sync"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
)

// Edition is the edition of DICOM PS3.15 Table E.1-1 that the tables follow.
const Edition = "2024b, with the 34 attributes that 2025b adds"

// Action is what the profile does with an attribute. Combined codes ("X/Z/D")
// leave the choice to the IOD: the mildest that its Type allows.
//
// Source: DICOM PS3.15 Table E.1-1a.
type Action string

// Actions.
const (
	Dummy      Action = "D" // replace by a non-zero length dummy value
	Zero       Action = "Z" // replace by a zero length or dummy value
	Remove     Action = "X"
	Keep       Action = "K"
	Clean      Action = "C" // keep, cleaned of identifiers
	ReplaceUID Action = "U" // replace by a UID that is consistent within the set
)

// Options is a set of options of the profile.
//
// Source: DICOM PS3.15 Sections E.3.1 to E.3.11.
type Options uint16

// Options of the profile; the comments name their codes in CID 7050.
const (
	CleanPixelData               Options = 1 << iota // 113101
	CleanVisualFeatures                              // 113102
	CleanGraphics                                    // 113103
	CleanStructuredContent                           // 113104
	CleanDescriptors                                 // 113105
	RetainFullDates                                  // 113106
	RetainModifiedDates                              // 113107
	RetainPatientCharacteristics                     // 113108
	RetainDeviceIdentity                             // 113109
	RetainUIDs                                       // 113110
	RetainSafePrivate                                // 113111
	RetainInstitutionIdentity                        // 113112
)

// row is a row of Table E.1-1.
type row struct {
	tag     dicom.Tag
	keyword string
	vr      string
	basic   Action
	keep    Options // options under which the attribute is kept
	clean   Options // options under which it is kept and cleaned
}

// has reports whether the basic action offers a, alone or among others.
func (r *row) has(a Action) bool { return strings.Contains(string(r.basic), string(a)) }

// byTag is built once, at first use.
var byTag = sync.OnceValue(func() map[dicom.Tag]*row {
	m := make(map[dicom.Tag]*row, len(profile))
	for i := range profile {
		m[profile[i].tag] = &profile[i]
	}
	return m
})

// Rows of the repeating groups.
var (
	overlayData     = row{0x60003000, "OverlayData", "OW", Remove, 0, CleanGraphics}
	overlayComments = row{0x60004000, "OverlayComments", "LT", Remove, 0, CleanGraphics}
	curve           = row{0x50000000, "CurveData", "OW", Remove, 0, CleanGraphics}
)

func rowOf(t dicom.Tag) *row {
	switch t.Group() & 0xFF01 {
	case 0x6000:
		switch t.Element() {
		case 0x3000:
			return &overlayData
		case 0x4000:
			return &overlayComments
		}
	case 0x5000:
		return &curve
	}
	return byTag()[t]
}

// ActionFor returns the action that the Basic Application Level
// Confidentiality Profile requires for t, as changed by opts. Private
// attributes yield Remove, or Clean under RetainSafePrivate; attributes that
// the table does not name yield Keep.
//
// Source: DICOM PS3.15 Table E.1-1.
func ActionFor(t dicom.Tag, opts Options) Action {
	if t.IsPrivate() {
		if opts&RetainSafePrivate != 0 {
			return Clean
		}
		return Remove
	}
	r := rowOf(t)
	switch {
	case r == nil:
		return Keep
	case r.keep&opts != 0:
		return Keep
	case r.clean&opts != 0:
		return Clean
	}
	return r.basic
}

// keywordOf names an attribute, of a repeating group too.
func keywordOf(t dicom.Tag) string {
	if k := dict.Keyword(t); k != "" {
		return k
	}
	if r := rowOf(t); r != nil {
		return r.keyword
	}
	return ""
}

// keywordAt is keywordOf the tag of an element.
func keywordAt(e *dicom.Element) string {
	if k := e.Keyword(); k != "" {
		return k
	}
	return keywordOf(e.Tag)
}

// inStandard marks a private element that PS3.15 Table E.3.10-1 itself names.
const inStandard = 1 << 31

// privateStanding says how far a private element is known to be safe.
type privateStanding int

const (
	unlisted       privateStanding = iota
	listedArchive                  // kept by The Cancer Imaging Archive
	listedStandard                 // PS3.15 Table E.3.10-1
)

var safeByCreator = sync.OnceValue(func() map[string]map[uint32]privateStanding {
	m := map[string]map[uint32]privateStanding{}
	for creator, list := range safePrivate {
		elements := map[uint32]privateStanding{}
		for _, n := range list {
			if n&inStandard != 0 {
				elements[n&^inStandard] = listedStandard
			} else if elements[n] == unlisted {
				elements[n] = listedArchive
			}
		}
		m[strings.ToUpper(creator)] = elements
	}
	return m
})

// standingOf looks a private element up, and says whether its creator is one
// that the table knows, so that its name may be shown.
func standingOf(creator string, t dicom.Tag) (standing privateStanding, knownCreator bool) {
	elements, known := safeByCreator()[strings.ToUpper(creator)]
	return elements[uint32(t.Group())<<8|uint32(t.Element()&0xFF)], known
}

func dictTag(keyword string) (dicom.Tag, bool) {
	e, ok := dict.ByKeyword(keyword)
	return e.Tag, ok
}
