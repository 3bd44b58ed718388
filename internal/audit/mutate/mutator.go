package mutate

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"regexp"
	"strings"

	"assay/internal/audit/dicom"
)

// deflated is the transfer syntax whose offsets are not those of the file.
const deflated = "1.2.840.10008.1.2.1.99"

// Source is a valid file to be damaged.
type Source struct {
	Name string
	Data []byte

	elements []dicom.Element // where the elements of a DICOM file lie
}

// Mutant is a damaged file.
type Mutant struct {
	Source string   // the name of the file it was made from
	Name   string   // of the mutant, with the ending of its source
	Ways   []string // how it was damaged, in order
	Data   []byte
}

// Mutator makes mutants of sources in turn.
type Mutator struct {
	seed    uint64
	sources []Source
}

// New returns a mutator of sources, of which there must be one at least.
func New(seed uint64, sources []Source) *Mutator {
	for i := range sources {
		sources[i].elements = elementsOf(sources[i].Data)
	}
	return &Mutator{seed, sources}
}

// elementsOf lists the elements of a file that lie in it as the reader says.
func elementsOf(data []byte) []dicom.Element {
	if len(data) < 132 || string(data[128:132]) != "DICM" {
		return nil
	}
	var list []dicom.Element
	h, err := dicom.Scan(context.Background(), bytes.NewReader(data), int64(len(data)), dicom.Limits{}, func(e *dicom.Element) error {
		if e.ValueOffset <= int64(len(data)) {
			list = append(list, dicom.Element{Tag: e.Tag, VR: e.VR, Offset: e.Offset, ValueOffset: e.ValueOffset, Length: e.Length, Implicit: e.Implicit, BigEndian: e.BigEndian})
		}
		return nil
	})
	if err != nil || h.TransferSyntaxUID == deflated {
		return nil
	}
	return list
}

// way is one kind of damage.
type way struct {
	name string
	do   func(m *Mutator, r *rand.Rand, s Source, b []byte) []byte
}

// ways for any bytes, for text as well, and for DICOM.
var (
	anyWays = []way{
		{"bits flipped", flip}, {"cut", cut}, {"bytes removed", remove}, {"bytes repeated", repeat}, {"spliced", splice},
		{"number overwritten", overwrite}, {"bytes of chance", scramble}, {"runs of one byte", fill},
	}
	textWays  = []way{{"digits changed", digits}, {"brackets nested", nest}, {"marks inserted", marks}}
	dicomWays = []way{
		{"length changed", length}, {"VR changed", vr}, {"tags swapped", swapTags}, {"element doubled", double}, {"cut at an element", cutAtElement},
		{"sequence inserted", sequence}, {"fragments changed", fragments}, {"layout changed", layout}, {"element moved", move}, {"value replaced", value},
	}
)

// Mutant returns the n-th mutant.
func (m *Mutator) Mutant(n int) Mutant {
	s := m.sources[n%len(m.sources)]
	r := rand.New(rand.NewPCG(m.seed, uint64(n)))
	list := anyWays
	switch {
	case len(s.elements) > 0 && r.IntN(4) > 0:
		list = dicomWays
	case isText(s.Data) && r.IntN(2) == 0:
		list = textWays
	}
	out := Mutant{Source: s.Name, Name: s.Name, Data: bytes.Clone(s.Data)}
	if len(s.elements) > 0 {
		out.Name += ".dcm"
	}
	for range 1 + r.IntN(3) {
		w := list[r.IntN(len(list))]
		out.Data = w.do(m, r, s, out.Data)
		out.Ways = append(out.Ways, w.name)
	}
	return out
}

func isText(b []byte) bool {
	head := b[:min(len(b), 256)]
	return !bytes.ContainsRune(head, 0) && (bytes.ContainsAny(head, "{<,|") || bytes.HasPrefix(head, []byte("%PDF")))
}

// at returns a place in b, most often near the front, where headers are.
func at(r *rand.Rand, b []byte) int {
	n := len(b)
	if r.IntN(3) > 0 {
		n = min(n, 2048)
	}
	return r.IntN(max(1, n))
}

func flip(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	for range 1 + r.IntN(16) {
		if len(b) > 0 {
			b[at(r, b)] ^= 1 << r.IntN(8)
		}
	}
	return b
}

func cut(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte { return b[:r.IntN(len(b)+1)] }

func remove(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	i := at(r, b)
	return append(b[:min(i, len(b))], b[min(len(b), i+1+r.IntN(64)):]...)
}

func repeat(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	i := min(at(r, b), len(b))
	part := bytes.Repeat(b[i:min(len(b), i+1+r.IntN(200))], 1+r.IntN(100))
	return join(b[:i], part, b[i:])
}

// splice puts the end of another source behind the front of this one.
func splice(m *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	other := m.sources[r.IntN(len(m.sources))].Data
	return join(b[:r.IntN(len(b)+1)], other[r.IntN(len(other)+1):])
}

// overwrite puts a number at which readers stumble into two, four or eight
// bytes of either order.
func overwrite(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	i := at(r, b)
	size := 2 << r.IntN(3)
	if i+size > len(b) {
		return b
	}
	n := extreme(r)
	for k := range size {
		shift := 8 * k
		if r.IntN(2) == 0 {
			shift = 8 * (size - 1 - k)
		}
		b[i+k] = byte(n >> shift)
	}
	return b
}

func extreme(r *rand.Rand) uint64 {
	list := []uint64{0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	if r.IntN(4) == 0 {
		return r.Uint64() >> r.IntN(64)
	}
	return list[r.IntN(len(list))]
}

func scramble(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	i := at(r, b)
	for k := i; k < min(len(b), i+1+r.IntN(128)); k++ {
		b[k] = byte(r.Uint32())
	}
	return b
}

func fill(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	i, with := at(r, b), []byte{0, 0xFF, ' ', '\\'}[r.IntN(4)]
	for k := i; k < min(len(b), i+1+r.IntN(512)); k++ {
		b[k] = with
	}
	return b
}

var numbers = regexp.MustCompile(`[0-9]+`)

func digits(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	places := numbers.FindAllIndex(b, 500)
	if len(places) == 0 {
		return b
	}
	p := places[r.IntN(len(places))]
	n := []string{"-1", "0", "99999999999999999999", "2147483648", "4294967295", "1e308", strings.Repeat("9", 400), "NaN"}[r.IntN(8)]
	return join(b[:p[0]], []byte(n), b[p[1]:])
}

func nest(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	what := []string{"[", "{\"a\":", "<a>", "<<", "(", "\"", "<a b=\"c\" "}[r.IntN(7)]
	i := min(at(r, b), len(b))
	return join(b[:i], bytes.Repeat([]byte(what), 1+r.IntN(5000)), b[i:])
}

func marks(_ *Mutator, r *rand.Rand, _ Source, b []byte) []byte {
	what := []string{"\"", "\"\"", ",", "\n", "\r", "]]>", "<!--", "<!ENTITY x \"&x;&x;\">", "&x;", "endstream", " obj", "\\u0000", "\xef\xbb\xbf", "\xff\xfe", "|", "^", "\x00"}
	for range 1 + r.IntN(8) {
		i := min(at(r, b), len(b))
		b = join(b[:i], []byte(what[r.IntN(len(what))]), b[i:])
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func order(e dicom.Element) binary.ByteOrder {
	if e.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
