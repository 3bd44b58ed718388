package annotation

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// maxRuns bounds the runs of one volume for which components are counted.
const maxRuns = 8 << 20

// parts counts the connected components of each value but 0, with neighbors at
// faces, edges and corners (26). It joins runs of equal voxels of a row with
// those of the four rows before that touch it, and keeps the runs of two
// slices.
//
// Source: Rosenfeld and Pfaltz, Sequential Operations in Digital Picture
// Processing, 1966, on runs.
type parts struct {
	given       bool // up, for there are too many
	parents     []int32
	values      []int64
	above, here [][]voxelRun // rows of the slice before, and of this one
	y, z, t     int64
	hasAny      bool
}

type voxelRun struct {
	left, right int32 // inclusive
	id          int32
}

// give gives up.
func (p *parts) give() { *p = parts{given: true} }

// row takes row y of slice z of volume t, in order.
func (p *parts) row(row []float64, y, z, t int64) {
	if p.given {
		return
	}
	if p.hasAny && (z != p.z || t != p.t) {
		p.above, p.here = p.here, p.above[:0]
		if t != p.t {
			p.above = nil
		}
	}
	p.y, p.z, p.t, p.hasAny = y, z, t, true
	var runs []voxelRun
	for i := 0; i < len(row); {
		x, start := row[i], i
		for i++; i < len(row) && row[i] == x; i++ {
		}
		v := int64(math.Round(x))
		if v == 0 || math.IsNaN(x) {
			continue
		}
		if len(p.parents) == maxRuns {
			p.give()
			return
		}
		id := int32(len(p.parents))
		p.parents, p.values = append(p.parents, id), append(p.values, v)
		r := voxelRun{int32(start), int32(i - 1), id}
		if y > 0 {
			p.touch(r, p.here[y-1])
		}
		for n := max(y-1, 0); n <= y+1 && n < int64(len(p.above)); n++ {
			p.touch(r, p.above[n])
		}
		runs = append(runs, r)
	}
	p.here = append(p.here, runs)
}

// touch joins a run with those of a row that touch it and have its value.
func (p *parts) touch(r voxelRun, row []voxelRun) {
	i, _ := slices.BinarySearchFunc(row, r.left-1, func(o voxelRun, left int32) int { return cmp.Compare(o.right, left) })
	for ; i < len(row) && row[i].left <= r.right+1; i++ {
		if p.values[row[i].id] == p.values[r.id] {
			a, b := p.root(row[i].id), p.root(r.id)
			p.parents[max(a, b)] = min(a, b)
		}
	}
}

func (p *parts) root(id int32) int32 {
	for p.parents[id] != id {
		p.parents[id] = p.parents[p.parents[id]]
		id = p.parents[id]
	}
	return id
}

// list returns the number of components of each value, nil if it gave up.
func (p *parts) list() []Value {
	if p.given {
		return nil
	}
	counts := map[int64]int64{}
	for id, parent := range p.parents {
		if parent == int32(id) {
			counts[p.values[id]]++
		}
	}
	var list []Value
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, Value{v, counts[v]})
	}
	return list
}
