package ui

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"assay/internal/audit/quality"
)

// classBars is the plot of how often each class is in the images of each
// split, with intervals.
type classBars struct {
	Splits []string // empty: the set as a whole
	Rows   []classRow
	Top    float64 // end of the axis, a share
	N      string
}

type classRow struct {
	Name  string
	Parts []classPart
}

// classPart is the share of one class in one split; Known is false if it is
// not defined.
type classPart struct {
	Known     bool
	Share     float64
	Low, High float64 // equal if there is no interval
	Text      string
}

// classShares prepares the bars; it has no rows if no class has a share.
func classShares(r *quality.Report) classBars {
	p := classBars{N: "n = " + Plural(r.Input.Images, "image", "images")}
	if splits := splitsOf(r); len(splits) <= mostSplitBars {
		p.Splits = splits
	}
	known := false
	for _, c := range largestClasses(r.Classes, mostClassBars) {
		row := classRow{Name: className(c)}
		if len(p.Splits) == 0 {
			row.Parts = []classPart{part(c.Prevalence, c.CI)}
		}
		for _, s := range p.Splits {
			count := c.Splits[s]
			var value *float64
			if count.Of > 0 {
				v := float64(count.Images) / float64(count.Of)
				value = &v
			}
			row.Parts = append(row.Parts, part(value, count.CI))
		}
		for _, x := range row.Parts {
			known = known || x.Known
			p.Top = max(p.Top, x.High)
		}
		p.Rows = append(p.Rows, row)
	}
	if !known {
		return classBars{}
	}
	p.Top = axisEnd(p.Top)
	return p
}

func part(value *float64, ci *[2]float64) classPart {
	if !defined(value) {
		return classPart{Text: notDefined}
	}
	x := classPart{Known: true, Share: *value, Low: *value, High: *value, Text: share(value)}
	if definedRange(ci) {
		x.Low, x.High = ci[0], ci[1]
	}
	return x
}

// axisEnd is the next round share that holds v.
func axisEnd(v float64) float64 {
	for _, end := range []float64{.001, .002, .005, .01, .02, .05, .1, .2, .25, .5} {
		if v <= end {
			return end
		}
	}
	return 1
}

// Heights of the plot of classes, in pixels.
const (
	classLabel = 19 // the name above the bars
	classBar   = 10
	classStep  = 15 // from bar to bar
	classGap   = 9
	classAxis  = 34
)

func (p classBars) rowHeight() int {
	return classLabel + classStep*max(1, len(p.Splits)) + classGap
}

// at is where a share lies on the axis.
func (p classBars) at(v float64) string { return percent(100 * min(1, max(0, v/p.Top))) }

func (p classBars) tick(part float64) string {
	v := 100 * p.Top * part
	if v == math.Trunc(v) {
		return Number(int(v)) + " %"
	}
	return figure(&v, 2) + " %"
}

// fill is the pattern of a split.
func fill(i int) string {
	if i == 0 {
		return "currentColor"
	}
	return "url(#lqs-fill-" + Number(i%mostSplitBars) + ")"
}

func (p classBars) describe() string {
	text := "Share of images with each class"
	if len(p.Splits) > 0 {
		text += " in " + strings.Join(p.Splits, ", ")
	}
	first := p.Rows[0]
	return text + ", with 95 % intervals; " + p.N + ". The most frequent is " + first.Name + ", " + first.Parts[0].Text + ". The table below has all figures."
}

// heat is a grid of counts, drawn as squares that grow and darken with them.
type heat struct {
	Side  int // cells
	Cells []heatCell
	Most  float64
}

type heatCell struct{ X, Y, Level int }

// heatLevels is how many steps a cell can take.
const heatLevels = 5

// level is 0 for nothing, then 1 to heatLevels.
func level(v, most float64) int {
	if v <= 0 || most <= 0 {
		return 0
	}
	return min(heatLevels, 1+int(v/most*heatLevels))
}

// centers prepares the map of box centers.
func centers(m *quality.HeatMap) heat {
	h := heat{Side: m.Size}
	for _, row := range m.Counts {
		for _, n := range row {
			h.Most = max(h.Most, float64(n))
		}
	}
	for y, row := range m.Counts {
		for x, n := range row {
			if l := level(float64(n), h.Most); l > 0 && x < m.Size && y < m.Size {
				h.Cells = append(h.Cells, heatCell{x, y, l})
			}
		}
	}
	return h
}

func hasCenters(m quality.Metrics) bool {
	return m.BoxCenters != nil && m.BoxCenters.N > 0 && m.BoxCenters.Size > 0 && len(m.BoxCenters.Counts) > 0
}

// quarters sums the map into 4 by 4 fields.
func quarters(m *quality.HeatMap) [4][4]int {
	var q [4][4]int
	for y, row := range m.Counts {
		for x, n := range row {
			q[min(3, y*4/m.Size)][min(3, x*4/m.Size)] += n
		}
	}
	return q
}

// describeCenters tells the map in a sentence.
func describeCenters(m *quality.HeatMap) string {
	q := quarters(m)
	middle := q[1][1] + q[1][2] + q[2][1] + q[2][2]
	return "Where the centers of " + Plural(m.N, "box", "boxes") + " lie in their images: " +
		Percent(middle, m.N) + " in the middle quarter of the area. The table below has the figures of 16 fields."
}

// together are the classes that stand in one image, for the map and its table.
type together struct {
	Names []string
	Cells []heatCell
	Pairs []classPair
}

type classPair struct {
	A, B    string
	Images  int
	Jaccard *float64
}

// coOccurrence prepares the map: squares show the Jaccard index of a pair.
func coOccurrence(c *quality.CoOccurrence) together {
	t := together{Names: c.Classes}
	for y := range c.Counts {
		for x := range min(y, len(c.Counts[y])) {
			if c.Counts[y][x] == 0 || y >= len(c.Classes) {
				continue
			}
			pair := classPair{A: or(c.Classes[x], "(no name)"), B: or(c.Classes[y], "(no name)"), Images: c.Counts[y][x]}
			if y < len(c.Jaccard) && x < len(c.Jaccard[y]) {
				pair.Jaccard = &c.Jaccard[y][x]
			}
			t.Pairs = append(t.Pairs, pair)
			if defined(pair.Jaccard) {
				t.Cells = append(t.Cells, heatCell{x, y, level(*pair.Jaccard, 1)})
			}
		}
	}
	slices.SortStableFunc(t.Pairs, func(a, b classPair) int { return cmp.Compare(b.Images, a.Images) })
	return t
}

func (t together) describe() string {
	if len(t.Pairs) == 0 {
		return "No two of the classes stand in one image."
	}
	p := t.Pairs[0]
	return "Pairs of classes that stand in one image; the square grows with the Jaccard index, images with both by images with either. Most often together: " +
		p.A + " and " + p.B + ", in " + Plural(p.Images, "image", "images") + "."
}

// Measures of the map of co-occurrence, in pixels.
const (
	matrixCell  = 20
	matrixNames = 190
)

// side is the length of a square's side.
func (c heatCell) side(cell float64) float64 { return cell * (.36 + .128*float64(c.Level)) }

// corner is where the square begins, so that it lies in the middle of its cell.
func (c heatCell) corner(at int, cell float64) float64 {
	return float64(at)*cell + (cell-c.side(cell))/2
}
