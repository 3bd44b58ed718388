package series

import (
	"fmt"
	"math"
	"slices"
)

// Fault is something wrong with a series.
type Fault struct {
	Path    string // of the attribute that shows it
	Message string // a sentence with its numbers
	Plain   string // the same for all series
	Info    bool   // it only informs
	Missing bool   // slices are missing
	At      []int  // the instances that show it, as indexes of the places, ascending
}

// Result is what the places of a series tell.
type Result struct {
	Faults []Fault
	StepMM float64 // the usual distance of neighboring slices, 0 if there is none
}

// Attributes that faults are about.
const (
	pathOrientation = "(0020,0037) ImageOrientationPatient"
	pathPosition    = "(0020,0032) ImagePositionPatient"
	pathSpacing     = "(0028,0030) PixelSpacing"
	pathRows        = "(0028,0010) Rows"
	pathFrame       = "(0020,0052) FrameOfReferenceUID"
	pathNumber      = "(0020,0013) InstanceNumber"
)

// Check compares the instances of one series. The order of places decides only
// which of two equally frequent values counts as usual.
func Check(modality string, places []Place) Result {
	var in []int
	for i := range places {
		if places[i].InSpace() {
			in = append(in, i)
		}
	}
	c := &check{modality: modality, places: places}
	if len(in) < 2 {
		return Result{}
	}
	for _, same := range groups(in, func(i int) Hash { return places[i].Type }) {
		c.matrix(same)
		c.spacing(same)
		c.frame(same)
		c.orientation(same)
	}
	views := c.views(in)
	for _, v := range views {
		c.stack(v)
	}
	if len(views) == 1 {
		c.numbers(in)
	}
	return Result{c.faults, c.step}
}

// check is one series under comparison.
type check struct {
	modality string
	places   []Place
	faults   []Fault
	step     float64
	stepOf   int // places between which the step is usual

	gaps bool // a slice is missing
}

func (c *check) fault(path, plain, message string, at []int) {
	slices.Sort(at)
	c.faults = append(c.faults, Fault{Path: path, Plain: plain, Message: message, At: slices.Compact(at)})
}

// missing notes slices that are not there.
func (c *check) missing(plain, message string, at []int) {
	c.fault(pathPosition, plain, message, at)
	c.faults[len(c.faults)-1].Missing = true
}

// groups returns indexes that share a key, in the order of their first.
func groups[K comparable](in []int, key func(int) K) [][]int {
	var list [][]int
	at := map[K]int{}
	for _, i := range in {
		k := key(i)
		n, known := at[k]
		if !known {
			n = len(list)
			at[k] = n
			list = append(list, nil)
		}
		list[n] = append(list[n], i)
	}
	return list
}

// strays returns the indexes that are not in the largest group.
func strays(list [][]int) []int {
	most := 0
	for n := range list {
		if len(list[n]) > len(list[most]) {
			most = n
		}
	}
	var out []int
	for n := range list {
		if n != most {
			out = append(out, list[n]...)
		}
	}
	return out
}

func (c *check) matrix(in []int) {
	list := groups(in, func(i int) [2]int { return [2]int{c.places[i].Rows, c.places[i].Columns} })
	if len(list) > 1 {
		s := strays(list)
		c.fault(pathRows, "The matrix differs inside a series.",
			fmt.Sprintf("The matrix differs inside a series: %d of %d images differ from most.", len(s), len(in)), s)
	}
}

// spacing compares PixelSpacing by half a percent, which no rounding passes.
func (c *check) spacing(in []int) {
	var list [][]int
	for _, i := range in {
		a := c.places[i].SpacingMM
		if a == ([2]float64{}) {
			continue
		}
		n := slices.IndexFunc(list, func(g []int) bool {
			b := c.places[g[0]].SpacingMM
			return math.Abs(a[0]-b[0]) <= 0.005*b[0] && math.Abs(a[1]-b[1]) <= 0.005*b[1]
		})
		switch {
		case n >= 0:
			list[n] = append(list[n], i)
		case len(list) < maxViews:
			list = append(list, []int{i})
		}
	}
	if len(list) > 1 {
		s := strays(list)
		c.fault(pathSpacing, "PixelSpacing differs inside a series.",
			fmt.Sprintf("PixelSpacing differs inside a series: %d of %d images differ from most.", len(s), len(in)), s)
	}
}

func (c *check) frame(in []int) {
	with := slices.DeleteFunc(slices.Clone(in), func(i int) bool { return c.places[i].Frame == Hash{} })
	list := groups(with, func(i int) Hash { return c.places[i].Frame })
	if len(list) > 1 {
		s := strays(list)
		c.fault(pathFrame, "FrameOfReferenceUID differs inside a series.",
			fmt.Sprintf("FrameOfReferenceUID differs inside a series: %d of %d images differ from most, so that their positions cannot be compared.", len(s), len(in)), s)
	}
}

// numbers looks at InstanceNumber in a series of one view.
func (c *check) numbers(in []int) {
	var with, without []int
	for _, i := range in {
		if c.places[i].HasNumber {
			with = append(with, i)
		} else {
			without = append(without, i)
		}
	}
	if len(without) > 0 && len(with) >= len(without) {
		c.fault(pathNumber, "InstanceNumber is missing in some images of a series.",
			fmt.Sprintf("InstanceNumber is missing in %d of %d images of a series.", len(without), len(in)), without)
	}
	if len(with) < 4 {
		return
	}
	slices.SortStableFunc(with, func(a, b int) int { return c.places[a].Number - c.places[b].Number })
	var twice []int
	ones, skipped := 0, 0
	var around []int
	for n := 1; n < len(with); n++ {
		a, b := &c.places[with[n-1]], &c.places[with[n]]
		switch d := b.Number - a.Number; {
		case d == 0:
			if a.Phase == b.Phase && !samePlace(a, b) {
				twice = append(twice, with[n-1], with[n])
			}
		case d == 1:
			ones++
		default:
			skipped += d - 1
			around = append(around, with[n-1], with[n])
		}
	}
	// Phases may each be numbered from 1: then most numbers stand twice.
	if len(twice) > 0 && len(twice) <= len(with)/2 {
		c.fault(pathNumber, "Images of a series share an InstanceNumber.", "Images of a series at different places share an InstanceNumber.", twice)
	}
	if skipped > 0 && !c.gaps && len(without)+len(twice) == 0 && ones*5 >= 4*(len(with)-1) {
		c.fault(pathNumber, "Numbers are left out in a series.",
			fmt.Sprintf("InstanceNumber skips %d between images that lie evenly: they may have been numbered together with others.", skipped), around)
		c.faults[len(c.faults)-1].Info = true
	}
}

// samePlace reports whether two slices lie at one place, to a tenth of a
// millimeter.
func samePlace(a, b *Place) bool {
	for i := range a.Position {
		if math.Abs(a.Position[i]-b.Position[i]) > 0.1 {
			return false
		}
	}
	return true
}
