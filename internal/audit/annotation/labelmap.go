package annotation

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// labelMapReader reads the map of values of masks to classes, as a JSON file
// of its own: {"0": "background", "1": "mass"}, or the other way round.
var labelMapReader = reader{detect: detectLabelMap, read: readLabelMap}

// labelMapConfidence is low, for such a file has nothing but its values.
const labelMapConfidence = 0.5

func detectLabelMap(in *input) ([]Match, error) {
	top := in.outline()
	if _, ok := labelMap(top, in.Path); !ok {
		return nil, nil
	}
	return []Match{{PNGMask, labelMapConfidence}}, nil
}

// labelMap returns names by value; ok is false if the object is none. Names by
// value are known by themselves; values by name only in a file whose name
// speaks of labels, classes or masks.
func labelMap(top *node, file string) (names map[int64]string, ok bool) {
	members := top.members()
	if !top.is(jsonObject) || len(members) == 0 {
		return nil, false
	}
	names = map[int64]string{}
	if byNumber(top) {
		for _, m := range members {
			n, _ := strconv.ParseInt(m.key, 10, 64)
			names[n] = m.text()
		}
		return names, true
	}
	base := strings.ToLower(path.Base(file))
	if !strings.Contains(base, "label") && !strings.Contains(base, "class") && !strings.Contains(base, "mask") {
		return nil, false
	}
	for _, m := range members {
		n, ok := m.integer()
		if !ok {
			return nil, false
		}
		names[n] = m.key
	}
	return names, true
}

func readLabelMap(in *input) error {
	root, err := in.tree()
	if err != nil {
		return err
	}
	names, _ := labelMap(root, in.Path)
	in.facts.Config = &Config{Names: names, Count: -1, Training: -1, Test: -1}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if n != 0 && len(in.facts.Classes) < in.Limits.Classes {
			in.facts.Classes = append(in.facts.Classes, Class{Name: names[n], Declared: true, ID: n})
		}
	}
	return nil
}
