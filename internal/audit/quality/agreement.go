package quality

import (
	"fmt"
	"math"
	"slices"

	"assay/internal/audit/agreement"
	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// Limits of agreement: classes and pairs of outlines that are compared.
const (
	maxAgreement = 100
	maxPairs     = 5000
)

// Bounds of the rules on agreement.
const (
	suspectUnits = 100 // things read, from which kappa of 1 is not believed
	lowUnits     = 30  // things read, from which low agreement is told
	lowAgreement = 0.4 // Landis & Koch 1977: fair or less
)

// read is a thing that at least two readers read.
type read struct {
	group  int32 // patient, or thing, for the bootstrap
	item   int32
	labels []int32 // numbers
	from   []int32 // readers, ascending
}

// reads are the things that several readers read.
type reads struct {
	v       *view
	list    []read
	groups  int
	readers int // different ones
	once    int // things that one reader alone read
	least   int // readers of a thing
	most    int
	by      string // what the bootstrap draws
}

// agreement says how far readers agree on each class.
func (v *view) agreement() []Agreement {
	out := []Agreement{}
	if v.set.Readers < 2 {
		return out
	}
	images := v.reads(false)
	things := v.reads(true)
	used := v.readClasses()
	for n, c := range used {
		if n == maxAgreement {
			break
		}
		out = append(out, v.classAgreement(c, images, things)...)
	}
	for _, a := range out {
		v.judgeAgreement(a)
	}
	return out
}

// readClasses are the classes of labels with a reader, the most frequent first.
func (v *view) readClasses() []int32 {
	count := make([]int, len(v.set.Classes))
	var used []int32
	for i := range v.set.Labels {
		if l := &v.set.Labels[i]; l.Class >= 0 && l.Reader >= 0 {
			if count[l.Class]++; count[l.Class] == 1 {
				used = append(used, l.Class)
			}
		}
	}
	slices.SortFunc(used, func(a, b int32) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return int(a - b)
	})
	return used
}

// reads gathers what several readers read: images, or the numbered things in
// them.
func (v *view) reads(things bool) *reads {
	r := &reads{v: v, by: "patients", least: math.MaxInt}
	groups := map[annotation.Hash]int32{}
	readers := map[int32]bool{}
	add := func(item int, labels, blanks []int32) {
		from := v.readersOf(labels, slices.Clone(blanks))
		if len(from) < 2 {
			if len(from) == 1 {
				r.once++
			}
			return
		}
		group := int32(r.groups)
		patient := v.set.Items[item].Patient
		if known, ok := groups[patient]; ok && patient != (annotation.Hash{}) {
			group = known
		} else {
			r.groups++
			groups[patient] = group
		}
		if patient == (annotation.Hash{}) {
			r.by = "images"
		}
		for _, f := range from {
			readers[f] = true
		}
		r.least, r.most = min(r.least, len(from)), max(r.most, len(from))
		r.list = append(r.list, read{group, int32(item), labels, from})
	}
	for i := range v.set.Items {
		labels, blanks := v.labels(i), v.blanks[int32(i)]
		switch {
		case len(labels)+len(blanks) < 2:
		case !things || !v.numbered(labels):
			add(i, labels, blanks)
		default:
			for _, same := range v.byUnit(labels) {
				add(i, same, nil)
			}
		}
	}
	r.readers = len(readers)
	return r
}

// numbered reports whether labels are of numbered things in an image.
func (v *view) numbered(labels []int32) bool {
	return slices.ContainsFunc(labels, func(n int32) bool { return v.set.Labels[n].Unit >= 0 })
}

// byUnit parts labels by the thing that they are of; those without a number are
// of the image.
func (v *view) byUnit(labels []int32) [][]int32 {
	sorted := slices.Clone(labels)
	key := func(n int32) int64 {
		l := &v.set.Labels[n]
		if l.Unit < 0 {
			return -1
		}
		return int64(l.File)<<32 | int64(l.Unit)
	}
	slices.SortStableFunc(sorted, func(a, b int32) int {
		switch x, y := key(a), key(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	var out [][]int32
	for i := 0; i < len(sorted); {
		k := i + 1
		for k < len(sorted) && key(sorted[k]) == key(sorted[i]) {
			k++
		}
		out = append(out, sorted[i:k])
		i = k
	}
	return out
}

// classAgreement measures a class in every way that its labels allow.
func (v *view) classAgreement(class int32, images, things *reads) []Agreement {
	var kinds struct{ whole, rated, measured, boxes, shapes bool }
	for _, r := range images.list {
		for _, n := range r.labels {
			l := &v.set.Labels[n]
			if l.Class != class || l.Reader < 0 {
				continue
			}
			rated := !math.IsNaN(float64(l.Value)) && v.set.Classes[class].Ordinal
			measured := !math.IsNaN(float64(l.Value)) && l.Kind == annotation.Measurement && !rated
			kinds.rated = kinds.rated || rated
			kinds.measured = kinds.measured || measured
			kinds.whole = kinds.whole || !rated && !measured
			kinds.boxes = kinds.boxes || l.Kind == annotation.Box
			kinds.shapes = kinds.shapes || l.Shape >= 0
		}
	}
	var out []Agreement
	if kinds.whole {
		out = append(out, images.presence(class))
	}
	if kinds.rated {
		out = append(out, things.ratings(class, true))
	}
	if kinds.measured {
		out = append(out, things.ratings(class, false))
	}
	if kinds.boxes {
		out = append(out, images.boxes(class))
	}
	if kinds.shapes {
		out = append(out, things.outlines(class)...)
	}
	for i := range out {
		out[i].Class = v.opts.Mask(v.set.Classes[class].Name)
	}
	return out
}

// note says what the figures are over.
func (r *reads) note() string {
	s := "interval over " + r.by
	if r.once > 0 {
		s += fmt.Sprintf("; %s read once are left out", thousands(r.once))
	}
	return s
}

// presence measures whether readers see a class in an image: by Cohen for two
// readers, by Fleiss for as many readers of each image, by Krippendorff
// otherwise.
func (r *reads) presence(class int32) Agreement {
	a := Agreement{Readers: r.readers, Units: len(r.list), Note: r.note()}
	positive := make([]int, len(r.list)) // readers that see it
	first := make([]bool, len(r.list))   // the reader of the lower number does
	pairs, same, readings, seen := 0, 0, 0, 0
	for i, thing := range r.list {
		var yes []int32
		for _, n := range thing.labels {
			if l := &r.v.set.Labels[n]; l.Class == class && l.Reader >= 0 && l.State == annotation.Positive {
				yes = append(yes, l.Reader)
			}
		}
		slices.Sort(yes)
		yes = slices.Compact(yes)
		k, m := len(yes), len(thing.from)
		positive[i], first[i] = k, k > 0 && yes[0] == thing.from[0]
		pairs += m * (m - 1)
		same += k*(k-1) + (m-k)*(m-k-1)
		readings, seen = readings+m, seen+k
	}
	a.Raw, a.Prevalence = share(same, pairs), share(seen, readings)
	switch {
	case r.most == 2 && r.readers == 2:
		a.Measure = "Cohen's kappa"
		r.fill(&a, r.cohen(positive, first))
	case r.least == r.most:
		a.Measure = "Fleiss' kappa"
		r.fill(&a, r.fleiss(positive))
	default:
		a.Measure = "Krippendorff's alpha"
		units := make([][]float64, len(r.list))
		for i, thing := range r.list {
			for k := range thing.from {
				units[i] = append(units[i], map[bool]float64{true: 1}[k < positive[i]])
			}
		}
		r.fill(&a, r.alpha(units, agreement.NominalMetric))
	}
	return a
}

// fill takes a figure of how often each group counts, with its interval.
func (r *reads) fill(a *Agreement, figure func(times []int32) float64) {
	once := make([]int32, r.groups)
	for i := range once {
		once[i] = 1
	}
	if a.Value = some(figure(once)); a.Value != nil {
		a.CI = both(agreement.Bootstrap(r.groups, figure))
	}
}

// cohen returns kappa from how many of two readers are positive.
func (r *reads) cohen(positive []int, first []bool) func([]int32) float64 {
	tables := make([][4]int, r.groups)
	for i, thing := range r.list {
		cell := 0
		switch {
		case positive[i] == 2:
			cell = 3
		case positive[i] == 1 && first[i]:
			cell = 2
		case positive[i] == 1:
			cell = 1
		}
		tables[thing.group][cell]++
	}
	return func(times []int32) float64 {
		var sum [4]int
		for g, t := range tables {
			for c := range sum {
				sum[c] += int(times[g]) * t[c]
			}
		}
		return agreement.Cohen([][]int{{sum[0], sum[1]}, {sum[2], sum[3]}}, agreement.Nominal)
	}
}

// fleiss returns kappa from how many of the readers are positive.
func (r *reads) fleiss(positive []int) func([]int32) float64 {
	width := r.most + 1
	rows := make([][]int, width)
	for k := range rows {
		rows[k] = []int{r.most - k, k}
	}
	counts := make([]int32, r.groups*width)
	for i, thing := range r.list {
		counts[int(thing.group)*width+positive[i]]++
	}
	return func(times []int32) float64 {
		sum := make([]int, width)
		for g, n := range times {
			for k, c := range counts[g*width : (g+1)*width] {
				sum[k] += int(n * c)
			}
		}
		return agreement.Fleiss(rows, sum).Kappa
	}
}

// alpha returns Krippendorff's alpha of values.
func (r *reads) alpha(units [][]float64, metric agreement.Metric) func([]int32) float64 {
	readings := agreement.NewReadings(units, metric)
	weights := make([]int32, len(r.list))
	return func(times []int32) float64 {
		for i, thing := range r.list {
			weights[i] = times[thing.group]
		}
		return readings.Alpha(weights)
	}
}

// ratings measures values: in order by quadratic Cohen for two readers, by
// Krippendorff otherwise; continuous ones by ICC(2,1) if every reader measured
// every thing, by Krippendorff otherwise.
func (r *reads) ratings(class int32, ordinal bool) Agreement {
	a := Agreement{Readers: r.readers, Note: r.note()}
	units, complete := r.values(class)
	pairs, same := 0, 0
	for _, u := range units {
		given := slices.DeleteFunc(slices.Clone(u), math.IsNaN)
		if len(given) >= 2 {
			a.Units++
		}
		for i := range given {
			for k := range i {
				pairs++
				if given[i] == given[k] {
					same++
				}
			}
		}
	}
	a.Raw = share(same, pairs)
	switch {
	case ordinal && r.readers == 2:
		a.Measure = "Cohen's kappa"
		a.Note += "; quadratic weights"
		r.fill(&a, r.quadratic(units))
	case ordinal:
		a.Measure = "Krippendorff's alpha"
		a.Note += "; ordinal"
		r.fill(&a, r.alpha(units, agreement.OrdinalMetric))
	case complete:
		a.Measure = "ICC(2,1)"
		weights := make([]int32, len(units))
		r.fill(&a, func(times []int32) float64 {
			for i, thing := range r.list {
				weights[i] = times[thing.group]
			}
			return agreement.ICCTimes(units, weights).Single2
		})
	default:
		a.Measure = "Krippendorff's alpha"
		a.Note += "; interval"
		r.fill(&a, r.alpha(units, agreement.IntervalMetric))
	}
	return a
}

// values returns the value of each reader for each thing, NaN for none, and
// whether none is missing.
func (r *reads) values(class int32) (units [][]float64, complete bool) {
	number := map[int32]int{}
	var all []int32
	for _, thing := range r.list {
		all = append(all, thing.from...)
	}
	slices.Sort(all)
	for i, reader := range slices.Compact(all) {
		number[reader] = i
	}
	complete = true
	for _, thing := range r.list {
		u := make([]float64, len(number))
		for i := range u {
			u[i] = math.NaN()
		}
		for _, n := range thing.labels {
			if l := &r.v.set.Labels[n]; l.Class == class && l.Reader >= 0 {
				u[number[l.Reader]] = float64(l.Value)
			}
		}
		complete = complete && !slices.ContainsFunc(u, math.IsNaN)
		units = append(units, u)
	}
	return units, complete
}

// quadratic returns Cohen's kappa with quadratic weights over the values of two
// readers, as numbers from the smallest to the largest whole value.
func (r *reads) quadratic(units [][]float64) func([]int32) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, u := range units {
		for _, x := range u {
			if !math.IsNaN(x) {
				low, high = min(low, x), max(high, x)
			}
		}
	}
	if !(high-low < 100) {
		return r.alpha(units, agreement.OrdinalMetric)
	}
	return func(times []int32) float64 {
		table := make([][]int, int(high-low)+1)
		for i := range table {
			table[i] = make([]int, len(table))
		}
		for i, u := range units {
			if !math.IsNaN(u[0]) && !math.IsNaN(u[1]) {
				table[int(u[0]-low)][int(u[1]-low)] += int(times[r.list[i].group])
			}
		}
		return agreement.Cohen(table, agreement.Quadratic)
	}
}

// boxes matches the boxes of each pair of readers of an image.
func (r *reads) boxes(class int32) Agreement {
	a := Agreement{Measure: "box F1", Readers: r.readers, Note: r.note()}
	sums := make([][2]int, r.groups) // twice the matched, and all
	for _, thing := range r.list {
		of := map[int32][]agreement.Box{}
		for _, n := range thing.labels {
			if l := &r.v.set.Labels[n]; l.Class == class && l.Kind == annotation.Box && l.Reader >= 0 {
				of[l.Reader] = append(of[l.Reader], l.Box)
			}
		}
		for i, x := range thing.from {
			for _, y := range thing.from[:i] {
				n := len(of[x]) + len(of[y])
				if n == 0 {
					a.BothEmpty++
					continue
				}
				a.Units++
				sums[thing.group][0] += 2 * agreement.MatchBoxes(of[x], of[y])
				sums[thing.group][1] += n
			}
		}
	}
	r.fill(&a, func(times []int32) float64 {
		matched, all := 0, 0
		for g, s := range sums {
			matched += int(times[g]) * s[0]
			all += int(times[g]) * s[1]
		}
		return float64(matched) / float64(all)
	})
	return a
}

// judgeAgreement holds a figure against the rules.
func (v *view) judgeAgreement(a Agreement) {
	if a.Value == nil || a.Measure == "HD95 (mm)" || a.Measure == "IoU" || a.Measure == "Dice" || a.Measure == "box F1" {
		return
	}
	if a.Units >= suspectUnits {
		v.set.Book.Check(rulePerfect, 1)
		if *a.Value > 1-1e-9 {
			v.set.Book.Find(rulePerfect, classExample(a.Class))
		}
	}
	if a.Units >= lowUnits {
		v.set.Book.Check(ruleDisagree, 1)
		if *a.Value < lowAgreement {
			v.set.Book.Find(ruleDisagree, classExample(a.Class))
		}
	}
}

// classExample names a class, as the report masks it.
func classExample(name string) score.Example {
	return score.Example{File: score.NoFile, Note: "class " + name}
}
