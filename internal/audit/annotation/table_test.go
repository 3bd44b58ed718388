package annotation

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"assay/internal/audit/sniff"
)

// readText reads a file of that text and kind.
func readText(t *testing.T, name, text string, kind sniff.Kind) *Facts {
	t.Helper()
	f, err := Read(t.Context(), textSource(name, text, kind))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func textSource(name, text string, kind sniff.Kind) Source {
	return Source{
		Path: name, SizeBytes: int64(len(text)), Content: strings.NewReader(text), Kind: kind,
		Hash: func(s string) Hash {
			var h Hash
			copy(h[:], s)
			return h
		},
	}
}

// told lists the places of findings, as code, pointer and note.
func told(f *Facts) []string {
	var list []string
	for _, t := range f.Book.Tallies {
		for _, e := range t.Examples {
			s := t.Code + " " + e.Pointer
			if e.Note != "" {
				s += ": " + e.Note
			}
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

func TestTableIsReadRecordByRecord(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // line of each record, then its fields
	}{
		{"comma", "a,b\n1,2\n", []string{"1 a b", "2 1 2"}},
		{"semicolon", "a;b\n1,5;2\n", []string{"1 a b", "2 1,5 2"}},
		{"tab", "a\tb\n1\t\n", []string{"1 a b", "2 1 "}},
		{"byte order mark and CRLF", "\xef\xbb\xbfa,b\r\n1,2\r\n", []string{"1 a b", "2 1 2"}},
		{"carriage returns alone", "a,b\r1,2\r", []string{"1 a b", "2 1 2"}},
		{"empty lines count but are no records", "a,b\n\n1,2\n\n", []string{"1 a b", "3 1 2"}},
		{"no end of line at the end", "a,b\n1,2", []string{"1 a b", "2 1 2"}},
		{"quotes hold separators, quotes and line ends", "a,b\n\"1,\"\"x\",\"p\nq\"\n3,4\n", []string{"1 a b", "2 1,\"x p\nq", "4 3 4"}},
		{"a quote within a field is taken as it is", "a,b\n5\" x,2\n", []string{"1 a b", "2 5\" x 2"}},
		{"a quote that does not close ends with its line", "a,b\n\"1,2\n3,4\n5,6\n", []string{"1 a b", "2 \"1 2", "3 3 4", "4 5 6"}},
		{"UTF-16", "\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00", []string{"1 a b", "2 1 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &input{Source: textSource("t.csv", tt.text, sniff.CSV), ctx: t.Context(), facts: &Facts{}}
			in.Limits = DefaultLimits()
			table := in.newTable()
			var got []string
			for table.record() {
				s := fmt.Sprint(table.line)
				for _, f := range table.fields {
					s += " " + string(f)
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("records of %q (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestFaultsOfTablesAreTold(t *testing.T) {
	numbers := strings.Repeat("1,2\n", 30)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a clean table", "image,score\na.png,0.5\nb.png,0.7\n", nil},
		{"too few and too many fields", "image,label\na.png,x\nb.png\nc.png,x,y\n", []string{"F-300 3:row: too few fields", "F-300 4:row: too many fields"}},
		{"empty fields beyond the header are none", "image,label\na.png,x,,\n", nil},
		{"a trailing separator in the header asks for nothing", "image,label,\na.png,x\n", nil},
		{"bytes that are not UTF-8", "image,label\na.png,x\nb.png,\xff\xfe\n", []string{"F-301 3:1"}},
		{"a word among numbers", "a,score\n" + numbers + "1,high\n", []string{"F-302 32:score"}},
		{"a word for nothing among numbers", "a,score\n" + numbers + "1,NA\n", nil},
		{"numbers and words in one column are text", "a,code\n1,x\n2,7\n3,y\n", nil},
		{"a key used twice", "id,label\n" + manyRows(40, "%d,x\n") + "7,x\n", []string{"F-303 42:id"}},
		{"an image with several labels", "image,label\na.png,x\na.png,y\nb.png,x\n", nil},
		{"spaces in the header", "ImageId, EncodedPixels\na, -1\n", []string{"F-304 1:EncodedPixels: spaces at an end"}},
		{"two columns of one name", "image,x,x\na.png,1,2\n", []string{"F-304 1:x: two columns of one name"}},
		{"ages that cannot be", "image,age\na.png,148\nb.png,-1\nc.png,120\nd.png,0\n", []string{"F-305 2:age", "F-305 3:age"}},
		{"ages with units", "image,age\na.png,045Y\nb.png,006M\nc.png,130Y\n", []string{"F-305 4:age"}},
		{"ages with and without units", "image,age\na.png,45\nb.png,50\nc.png,006M\n", []string{"F-305 4:age: with and without a unit"}},
		{"boxes of two corners", "image,label,xmin,ymin,xmax,ymax\na.png,x,5,5,9,9\nb.png,x,9,5,5,9\n", []string{"C-303 3:xmax"}},
		{"run lengths", "ImageId,EncodedPixels\na,1 5 9 2\nb,-1\nc,1 5 9\nd,1 0\ne,1 x\n",
			[]string{"F-308 4:EncodedPixels: an odd count of numbers", "F-308 5:EncodedPixels: a length of 0", "F-308 6:EncodedPixels: not whole numbers"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := told(readText(t, "t.csv", tt.text, sniff.CSV))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings of\n%s(-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// manyRows makes n lines of a pattern with their number.
func manyRows(n int, pattern string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, pattern, i)
	}
	return b.String()
}

func TestColumnsTellWhatTheyHold(t *testing.T) {
	nan := math.NaN()
	f := readText(t, "t.csv", `n,share,when,file,kind,note,yes,none
1,0.5,2020-01-02,a/b.png,x,one word,true,
0,0,2020-02-02,a/c.png,y,two words,false,NA
,1.5,2021-03-04,a/d.png,x,three words,true,
4,2.5,2021-03-05,a/e.png,y,four words,true,
`, sniff.CSV)
	want := []Column{
		{"n", "integer", 3, 1, 1, 3, 0, 4}, {"share", "number", 4, 0, 1, 4, 0, 2.5}, {"when", "date", 4, 0, 0, 4, nan, nan}, {"file", "path", 4, 0, 0, 4, nan, nan},
		{"kind", "category", 4, 0, 0, 2, nan, nan}, {"note", "text", 4, 0, 0, 4, nan, nan}, {"yes", "boolean", 4, 0, 0, 2, nan, nan}, {"none", "empty", 0, 4, 0, 0, nan, nan},
	}
	if diff := cmp.Diff(want, f.Columns, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

func TestRangesOfColumnsTellNobody(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name, column, values string
		low, high            float64
	}{
		{"measurements", "ejection fraction", "55 60.25 71", 55, 71},
		{"measurements to three digits", "volume ml", "1234.56 2 -71.987", -72, 1230},
		{"small whole numbers", "stones", "0 3 2", 0, 3},
		{"numbers of patients", "patient_number", "7 8 9", nan, nan},
		{"ages", "age", "88 91 12", nan, nan},
		{"years", "seen", "1931 1987 2001", nan, nan},
		{"long whole numbers", "ward", "10 4711007 3", nan, nan},
		{"dates without signs", "visit", "20190214 20200301 20210405", nan, nan},
		{"dates", "visit date", "2 3 4", nan, nan},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "image,kind," + tt.column + "\n"
			for i, v := range strings.Fields(tt.values) {
				text += fmt.Sprintf("%d.png,x,%s\n", i, v)
			}
			c := readText(t, "t.csv", text, sniff.CSV).Columns[2]
			if diff := cmp.Diff([]float64{tt.low, tt.high}, []float64{c.Min, c.Max}, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("range of %q (-want +got)\n%s", tt.values, diff)
			}
		})
	}
}

func TestDifferentValuesAreCountedUpToTheirBound(t *testing.T) {
	for _, tt := range []struct{ rows, want int }{{MaxDistinct, MaxDistinct}, {MaxDistinct + 1, -1}} {
		f := readText(t, "t.csv", "image,score\n"+manyRows(tt.rows, "a.png,%d\n"), sniff.CSV)
		if got := f.Columns[1].Distinct; got != tt.want || f.Records != tt.rows {
			t.Errorf("%d rows: %d different of %d, want %d", tt.rows, got, f.Records, tt.want)
		}
	}
	f := readText(t, "t.csv", "id,label\n"+manyRows(40, "%d,x\n")+"7,x\n", sniff.CSV)
	if f.Repeats != 1 {
		t.Errorf("%d repeated keys, want 1", f.Repeats)
	}
}

// said lists the labels of a file: image, class, state or box, and reader.
func said(f *Facts) []string {
	var list []string
	for _, l := range f.Labels {
		s := ""
		if l.Image >= 0 {
			s = f.Images[l.Image].Name
		}
		if l.Class >= 0 {
			s += " " + f.Classes[l.Class].Name
		}
		s += []string{"", " no", " perhaps"}[l.State]
		if l.Kind == Box {
			s += fmt.Sprint(" ", l.Box)
		}
		if l.Kind == Measurement {
			s += fmt.Sprint(" ", l.Value)
		}
		if l.Reader >= 0 {
			s += fmt.Sprint(" by ", l.Reader)
		}
		list = append(list, s)
	}
	return list
}

func TestTablesGiveLabels(t *testing.T) {
	tests := []struct {
		name, file, text string
		format           Format
		want             []string
	}{
		{"one label an image", "t.csv", "file,label\na.png,x\nb.png,\n", Table, []string{"a.png x"}},
		{"labels parted by bars", "t.csv", "image,labels\na.png,x|y\n", Table, []string{"a.png x", "a.png y"}},
		{"classes in columns", "t.csv", "image,cat,dog,age\na.png,1,0,5\nb.png,0,,50\n", Table, []string{"a.png cat", "a.png dog no", "b.png cat no"}},
		{"readers in rows", "t.csv", "image_id,class_name,rad_id,x_min,y_min,x_max,y_max\na,No finding,R1,,,,\na,Mass,R2,1,2,11,22\n", Table,
			[]string{"a No finding by 0", "a Mass [1 2 10 20] by 1"}},
		{"readers in columns", "t.csv", "image,reader1,reader2\na.png,x,y\n", Table, []string{"a.png x by 0", "a.png y by 1"}},
		{"a reader in the name of the file", "reader_2.csv", "image,label\na.png,x\n", Table, []string{"a.png x by 0"}},
		{"a measurement", "t.csv", "image,target\na.png,0.25\nb.png,1.5\n", Table, []string{"a.png target 0.25", "b.png target 1.5"}},
		{"no header", "t.csv", "a.png,x\nb.png,y\nc.png,x\nd.png,y\n", Table, []string{"a.png x", "b.png y", "c.png x", "d.png y"}},
		{"RSNA", "t.csv", "patientId,x,y,width,height,Target\np,1,2,3,4,1\nq,,,,,0\n", RSNA, []string{"p 1 [1 2 3 4]", "q 0"}},
		{"ChestX-ray14's boxes", "t.csv", "Image Index,Finding Label,Bbox [x,y,w,h],,,\na.png,Mass,1,2,3,4,,,\n", ChestXray14, []string{"a.png Mass [1 2 3 4]"}},
		{"SIIM", "t.csv", "ImageId, EncodedPixels\na, -1\nb,5 3\n", RunTable, []string{"a EncodedPixels no", "b EncodedPixels"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := readText(t, tt.file, tt.text, sniff.CSV)
			if f.Formats[0].Format != tt.format {
				t.Errorf("the format of\n%sis %s, want %s", tt.text, f.Formats[0].Format, tt.format)
			}
			if diff := cmp.Diff(tt.want, said(f)); diff != "" {
				t.Errorf("labels of\n%s(-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestRecordsOfJSONGiveLabelsAndFaults(t *testing.T) {
	lines := `{"id": 1, "image": "a.png", "label": "x", "patient": "p"}
{"id": 2, "image": "b.png", "label": null}
[1]
{"id": 3, "image": "c.png", "label": ["x", "y"]} {}
{"id": 4, "image": "d.png", "label": ["x", "y"]}
{"id": 4, "image": "e.png"
`
	f := readText(t, "t.jsonl", lines, sniff.JSONL)
	if diff := cmp.Diff([]string{"a.png x", "d.png x", "d.png y"}, said(f)); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"F-309 3:1: another value", "F-309 4:1", "F-309 6:1"}, told(f)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	f = readText(t, "t.json", `[{"image": "a.png", "label": "x"}, 5, {"image": "b.png", "label": "y"}]`, sniff.JSON)
	if diff := cmp.Diff([]string{"a.png x", "b.png y"}, said(f)); diff != "" {
		t.Errorf("labels of an array (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"F-309 /1: another value"}, told(f)); diff != "" {
		t.Errorf("findings of an array (-want +got):\n%s", diff)
	}
	if f.At.Label != "/%d/label" || f.At.Image != "/%d/image" {
		t.Errorf("pointers of an array are %+v", f.At)
	}
}

func TestLimitsKeepRecordsOut(t *testing.T) {
	src := textSource("t.csv", "image,label\n"+manyRows(100, "%d.png,x\n"), sniff.CSV)
	src.Limits = DefaultLimits()
	src.Limits.Records = 50
	f, err := Read(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	if kept := len(f.Images) + len(f.Labels); kept != 50 || f.Beyond == 0 || f.Columns[0].Filled != 100 {
		t.Errorf("kept %d records, %d beyond, %d checked; want 50, some, 100", kept, f.Beyond, f.Columns[0].Filled)
	}
}

func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a;b\r\n\"1\n2\";3\r\n", "\xef\xbb\xbfImage Index,Finding Label,Bbox [x,y,w,h]\na,Mass|x,1,2,3,4\n", "\xff\xfea\x00,\x00",
		"Path,Sex,Age,No Finding,Edema,Pneumonia,Fracture,Atelectasis\na/patient1/b.jpg,F,200Y,1,-1,0,,2\n", "patientId,x,y,width,height,Target\np,1,2,-3,4,1\n",
		"ImageId, EncodedPixels\na,1 2 3\n", "image,\"a\n", "image,reader1,reader2,age,bbox\n\"\"\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, kind := range []sniff.Kind{sniff.CSV, sniff.JSONL, sniff.JSON} {
			src := textSource("train.csv", string(b), kind)
			src.Limits = DefaultLimits()
			src.Limits.FieldBytes = 64
			facts, err := Read(t.Context(), src)
			if err != nil {
				t.Fatalf("Read of %q as %s: %v", b, kind, err)
			}
			if facts == nil {
				continue
			}
			for _, tally := range facts.Book.Tallies {
				if tally.Affected > tally.Eligible {
					t.Errorf("%s of %q: %d of %d", tally.Code, b, tally.Affected, tally.Eligible)
				}
			}
			for _, l := range facts.Labels {
				if int(l.Image) >= len(facts.Images) || int(l.Class) >= len(facts.Classes) || int(l.Reader) >= len(facts.Readers) {
					t.Errorf("a label of %q points nowhere: %+v", b, l)
				}
			}
		}
	})
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"{\"id\":1,\"image\":\"a\",\"label\":[\"x\",2]}\n{\"id\":1}\n", "{\n", "{}\n{\"0\"", "[{\"image\":\"a\",\"label\":{}}]", "{\"a\":\xff}\n", "{\"age\":\"1Y\",\"image\":3}\n[]\n1 2\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, kind := range []sniff.Kind{sniff.JSONL, sniff.JSON} {
			facts, err := Read(t.Context(), textSource("train.jsonl", string(b), kind))
			if err != nil {
				t.Fatalf("Read of %q as %s: %v", b, kind, err)
			}
			if facts == nil {
				continue
			}
			for _, tally := range facts.Book.Tallies {
				if tally.Affected > tally.Eligible {
					t.Errorf("%s of %q: %d of %d", tally.Code, b, tally.Affected, tally.Eligible)
				}
			}
		}
	})
}

func TestColumnsBySeveralSourcesAreReadingsOfOneClass(t *testing.T) {
	f := readText(t, "t.csv", "image,Pneumothorax_NLP,Pneumothorax_readers,Mass\na.png,1,0,1\nb.png,0,0,0\n", sniff.CSV)
	want := []string{"a.png Pneumothorax by 0", "a.png Pneumothorax no by 1", "a.png Mass", "b.png Pneumothorax no by 0", "b.png Pneumothorax no by 1", "b.png Mass no"}
	if diff := cmp.Diff(want, said(f)); diff != "" {
		t.Errorf("labels (-want +got)\n%s", diff)
	}
	if f.Labels[0].Origin != Report || f.Labels[1].Origin != Human || f.Labels[2].Origin != UnknownOrigin {
		t.Errorf("origins %v, %v and %v, want a report, people, unknown", f.Labels[0].Origin, f.Labels[1].Origin, f.Labels[2].Origin)
	}
	alone := readText(t, "t.csv", "image,Pneumothorax_NLP,Mass\na.png,1,0\n", sniff.CSV)
	if len(alone.Readers) != 0 || alone.Classes[0].Name != "Pneumothorax_NLP" {
		t.Errorf("a column that stands alone: %d readers, class %q", len(alone.Readers), alone.Classes[0].Name)
	}
}
