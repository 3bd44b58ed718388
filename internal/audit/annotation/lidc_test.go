package annotation

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"assay/internal/audit/sniff"

	"github.com/google/go-cmp/cmp"
)

func readXML(t testing.TB, text string) *Facts {
	t.Helper()
	f, err := Read(t.Context(), Source{
		Path: "readings.xml", SizeBytes: int64(len(text)), Content: bytes.NewReader([]byte(text)), Kind: sniff.XML, Hash: shortHash,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lidcMessage is a message of reading sessions.
func lidcMessage(sessions ...string) string {
	return `<?xml version="1.0"?><LidcReadMessage xmlns="http://www.nih.gov"><ResponseHeader><SeriesInstanceUid>2.25.1</SeriesInstanceUid></ResponseHeader><readingSession>` +
		strings.Join(sessions, "</readingSession><readingSession>") + "</readingSession></LidcReadMessage>"
}

// lidcRead is a nodule with one outline.
func lidcRead(characteristics, roi string) string {
	return "<unblindedReadNodule><noduleID>1</noduleID>" + characteristics + "<roi>" + roi + "</roi></unblindedReadNodule>"
}

// lidcSquare is an outline on a slice, a square of side pixels.
func lidcSquare(slice, x, y, side int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<imageSOP_UID>2.25.%d</imageSOP_UID><inclusion>TRUE</inclusion>", slice)
	for _, p := range [][2]int{{0, 0}, {side, 0}, {side, side}, {0, side}} {
		fmt.Fprintf(&b, "<edgeMap><xCoord>%d</xCoord><yCoord>%d</yCoord></edgeMap>", x+p[0], y+p[1])
	}
	return b.String()
}

const lidcRated = "<characteristics><malignancy>3</malignancy><calcification>6</calcification><internalStructure>4</internalStructure></characteristics>"

func TestFaultsOfReadingsAreFoundAtTheirXPath(t *testing.T) {
	const nodule = "/LidcReadMessage/readingSession[1]/unblindedReadNodule[1]"
	tests := []struct {
		name, session string
		want          []string
	}{
		{"a rated nodule", lidcRead(lidcRated, lidcSquare(11, 5, 5, 4)), nil},
		{"a small nodule of one point", lidcRead("", "<imageSOP_UID>2.25.11</imageSOP_UID><inclusion>TRUE</inclusion><edgeMap><xCoord>5</xCoord><yCoord>5</yCoord></edgeMap>"), nil},
		{"a non-nodule", "<nonNodule><imageSOP_UID>2.25.11</imageSOP_UID><locus><xCoord>5</xCoord><yCoord>5</yCoord></locus></nonNodule>", nil},
		{"no point", lidcRead("", "<imageSOP_UID>2.25.11</imageSOP_UID><inclusion>TRUE</inclusion>"), []string{"F-530 " + nodule + "/roi[1]"}},
		{"a point without y", lidcRead("", "<imageSOP_UID>2.25.11</imageSOP_UID><inclusion>TRUE</inclusion><edgeMap><xCoord>5</xCoord></edgeMap>"), []string{"F-530 " + nodule + "/roi[1]"}},
		{"an unknown inclusion", lidcRead("", strings.Replace(lidcSquare(11, 5, 5, 4), "TRUE", "true", 1)), []string{"F-531 " + nodule + "/roi[1]/inclusion"}},
		{"no inclusion", lidcRead("", strings.Replace(lidcSquare(11, 5, 5, 4), "<inclusion>TRUE</inclusion>", "", 1)), []string{"F-531 " + nodule + "/roi[1]"}},
		{"malignancy above 5", lidcRead(strings.Replace(lidcRated, ">3<", ">6<", 1), lidcSquare(11, 5, 5, 4)), []string{"F-532 " + nodule + "/characteristics/malignancy"}},
		{"calcification above 6", lidcRead(strings.Replace(lidcRated, ">6<", ">7<", 1), lidcSquare(11, 5, 5, 4)), []string{"F-532 " + nodule + "/characteristics/calcification"}},
		{"internalStructure above 4", lidcRead(strings.Replace(lidcRated, ">4<", ">5<", 1), lidcSquare(11, 5, 5, 4)), []string{"F-532 " + nodule + "/characteristics/internalStructure"}},
		{"a rating that is no number", lidcRead(strings.Replace(lidcRated, ">3<", ">x<", 1), lidcSquare(11, 5, 5, 4)), []string{"F-532 " + nodule + "/characteristics/malignancy"}},
		{"an outline of no image", lidcRead("", strings.Replace(lidcSquare(11, 5, 5, 4), "2.25.11", "", 1)), []string{"F-533 " + nodule + "/roi[1]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, broken(readXML(t, lidcMessage(tt.session)))); diff != "" {
				t.Errorf("broken rules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSliceThatIsNotInTheSetIsFoundWhereItIsNamed(t *testing.T) {
	f := readXML(t, lidcMessage(lidcRead("", lidcSquare(11, 5, 5, 4)), lidcRead("", lidcSquare(77, 5, 5, 4))))
	set := Join(append(ctSlices(3), Member{Index: 9, Path: "readings.xml", Kind: sniff.XML, Facts: f}), JoinOptions{Hash: shortHash})
	want := []string{"F-002 /LidcReadMessage/readingSession[2]/unblindedReadNodule[1]/roi[1]/imageSOP_UID"}
	if diff := cmp.Diff(want, broken(&Facts{Book: set.Book})); diff != "" {
		t.Errorf("broken rules (-want +got):\n%s", diff)
	}
	if len(set.Items) != 1 || set.Readers != 2 {
		t.Errorf("%d items of %d readers, want the series of two", len(set.Items), set.Readers)
	}
}

func TestSessionWithoutAMarkIsAReadingOfTheSeries(t *testing.T) {
	f := readXML(t, lidcMessage(lidcRead(lidcRated, lidcSquare(11, 5, 5, 4)), ""))
	set := Join(append(ctSlices(3), Member{Index: 9, Path: "readings.xml", Kind: sniff.XML, Facts: f}), JoinOptions{Hash: shortHash})
	if diff := cmp.Diff([]Blank{{Image: 0, Reader: 1}}, set.Blanks); diff != "" {
		t.Errorf("readings that found nothing (-want +got):\n%s", diff)
	}
}

// units lists the unit of each mark, numbered as they come.
func units(f *Facts) []int {
	seen := map[int32]int{}
	var list []int
	for _, l := range f.Labels {
		if l.Kind == Measurement {
			continue
		}
		if _, ok := seen[l.Unit]; !ok {
			seen[l.Unit] = len(seen)
		}
		list = append(list, seen[l.Unit])
	}
	return list
}

func TestMarksOfOneThingShareAUnit(t *testing.T) {
	tests := []struct {
		name     string
		sessions []string
		want     []int
	}{
		{"two readers outline one nodule", []string{lidcRead("", lidcSquare(11, 5, 5, 8)), lidcRead("", lidcSquare(11, 7, 7, 8))}, []int{0, 0}},
		{"at other places", []string{lidcRead("", lidcSquare(11, 5, 5, 8)), lidcRead("", lidcSquare(11, 50, 50, 8))}, []int{0, 1}},
		{"at one place of other slices", []string{lidcRead("", lidcSquare(11, 5, 5, 8)), lidcRead("", lidcSquare(12, 5, 5, 8))}, []int{0, 1}},
		{"two nodules of one reader are two things, though they overlap", []string{
			lidcRead("", lidcSquare(11, 5, 5, 8)) + lidcRead("", lidcSquare(11, 7, 5, 8)), lidcRead("", lidcSquare(11, 7, 5, 8)),
		}, []int{0, 1, 1}},
		{"one reader draws what another points at", []string{
			lidcRead("", lidcSquare(11, 5, 5, 8)), "<nonNodule><imageSOP_UID>2.25.11</imageSOP_UID><locus><xCoord>8</xCoord><yCoord>8</yCoord></locus></nonNodule>",
		}, []int{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, units(readXML(t, lidcMessage(tt.sessions...)))); diff != "" {
				t.Errorf("units (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutlinesOfAUnitLieOnTheSliceThatMostReadersDrew(t *testing.T) {
	two := "<unblindedReadNodule><roi>" + lidcSquare(11, 5, 5, 8) + "</roi><roi>" + lidcSquare(12, 5, 5, 6) + "</roi></unblindedReadNodule>"
	f := readXML(t, lidcMessage(two, lidcRead(lidcRated, lidcSquare(12, 5, 5, 7)), lidcRead("", lidcSquare(12, 5, 5, 9))))
	var sides []float32
	for _, l := range f.Labels {
		if l.Kind == Polygon {
			sides = append(sides, l.Box[2])
		}
	}
	if want := []float32{6, 7, 9}; !cmp.Equal(want, sides) {
		t.Errorf("sides of the outlines = %v, want those on the second slice, %v", sides, want)
	}
	for _, c := range f.Classes {
		if want := c.Name == "malignancy"; c.Ordinal != want {
			t.Errorf("class %s is ordinal: %v, want %v", c.Name, c.Ordinal, want)
		}
	}
}

func FuzzLIDC(f *testing.F) {
	f.Add(lidcRead(lidcRated, lidcSquare(11, 5, 5, 4)))
	f.Add("<nonNodule><imageSOP_UID>2.25.11</imageSOP_UID><locus><xCoord>5</xCoord></locus></nonNodule>")
	f.Fuzz(func(t *testing.T, session string) {
		facts := readXML(t, lidcMessage(session, lidcRead("", lidcSquare(11, 5, 5, 4))))
		if facts == nil {
			t.Fatal("readings are in no format")
		}
		Join(append(ctSlices(3), Member{Index: 9, Path: "readings.xml", Kind: sniff.XML, Facts: facts}), JoinOptions{Hash: shortHash})
	})
}
