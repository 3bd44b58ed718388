package claim

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// other is the name under which the audit counts what is on no list.
const other = "other"

// mostNames is how many names a text lists.
const mostNames = 8

// modalities compares acquisition modalities; derived objects such as SEG or SR
// are shown and contradict nothing.
func modalities(claimed []string, m *Measured) Check {
	c := Check{Claim: "modalities", Claimed: strings.Join(claimed, ", "), Outcome: NotCheckable}
	if len(m.Modalities) == 0 {
		return c
	}
	var shown []string
	foreign := false
	for _, key := range slices.Sorted(maps.Keys(m.Modalities)) {
		shown = append(shown, fmt.Sprintf("%s (%s)", key, plural(m.Modalities[key], "instance", "instances")))
		foreign = foreign || Acquires(key) && !slices.Contains(claimed, key)
	}
	c.Measured = strings.Join(shown, ", ")
	unseen := slices.ContainsFunc(claimed, func(k string) bool { return m.Modalities[k] == 0 })
	open := m.Others > 0 || m.Modalities[other] > 0 || sum(m.Modalities) < m.Instances
	switch {
	case foreign || unseen && !open:
		c.Outcome = Contradicted
	case unseen:
		c.Outcome = NoContradiction
	default:
		c.Outcome = Confirmed
	}
	return c
}

// names holds the stated names of makers or models against those counted.
type names struct {
	claim   string
	claimed []string // as the seller wrote them
	counts  map[string]int
	known   func(string) string
	strict  bool // a name that is on no list is another than those that are
}

func (n names) check(m *Measured) Check {
	c := Check{Claim: n.claim, Outcome: NotCheckable}
	wanted, unlisted := n.wanted()
	c.Claimed = n.text(wanted, unlisted)
	if len(n.counts) == 0 {
		return c
	}
	found := map[string]int{}
	foreign, unnamed := 0, n.counts[other]
	for name, count := range n.counts {
		if name == other {
			continue
		}
		key := n.key(name)
		found[key] += count
		if !wanted[key] {
			foreign += count
		}
	}
	absent := max(0, m.Instances-sum(n.counts))
	c.Measured = namesOf(n.counts)
	if absent > 0 {
		c.Measured += ", others not known"
	}
	unseen := false
	for key := range wanted {
		unseen = unseen || found[key] == 0
	}
	open := unnamed+absent+m.Others > 0
	switch {
	case foreign > m.derived() && (n.strict || unlisted == 0):
		c.Outcome = Contradicted
	case unseen && !open, n.strict && unlisted > 0 && !open:
		c.Outcome = Contradicted
	case unseen, unlisted > 0, foreign > m.derived(), unnamed+absent > m.derived(), m.Others > 0:
		c.Outcome = NoContradiction
	default:
		c.Outcome = Confirmed
	}
	return c
}

// wanted returns the stated names that can be compared, and how many cannot.
func (n names) wanted() (wanted map[string]bool, unlisted int) {
	wanted = map[string]bool{}
	seen := map[string]bool{}
	for _, name := range n.claimed {
		key := n.key(name)
		if key == "" || seen[key] {
			continue
		}
		seen[key] = true
		if n.listed(name) || n.measured(key) {
			wanted[key] = true
		} else {
			unlisted++
		}
	}
	return wanted, unlisted
}

func (n names) listed(name string) bool { return n.known != nil && n.known(name) != "" }

func (n names) measured(key string) bool {
	for name := range n.counts {
		if name != other && n.key(name) == key {
			return true
		}
	}
	return false
}

// key is what two forms of one name share.
func (n names) key(name string) string {
	if n.listed(name) {
		name = n.known(name)
	}
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// text writes stated names in words of the lists alone.
func (n names) text(wanted map[string]bool, unlisted int) string {
	var list []string
	for _, name := range n.claimed {
		if n.listed(name) && !slices.Contains(list, n.known(name)) {
			list = append(list, n.known(name))
		}
	}
	rest := len(wanted) - len(list) + unlisted
	if len(list) > mostNames {
		list, rest = list[:mostNames], rest+len(list)-mostNames
	}
	if rest > 0 {
		list = append(list, plural(rest, "name on no list", "names on no list"))
	}
	return strings.Join(list, ", ")
}

// namesOf lists names, the most frequent first.
func namesOf(counts map[string]int) string {
	list := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	if rest := len(list) - mostNames; rest > 0 {
		list = append(list[:mostNames], fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(list, ", ")
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// stated are the figures of all devices together.
type stated struct {
	makers, models []string
	strengths      []float64 // tesla, sorted, each once
	kvp, thickness Range     // 0 at an end that is not stated
}

func devicesOf(list []Device) (s stated) {
	for _, d := range list {
		if d.Manufacturer != "" {
			s.makers = append(s.makers, d.Manufacturer)
		}
		if d.Model != "" {
			s.models = append(s.models, d.Model)
		}
		if d.FieldStrengthT > 0 {
			s.strengths = append(s.strengths, d.FieldStrengthT)
		}
		s.kvp.widen(d.KVp, d.KVp)
		s.thickness.widen(d.SliceThicknessMinMM, d.SliceThicknessMaxMM)
	}
	slices.Sort(s.strengths)
	s.strengths = slices.Compact(s.strengths)
	return s
}

func (r *Range) widen(low, high float64) {
	if low > 0 && (r.Min == 0 || low < r.Min) {
		r.Min = low
	}
	r.Max = max(r.Max, high)
}

// nominal is how far the field of a magnet may be from the figure by which it
// is sold, in tesla: those of 3 T state 2.89 and more.
const nominal = 0.15

// strengths compares fields of magnets. Only MR states one: an instance of
// another modality says nothing.
func strengths(claimed []float64, counts map[string]int, mr, others int) Check {
	c := Check{Claim: "field_strength_t", Outcome: NotCheckable}
	var texts []string
	for _, v := range claimed {
		texts = append(texts, tesla(v))
	}
	c.Claimed = strings.Join(texts, ", ")
	named, foreign, open := map[string]int{}, false, sum(counts) < mr || others > 0
	seen := make([]bool, len(claimed))
	for text, n := range counts {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			named[text], open = n, true
			continue
		}
		named[tesla(v)] += n
		near := false
		for i, s := range claimed {
			if math.Abs(s-v) <= nominal {
				near, seen[i] = true, true
			}
		}
		foreign = foreign || !near
	}
	c.Measured = namesOf(named)
	if len(claimed) == 0 || len(counts) == 0 {
		return c
	}
	unseen := slices.Contains(seen, false)
	switch {
	case foreign || unseen && !open:
		c.Outcome = Contradicted
	case unseen:
		c.Outcome = NoContradiction
	default:
		c.Outcome = Confirmed
	}
	return c
}

func tesla(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) + " T" }

// span holds a stated range against that of the headers: no header may lie
// outside of it by more than the tolerance.
func span(what, unit string, tolerance float64, claimed Range, measured *Range) Check {
	c := Check{Claim: what, Claimed: claimed.text(unit), Outcome: NotCheckable}
	if measured == nil {
		return c
	}
	c.Measured, c.Outcome = measured.text(unit), Confirmed
	if claimed.Min > 0 && measured.Min < claimed.Min-tolerance || claimed.Max > 0 && measured.Max > claimed.Max+tolerance {
		c.Outcome = Contradicted
	}
	return c
}

func (r Range) text(unit string) string {
	switch {
	case r.Min == 0 && r.Max == 0:
		return ""
	case r.Min == 0:
		return "at most " + figure(r.Max) + " " + unit
	case r.Max == 0:
		return "at least " + figure(r.Min) + " " + unit
	case r.Min == r.Max:
		return figure(r.Min) + " " + unit
	}
	return figure(r.Min) + " to " + figure(r.Max) + " " + unit
}

func figure(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
