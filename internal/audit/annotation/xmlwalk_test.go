package annotation

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"assay/internal/audit/sniff"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

// inputOf makes a file of some content that is about to be read.
func inputOf(t testing.TB, name string, kind sniff.Kind, content string) *input {
	t.Helper()
	return &input{
		Source: Source{
			Path: name, SizeBytes: int64(len(content)), Content: bytes.NewReader([]byte(content)), Kind: kind, Limits: DefaultLimits(),
			Hash: func(s string) Hash { return Hash([]byte((s + strings.Repeat("\x00", len(Hash{})))[:len(Hash{})])) },
		},
		ctx: t.Context(), facts: &Facts{},
	}
}

// found returns the places of a rule in a file as "pointer note".
func found(f *Facts, code string) []string {
	var list []string
	for _, e := range f.Book.Of(code).Examples {
		list = append(list, strings.TrimSpace(e.Pointer+" "+e.Note))
	}
	return list
}

func TestXMLElementsHaveXPathsAndLines(t *testing.T) {
	const text = "<a x='1'>\n <it><v> 5 </v></it>\n <it name='two'><v>6</v></it>\n <by id='7'/><by id='no value, please'/>\n</a>"
	in := inputOf(t, "a.xml", sniff.XML, text)
	var got []string
	err := in.walkXML(xmlVisitor{
		items: map[string]string{"it": "", "by": "id"},
		end: func(e *xmlElement) error {
			got = append(got, strings.Join([]string{e.Pointer(), e.Path, e.Text}, " "))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/a/it[1]/v /a/it/v 5", "/a/it[1] /a/it ", "/a/it[2]/v /a/it/v 6", "/a/it[2] /a/it ",
		"/a/by[@id='7'] /a/by ", "/a/by[2] /a/by ", "/a /a ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("walkXML (-want +got):\n%s", diff)
	}
}

func TestXMLThatCannotBeReadIsFoundAtItsPlace(t *testing.T) {
	attributes := strings.Repeat(" a='1'", 257)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"sound", "<a/>", nil},
		{"cut short", "<a>\n<b>", []string{"2:4 it ends before the outermost element does"}},
		{"closed in the wrong order", "<a>\n<b></a></b>", []string{"2:4 elements are not closed in order"}},
		{"two roots", "<a/><b/>", []string{"1:5 there is more than one outermost element"}},
		{"declares entities", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", []string{"1:1 it has a DOCTYPE, which can declare entities"}},
		{"an entity nobody declared", "<a>&x;</a>", []string{"1:4 it is not well-formed"}},
		{"too deep", strings.Repeat("<a>", 65), []string{"1:193 elements are nested deeper than the limit"}},
		{"too many attributes", "<a" + attributes + "/>", []string{"1:1 an element has more attributes than the limit"}},
		{"text too long", "<a>" + strings.Repeat("x", maxXMLToken+1), []string{"1:4 a tag, text or comment is longer than 4 MiB, the limit"}},
		{"text too long in parts", "<a>" + strings.Repeat("x", maxXMLToken-9) + "<!---->" + strings.Repeat("x", 20), []string{"1:4194306 a tag, text or comment is longer than 4 MiB, the limit"}},
		{"comment too long", "<a><!-- <" + strings.Repeat("><", maxXMLToken/2), []string{"1:4 a tag, text or comment is longer than 4 MiB, the limit"}},
		{"empty", "", []string{"1:1 it has no element"}},
		{"unknown character set", "<?xml version='1.0' encoding='klingon'?><a/>", []string{"1:1 it is not well-formed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := inputOf(t, "a.xml", sniff.XML, tt.text)
			if err := in.walkXML(xmlVisitor{}); err != nil {
				t.Fatalf("walkXML = %v", err)
			}
			if diff := cmp.Diff(tt.want, found(in.facts, ruleUnread.Code)); diff != "" {
				t.Errorf("walkXML (-want +got):\n%s", diff)
			}
		})
	}
}

func TestXMLIsReadInItsCharacterSet(t *testing.T) {
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("<?xml version='1.0' encoding='UTF-16'?><a>ä</a>")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8":                "<a>ä</a>",
		"UTF-8 with a mark":    "\ufeff<a>ä</a>",
		"ISO-8859-1":           "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>",
		"UTF-16 with its mark": wide,
	} {
		t.Run(name, func(t *testing.T) {
			in := inputOf(t, "a.xml", sniff.XML, text)
			got := ""
			err := in.walkXML(xmlVisitor{end: func(e *xmlElement) error { got = e.Text; return nil }})
			if err != nil || got != "ä" || len(in.facts.Book.Of(ruleUnread.Code).Examples) > 0 {
				t.Errorf("walkXML(%q) read %q, %v, %+v", text, got, err, in.facts.Book)
			}
		})
	}
}

func TestAVisitorEndsTheWalkWithoutAFinding(t *testing.T) {
	stop := errors.New("stop")
	in := inputOf(t, "a.xml", sniff.XML, "<a><b>")
	err := in.walkXML(xmlVisitor{start: func(e *xmlElement) error {
		if e.Name == "b" {
			return stop
		}
		return nil
	}})
	if !errors.Is(err, stop) || in.facts.Book.Of(ruleUnread.Code).Affected != 0 {
		t.Errorf("walkXML = %v, %+v; want the visitor's error and no finding", err, in.facts.Book)
	}
}

func TestTheHeadOfXMLTellsItsPaths(t *testing.T) {
	in := inputOf(t, "a.xml", sniff.XML, "<annotation verified='no'><object><polygon/></object><object>")
	h, err := in.headXML()
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := h.Root.Attribute("verified"); h.Root.Name != "annotation" || v != "no" {
		t.Errorf("root = %+v", h.Root)
	}
	want := map[string]bool{"/annotation": true, "/annotation/object": true, "/annotation/object/polygon": true}
	if diff := cmp.Diff(want, h.Paths); diff != "" {
		t.Errorf("headXML (-want +got):\n%s", diff)
	}
}

// No document may panic, and a document is unread at most once.
func FuzzWalkXML(f *testing.F) {
	for _, s := range []string{"<a b='1'><c>x</c></a>", "<!DOCTYPE a><a/>", "<?xml version='1.0' encoding='utf-16'?><a/>", "<a><![CDATA[x]]>&amp;</a>", "\xff\xfe<\x00a\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := inputOf(t, "a.xml", sniff.XML, string(b))
		open := 0
		err := in.walkXML(xmlVisitor{
			items: map[string]string{"a": "", "c": "b"},
			start: func(e *xmlElement) error { open++; _ = e.Pointer(); return nil },
			end:   func(*xmlElement) error { open--; return nil },
		})
		if err != nil {
			t.Fatalf("walkXML = %v", err)
		}
		unread := in.facts.Book.Of(ruleUnread.Code).Affected
		if unread > 1 || unread == 0 && open != 0 {
			t.Errorf("%d findings, %d elements open", unread, open)
		}
	})
}
