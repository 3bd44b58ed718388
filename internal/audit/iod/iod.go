package iod

import (
	"slices"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// duty is the type of an attribute within an IOD.
//
// Source: DICOM PS3.5 Section 7.4.
type duty uint8

const (
	type1  duty = iota // present, with a value
	type2              // present
	type1C             // as type 1 under a condition; never empty
	type2C             // as type 2 under a condition
)

// need is an attribute that a SOP Class asks for.
type need struct {
	tag    uint16 // place in tags
	duty   duty
	module uint8 // place in modules
}

// class is a SOP Class: it asks for needs[first:end].
type class struct {
	uid        string
	first, end uint16
}

// bits is a set of places in tags.
type bits [(tagCount + 63) / 64]uint64

func (b *bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b *bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// Checker checks one instance. Feed it each element that dicom.Scan shows,
// then call Done.
type Checker struct {
	emit            func(finding.Finding)
	present, filled bits
	next            int       // the first place in tags not passed yet
	sequence        dicom.Tag // whose items are being shown
	facts           facts
}

// New returns a checker whose findings go to emit when Done is called.
func New(emit func(finding.Finding)) *Checker { return &Checker{emit: emit} }

// Element takes one element with its decoded text.
func (c *Checker) Element(e *dicom.Element, text string) {
	switch {
	case e.Meta || e.Tag.IsPrivate():
		return
	case e.Depth > 0:
		// That an item is there makes its sequence one with a value.
		if root := e.Parents[0].Tag; root != c.sequence {
			c.sequence = root
			if i := c.place(root); i >= 0 {
				c.filled.set(i)
			}
		}
		return
	}
	c.facts.learn(e, text)
	if i := c.place(e.Tag); i >= 0 {
		c.present.set(i)
		if hasValue(e, text) {
			c.filled.set(i)
		}
	}
}

// place returns the place of t in tags, or -1. Elements come in ascending
// order, so that the tables are walked once in all.
func (c *Checker) place(t dicom.Tag) int {
	if c.next > 0 && tags[c.next-1] >= t {
		if i, ok := slices.BinarySearch(tags[:], t); ok {
			return i
		}
		return -1
	}
	for c.next < tagCount && tags[c.next] < t {
		c.next++
	}
	if c.next < tagCount && tags[c.next] == t {
		return c.next
	}
	return -1
}

func hasValue(e *dicom.Element, text string) bool {
	switch {
	case e.VR == dicom.SQ:
		return e.Length > 0
	case e.VR.IsText():
		return dicom.Trim(text) != ""
	}
	return e.Length != 0
}

// Done judges what was seen. It returns a sentence that says why the
// attributes of the SOP Class could not be checked, or "" if they were. An
// object that was not read to its end is not judged.
func (c *Checker) Done(h *dicom.Header) (unchecked string) {
	if h.Status != dicom.Read {
		return "The file was not read to its end."
	}
	uid := h.SOPClassUID
	if uid == "" {
		uid = h.MediaStorageSOPClassUID
	}
	known, ok := dict.LookupSOPClass(uid)
	switch {
	case uid == "":
		c.judge(h, &classes[0])
		return "The file states no SOP Class."
	case !ok:
		c.unknown("The SOP Class is not in the standard.")
		return "The SOP Class is not in the standard."
	case !known.Storage:
		c.unknown("The SOP Class is a service, not a stored object.")
		return "The SOP Class is not one of stored objects."
	}
	i, ok := slices.BinarySearchFunc(classes[:], uid, func(k class, uid string) int { return strings.Compare(k.uid, uid) })
	if ok {
		c.judge(h, &classes[i])
		return ""
	}
	if ofPatient(uid) {
		c.judge(h, &classes[0])
	}
	return "The audit has no table for this SOP Class."
}

func (c *Checker) unknown(message string) {
	c.emit(ruleUnknownClass.New("(0008,0016) SOPClassUID", "", message, finding.Location{}))
}

// ofPatient reports whether a stored object of the SOP Class belongs to a
// patient: the composite objects, without protocols that are defined apart
// from any patient.
//
// Source: DICOM PS3.4 Annexes B and GG.
func ofPatient(uid string) bool {
	rest, ok := strings.CutPrefix(uid, "1.2.840.10008.5.1.4.1.1.")
	return ok && !strings.HasPrefix(rest, "200.") && !strings.HasPrefix(rest, "201.")
}

// judge compares what was seen with what a class asks for.
func (c *Checker) judge(h *dicom.Header, k *class) {
	c.facts.class = k
	for _, n := range needs[k.first:k.end] {
		i := int(n.tag)
		present, filled := c.present.has(i), c.filled.has(i)
		switch {
		case filled || n.duty == type2 && present || n.duty == type2C && present:
		case n.duty == type1 && c.relaxed(tags[i]) && !present:
		case n.duty == type1:
			c.report(ruleType1, h, n, present)
		case n.duty == type2:
			c.report(ruleType2, h, n, present)
		case n.duty == type1C && present, c.demands(h, tags[i]):
			c.report(rule1C, h, n, present)
		}
	}
}

// demands reports whether the rest of the object makes t mandatory.
func (c *Checker) demands(h *dicom.Header, t dicom.Tag) bool {
	condition, ok := conditions[t]
	return ok && condition(c, h)
}

func (c *Checker) report(r finding.Rule, h *dicom.Header, n need, present bool) {
	tag := tags[n.tag]
	state := "absent"
	if present {
		state = "empty"
	}
	f := r.New(tag.String()+" "+dict.Keyword(tag), "",
		"The attribute is "+state+"; module "+modules[n.module]+" of the SOP Class requires it.", finding.Location{})
	if r.ID == ruleType1.ID && !vital(tag) {
		f.Severity = finding.Warning
	}
	c.emit(f)
}

// vital reports whether an object without t cannot be told from others, or its
// frames cannot be read.
func vital(t dicom.Tag) bool {
	switch t {
	case 0x00080016, 0x00080018, 0x0020000D, 0x0020000E, 0x00080060, // SOP Class, SOP Instance, Study, Series, Modality
		0x00280010, 0x00280011, // Rows, Columns
		0x00280002, 0x00280004, 0x00280100, 0x00280101, 0x00280103: // SamplesPerPixel, PhotometricInterpretation, BitsAllocated, BitsStored, PixelRepresentation
		return true
	}
	return false
}
