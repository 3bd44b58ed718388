package text

import (
	"slices"
	"strings"
	"testing"
)

// The list is searched by bisection: a line out of place would hide names.
func TestListOfNamesIsSortedAndFound(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(namesText[namesFrom:], "\n"), "\n")
	if len(lines) < 20_000 || len(namesText) > 300_000 {
		t.Errorf("%d names in %d bytes, want at least 20,000 in at most 300,000", len(lines), len(namesText))
	}
	names := make([]string, len(lines))
	for i, line := range lines {
		name, kinds, _ := strings.Cut(line, " ")
		names[i] = name
		if kindsOf(kinds) == 0 || search([]byte(name)) != kindsOf(kinds) {
			t.Errorf("line %d, %q: found as %d", i, line, search([]byte(name)))
		}
		if key := nameKey(name); key != name {
			t.Errorf("line %d, %q: is looked up as %q", i, line, key)
		}
	}
	if !slices.IsSorted(names) {
		t.Error("the names are not sorted by bytes")
	}
}

func TestListedName(t *testing.T) {
	tests := []struct {
		name, word string
		want       listed
	}{
		{"a given name in capitals", "KATARZYNA", given},
		{"accents do not matter", "Núñez", family},
		{"nor does their lack", "Nunez", family},
		{"a name that is an English word", "Brown", family | english},
		{"an apostrophe", "O'Connor", family},
		{"half of a double name", "Gonzalez-Xq", family},
		{"Cyrillic", "КУЗНЕЦОВА", family},
		{"Greek without accents", "ΠΑΠΑΔΟΠΟΥΛΟΣ", family},
		{"Han", "山田", family},
		{"Hangul", "김", family},
		{"a word that is no name", "mammography", 0},
		{"before the first line", "\x01", 0},
		{"behind the last line", "\U0010FFFF", 0},
		{"empty", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := listedName(tt.word) &^ func() listed {
				if tt.want&given == 0 {
					return given // many family names are given names as well
				}
				return family
			}(); tt.want != 0 && got != tt.want || tt.want == 0 && listedName(tt.word) != 0 {
				t.Errorf("listedName(%q) = %b, want %b", tt.word, listedName(tt.word), tt.want)
			}
		})
	}
}

func TestLookingUpANameAllocatesNothing(t *testing.T) {
	words := []string{"Smith", "HEAD", "Mammography", "Katarzyna"}
	if n := testing.AllocsPerRun(100, func() {
		for _, w := range words {
			listedName(w)
			standingOf(w)
		}
	}); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkListedName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		listedName("Kowalczyk")
	}
}
