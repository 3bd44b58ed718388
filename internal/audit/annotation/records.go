package annotation

import (
	"hash/maphash"
	"math"
	"strings"
)

// records gathers what the lines of a table say into Facts, up to the limits.
type records struct {
	in      *input
	seed    maphash.Seed
	slots   []int32 // of images by the hash of their name: their number from 1, 0 for none
	classes map[string]int32
	readers map[string]int32
}

func newRecords(in *input) *records {
	return &records{in: in, seed: maphash.MakeSeed(), classes: map[string]int32{}, readers: map[string]int32{}}
}

// image returns the number of an image by its name, and whether it is new; -1
// beyond the limit.
func (r *records) image(name []byte, place int32) (int32, bool) {
	f := r.in.facts
	if 2*len(f.Images) >= len(r.slots) {
		r.rehash(max(64, 2*len(r.slots)))
	}
	slot := r.slot(name)
	if i := r.slots[slot]; i != 0 {
		return i - 1, false
	}
	if len(f.Images)+len(f.Labels) >= r.in.Limits.Records {
		f.Beyond++
		return -1, false
	}
	i := int32(len(f.Images))
	f.Images = append(withRoom(r.in, f.Images), Image{Name: string(name), Place: place, AgeYears: float32(math.NaN()), Listed: true})
	r.slots[slot] = i + 1
	return i, true
}

// slot returns where an image stands in slots, or belongs: a map of a million
// hashes would take four times as much.
func (r *records) slot(name []byte) int {
	last := uint64(len(r.slots) - 1) // a power of two less one
	for at := maphash.Bytes(r.seed, name) & last; ; at = (at + 1) & last {
		if i := r.slots[at]; i == 0 || r.in.facts.Images[i-1].Name == string(name) {
			return int(at)
		}
	}
}

// rehash makes n slots.
func (r *records) rehash(n int) {
	r.slots = make([]int32, n)
	last := uint64(n - 1)
	for i := range r.in.facts.Images {
		at := maphash.String(r.seed, r.in.facts.Images[i].Name) & last
		for r.slots[at] != 0 {
			at = (at + 1) & last
		}
		r.slots[at] = int32(i) + 1
	}
}

// class returns the number of a class by its name, -1 beyond the limit.
func (r *records) class(name string, declared bool) int32 {
	f := r.in.facts
	i, ok := r.classes[name]
	if !ok {
		if len(f.Classes) >= r.in.Limits.Classes {
			f.Beyond++
			return -1
		}
		name = strings.Clone(name)
		i = int32(len(f.Classes))
		f.Classes = append(f.Classes, Class{Name: name})
		r.classes[name] = i
	}
	f.Classes[i].Declared = f.Classes[i].Declared || declared
	return i
}

// reader returns the number of a reader by what the file calls it.
func (r *records) reader(name string) int32 {
	if name == "" || r.in.Hash == nil {
		return -1
	}
	i, ok := r.readers[name]
	if !ok {
		if len(r.in.facts.Readers) >= maxReaders {
			return -1
		}
		name = strings.Clone(name)
		i = int32(len(r.in.facts.Readers))
		r.in.facts.Readers = append(r.in.facts.Readers, r.in.Hash("reader "+name))
		r.readers[name] = i
	}
	return i
}

// maxReaders bounds the readers of one file.
const maxReaders = 10_000

// label adds a label, unless its image or class is beyond the limits.
func (r *records) label(l Label) {
	f := r.in.facts
	switch {
	case l.Image < 0:
	case len(f.Images)+len(f.Labels) >= r.in.Limits.Records:
		f.Beyond++
	default:
		f.Labels = append(withRoom(r.in, f.Labels), l)
	}
}

// whole is a label of a whole image.
func whole(image, class, place int32, state State) Label {
	return Label{Image: image, Class: class, Reader: -1, Unit: -1, Shape: -1, Place: place, State: state, Value: float32(math.NaN())}
}

// hash hashes an identifier, zero for none.
func (r *records) hash(v string) Hash {
	if v == "" || r.in.Hash == nil {
		return Hash{}
	}
	return r.in.Hash(v)
}

// sexOf reads a sex: 'M', 'F', 'O' for another word, 0 for unknown.
func sexOf(v string) byte {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "m", "male", "man", "boy":
		return 'M'
	case "f", "female", "woman", "girl", "w":
		return 'F'
	case "", "u", "unk", "unknown", "na", "n/a", "nan", "none", "null", "-", "?", "not stated":
		return 0
	}
	return 'O'
}

// splitWord reads the part of a set that a word names.
func splitWord(v string) Split {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "train", "training", "tr", "development":
		return Train
	case "val", "valid", "validation", "dev", "tune", "validate":
		return Validation
	case "test", "testing", "ts", "holdout", "hold-out", "eval", "evaluation":
		return Test
	}
	return NoSplit
}

// splitOfTable reads the part of a set that the name of a file names, if it
// names one alone.
func splitOfTable(name string) Split {
	var out Split
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if s := splitWord(word); s != NoSplit && len(word) > 2 {
			if out != NoSplit && out != s {
				return NoSplit
			}
			out = s
		}
	}
	return out
}

// maxAgeYears is the greatest age that a person can have.
//
// Source: the oldest age ever verified is 122; data sets top-code far below.
const maxAgeYears = 120

// ageOf reads an age in years, or with a unit as DICOM writes it: 045Y, 006M,
// 3W, 11D. NaN if v is no age.
//
// Source: DICOM PS3.5 Section 6.2, value representation AS.
func ageOf(v string) (years float64, unit byte) {
	v = strings.TrimSpace(v)
	if v == "" || len(v) > 32 {
		return math.NaN(), 0
	}
	per := 1.0
	switch c := v[len(v)-1] &^ 0x20; c {
	case 'Y', 'M', 'W', 'D':
		unit, v = c, strings.TrimSpace(v[:len(v)-1])
		per = map[byte]float64{'Y': 1, 'M': 12, 'W': 365.25 / 7, 'D': 365.25}[c]
	}
	return number([]byte(v)) / per, unit
}
