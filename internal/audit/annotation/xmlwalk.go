package annotation

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxXMLToken bounds one tag, text or comment of XML, in bytes: a polygon of
// 300,000 points still fits.
const maxXMLToken = 4 << 20

// XML that is not read further.
var (
	errXMLToken   = errors.New("a tag, text or comment is longer than 4 MiB, the limit")
	errXMLDepth   = errors.New("elements are nested deeper than the limit")
	errXMLAttrs   = errors.New("an element has more attributes than the limit")
	errXMLDoctype = errors.New("it has a DOCTYPE, which can declare entities")
	errXMLOrder   = errors.New("elements are not closed in order")
	errXMLRoots   = errors.New("there is more than one outermost element")
	errXMLCut     = errors.New("it ends before the outermost element does")
	errXMLForm    = errors.New("it is not well-formed")
	errXMLNone    = errors.New("it has no element")
	errXMLEnough  = errors.New("enough is seen") // of a visitor
)

// xmlElement is an element that is open.
type xmlElement struct {
	Name string // without its prefix
	Path string // names from the outermost element: "/annotation/object/bndbox"
	Text string // directly within, without white space at its ends; whole once the element ends

	// Line and Column are where its tag starts, from 1, in bytes.
	Line, Column int

	attributes []xml.Attr
	parent     *xmlElement
	step       string
	children   map[string]int // those that repeat, counted
}

// Attribute returns the value of an attribute, and whether there is one of the
// name.
func (e *xmlElement) Attribute(name string) (value string, ok bool) {
	for _, a := range e.attributes {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// Pointer returns the XPath of the element: items are counted from 1.
func (e *xmlElement) Pointer() string {
	if e == nil {
		return ""
	}
	return e.parent.Pointer() + "/" + e.step
}

// At returns the XPath of an attribute.
func (e *xmlElement) At(attribute string) string { return e.Pointer() + "/@" + attribute }

// xmlVisitor takes the elements of a document in order. An error of start or
// end ends the walk without a finding.
type xmlVisitor struct {
	// items are the elements that repeat, by name. A pointer counts them among
	// their siblings of that name if the value is "", and tells them by the
	// attribute it names otherwise.
	items      map[string]string
	start, end func(*xmlElement) error // nil for none
}

// xmlWalk is a walk under way.
type xmlWalk struct {
	in      *input
	guard   *xmlGuard
	decoder *xml.Decoder
	visit   xmlVisitor
	open    []*xmlElement
	rooted  bool
	paths   map[[2]string]string // by path of the parent and name

	line, column int // where the token that is being read starts
}

// walkXML visits the elements of the file, within the limits. What is wrong
// with the document is found at its line and column; the error is one of the
// content, the context or the visitor.
//
// No entity that a document declares is read: a DOCTYPE ends the walk.
func (in *input) walkXML(visit xmlVisitor) error {
	in.check(ruleUnread, 1)
	if in.SizeBytes > in.Limits.XMLBytes {
		in.find(ruleUnread, "", "", fmt.Sprintf("the XML is larger than %d bytes, the limit", in.Limits.XMLBytes))
		return nil
	}
	w := newXMLWalk(in, visit)
	err := w.run()
	if note := xmlFault(err); note != "" {
		in.find(ruleUnread, fmt.Sprintf("%d:%d", w.line, w.column), "", note)
		return nil
	}
	return err
}

// xmlFault says what is wrong with a document, "" if err is none of its own.
func xmlFault(err error) string {
	for _, own := range []error{errXMLToken, errXMLDepth, errXMLAttrs, errXMLDoctype, errXMLOrder, errXMLRoots, errXMLCut, errXMLForm, errXMLNone} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	return ""
}

func newXMLWalk(in *input, visit xmlVisitor) *xmlWalk {
	w := &xmlWalk{in: in, visit: visit, paths: map[[2]string]string{}}
	bom := unicode.BOMOverride(transform.Nop)
	w.guard = &xmlGuard{r: bufio.NewReaderSize(transform.NewReader(in.section(), bom), 64<<10)}
	w.decoder = xml.NewDecoder(w.guard)
	var mark [2]byte
	n, _ := in.Content.ReadAt(mark[:], 0)
	wide := n == 2 && (mark == [2]byte{0xff, 0xfe} || mark == [2]byte{0xfe, 0xff})
	w.decoder.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		if wide {
			return r, nil // decoded by its byte order mark already
		}
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return encoding.NewDecoder().Reader(r), nil
	}
	return w
}

func (w *xmlWalk) run() error {
	for count := 0; ; count++ {
		if count%4096 == 0 {
			if err := w.in.ctx.Err(); err != nil {
				return err
			}
		}
		w.line, w.column = w.decoder.InputPos()
		w.guard.since = 0
		t, err := w.decoder.RawToken()
		switch {
		case w.guard.since > maxXMLToken:
			return errXMLToken
		case errors.Is(err, io.EOF) && len(w.open) > 0:
			return errXMLCut
		case errors.Is(err, io.EOF) && !w.rooted:
			return errXMLNone
		case errors.Is(err, io.EOF):
			return nil
		case w.guard.err != nil:
			return w.guard.err
		case err != nil:
			return errXMLForm
		}
		if err := w.token(t); err != nil {
			return err
		}
	}
}

func (w *xmlWalk) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return w.start(t)
	case xml.EndElement:
		return w.end(t.Name.Local)
	case xml.CharData:
		s := strings.TrimSpace(string(t))
		switch {
		case s == "":
		case len(w.open) == 0:
			return errXMLForm
		default:
			e := w.open[len(w.open)-1]
			if len(e.Text)+len(s) > maxXMLToken {
				return errXMLToken
			}
			e.Text += s
		}
	case xml.Directive:
		return errXMLDoctype
	}
	return nil
}

func (w *xmlWalk) start(t xml.StartElement) error {
	switch {
	case len(w.open) >= w.in.Limits.XMLDepth:
		return errXMLDepth
	case len(t.Attr) > w.in.Limits.XMLAttributes:
		return errXMLAttrs
	case len(w.open) == 0 && w.rooted:
		return errXMLRoots
	}
	w.rooted = true
	e := &xmlElement{Name: t.Name.Local, Line: w.line, Column: w.column, attributes: slices.Clone(t.Attr)}
	if len(w.open) > 0 {
		e.parent = w.open[len(w.open)-1]
	}
	e.Path = w.path(e)
	e.step = w.step(e)
	w.open = append(w.open, e)
	if w.visit.start == nil {
		return nil
	}
	return w.visit.start(e)
}

// path joins the names of an element and its parents, once for all of one path.
func (w *xmlWalk) path(e *xmlElement) string {
	key := [2]string{"", e.Name}
	if e.parent != nil {
		key[0] = e.parent.Path
	}
	p, ok := w.paths[key]
	if !ok {
		p = key[0] + "/" + e.Name
		if len(w.paths) < 1000 {
			w.paths[key] = p
		}
	}
	return p
}

// step is the last step of an element's XPath.
func (w *xmlWalk) step(e *xmlElement) string {
	by, repeats := w.visit.items[e.Name]
	if !repeats || e.parent == nil {
		return e.Name
	}
	if e.parent.children == nil {
		e.parent.children = map[string]int{}
	}
	e.parent.children[e.Name]++
	if value, ok := e.Attribute(by); ok && by != "" && plainStep(value) {
		return e.Name + "[@" + by + "='" + value + "']"
	}
	return fmt.Sprintf("%s[%d]", e.Name, e.parent.children[e.Name])
}

// plainStep reports whether a value may stand in a pointer: short, and made of
// letters, digits, "-" and "_".
func plainStep(s string) bool {
	if len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}

func (w *xmlWalk) end(name string) error {
	if len(w.open) == 0 {
		return errXMLOrder
	}
	e := w.open[len(w.open)-1]
	if e.Name != name {
		return errXMLOrder
	}
	w.open = w.open[:len(w.open)-1]
	if w.visit.end == nil {
		return nil
	}
	return w.visit.end(e)
}

// xmlHead is what the start of an XML file shows, to tell its format.
type xmlHead struct {
	Root  *xmlElement     // nil if it has none
	Paths map[string]bool // of the first elements: "/annotation/object/polygon"
}

// maxXMLHead is how many elements an xmlHead takes.
const maxXMLHead = 4096

// headXML returns the start of the file. It is read once for all formats.
func (in *input) headXML() (*xmlHead, error) {
	if in.xml != nil {
		return in.xml, nil
	}
	h := &xmlHead{Paths: map[string]bool{}}
	in.xml = h
	count := 0
	w := newXMLWalk(in, xmlVisitor{start: func(e *xmlElement) error {
		if h.Root == nil {
			h.Root = e
		}
		h.Paths[e.Path] = true
		if count++; count >= maxXMLHead {
			return errXMLEnough
		}
		return nil
	}})
	if err := w.run(); err != nil && xmlFault(err) == "" && !errors.Is(err, errXMLEnough) {
		return nil, err
	}
	return h, nil
}

// xmlGuard passes bytes on and stops where one token is longer than
// maxXMLToken, before the decoder holds it.
type xmlGuard struct {
	r     *bufio.Reader
	since int   // bytes since the token began
	err   error // of the content
}

func (g *xmlGuard) ReadByte() (byte, error) {
	if g.since++; g.since > maxXMLToken {
		return 0, errXMLToken
	}
	c, err := g.r.ReadByte()
	return c, g.keep(err)
}

func (g *xmlGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.since += n; g.since > maxXMLToken {
		return 0, errXMLToken
	}
	return n, g.keep(err)
}

func (g *xmlGuard) keep(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		g.err = err
	}
	return err
}
