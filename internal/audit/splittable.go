package audit

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/sniff"
)

// SplitRow says of something that a table names, a patient, study, series or
// file, for which part of a split it is meant.
type SplitRow struct {
	Key  Hash // of the name, as the table writes it
	Fold byte // number of a fold plus one, 0 if there are none
	Part byte // 1 training, 2 validation, 3 test, 0 if only a fold is named
}

// Bounds of what is read of one table.
const (
	maxTableBytes = 16 << 20
	maxSplitRows  = 200_000
	maxKeyColumns = 6
	maxKeyBytes   = 1024
)

// splitTable reads which parts of a split a table or list of files names. What
// does not read as one gives nothing.
func (i *inspection) splitTable() {
	t := splitTable{hash: i.hash.hash}
	r := bufio.NewReader(io.NewSectionReader(i.file.Content, 0, min(i.file.SizeBytes, maxTableBytes)))
	switch i.kind {
	case sniff.CSV, sniff.TSV:
		t.csv(r)
	case sniff.JSON:
		t.json(r)
	}
	if !t.parted() {
		return
	}
	i.facts.Splits = t.rows
	if i.file.SizeBytes > maxTableBytes || len(t.rows) == maxSplitRows {
		i.notChecked("rows of a table that names the parts of a split", "There are more of them than are compared.")
	}
}

// splitTable collects rows.
type splitTable struct {
	hash func(string) Hash
	rows []SplitRow
}

// parted reports whether the rows name more than one part: a column "set" that
// is the same throughout parts nothing.
func (t *splitTable) parted() bool {
	return slices.ContainsFunc(t.rows, func(r SplitRow) bool { return r.Part != t.rows[0].Part || r.Fold != t.rows[0].Fold })
}

func (t *splitTable) add(key string, s split) bool {
	if key = normalKey(key); key != "" && len(key) <= maxKeyBytes && s != (split{}) {
		t.rows = append(t.rows, SplitRow{t.hash(key), s.fold, byte(s.part)})
	}
	return len(t.rows) < maxSplitRows
}

// normalKey writes a name or path in one way.
func normalKey(s string) string {
	s = strings.ReplaceAll(clean(s), `\`, "/")
	return strings.TrimPrefix(strings.TrimPrefix(s, "./"), "/")
}

// csv reads a table with a head line.
func (t *splitTable) csv(r *bufio.Reader) {
	line, _ := r.Peek(4096)
	head, _, _ := strings.Cut(string(line), "\n")
	c := csv.NewReader(r)
	c.LazyQuotes, c.FieldsPerRecord, c.ReuseRecord = true, -1, true
	for _, separator := range ";\t" {
		if strings.Count(head, string(separator)) > strings.Count(head, string(c.Comma)) {
			c.Comma = separator
		}
	}
	names, err := c.Read()
	if err != nil {
		return
	}
	splits, keys := splitColumns(names)
	if len(splits) == 0 {
		return
	}
	for {
		row, err := c.Read()
		if err != nil {
			return
		}
		var s split
		for column, isFold := range splits {
			if column < len(row) {
				s = s.with(row[column], isFold)
			}
		}
		for _, k := range keys {
			if k < len(row) && !t.add(row[k], s) {
				return
			}
		}
	}
}

// with adds what a cell says to a split.
func (s split) with(cell string, isFold bool) split {
	words := folderWords(clean(cell))
	if p := partOf(words); p != noPart && !isFold {
		s.part = p
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(clean(cell), ".0")); err == nil && isFold && n >= 0 && n < 255 {
		s.fold = byte(n + 1)
	} else if n := foldOf(words); n > 0 {
		s.fold = n
	}
	return s
}

// splitColumns finds the columns that say a part or fold, and those that may
// name what it is about.
func splitColumns(names []string) (splits map[int]bool, keys []int) {
	splits = map[int]bool{}
	for n, name := range names {
		words := folderWords(strings.TrimPrefix(name, "\ufeff"))
		has := func(list ...string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
		}
		switch {
		case has("fold"):
			splits[n] = true
		case has("split", "splits", "subset", "partition", "datasplit") || len(words) == 1 && has("set", "dataset", "phase", "usage"):
			splits[n] = false
		case len(keys) < maxKeyColumns && has("id", "ids", "uid", "patient", "patients", "subject", "participant", "case", "study", "series",
			"file", "files", "filename", "path", "image", "img", "scan", "name", "dicom"):
			keys = append(keys, n)
		}
	}
	return splits, keys
}

// json reads objects whose keys name parts and whose strings below them name
// what is in the part, as the files of nnU-Net and MONAI do. The items of a
// list of such objects are folds.
func (t *splitTable) json(r io.Reader) {
	d := json.NewDecoder(r)
	type level struct {
		list  bool
		item  int
		key   bool // the next string is a key
		split split
		fold  byte // of the object
	}
	var stack []level
	for {
		token, err := d.Token()
		if err != nil || len(stack) > 32 {
			return
		}
		top := level{}
		if len(stack) > 0 {
			at := &stack[len(stack)-1]
			if name, ok := token.(string); ok && !at.list && at.key {
				at.key = false
				at.split = split{}
				if len(stack) > 1 {
					at.split = stack[len(stack)-2].split
				}
				at.split.fold = max(at.split.fold, at.fold)
				if p := partOf(folderWords(name)); p != noPart {
					at.split.part = p
				}
				continue
			}
			at.key = true
			top = *at
			if at.list {
				at.item++
			}
		}
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				next := level{list: v == '[', key: true, split: top.split}
				if v == '{' && len(stack) == 1 && top.list && top.item < 255 {
					next.fold = byte(top.item + 1)
				}
				stack = append(stack, next)
			default:
				stack = stack[:len(stack)-1]
			}
		case string:
			if top.split.part != noPart && !t.add(v, top.split) {
				return
			}
		}
	}
}

// pathKeys returns the names under which a table may list a file: its path, and
// its name, both also without ending and without the number of a channel.
func pathKeys(file string) []string {
	list := []string{file}
	if base := path.Base(file); base != file {
		list = append(list, base)
	}
	for _, s := range list {
		stem := s
		for _, ending := range []string{".gz", path.Ext(strings.TrimSuffix(s, ".gz"))} {
			stem = strings.TrimSuffix(stem, ending)
		}
		if stem != s {
			list = append(list, stem)
		}
		if n := len(stem); n > 5 && stem[n-5:n-1] == "_000" {
			list = append(list, stem[:n-5])
		}
	}
	return list
}
