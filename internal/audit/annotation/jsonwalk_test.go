package annotation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/sniff"
)

// jsonInput is a file of JSON that is being read.
func jsonInput(text string) *input {
	return &input{
		Source: Source{Path: "a.json", SizeBytes: int64(len(text)), Content: strings.NewReader(text), Kind: sniff.JSON, Limits: DefaultLimits()},
		ctx:    context.Background(), facts: &Facts{},
	}
}

// strays writes down every value with its pointer and where it ends.
func strays(w *walker, list *[]string) {
	note := func(value any) { *list = append(*list, fmt.Sprintf("%s %v %d", w.pointer(), value, w.offset())) }
	switch w.kind() {
	case jsonObject:
		w.object(func(string) { strays(w, list) })
	case jsonArray:
		w.array(func(int) { strays(w, list) })
	case jsonText:
		s, _ := w.text()
		note(s)
	case jsonNumber:
		f, _ := w.number()
		note(f)
	case jsonTrue, jsonFalse:
		b, _ := w.boolean()
		note(b)
	default:
		w.skip()
	}
}

func TestWalkerTellsPointersAndOffsets(t *testing.T) {
	in := jsonInput("\xef\xbb\xbf" + `{"a/b":[1,{"~":"x"}],"n":null,"t":true,"a/b":2.5}`)
	w := in.walk()
	var got []string
	strays(w, &got)
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	want := []string{"/a~1b/0 1 12", "/a~1b/1/~0 x 21", "/t true 41", "/a~1b 2.5 51"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := in.facts.Book.Of("F-001"); n.Affected != 0 || n.Eligible != 1 {
		t.Errorf("F-001 = %+v, want 0 of 1", n)
	}
}

func TestWalkerPassesOverValuesThatNobodyTakes(t *testing.T) {
	w := jsonInput(`{"a":[[1,2],{"b":3}],"c":"x","d":7}`).walk()
	var keys []string
	var d float64
	w.object(func(key string) {
		keys = append(keys, key)
		if key == "d" {
			d, _ = w.number()
		}
	})
	if diff := cmp.Diff([]string{"a", "c", "d"}, keys); diff != "" || d != 7 {
		t.Errorf("d = %v, keys: %s", d, diff)
	}
}

func TestWalkerTakesAValueOfAnotherKind(t *testing.T) {
	w := jsonInput(`["1",2,2.5,1e30,true,{"a":1}]`).walk()
	var got []string
	w.array(func(i int) {
		n, ok := w.integer()
		got = append(got, fmt.Sprint(n, ok))
	})
	if diff := cmp.Diff([]string{"0 false", "2 true", "0 false", "0 false", "0 false", "0 false"}, got); diff != "" {
		t.Error(diff)
	}
	if err := w.end(); err != nil || w.err != nil {
		t.Error(err, w.err)
	}
}

func TestFaultOfJSONIsFoundAtItsLine(t *testing.T) {
	small := DefaultLimits()
	small.JSONDepth, small.StringBytes = 4, 200<<10
	tests := []struct {
		name, text, pointer, note string
	}{
		{"a comma too many", "{\"a\": 1,\n \"é\": [1,,2]}", "2:10", "no valid JSON from here on"},
		{"NaN, as Python writes it", "[1,\nNaN]", "2:1", "no valid JSON from here on"},
		{"cut short", "{\"a\":\n[1,2", "2:5", "the file ends within its JSON"},
		{"two values", "[1]\n[2]", "2:2", "more than one value"},
		{"nested too deep", "[[[[\n[1]]]]]", "2:2", "arrays and objects within each other, deeper than 4, the limit"},
		{"a string too long", "[1,\n\"" + strings.Repeat("x", 1<<20) + "\"]", "1:3", "a string of more than 204800 bytes, the limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := jsonInput(tt.text)
			in.Limits = small
			w := in.walk()
			strays(w, new([]string))
			if err := w.end(); err != nil {
				t.Fatal(err)
			}
			got := in.facts.Book.Of("F-001")
			if got.Affected != 1 || got.Examples[0].Pointer != tt.pointer || got.Examples[0].Note != tt.note {
				t.Errorf("F-001 = %+v, want it at %s: %s", got, tt.pointer, tt.note)
			}
		})
	}
}

func TestWalkerStopsWithItsContext(t *testing.T) {
	in := jsonInput(`[1,2,3]`)
	ctx, cancel := context.WithCancel(context.Background())
	in.ctx = ctx
	cancel()
	w := in.walk()
	w.skip()
	if err := w.end(); !errors.Is(err, context.Canceled) {
		t.Errorf("end() = %v, want that the context ended", err)
	}
}

func TestOutlineHoldsTheFirstOfEach(t *testing.T) {
	in := jsonInput(`{"images":[` + strings.Repeat(`{"id":1,"file_name":"a.png"},`, 300_000) + `{"id":2}],"annotations":[]}`)
	o := in.outline()
	images := o.get("images")
	if n := len(images.members()); n != 4 || images.at(0).get("file_name").text() != "a.png" || images.at(4) != nil {
		t.Errorf("the outline has %d images, the first %+v", n, images.at(0))
	}
	if o.has("annotations") {
		t.Error("the outline tells of what lies beyond its first 4 MiB")
	}
	if o != in.outline() {
		t.Error("the outline was read twice")
	}
	if len(in.facts.Book.Tallies) != 0 {
		t.Errorf("the outline found %+v", in.facts.Book.Tallies)
	}
}

func TestTreeHoldsAFile(t *testing.T) {
	in := jsonInput(`{"shapes":[{"points":[[1,2.5],[3,4]],"label":"a"}],"n":9007199254740992,"k":null}`)
	root, err := in.tree()
	if err != nil {
		t.Fatal(err)
	}
	if got := root.get("shapes").at(0).get("points").at(0).at(1).number(); got != 2.5 {
		t.Errorf("the point is at %v, want 2.5", got)
	}
	if n, ok := root.get("n").integer(); !ok || n != 1<<53 {
		t.Errorf("n = %v %v", n, ok)
	}
	if !root.get("k").is(jsonNull) || root.get("shapes").get("no").at(3).text() != "" {
		t.Error("a value that is not there is not told")
	}
	if in.facts.Beyond != 0 {
		t.Errorf("Beyond = %d", in.facts.Beyond)
	}
}

func TestTreeIsBounded(t *testing.T) {
	in := jsonInput("[" + strings.Repeat("1,", treeNodes+10) + "1]")
	root, err := in.tree()
	if err != nil || len(root.kids) > treeNodes || in.facts.Beyond == 0 {
		t.Errorf("tree of %d values, beyond %d, err %v", len(root.kids), in.facts.Beyond, err)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"\u00e9"}]}`, `[`, `{"a"`, `[1,,2]`, "[1]\n[2]", `"` + "\xff" + `"`, `{"a":1,"a":2}`, "\xef\xbb\xbf{}", strings.Repeat("[", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := jsonInput(text)
		in.outline()
		if _, err := in.tree(); err != nil {
			t.Fatal(err)
		}
		w := in.walk()
		var list []string
		strays(w, &list)
		if err := w.end(); err != nil {
			t.Fatal(err)
		}
		if w.offset() > int64(len(text)) {
			t.Errorf("a value ends at %d of %d bytes", w.offset(), len(text))
		}
	})
}
