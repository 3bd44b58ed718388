package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/audit/finding"
)

// Where says what a string is, so that a number in a protocol name is not
// taken for a date. The zero value is the text of a document.
type Where struct {
	VR      string // of the DICOM attribute, "LO"; empty outside DICOM
	Keyword string // of the DICOM attribute, "SeriesDescription"; empty outside DICOM
	Private bool   // a private DICOM attribute
}

// Hit is an identifier found in a string.
type Hit struct {
	Rule     finding.Rule
	Severity finding.Severity
	Shape    string // masked, never the value
	Start    int    // bytes from the start of the string
	End      int    // exclusive
}

// Options are the settings of a Scanner.
type Options struct {
	// Known are tokens that the rest of the submission shows to be names or
	// IDs of people: words of PN values, PatientIDs, names in paths. Words
	// of everyday or medical language are ignored, and so are words of
	// fewer than 3 letters in scripts with case; one of 3 letters warns only.
	Known []string

	// Knows, if set, is asked for tokens that Known does not hold, folded as
	// by Tokens. It lets a caller know tokens only by their keyed hash.
	Knows func(token string) bool
}

// Scanner finds identifiers in strings. It is safe for concurrent use.
type Scanner struct {
	known map[string]bool // folded
	knows func(token string) bool
	memo  memo
}

// New returns a Scanner.
func New(opts Options) *Scanner {
	s := &Scanner{known: map[string]bool{}, knows: opts.Knows}
	s.add(opts.Known)
	return s
}

// With returns a Scanner that knows these tokens too.
func (s *Scanner) With(known ...string) *Scanner {
	c := &Scanner{known: make(map[string]bool, len(s.known)+len(known)), knows: s.knows}
	for k := range s.known {
		c.known[k] = true
	}
	c.add(known)
	return c
}

func (s *Scanner) add(tokens []string) {
	for _, t := range tokens {
		for _, k := range Tokens(t) {
			s.known[k] = true
		}
	}
}

func (s *Scanner) knowsAny() bool { return len(s.known) > 0 || s.knows != nil }

func (s *Scanner) isKnown(token string) bool {
	return s.known[token] || s.knows != nil && s.knows(token)
}

// ScanKnown returns only the hits that Options.Known and Options.Knows make:
// the second look, once the names of the whole submission are known.
func (s *Scanner) ScanKnown(str string) []Hit {
	if !s.knowsAny() {
		return nil
	}
	sc := &scan{s: str, scanner: s}
	findKnown(sc)
	return sc.finish(str)
}

// detector looks for one kind of identifier and adds what it finds.
type detector struct {
	applies func(traits) bool
	find    func(*scan)
}

// detectors stand in order of precedence: where two claim the same characters
// the first one holds.
var detectors = []detector{
	{func(t traits) bool { return t.at }, findEmail},
	{func(t traits) bool { return t.web }, findURL},
	{func(t traits) bool { return t.digits >= 9 }, findSSN},
	{func(t traits) bool { return t.digits >= 10 && t.upper && t.letters >= 2 }, findChecked},
	{func(t traits) bool { return t.digits >= 4 && t.letters >= 2 }, findLabeled},
	{func(t traits) bool { return t.digits >= 7 }, findPhone},
	{func(t traits) bool { return t.digits >= 4 || t.colons >= 2 }, findIP},
	{func(t traits) bool { return t.digits >= 3 }, findDate},
	{func(t traits) bool { return t.digits >= 2 && t.letters >= 1 }, findAge},
	{func(t traits) bool { return t.digits >= 1 && t.letters >= 4 }, findAddress},
	{func(t traits) bool { return t.digits >= 3 && t.digits+t.letters >= 17 }, findVIN},
	{func(t traits) bool { return t.letters >= 6 && t.upper || t.caseless && t.letters >= 4 }, findInstitution},
	{func(t traits) bool { return t.letters >= 2 }, findNames},
}

// Scan returns the identifiers in a string, in reading order; hits do not
// overlap. It is nil if there are none.
func (s *Scanner) Scan(str string, where Where) []Hit {
	t := traitsOf(str)
	if t.digits < 2 && t.letters < 2 {
		return nil
	}
	sc := &scan{s: str, where: where, traits: t, scanner: s}
	if t.fold {
		sc.s, sc.offsets = foldDigits(str)
	}
	for _, d := range detectors {
		if d.applies(t) {
			d.find(sc)
		}
	}
	if len(sc.hits) == 0 {
		return nil
	}
	return sc.finish(str)
}

// traits are what one pass over a string tells: which detectors can match.
type traits struct {
	digits, letters, colons int
	at, web                 bool
	caseless                bool // a letter of a script without case
	upper                   bool // a capital letter, or a letter of a script without case
	fold                    bool // holds digits other than 0 to 9, or full-width signs
}

func traitsOf(s string) traits {
	var t traits
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			i += n
			switch {
			case unicode.IsLetter(r):
				t.letters++
				t.caseless = t.caseless || !unicode.IsLower(r) && !unicode.IsUpper(r)
				t.upper = t.upper || !unicode.IsLower(r) || unicode.Is(unicode.Georgian, r)
			case unicode.IsDigit(r):
				t.digits++
				t.fold = true
			case r == '＠' || r == '：':
				t.at = t.at || r == '＠'
				t.fold = true
			}
			continue
		}
		switch {
		case c >= '0' && c <= '9':
			t.digits++
		case c >= 'a' && c <= 'z':
			t.letters++
		case c >= 'A' && c <= 'Z':
			t.letters++
			t.upper = true
		case c == '@':
			t.at = true
		case c == ':':
			t.colons++
			t.web = t.web || strings.HasPrefix(s[i:], "://")
		case c == '.':
			t.web = t.web || (i >= 3 && strings.EqualFold(s[i-3:i], "www"))
		}
		i++
	}
	return t
}

// foldDigits returns s with the decimal digits of every script as 0 to 9 and
// full-width signs as those of ASCII, and for each byte of the result (and its
// end) the offset in s it comes from.
func foldDigits(s string) (string, []int) {
	var b strings.Builder
	offsets := make([]int, 0, len(s)+1)
	for i, r := range s {
		n := b.Len()
		switch {
		case r > unicode.MaxASCII && unicode.IsDigit(r):
			b.WriteByte('0' + byte(digitValue(r)))
		case r >= '！' && r <= '～' && !unicode.IsLetter(r):
			b.WriteByte(byte(r - '！' + '!'))
		default:
			b.WriteRune(r)
		}
		for ; n < b.Len(); n++ {
			offsets = append(offsets, i)
		}
	}
	return b.String(), append(offsets, len(s))
}

// digitValue returns 0 to 9 for a decimal digit. In Unicode the ten digits of
// a script follow each other from its zero; only the five sets of mathematical
// digits are adjacent.
func digitValue(r rune) int {
	if r >= 0x1D7CE && r <= 0x1D7FF {
		return int(r-0x1D7CE) % 10
	}
	v := 0
	for v < 9 && unicode.IsDigit(r-rune(v)-1) {
		v++
	}
	return v
}

// scan is one string being looked at.
type scan struct {
	s       string
	where   Where
	traits  traits
	scanner *Scanner
	offsets []int // nil: offsets in s are those of the original
	hits    []Hit
	taken   []uint64 // one bit a byte that belongs to a hit
	words   []word   // of findNames and path, found once
	folded  string   // s in lower case, once asked for
}

// lower returns the string in lower case. Its bytes need not be those of s.
func (sc *scan) lower() string {
	if sc.folded == "" {
		sc.folded = strings.ToLower(sc.s)
	}
	return sc.folded
}

// add notes a hit unless some of its characters are taken.
func (sc *scan) add(r finding.Rule, severity finding.Severity, start, end int) {
	if len(sc.hits) >= maxHits || sc.isTaken(start, end) {
		return
	}
	if sc.taken == nil {
		sc.taken = make([]uint64, len(sc.s)/64+1)
	}
	for i := start; i < end; i++ {
		sc.taken[i/64] |= 1 << (i % 64)
	}
	sc.hits = append(sc.hits, Hit{Rule: r, Severity: severity, Start: start, End: end})
}

func (sc *scan) isTaken(start, end int) bool {
	for i := start; i < end && sc.taken != nil; i++ {
		if sc.taken[i/64]&(1<<(i%64)) != 0 {
			return true
		}
	}
	return false
}

// maxHits bounds the hits of one string.
const maxHits = 1 << 16

// finish orders the hits and gives them offsets and shapes of the original.
func (sc *scan) finish(original string) []Hit {
	for i := range sc.hits {
		h := &sc.hits[i]
		if sc.offsets != nil {
			h.Start, h.End = sc.offsets[h.Start], sc.offsets[h.End]
		}
		h.Shape = finding.Mask(original[h.Start:h.End])
	}
	slices.SortFunc(sc.hits, func(a, b Hit) int { return a.Start - b.Start })
	return sc.hits
}
