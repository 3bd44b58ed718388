package document

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"

	"assay/internal/audit/finding"
)

var (
	errDepth  = errors.New("nested too deep")
	errString = errors.New("string too long")
)

// jsonGuard passes JSON on and stops it where it is nested deeper or a string
// is longer than the limits, before a decoder holds it.
type jsonGuard struct {
	r        *bufio.Reader
	maxDepth int
	maxBytes int64

	depth  int
	length int64
	inside bool // a string
	escape bool
}

func (g *jsonGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	for _, c := range p[:n] {
		g.length++
		switch {
		case g.inside && g.escape:
			g.escape = false
		case g.inside && c == '\\':
			g.escape = true
		case c == '"':
			g.inside = !g.inside
			g.length = 0
		case g.inside:
		case c == '[' || c == '{':
			g.length = 0
			if g.depth++; g.depth > g.maxDepth {
				return 0, errDepth
			}
		case c == ']' || c == '}':
			g.length = 0
			g.depth--
		case c == ',' || c == ':' || c == '\n':
			g.length = 0
		}
		if g.length > g.maxBytes {
			return 0, errString
		}
	}
	return n, err
}

// frame is an array or object that is being read.
type frame struct {
	object   bool
	key      string // that holds for the value being read
	wantKey  bool
	resource string // of FHIR
	marks    map[string]mark
	strong   bool
	persons  []string // shapes of values under the bare key name
}

// mark is the gravest value below an element of FHIR.
type mark struct {
	severity finding.Severity
	shape    string
}

// fhirKeys are the elements of FHIR's Patient that identify.
//
// Source: HL7 FHIR R4, Patient, RelatedPerson, Practitioner.
var fhirKeys = map[string]promise{
	"name": {"name", []string{"A"}}, "contact": {"name", []string{"A"}}, "birthDate": {"birth", []string{"C"}},
	"deceasedDateTime": {"date", []string{"C"}}, "telecom": {"contact", []string{"D", "F"}},
	"address": {"address", []string{"B"}}, "identifier": {"pseudonym", []string{"H"}}, "photo": {"photo", []string{"Q"}},
}

// json walks JSON or JSON lines: keys that promise identifiers, FHIR
// resources, and every string as text.
func (in *inspection) json() error {
	r, _ := in.reader()
	guard := &jsonGuard{r: r, maxDepth: in.Limits.JSONDepth, maxBytes: in.Limits.StringBytes}
	d := json.NewDecoder(guard)
	d.UseNumber()
	var stack []*frame
	for count := 0; ; count++ {
		if count%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && len(stack) == 0:
			return nil
		case errors.Is(err, errDepth):
			in.refuse("The JSON is nested deeper than %d, the limit.", in.Limits.JSONDepth)
			return nil
		case errors.Is(err, errString):
			in.refuse("The JSON has a string of more than %d bytes, the limit.", in.Limits.StringBytes)
			return nil
		case err != nil:
			in.unread("The JSON is not valid; it was read as plain text.")
			return in.plain()
		}
		stack = in.jsonToken(stack, t, d.InputOffset())
	}
}

// jsonToken takes one token and returns the new stack.
func (in *inspection) jsonToken(stack []*frame, t json.Token, offset int64) []*frame {
	var top *frame
	if len(stack) > 0 {
		top = stack[len(stack)-1]
	}
	switch v := t.(type) {
	case json.Delim:
		if v == '{' || v == '[' {
			return append(stack, &frame{object: v == '{', wantKey: v == '{'})
		}
		in.closeFrame(stack)
		stack = stack[:len(stack)-1]
		if len(stack) > 0 {
			stack[len(stack)-1].valueDone()
		}
		return stack
	case string:
		if top != nil && top.wantKey {
			top.key, top.wantKey = v, false
			if _, _, found := promiseOf(v); !found {
				in.scan(ruleReport, "JSON key", v, offset-int64(len(v))-1)
			}
			return stack
		}
		in.jsonValue(stack, v, true, offset)
	case json.Number:
		in.jsonValue(stack, v.String(), false, offset)
	}
	if top != nil {
		top.valueDone()
	}
	return stack
}

func (f *frame) valueDone() { f.wantKey = f.object }

// jsonValue judges a value by the keys above it, and scans it if it is text.
func (in *inspection) jsonValue(stack []*frame, v string, isText bool, offset int64) {
	key := ""
	var object *frame
	for i := len(stack) - 1; i >= 0; i-- {
		if f := stack[i]; f.object {
			key, object = f.key, f
			break
		}
	}
	if object != nil {
		in.jsonKeyed(stack, object, key, v, isText, offset)
	}
	if !isText || in.embedded(v) {
		return
	}
	if len(v) > maxScan && !strings.ContainsAny(v[:maxScan], " \n") {
		in.add(ruleUnread, hit{severity: finding.Info, path: place("JSON value", key), message: "A long value without blanks, which is no file in base64, was not checked."})
		return
	}
	if key == "counts" && len(v) >= 24 && !strings.ContainsAny(v, " \n") {
		return // a run-length mask of COCO, in its own alphabet
	}
	in.scan(ruleReport, place("JSON value", key), v, max(0, offset-int64(len(v))-1))
}

// jsonKeyed notes what the keys above a value say about it.
func (in *inspection) jsonKeyed(stack []*frame, object *frame, key, v string, isText bool, offset int64) {
	switch {
	case key == "resourceType" && isText:
		object.resource = v
	case fold(key) == "name" && isText:
		if personShaped(v) && filled(v) && len(object.persons) < 100 {
			object.persons = append(object.persons, finding.Mask(v))
		}
	default:
		if word, p, found := promiseOf(key); found {
			object.strong = in.promised("key", word, p, v, offset) || object.strong
		}
	}
	for _, f := range stack {
		p, identifies := fhirKeys[f.key]
		if !f.object || !identifies || describes[key] {
			continue
		}
		severity, ok := p.judge(v)
		if !ok {
			continue
		}
		if resourceIsPerson(stack) {
			in.keepName(p, severity, v)
		}
		if f.marks == nil {
			f.marks = map[string]mark{}
		}
		if had, found := f.marks[f.key]; !found || severity.Rank() < had.severity.Rank() {
			f.marks[f.key] = mark{severity, finding.Mask(v)}
		}
	}
}

// resourceIsPerson reports whether the stack lies in a resource that has said
// it is about a patient or a relative.
func resourceIsPerson(stack []*frame) bool {
	for _, f := range stack {
		switch f.resource {
		case "Patient", "RelatedPerson", "Person":
			return true
		}
	}
	return false
}

// describes are keys within FHIR's elements that say what a value is.
var describes = map[string]bool{
	"use": true, "system": true, "type": true, "code": true, "display": true, "rank": true, "relationship": true,
	"gender": true, "contentType": true, "version": true, "start": true, "end": true, "country": true,
}

// closeFrame judges an object as a whole.
func (in *inspection) closeFrame(stack []*frame) {
	f := stack[len(stack)-1]
	switch f.resource {
	case "Patient", "RelatedPerson", "Person", "Practitioner":
	default:
		if f.strong { // beside other identifiers, a name is a person's
			for _, shape := range f.persons {
				in.add(ruleColumns, hit{hipaa: []string{"A"}, path: "key name", shape: shape, message: "The key is called name, stands beside other identifiers, and its value looks like a person."})
			}
		}
		return
	}
	keys := make([]string, 0, len(f.marks))
	for key := range f.marks {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		m := f.marks[key]
		if f.resource == "Practitioner" {
			m.severity = finding.Warning
		}
		in.add(ruleReport, hit{severity: m.severity, hipaa: fhirKeys[key].hipaa, path: f.resource + "." + key, shape: m.shape,
			message: "A FHIR resource about a person has this element filled."})
	}
}
