package annotation

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// holding is what a value of a column is.
type holding byte

// What a value, or a column, holds.
const (
	blankValue holding = iota
	integerValue
	numberValue
	booleanValue
	dateValue
	pathValue
	textValue
	objectValue // of JSON only
	arrayValue  // of JSON only
	holdings    // how many there are
)

// missingWords are written for a value that is not there, lower-case.
var missingWords = map[string]bool{
	"na": true, "n/a": true, "nan": true, "null": true, "none": true, "nil": true, "-": true, "?": true, ".": true, "<na>": true, "missing": true,
}

var imageEndings = map[string]bool{
	".png": true, ".jpg": true, ".jpeg": true, ".dcm": true, ".dicom": true, ".nii": true, ".gz": true, ".tif": true, ".tiff": true,
	".bmp": true, ".webp": true, ".mha": true, ".nrrd": true, ".svs": true, ".npy": true, ".npz": true,
}

// holdingOf tells what a value is.
func holdingOf(v []byte) holding {
	v = bytes.TrimSpace(v)
	if len(v) == 0 {
		return blankValue
	}
	if c := v[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if kind := numeric(v); kind != textValue {
			return kind
		}
		if isDate(v) {
			return dateValue
		}
	}
	if len(v) <= 7 && bytes.IndexByte([]byte("nN-?.<mMtTfF"), v[0]) >= 0 {
		switch word := strings.ToLower(string(v)); {
		case missingWords[word]:
			return blankValue
		case word == "true", word == "false":
			return booleanValue
		}
	}
	if isPath(v) {
		return pathValue
	}
	return textValue
}

// numeric tells an integer or a number from text.
func numeric(v []byte) holding {
	digits, points, at := 0, 0, 0
	if v[0] == '-' || v[0] == '+' {
		at++
	}
	for ; at < len(v); at++ {
		switch c := v[at]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		case (c == 'e' || c == 'E') && digits > 0:
			if _, err := strconv.ParseFloat(string(v), 64); err != nil {
				return textValue
			}
			return numberValue
		default:
			return textValue
		}
	}
	switch {
	case digits == 0 || points > 1:
		return textValue
	case points == 1:
		return numberValue
	}
	return integerValue
}

// isDate reports whether v is written as a date, with or without a time: three
// numbers parted by one sign, one of them of four digits or all of two.
func isDate(v []byte) bool {
	if len(v) < 6 || len(v) > 35 {
		return false
	}
	if i := bytes.IndexAny(v, "T "); i > 0 {
		v = v[:i]
	}
	var lengths []int
	sign, run := byte(0), 0
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			run++
		case c == '-' || c == '/' || c == '.':
			if sign != 0 && c != sign {
				return false
			}
			sign = c
			lengths, run = append(lengths, run), 0
		default:
			return false
		}
	}
	lengths = append(lengths, run)
	if len(lengths) != 3 {
		return false
	}
	for _, n := range lengths {
		if n < 1 || n > 4 || n == 3 {
			return false
		}
	}
	return true
}

func isPath(v []byte) bool {
	if len(v) > 1024 {
		return false
	}
	if i := bytes.LastIndexByte(v, '.'); i >= 0 && len(v)-i <= 6 && imageEndings[strings.ToLower(string(v[i:]))] {
		return true
	}
	slash := bytes.IndexAny(v, `/\`)
	return slash >= 0 && bytes.IndexByte(v, ' ') < 0 && bytes.Count(v, []byte{'/'})+bytes.Count(v, []byte{'\\'}) > 1
}

// number returns the value of a number; NaN if it is none.
func number(v []byte) float64 {
	v = bytes.TrimSpace(v)
	if len(v) == 0 || len(v) > 64 {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// profile is what is known of a column while its records are read.
type profile struct {
	counts [holdings]int
	zeros  int
	lines  [holdings][]int32 // where values stood, the first of each kind
	values map[string]bool   // different ones, up to maxCategories of up to 64 bytes; nil beyond
	open   bool
	spread spread
}

// maxCategories is up to how many different texts a column holds a category.
const maxCategories = 100

// maxMixed is the share of other values up to which a column holds one type
// with mistakes.
const maxMixed = 0.1

// add notes a value, and returns what it is.
func (p *profile) add(v []byte, line int32) holding {
	kind := holdingOf(v)
	p.note(kind, line)
	p.take(kind, v)
	return kind
}

// take notes what there is to say of a value of a kind.
func (p *profile) take(kind holding, v []byte) {
	if kind != blankValue {
		p.spread.add(kind, v)
	}
	switch kind {
	case integerValue, numberValue:
		if isZero(v) {
			p.zeros++
		}
	case textValue:
		p.category(v)
	}
}

// note notes what a value is.
func (p *profile) note(kind holding, line int32) {
	p.counts[kind]++
	if kind != blankValue && len(p.lines[kind]) < maxExampleLines {
		p.lines[kind] = append(p.lines[kind], line)
	}
}

// maxExampleLines is how many lines of each kind of value a column keeps.
const maxExampleLines = 1000

func (p *profile) category(v []byte) {
	switch {
	case p.open:
		return
	case p.values == nil:
		p.values = map[string]bool{}
	}
	if len(v) > 64 || len(p.values) >= maxCategories && !p.values[string(v)] {
		p.open, p.values = true, nil
		return
	}
	p.values[string(v)] = true
}

func isZero(v []byte) bool {
	for _, c := range bytes.TrimSpace(v) {
		if c != '0' && c != '.' && c != '-' && c != '+' {
			return false
		}
	}
	return true
}

// filled is how many values are not blank.
func (p *profile) filled() int {
	n := 0
	for kind, count := range p.counts {
		if holding(kind) != blankValue {
			n += count
		}
	}
	return n
}

// holds says in a word what the column holds.
func (p *profile) holds() string {
	n := p.filled()
	c := &p.counts
	numbers := c[integerValue] + c[numberValue]
	most := func(count int) bool { return float64(n-count) <= maxMixed*float64(n) }
	switch {
	case n == 0:
		return "empty"
	case most(c[integerValue]) || most(numbers) && c[numberValue] == 0:
		return "integer"
	case most(numbers):
		return "number"
	case most(c[booleanValue]):
		return "boolean"
	case most(c[dateValue]):
		return "date"
	case most(c[pathValue]):
		return "path"
	case most(c[objectValue]):
		return "object"
	case most(c[arrayValue]):
		return "list"
	case most(c[textValue]) && p.values != nil && 2*len(p.values) <= n:
		return "category"
	case c[textValue]+c[pathValue] > 0 && numbers+c[booleanValue]+c[dateValue] == 0:
		return "text"
	}
	if most(c[textValue]) {
		return "text"
	}
	return "mixed"
}

// groups are kinds of values that count as one type beside each other.
var groups = [holdings]byte{
	integerValue: 'n', numberValue: 'n', booleanValue: 'b', dateValue: 'd', pathValue: 't', textValue: 't', objectValue: 'o', arrayValue: 'a',
}

// odd returns the kinds of values that are few beside those of another type,
// and how many values they are.
func (p *profile) odd() (kinds []holding, count int) {
	byGroup := map[byte]int{}
	for kind, n := range p.counts {
		if holding(kind) != blankValue {
			byGroup[groups[kind]] += n
		}
	}
	main := byte(0)
	for _, g := range []byte("nbdtoa") {
		if main == 0 || byGroup[g] > byGroup[main] {
			main = g
		}
	}
	n := p.filled()
	other := n - byGroup[main]
	// Text may look like anything; a number among names is no mistake.
	if other == 0 || main == 't' || float64(other) > maxMixed*float64(n) {
		return nil, 0
	}
	for kind, c := range p.counts {
		if holding(kind) != blankValue && c > 0 && groups[kind] != main {
			kinds = append(kinds, holding(kind))
		}
	}
	return kinds, other
}
