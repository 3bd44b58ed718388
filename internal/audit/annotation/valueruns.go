package annotation

import (
	"maps"
	"slices"

	"assay/internal/audit/shape"
)

// Bounds of masks that are kept to be compared with those of other readers.
const (
	maxReaderValues = 256      // different values of one mask
	maxReaderCells  = 16 << 20 // pixels of a picture
)

// ValueShape is where a value of a mask is.
type ValueShape struct {
	Value int64
	Shape Shape
}

// valueRuns makes the run lengths of each value but 0 from the cells of a mask
// in order. The zero value is empty.
type valueRuns struct {
	limit int // of all runs
	count int
	runs  map[int64]*openRuns
	many  bool // there were more runs or values than are kept
}

// openRuns are the runs of one value, up to cell end.
type openRuns struct {
	list []uint32
	end  int64
}

// add takes n cells of a value from one on.
func (v *valueRuns) add(value, from, n int64) {
	if value == 0 || v.many {
		return
	}
	o := v.runs[value]
	if o == nil {
		if len(v.runs) == maxReaderValues {
			v.give()
			return
		}
		if v.runs == nil {
			v.runs = map[int64]*openRuns{}
		}
		o = &openRuns{}
		v.runs[value] = o
	}
	if from == o.end && len(o.list) > 0 {
		o.list[len(o.list)-1] += uint32(n)
	} else {
		o.list = append(o.list, uint32(from-o.end), uint32(n))
		v.count += 2
	}
	o.end = from + n
	if v.count > min(v.limit, shape.MaxRuns) {
		v.give()
	}
}

// give gives up a mask that is too large.
func (v *valueRuns) give() { v.many, v.runs = true, nil }

// shapes returns the masks of all values, in ascending order, over total cells.
func (v *valueRuns) shapes(like Shape, total int64) []ValueShape {
	var out []ValueShape
	for _, value := range slices.Sorted(maps.Keys(v.runs)) {
		o := v.runs[value]
		if o.end < total {
			o.list = append(o.list, uint32(total-o.end))
		}
		s := like
		s.Runs = o.list
		out = append(out, ValueShape{value, s})
	}
	return out
}

// shapeOf returns where a value is, nil if nobody kept it.
func shapeOf(list []ValueShape, value int64) *Shape {
	i := slices.IndexFunc(list, func(v ValueShape) bool { return v.Value == value })
	if i < 0 {
		return nil
	}
	return &list[i].Shape
}

// cells are the pixels of a picture that is one of several readers' masks, row
// by row, until they are run lengths column by column. Nil keeps nothing.
type cells struct {
	width, height int
	values        []uint16
}

// newCells keeps the pixels of a picture if its path tells a reader.
func (in *input) newCells(format rowFormat) *cells {
	if nameOfMask(in.Path, false).reader == "" || format.pixels() > maxReaderCells || format.channels > 2 && format.bits > 8 {
		return nil
	}
	return &cells{int(format.width), int(format.height), make([]uint16, 0, format.pixels())}
}

// row takes a row of indices, grays, or colors that are gray.
func (c *cells) row(row []uint16, channels int) {
	for x := range c.width {
		p := row[x*channels:][:channels]
		if channels > 2 && (p[0] != p[1] || p[1] != p[2]) {
			c.values = c.values[:0]
			c.width = 0 // colors are no classes
			return
		}
		c.values = append(c.values, p[0])
	}
}

// shapes returns the masks of the values; nil if there are too many.
func (c *cells) shapes(limit int) []ValueShape {
	if len(c.values) < c.width*c.height || c.width == 0 {
		return nil
	}
	runs := valueRuns{limit: limit}
	for x := range c.width {
		for y := 0; y < c.height; {
			from, value := y, c.values[y*c.width+x]
			for y++; y < c.height && c.values[y*c.width+x] == value; y++ {
			}
			runs.add(int64(value), int64(x*c.height+from), int64(y-from))
		}
	}
	return runs.shapes(Shape{Width: int32(c.width), Height: int32(c.height)}, int64(c.width)*int64(c.height))
}
