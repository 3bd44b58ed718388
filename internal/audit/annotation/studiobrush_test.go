package annotation

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/shape"
)

// bitWriter writes bits from the highest of each byte on.
type bitWriter struct {
	b []byte
	n int
}

func (w *bitWriter) write(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

// brushOf encodes opacity, row by row, as Label Studio does: every pixel as
// four equal words, the stretches of equal pixels as one, single pixels word by
// word.
func brushOf(opacity []byte) []int {
	w := &bitWriter{}
	w.write(uint32(4*len(opacity)), 32)
	w.write(7, 5)
	for _, size := range []uint32{2, 3, 7, 15} {
		w.write(size, 4)
	}
	for i := 0; i < len(opacity); {
		n := 1
		for i+n < len(opacity) && opacity[i+n] == opacity[i] {
			n++
		}
		if n == 1 {
			w.write(0, 1)
			w.write(1, 2)
			w.write(3, 4)
			for range 4 {
				w.write(uint32(opacity[i]), 8)
			}
		} else {
			w.write(1, 1)
			w.write(3, 2)
			w.write(uint32(4*n-1), 16)
			w.write(uint32(opacity[i]), 8)
		}
		i += n
	}
	out := make([]int, len(w.b))
	for i, b := range w.b {
		out[i] = int(b)
	}
	return out
}

func TestOutlinesOfSeveralReadersInLabelStudioAreKept(t *testing.T) {
	brush, err := json.Marshal(brushOf([]byte{0, 255, 0, 0, 0, 255, 255, 9, 0, 0, 0, 0})) // 4 x 3
	if err != nil {
		t.Fatal(err)
	}
	reading := func(by int, value string) string {
		return fmt.Sprintf(`{"completed_by":%d,"result":[{"type":"x","from_name":"l","to_name":"i","original_width":4,"original_height":3,"value":{%s}}]}`, by, value)
	}
	drawn := reading(1, `"format":"rle","rle":`+string(brush)+`,"brushlabels":["mass"]`)
	polygon := reading(2, `"points":[[25,0],[75,0],[75,100],[25,100]],"polygonlabels":["mass"]`)
	nothing := `{"completed_by":3,"result":[]}`
	f := readJSON(t, "export.json", `[{"data":{"image":"a.png"},"annotations":[`+strings.Join([]string{drawn, polygon, nothing}, ",")+`]}]`)
	want := []Shape{
		{Width: 4, Height: 3, Runs: []uint32{3, 2, 2, 1, 2, 1, 1}},
		{Width: 4, Height: 3, Points: []float32{1, 0, 3, 0, 3, 3, 1, 3}},
	}
	if diff := cmp.Diff(want, f.Shapes); diff != "" {
		t.Errorf("shapes (-want +got)\n%s", diff)
	}
	if len(f.Readers) != 3 || len(f.Labels) != 2 || len(f.Blanks) != 1 || f.Labels[0].Shape != 0 || f.Labels[1].Shape != 1 {
		t.Errorf("%d readers, labels %+v", len(f.Readers), f.Labels)
	}
	filled, _ := shape.Fill([][]float64{{1, 0, 3, 0, 3, 3, 1, 3}}, 4, 3)
	if both, either := shape.Count(want[0].Runs, filled); both != 3 || either != 7 {
		t.Errorf("%d cells in both, %d in either, want 3 and 7", both, either)
	}
	alone := readJSON(t, "export.json", `[{"data":{"image":"a.png"},"annotations":[`+drawn+`]}]`)
	if len(alone.Shapes) != 0 {
		t.Errorf("%d shapes of a single reader are kept, want none", len(alone.Shapes))
	}
}

func TestBrokenBrushesAreRefused(t *testing.T) {
	whole := brushOf(make([]byte, 12))
	b := make([]byte, len(whole))
	for i, v := range whole {
		b[i] = byte(v)
	}
	if _, err := brushMask(b, 4, 3); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		b             []byte
		width, height int
	}{"cut off": {b[:len(b)-2], 4, 3}, "of another size": {b, 4, 4}, "empty": {nil, 0, 0}, "without lengths": {b[:5], 4, 3}} {
		if _, err := brushMask(tt.b, tt.width, tt.height); err == nil {
			t.Errorf("a brush %s is taken", name)
		}
	}
}

func FuzzBrush(f *testing.F) {
	for _, seed := range [][]byte{nil, {0, 0, 0, 48, 56, 1}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := brushMask(b, 4, 3); err == nil && len(c.values) != 12 {
			t.Errorf("%d cells, want 12", len(c.values))
		}
	})
}
