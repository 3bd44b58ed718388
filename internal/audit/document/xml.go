package document

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"assay/internal/audit/finding"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/htmlindex"
)

// errLimit says that a limit ended the reading and its finding is noted.
var errLimit = errors.New("over a limit")

// xmlVisitor takes what a walk over XML meets. Texts are trimmed and not
// empty; stack holds the local names of the open elements.
type xmlVisitor struct {
	text      func(stack []string, s string, offset int64)
	attribute func(stack []string, name, value string, offset int64)
	end       func(stack []string) // before the last name is dropped; may be nil
}

// walkXML reads XML token by token within the limits. It returns errLimit
// after a refusal, an error of the syntax, or one of ctx.
func (in *inspection) walkXML(r io.Reader, visit xmlVisitor) error {
	d := xml.NewDecoder(r)
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return encoding.NewDecoder().Reader(r), nil
	}
	var stack []string
	for count := 0; ; count++ {
		if count%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) && len(stack) > 0 {
			return io.ErrUnexpectedEOF
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(stack) >= in.Limits.XMLDepth {
				in.refuse("The XML is nested deeper than %d elements, the limit.", in.Limits.XMLDepth)
				return errLimit
			}
			if len(t.Attr) > in.Limits.XMLAttributes {
				in.refuse("An element of the XML has %d attributes; the limit is %d.", len(t.Attr), in.Limits.XMLAttributes)
				return errLimit
			}
			stack = append(stack, t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || a.Name.Local == "schemaLocation" {
					continue
				}
				if value := strings.TrimSpace(a.Value); value != "" {
					visit.attribute(stack, a.Name.Local, value, d.InputOffset())
				}
			}
		case xml.EndElement:
			if len(stack) == 0 || stack[len(stack)-1] != t.Name.Local {
				return errors.New("elements are not closed in order")
			}
			if visit.end != nil {
				visit.end(stack)
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if s := string(t); strings.TrimSpace(s) != "" {
				visit.text(stack, s, max(0, d.InputOffset()-int64(len(s))))
			}
		case xml.Comment:
			if s := strings.TrimSpace(string(t)); s != "" {
				visit.text(append(stack, "comment"), s, 0)
			}
		case xml.Directive:
			in.refuse("The XML has a DOCTYPE, which can declare entities; no file here may have one.")
			return errLimit
		}
	}
}

// persons are the elements of CDA and FHIR below which a person stands.
//
// Source: HL7 CDA R2 (recordTarget), HL7 FHIR R4 (Patient).
var persons = map[string]bool{
	"recordTarget": true, "patientRole": true, "patientPatient": true, "Patient": true, "RelatedPerson": true,
	"guardian": true,
}

// staff are the elements of CDA and FHIR below which somebody else stands: who
// wrote, signed, entered, ordered or took part.
//
// Source: HL7 CDA R2 (header participants), HL7 FHIR R4 (Practitioner).
var staff = map[string]bool{
	"author": true, "custodian": true, "legalAuthenticator": true, "authenticator": true, "dataEnterer": true, "informant": true,
	"informationRecipient": true, "participant": true, "performer": true, "responsibleParty": true, "encounterParticipant": true, "Practitioner": true,
}

// personParts are the elements within that identify, and what they promise.
var personParts = map[string]promise{
	"name": {"name", []string{"A"}}, "given": {"name", []string{"A"}}, "family": {"name", []string{"A"}}, "prefix": {"staff", []string{"A"}},
	"birthTime": {"birth", []string{"C"}}, "birthDate": {"birth", []string{"C"}}, "deceasedTime": {"birth", []string{"C"}},
	"addr": {"place", []string{"B"}}, "address": {"place", []string{"B"}}, "streetAddressLine": {"place", []string{"B"}}, "line": {"place", []string{"B"}},
	"telecom": {"contact", []string{"D", "F"}}, "id": {"pseudonym", []string{"H"}}, "identifier": {"pseudonym", []string{"H"}},
}

// xml walks XML: elements and attributes that promise identifiers, persons of
// CDA and FHIR, and every text.
func (in *inspection) xml() error {
	if in.size > in.Limits.XMLBytes {
		in.refuse("The XML has %d bytes; the limit is %d.", in.size, in.Limits.XMLBytes)
		return nil
	}
	err := in.walkXML(in.xmlSource(), xmlVisitor{text: in.xmlText, attribute: in.xmlAttribute})
	switch {
	case err == nil, errors.Is(err, errLimit):
		return nil
	case in.ctx.Err() != nil:
		return in.ctx.Err()
	}
	in.unread("The XML is not well-formed; it was read as plain text.")
	return in.plain()
}

// xmlSource returns the bytes, decoded if they are UTF-16.
func (in *inspection) xmlSource() io.Reader {
	head := in.bytesAt(0, min(in.size, 2))
	if len(head) == 2 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff) {
		r, _ := in.reader()
		return dropDeclaration(r)
	}
	return io.NewSectionReader(in.f, 0, in.size)
}

// dropDeclaration takes the encoding out of the XML declaration, as the bytes
// were decoded already.
func dropDeclaration(r io.Reader) io.Reader {
	head := make([]byte, 200)
	n, _ := io.ReadFull(r, head)
	s := string(head[:n])
	if strings.HasPrefix(strings.TrimPrefix(s, "\ufeff"), "<?xml") {
		if _, rest, found := strings.Cut(s, "?>"); found {
			s = rest
		}
	}
	return io.MultiReader(strings.NewReader(s), r)
}

func (in *inspection) xmlText(stack []string, s string, offset int64) {
	name := ""
	if len(stack) > 0 {
		name = stack[len(stack)-1]
	}
	if in.embedded(s) {
		return
	}
	in.xmlPerson(stack, s, offset)
	if word, p, found := promiseOf(name); found {
		in.promised("element", word, p, s, offset)
	}
	in.scan(ruleReport, place("XML text", name), s, offset)
}

func (in *inspection) xmlAttribute(stack []string, name, value string, offset int64) {
	if name == "value" || name == "extension" {
		in.xmlPerson(stack, strings.TrimPrefix(strings.TrimPrefix(value, "tel:"), "mailto:"), offset)
	}
	word, p, found := promiseOf(name)
	if found {
		in.promised("attribute", word, p, value, offset)
	}
	if element := stack[len(stack)-1]; name == "value" && !found {
		if word, p, found := promiseOf(element); found {
			in.promised("element", word, p, value, offset)
		}
	}
	in.scan(ruleReport, place("XML attribute", name), value, 0)
}

// isCDA reports whether the outermost element is a document of CDA or a
// resource: elsewhere "author" may be anybody's.
func isCDA(stack []string) bool {
	return stack[0] == "ClinicalDocument" || stack[0] == "Practitioner" || stack[0] == "Bundle"
}

// xmlPerson notes a value below an element about a person.
func (in *inspection) xmlPerson(stack []string, v string, offset int64) {
	person, others := "", false
	for _, name := range stack {
		switch {
		case persons[name]:
			person, others = name, false
		case staff[name] && isCDA(stack):
			person, others = name, true
		case name == "providerOrganization":
			return
		}
	}
	if person == "" {
		return
	}
	for i := len(stack) - 1; i >= 0 && stack[i] != person; i-- {
		p, found := personParts[stack[i]]
		if !found {
			continue
		}
		if severity, ok := p.judge(v); ok {
			if others { // a physician or an organization is no patient
				severity = finding.Warning
			}
			in.keepName(p, severity, v)
			in.add(ruleReport, hit{severity: severity, hipaa: p.hipaa, path: person + "/" + stack[i], shape: finding.Mask(strings.TrimSpace(v)), offset: offset,
				message: "An element about a person is filled."})
		}
		return
	}
}

// html scans the text of a page and the attributes that show text.
func (in *inspection) html() error {
	if in.size > in.Limits.XMLBytes {
		in.refuse("The HTML has %d bytes; the limit is %d.", in.size, in.Limits.XMLBytes)
		return nil
	}
	r, _ := in.reader()
	z := html.NewTokenizer(r)
	z.SetMaxBuf(8 << 20)
	l := &lines{in: in, path: "HTML text"}
	defer l.end()
	hidden := ""
	for count := 0; ; count++ {
		if count%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		switch z.Next() {
		case html.ErrorToken:
			if errors.Is(z.Err(), html.ErrBufferExceeded) {
				in.refuse("The HTML has a part of more than 8 MiB, the limit.")
			}
			return nil
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.Data == "script" || t.Data == "style" {
				hidden = t.Data
			}
			for _, a := range t.Attr {
				switch a.Key {
				case "src", "href":
					if strings.HasPrefix(a.Val, "data:") && in.embedded(a.Val) {
						continue
					}
					in.scan(ruleReport, "HTML attribute "+a.Key, a.Val, 0)
				case "content", "alt", "title", "value":
					in.scan(ruleReport, "HTML attribute "+a.Key, a.Val, 0)
				}
			}
		case html.EndTagToken:
			if t := z.Token(); t.Data == hidden {
				hidden = ""
			}
		case html.TextToken, html.CommentToken:
			if t := z.Token(); hidden == "" {
				l.text(strings.TrimSpace(t.Data))
			}
		}
	}
}

// rtf scans the text of a Rich Text document: its control words are dropped.
func (in *inspection) rtf() error {
	b, ok := in.whole(in.Limits.PDFBytes)
	if !ok {
		return nil
	}
	l := &lines{in: in, path: "text"}
	l.text(rtfText(b))
	l.end()
	return nil
}

// rtfText returns the characters of RTF without control words; paragraphs
// become lines.
func rtfText(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '{' || c == '}' || c == '\r' || c == '\n':
		case c != '\\':
			out.WriteByte(c)
		case i+3 < len(b) && b[i+1] == '\'':
			out.WriteRune(rune(unhex(b[i+2])<<4 | unhex(b[i+3])))
			i += 3
		case i+1 < len(b) && !asciiLetter(b[i+1]):
			i++
			if b[i] == '\\' || b[i] == '{' || b[i] == '}' {
				out.WriteByte(b[i])
			}
		default:
			start := i + 1
			for i+1 < len(b) && asciiLetter(b[i+1]) {
				i++
			}
			switch string(b[start : i+1]) {
			case "par", "line", "row", "cell", "tab":
				out.WriteByte('\n')
			}
			for i+1 < len(b) && (b[i+1] == '-' || b[i+1] >= '0' && b[i+1] <= '9') {
				i++
			}
			if i+1 < len(b) && b[i+1] == ' ' {
				i++
			}
		}
	}
	return out.String()
}

func asciiLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 0
}
