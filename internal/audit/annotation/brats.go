package annotation

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/internal/audit/score"
)

// Rules of BraTS.
var (
	ruleBratsMixed = score.Rule{
		Code: "F-450", Level: score.Error, Title: "Case named in the other way of BraTS", Of: "cases",
		Cap: 4, Full: 0.05,
		Fix:    "Name all cases in one way: _t1, _t1ce, _t2, _flair, _seg (to 2022) or -t1n, -t1c, -t2w, -t2f, -seg (from 2023). The label of enhancing tumor differs between them.",
		Source: bratsSource,
	}
	ruleBratsModality = score.Rule{
		Code: "C-450", Level: score.Error, Title: "Case that lacks a modality", Of: "cases",
		Cap: 5, Full: 0.05,
		Fix:    "Add the volume, or take the case out: all four modalities are needed.",
		Source: bratsSource,
	}
)

const bratsSource = "BraTS challenge, data of 2017 to 2022 and of 2023 on"

var bratsRules = []score.Rule{ruleBratsMixed, ruleBratsModality}

// bratsWay is how cases of BraTS are named, with the values of their masks.
type bratsWay struct {
	pattern    *regexp.Regexp
	modalities []string
	names      map[int64]string
}

// The two ways. The tumor parts that the values stand for differ between
// tasks, so classes are called by their numbers.
var bratsWays = [2]bratsWay{
	{
		regexp.MustCompile(`(?i)^(.+)_(t1|t1ce|t2|flair|seg)$`), []string{"t1", "t1ce", "t2", "flair"},
		map[int64]string{1: "label 1", 2: "label 2", 4: "label 4"},
	},
	{
		regexp.MustCompile(`(?i)^(.+)-(t1n|t1c|t2w|t2f|seg)$`), []string{"t1n", "t1c", "t2w", "t2f"},
		map[int64]string{1: "label 1", 2: "label 2", 3: "label 3"},
	},
}

// bratsCase is the files of one case, by modality, in each way.
type bratsCase struct {
	files [2]map[string]int
}

// joinBraTS reads cases that are named as those of BraTS.
func joinBraTS(j *joiner) {
	cases := map[string]*bratsCase{}
	for i := range j.members {
		m := &j.members[i]
		if !m.Kind.Volume() || j.roles[i] != unknownRole {
			continue
		}
		for w, way := range bratsWays {
			parts := way.pattern.FindStringSubmatch(stem(path.Base(m.Path)))
			if parts == nil {
				continue
			}
			key := path.Join(path.Dir(m.Path), parts[1])
			if cases[key] == nil {
				cases[key] = &bratsCase{files: [2]map[string]int{{}, {}}}
			}
			cases[key].files[w][strings.ToLower(parts[2])] = i
		}
	}
	// A case has two modalities or more; less is named so by chance.
	maps.DeleteFunc(cases, func(_ string, c *bratsCase) bool { return max(c.modalities(0), c.modalities(1)) < 2 })
	if len(cases) == 0 {
		return
	}
	b := bratsSet{joiner: j, cases: cases}
	b.join()
}

func (c *bratsCase) modalities(way int) int {
	n := len(c.files[way])
	if _, ok := c.files[way]["seg"]; ok {
		n--
	}
	return n
}

// way is the one in which most of a case is named.
func (c *bratsCase) way() int {
	if c.modalities(1) > c.modalities(0) {
		return 1
	}
	return 0
}

type bratsSet struct {
	*joiner
	cases map[string]*bratsCase
}

func (b *bratsSet) join() {
	var votes [2]int
	masked := false
	for _, c := range b.cases {
		votes[c.way()]++
		_, ok := c.files[c.way()]["seg"]
		masked = masked || ok
	}
	most := 0
	if votes[1] > votes[0] {
		most = 1
	}
	for _, key := range slices.Sorted(maps.Keys(b.cases)) {
		b.one(b.cases[key], most, masked)
	}
}

// one makes an item of a case and labels it.
func (b *bratsSet) one(c *bratsCase, most int, masked bool) {
	w := c.way()
	way, files := bratsWays[w], c.files[w]
	var list []int
	lacks := ""
	for _, m := range way.modalities {
		if i, ok := files[m]; ok {
			list = append(list, i)
		} else {
			lacks += ", " + m
		}
	}
	item, reference := b.caseOf(list)
	b.check(ruleBratsModality, 1)
	if lacks != "" {
		b.find(ruleBratsModality, list[0], "", "", lacks[2:]+" missing")
	}
	b.check(ruleBratsMixed, 1)
	if w != most || len(c.files[1-w]) > 0 {
		b.find(ruleBratsMixed, list[0], "", "", "")
	}
	for _, i := range c.files[1-w] {
		b.roles[i], b.items[i] = ignoredRole, item
	}
	b.countFormat(BraTS, nil)
	if !masked {
		return
	}
	b.check(ruleMaskMissing, 1)
	if seg, ok := files["seg"]; ok {
		for _, n := range sortedValues(way.names) {
			b.class(way.names[n], true, false)
		}
		b.mask(seg, item, reference, maskNames{names: way.names, absence: true})
	} else {
		b.find(ruleMaskMissing, list[0], "", "", "")
	}
}
