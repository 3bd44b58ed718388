package conform

import (
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// maxFindings bounds the different findings of one file.
const maxFindings = 200

// Checker checks the elements of one file. Feed it each element that
// dicom.Scan shows, then call Done.
type Checker struct {
	file     string
	emit     func(finding.Finding)
	findings map[key]*finding.Finding
	order    []key // in which findings were first seen
	sets     []set // the data sets that are open, outermost first
	room     [8]set
}

// key is what makes two faults one finding: the items of a path do not count.
type key struct {
	rule    string
	tags    string
	message string
}

// set is a data set at some depth.
type set struct {
	step dicom.Step // that led to it
	last dicom.Tag
	meta bool
}

// New returns a checker for a file whose name in findings is file. Findings go
// to emit when Done is called.
func New(file string, emit func(finding.Finding)) *Checker {
	c := &Checker{file: file, emit: emit}
	c.sets = c.room[:1]
	return c
}

// Element checks one element. text and textErr are what dicom.Text returned
// for it; they are not used for VRs that are not text.
func (c *Checker) Element(e *dicom.Element, text string, textErr error) {
	c.checkOrder(e)
	entry := e.Entry()
	if entry != nil {
		c.checkVR(e, entry.VR)
	} else if e.Written != "" && e.VR == dicom.UN && e.Written != dicom.UN {
		c.add(ruleValue, finding.Warning, e, "", "The VR is none of the standard.")
	}
	if e.Length > 0 && e.Length%2 != 0 {
		c.add(ruleValue, finding.Warning, e, "", "The length of the value is odd.")
	}
	if e.VR == dicom.SQ || e.Value == nil || e.Length <= 0 {
		return
	}
	if entry != nil && e.IsComplete() {
		c.checkVM(e, entry)
	}
	if !e.VR.IsText() {
		if size := e.VR.WordSize(); size > 1 && e.Length%int64(size) != 0 {
			c.add(ruleValue, finding.Warning, e, "", "The length is no multiple of the size of a value.")
		}
		return
	}
	c.checkCharset(e, textErr)
	if e.IsComplete() {
		c.checkText(e, text)
	}
}

// checkOrder notes elements that do not follow a lower tag in their data set.
func (c *Checker) checkOrder(e *dicom.Element) {
	depth := len(e.Parents)
	same := 0
	for same < depth && same+1 < len(c.sets) && c.sets[same+1].step == e.Parents[same] {
		same++
	}
	c.sets = c.sets[:same+1]
	for ; same < depth; same++ {
		c.sets = append(c.sets, set{step: e.Parents[same]})
	}
	top := &c.sets[depth]
	if top.meta && !e.Meta {
		*top = set{}
	}
	switch {
	case top.last == 0:
	case e.Tag == top.last:
		c.add(ruleOrder, finding.Warning, e, "", "The element is repeated in its data set.")
	case e.Tag < top.last:
		c.add(ruleOrder, finding.Warning, e, "", "The element follows one with a higher tag.")
	}
	top.last, top.meta = e.Tag, e.Meta
}

// checkVR compares the VR that the file states with the dictionary's.
func (c *Checker) checkVR(e *dicom.Element, allowed string) {
	if e.Written == "" || e.Written == dicom.UN || e.Written == "  " || allowed == "NONE" {
		return
	}
	if !strings.Contains(allowed, string(e.Written)) {
		c.add(ruleValue, finding.Warning, e, "", "The VR is not the one in the data dictionary.")
	}
}

// checkCharset notes text that does not fit its character set.
func (c *Checker) checkCharset(e *dicom.Element, textErr error) {
	if e.Tag == 0x00080005 {
		switch {
		case !e.Charset.IsUnderstood():
			c.add(ruleCharset, finding.Warning, e, string(e.Value), "The character set is none of the standard; text beyond ASCII cannot be read for certain.")
		case !e.Charset.IsKnown():
			c.add(ruleCharset, finding.Warning, e, string(e.Value), "The character set is not spelled as in the standard.")
		}
		return
	}
	switch textErr {
	case nil:
	case dicom.ErrInvalidBytes:
		c.add(ruleCharset, finding.Warning, e, "", "The text holds bytes that its character set does not have.")
	case dicom.ErrEscape:
		c.add(ruleCharset, finding.Warning, e, "", "The text holds an escape sequence that is not in the standard.")
	default:
		if e.VR.UsesCharset() {
			c.add(ruleCharset, finding.Warning, e, "", "The text is not ASCII, and no SpecificCharacterSet says how to read it.")
		} else {
			c.add(ruleCharset, finding.Warning, e, "", "The value is not ASCII, which its VR does not allow.")
		}
	}
}

// add notes a fault. value, if it helps to understand the fault, is masked.
func (c *Checker) add(rule finding.Rule, severity finding.Severity, e *dicom.Element, value, message string) {
	k := key{rule.ID, tagsOf(e), message}
	if f := c.findings[k]; f != nil {
		f.Count++
		return
	}
	if len(c.order) >= maxFindings {
		return
	}
	if c.findings == nil {
		c.findings = make(map[key]*finding.Finding)
	}
	f := rule.New(e.Path(), "", message, finding.Location{File: c.file, Offset: e.Offset})
	f.Severity = severity
	if value != "" {
		f.Shape = finding.Mask(strings.TrimRight(value, " \x00"))
	}
	c.findings[k] = &f
	c.order = append(c.order, k)
}

// tagsOf returns the tags that lead to e, without item numbers.
func tagsOf(e *dicom.Element) string {
	var room [64]byte
	b := room[:0]
	for _, p := range e.Parents {
		b = append(b, byte(p.Tag>>24), byte(p.Tag>>16), byte(p.Tag>>8), byte(p.Tag))
	}
	return string(append(b, byte(e.Tag>>24), byte(e.Tag>>16), byte(e.Tag>>8), byte(e.Tag)))
}

// Done compares the File Meta Information with the data set and emits the
// findings of the file, in the order in which they were first seen.
func (c *Checker) Done(h *dicom.Header) {
	c.checkMeta(h)
	for _, k := range c.order {
		c.emit(*c.findings[k])
	}
}
