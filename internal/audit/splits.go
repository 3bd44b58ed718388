package audit

import (
	"slices"
	"strings"

	"assay/internal/audit/finding"
)

// split is the part of a data set that a file is meant for, as its folders say.
type split struct {
	fold byte // number of a fold, 0 if there are none
	part part
}

// part is what a file is used for.
type part byte

// Parts.
const (
	noPart part = iota
	trainingPart
	validationPart
	testPart
)

// wordsOfParts are the names of folders for parts, as words in lower case.
var wordsOfParts = map[string]part{
	"train": trainingPart, "training": trainingPart, "trn": trainingPart, "tr": trainingPart,
	"val": validationPart, "valid": validationPart, "validation": validationPart, "dev": validationPart, "vl": validationPart,
	"test": testPart, "testing": testPart, "tst": testPart, "ts": testPart, "holdout": testPart,
}

// shortParts are words that mean a part only beside the name of what is parted,
// as in the folders imagesTr and labelsTs of nnU-Net.
var shortParts = map[string]bool{"tr": true, "ts": true, "vl": true}

var partedThings = map[string]bool{
	"image": true, "images": true, "img": true, "imgs": true, "label": true, "labels": true,
	"data": true, "set": true, "scans": true, "cases": true, "masks": true,
}

// splitOf reads the folders of a path, the outermost first.
func splitOf(path string) split {
	var s split
	folders := strings.Split(path, "/")
	for _, folder := range folders[:len(folders)-1] {
		words := folderWords(folder)
		if s.fold == 0 {
			s.fold = foldOf(words)
		}
		if s.part == noPart {
			s.part = partOf(words)
		}
	}
	return s
}

func partOf(words []string) part {
	parted := false
	for _, w := range words {
		parted = parted || partedThings[w]
	}
	found := noPart
	for _, w := range words {
		p := wordsOfParts[w]
		switch {
		case p == noPart, shortParts[w] && !parted:
		case found != noPart && found != p:
			return noPart // "train_test" holds both
		default:
			found = p
		}
	}
	return found
}

// foldOf returns the number of a folder such as "fold_0" plus one, 0 if it has
// none.
func foldOf(words []string) byte {
	for i, w := range words {
		if w != "fold" && w != "cv" || i+1 == len(words) {
			continue
		}
		n := 0
		for _, c := range words[i+1] {
			if c < '0' || c > '9' || n > 20 {
				return 0
			}
			n = 10*n + int(c-'0')
		}
		return byte(n + 1)
	}
	return 0
}

// folderWords parts the name of a folder at signs, at capitals inside a word,
// and between letters and digits, and makes it lower-case.
func folderWords(name string) []string {
	var words []string
	start := 0
	end := func(i int) {
		if i > start {
			words = append(words, strings.ToLower(name[start:i]))
		}
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case classOf(c) == 0:
			end(i)
			start = i + 1
		case i > start && classOf(c) != classOf(name[i-1]) && !(classOf(c) == 'a' && classOf(name[i-1]) == 'A'):
			end(i)
			start = i
		}
	}
	end(len(name))
	return words
}

// classOf tells capitals, letters, digits and signs apart.
func classOf(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return 'A'
	case c >= 'a' && c <= 'z', c >= 0x80:
		return 'a'
	case c >= '0' && c <= '9':
		return '0'
	}
	return 0
}

// isLabel reports whether a path is that of an annotation: empty masks are
// equal without being copies.
func isLabel(path string) bool {
	folders := strings.Split(path, "/")
	for _, folder := range folders[:len(folders)-1] {
		for _, w := range folderWords(folder) {
			switch w {
			case "label", "labels", "mask", "masks", "seg", "segs", "segmentation", "segmentations", "annotation", "annotations", "gt", "groundtruth":
				return true
			}
		}
	}
	return false
}

// splits finds what stands in two parts of a data set at once. A leak spoils
// the split, not the images: it is a warning on the set, and whoever offers the
// split answers for it.
type splits struct {
	folder     string // of the last path, whose files share a split
	last       split
	partInFold bool // a folder of a part lies in a fold, or a fold in it
}

// of returns the split of a path.
func (s *splits) of(path string) split {
	folder := path[:strings.LastIndexByte(path, '/')+1]
	if folder != s.folder {
		s.folder, s.last = folder, splitOf(path)
		s.see(s.last)
	}
	return s.last
}

// see remembers what kinds of splits there are.
func (s *splits) see(one split) {
	s.partInFold = s.partInFold || one.part != noPart && one.fold != 0
}

// leak says what two files in different parts of the set have in common: "" if
// they are in one part, or if the folders are no split. One folder named "test"
// makes none, nor do the parts of different folds exclude each other.
func (s *splits) leak(a, b split) string {
	switch {
	case a.part != noPart && b.part != noPart && a.fold == b.fold && a.part != b.part:
		return partNames(a.part, b.part)
	case !s.partInFold && a.fold != 0 && b.fold != 0 && a.fold != b.fold:
		return "more than one fold of the"
	}
	return ""
}

func partNames(a, b part) string {
	if a > b {
		a, b = b, a
	}
	names := [...]string{trainingPart: "training", validationPart: "validation", testPart: "test"}
	return "both " + names[a] + " and " + names[b]
}

// report reports the members of a group that stand in more than one part.
func (s *splits) report(g []member, found *collector, path, what string) {
	var seen []split // few, whatever the size of the group
	for i := range g {
		if !slices.Contains(seen, g[i].split) {
			seen = append(seen, g[i].split)
		}
	}
	told := map[string]bool{}
	for i := range g {
		for _, other := range seen {
			between := s.leak(g[i].split, other)
			if between == "" {
				continue
			}
			f := ruleSplitLeakage.New(path, "", what+" in "+between+" data.", finding.Location{})
			if told[between] {
				found.place(int(g[i].file), f)
			} else {
				found.add(int(g[i].file), f)
				told[between] = true
			}
		}
	}
}

func (s *splits) patient(g []member, found *collector) {
	s.report(g, found, "(0010,0020) PatientID", "One patient is")
}

// study looks at studies of which not all files name the same patient; the
// others are told by patient.
func (s *splits) study(g []member, found *collector) {
	if g[0].patient == (Hash{}) || differ(g, func(m *member) Hash { return m.patient }) {
		s.report(g, found, "(0020,000D) StudyInstanceUID", "One study is")
	}
}

// pixels looks at equal images of different patients.
func (s *splits) pixels(g []member, found *collector) {
	if g[0].patient == (Hash{}) || differ(g, func(m *member) Hash { return m.patient }) {
		s.report(g, found, "(7FE0,0010) PixelData", "Equal pixels are")
	}
}

func (s *splits) content(g []member, found *collector) {
	s.report(g, found, "file content", "One file is")
}
