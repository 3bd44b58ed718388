package document

import (
	"errors"
	"io"
	"sort"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"assay/internal/audit/finding"
)

var errString = errors.New("string too long")

// jsonGuard passes JSON on, and stops it where one string or number goes on
// for longer than the limit.
type jsonGuard struct {
	r        io.Reader
	d        *jsontext.Decoder
	maxBytes int64
	given    int64
}

func (g *jsonGuard) Read(p []byte) (int, error) {
	if g.d != nil && g.given-g.d.InputOffset() > g.maxBytes {
		return 0, errString
	}
	n, err := g.r.Read(p)
	g.given += int64(n)
	return n, err
}

// jsonKey is what the name of a member tells, worked out once for all members
// of that name.
type jsonKey struct {
	name     string
	folded   string
	word     string
	promise  promise
	promises bool
	fhir     bool
	place    string // of its values, in a finding
}

// maxJSONKeys is for how many names that is kept.
const maxJSONKeys = 4096

// frame is an array or object that is being read.
type frame struct {
	object   bool
	key      *jsonKey // that holds for the value being read; of an object
	wantKey  bool
	within   *frame // the nearest object, this one if it is one; nil if there is none
	person   bool   // a key above is an element of FHIR's Patient
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

// jsonWalk is JSON or JSON lines being walked.
type jsonWalk struct {
	in    *inspection
	d     *jsontext.Decoder
	stack []*frame // the frames beyond its end are used again
	keys  map[string]*jsonKey
}

// json walks JSON or JSON lines: keys that promise identifiers, FHIR
// resources, and every string as text.
func (in *inspection) json() error {
	r, _ := in.reader()
	guard := &jsonGuard{r: r, maxBytes: in.Limits.StringBytes}
	guard.d = jsontext.NewDecoder(guard, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	w := &jsonWalk{in: in, d: guard.d, keys: map[string]*jsonKey{}}
	for count := 0; ; count++ {
		if count%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		t, err := w.d.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && len(w.stack) == 0:
			return nil
		case errors.Is(err, errString):
			in.refuse("The JSON has a string of more than %d bytes, the limit.", in.Limits.StringBytes)
			return nil
		case err != nil:
			in.unread("The JSON is not valid; it was read as plain text.")
			return in.plain()
		case len(w.stack) >= in.Limits.JSONDepth && (t.Kind() == '{' || t.Kind() == '['):
			in.refuse("The JSON is nested deeper than %d, the limit.", in.Limits.JSONDepth)
			return nil
		}
		w.token(t)
	}
}

// token takes one token.
func (w *jsonWalk) token(t jsontext.Token) {
	var top *frame
	if len(w.stack) > 0 {
		top = w.stack[len(w.stack)-1]
	}
	switch k := t.Kind(); k {
	case '{', '[':
		w.push(top, k == '{')
		return
	case '}', ']':
		w.in.closeFrame(w.stack)
		w.stack = w.stack[:len(w.stack)-1]
		if len(w.stack) > 0 {
			w.stack[len(w.stack)-1].valueDone()
		}
		return
	case '"':
		if top != nil && top.wantKey {
			w.key(top, t.String())
			return
		}
		w.value(top, t, true)
	case '0':
		w.value(top, t, false)
	}
	if top != nil {
		top.valueDone()
	}
}

// push opens an array or object.
func (w *jsonWalk) push(top *frame, object bool) {
	n := len(w.stack)
	if n < cap(w.stack) && w.stack[:n+1][n] != nil {
		w.stack = w.stack[:n+1]
	} else {
		w.stack = append(w.stack, &frame{})
	}
	f := w.stack[n]
	*f = frame{object: object, wantKey: object}
	switch {
	case object:
		f.within = f
	case top != nil:
		f.within = top.within
	}
	if top != nil {
		f.person = top.person || top.object && top.key.fhir
	}
}

// key takes the name of a member.
func (w *jsonWalk) key(top *frame, name string) {
	k, known := w.keys[name]
	if !known {
		k = &jsonKey{name: name, folded: fold(name), place: place("JSON value", name)}
		k.word, k.promise, k.promises = promiseOf(name)
		_, k.fhir = fhirKeys[name]
		if len(w.keys) < maxJSONKeys {
			w.keys[name] = k
		}
	}
	top.key, top.wantKey = k, false
	if !k.promises {
		w.in.scan(ruleReport, "JSON key", name, w.d.InputOffset()-int64(len(name))-1)
	}
}

func (f *frame) valueDone() { f.wantKey = f.object }

// value judges a value by the keys above it, and scans it if it is text. Most
// values are numbers under keys that promise nothing, and are passed over.
func (w *jsonWalk) value(top *frame, t jsontext.Token, isText bool) {
	in, offset := w.in, w.d.InputOffset()
	var object *frame
	if top != nil {
		object = top.within
	}
	if !isText && (object == nil || !object.key.promises && !object.key.fhir && !object.person) {
		return
	}
	v := t.String()
	if int64(len(v)) > in.Limits.StringBytes {
		v = v[:in.Limits.StringBytes]
	}
	key, at := "", "JSON value"
	if object != nil {
		key, at = object.key.name, object.key.place
		in.jsonKeyed(w.stack, object, v, isText, offset)
	}
	if !isText || in.embedded(v) {
		return
	}
	if len(v) > maxScan && !strings.ContainsAny(v[:maxScan], " \n") {
		in.add(ruleUnread, hit{severity: finding.Info, path: at, message: "A long value without blanks, which is no file in base64, was not checked."})
		return
	}
	if key == "counts" && len(v) >= 24 && !strings.ContainsAny(v, " \n") {
		return // a run-length mask of COCO, in its own alphabet
	}
	in.scan(ruleReport, at, v, max(0, offset-int64(len(v))-1))
}

// jsonKeyed notes what the keys above a value say about it.
func (in *inspection) jsonKeyed(stack []*frame, object *frame, v string, isText bool, offset int64) {
	k := object.key
	switch {
	case k.name == "resourceType" && isText:
		object.resource = v
	case k.folded == "name" && isText:
		if personShaped(v) && filled(v) && len(object.persons) < 100 {
			object.persons = append(object.persons, finding.Mask(v))
		}
	case k.promises:
		object.strong = in.promised("key", k.word, k.promise, v, offset) || object.strong
	}
	if !object.person && !k.fhir {
		return
	}
	for _, f := range stack {
		if !f.object || !f.key.fhir || describes[k.name] {
			continue
		}
		p := fhirKeys[f.key.name]
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
		if had, found := f.marks[f.key.name]; !found || severity.Rank() < had.severity.Rank() {
			f.marks[f.key.name] = mark{severity, finding.Mask(v)}
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
