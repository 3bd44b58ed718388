package annotation

import (
	"path"
	"strings"
)

// splits takes the parts of a set from its description.
func (y *yoloJoin) splits(s *yoloSet) {
	c := y.members[s.config].Facts.Config
	root, ok := y.root(s.config, c)
	parts := map[int]Split{}
	for _, p := range c.Splits {
		y.check(ruleYOLOPath, 1)
		folder, list := y.resolve(s.config, root, p.Path)
		switch {
		case list >= 0:
			y.list(s, list, p.Split)
		case folder != "":
			y.folder(s, folder, p, parts)
		case ok:
			y.find(ruleYOLOPath, s.config, p.Pointer, "", "")
		}
	}
}

// root is the folder from which the paths of a description start. ok is false
// if the description names one that is not there, which is told once.
func (y *yoloJoin) root(config int, c *Config) (root string, ok bool) {
	beside := path.Dir(y.members[config].Path)
	if c.Root == "" {
		return beside, true
	}
	y.check(ruleYOLOPath, 1)
	named := strings.ReplaceAll(c.Root, `\`, "/")
	p := path.Join(beside, named)
	switch {
	case path.IsAbs(named) || len(named) > 1 && named[1] == ':':
		y.find(ruleYOLOPath, config, c.Pointer["path"], "", "a path of one computer")
		return beside, false
	case y.exists[p]:
		return p, true
	case strings.HasPrefix(p, ".."), strings.HasPrefix(named, "../"):
		return beside, true // outside of what is audited, or where training keeps its sets
	}
	y.find(ruleYOLOPath, config, c.Pointer["path"], "", "")
	return beside, false
}

// resolve finds the folder or the list that a description names.
func (y *yoloJoin) resolve(config int, root, name string) (folder string, list int) {
	name = strings.TrimSuffix(strings.ReplaceAll(name, `\`, "/"), "/")
	candidates := []string{path.Join(root, name), path.Join(path.Dir(y.members[config].Path), name)}
	if short, ok := strings.CutPrefix(name, "../"); ok { // as Ultralytics does
		candidates = append(candidates, path.Join(root, short))
	}
	for _, p := range candidates {
		if y.exists[p] {
			return p, -1
		}
		if i, ok := y.byPath[p]; ok {
			return "", i
		}
	}
	if y.members[config].Facts.Formats[0].Format == Darknet {
		if i, ok := y.member(config, name); ok {
			return "", i
		}
	}
	return "", -1
}

// member finds the file that a description of Darknet names from a folder
// which only its author knows: the longest end of the name that is there.
func (y *yoloJoin) member(config int, name string) (int, bool) {
	parts := strings.Split(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./"), "/")
	for i := range parts[:min(len(parts), 32)] {
		end := path.Join(parts[i:]...)
		for _, p := range []string{path.Join(path.Dir(y.members[config].Path), end), end} {
			if m, ok := y.byPath[p]; ok {
				return m, true
			}
		}
	}
	return 0, false
}

// wholeFile points to no place in a file.
var wholeFile = &Pointers{}

// list says to a list which part it is; joinLists takes its images. The ones
// that are not there are told.
func (y *yoloJoin) list(s *yoloSet, list int, split Split) {
	f := y.members[list].Facts
	if f == nil || f.List == nil {
		return
	}
	f.List.Split = split
	found := make([]int, len(f.List.Names))
	present := 0
	for n, name := range f.List.Names {
		found[n] = -1
		if i, ok := y.lookup(list, name); ok && isImage(&y.members[i]) {
			found[n] = i
			s.images[i] = true
			present++
		}
	}
	if present == 0 {
		return // labels only
	}
	for n := range found {
		y.check(ruleMissing, 1)
		if found[n] < 0 {
			y.find(ruleMissing, list, linePointer(int(f.List.Lines[n])), "", "")
		}
	}
}

// folder takes the images of a split, and tells those that are in two.
func (y *yoloJoin) folder(s *yoloSet, folder string, p SplitPath, parts map[int]Split) {
	for i := range y.members {
		m := &y.members[i]
		if !isImage(m) || folder != "." && !strings.HasPrefix(m.Path, folder+"/") {
			continue
		}
		s.images[i] = true
		y.check(ruleYOLOLeak, 1)
		y.check(ruleYOLOTwoSplits, 1)
		before, twice := parts[i]
		switch {
		case twice && before != p.Split && (before == Validation || p.Split == Validation):
			y.find(ruleYOLOTwoSplits, i, "", "", "")
		case twice && before != p.Split:
			y.find(ruleYOLOLeak, i, "", "", "")
		case !twice:
			parts[i] = p.Split
			y.set.Items[y.item(i)].Split = p.Split
		}
	}
}
