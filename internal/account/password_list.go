package account

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"
	"sync"
)

//go:generate go run gen_password_list.go

// leakedPasswords is a Golomb-Rice coded set of hashes; password_list.md says
// of what, from where, and under which license.
//
//go:embed password_list.bin
var leakedPasswords []byte

// listRate is the inverse of the share of other passwords that the set takes
// for its own: one in 8,192. The places of this many words fit into 32 bits.
const (
	listRateBits = 13
	listRate     = 1 << listRateBits
)

// listPlace hashes a lower-case password to its place in a set of n.
func listPlace(lower string, n uint64) uint64 {
	sum := sha256.Sum256([]byte(lower))
	high, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), n*listRate)
	return high
}

// passwordPlaces decodes the set once: about 2 MB.
var passwordPlaces = sync.OnceValue(func() []uint32 {
	r := bytes.NewReader(leakedPasswords)
	var n uint32
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		panic("account: the password list is damaged: " + err.Error())
	}
	in := bitReader{r: r}
	places := make([]uint32, n)
	var last uint32
	for i := range places {
		last += in.rice()
		places[i] = last
	}
	if in.err != nil {
		panic("account: the password list is damaged: " + in.err.Error())
	}
	return places
})

// isCommonPassword reports whether a lower-case password is on the list of
// leaked ones; about one other in 8,192 is taken for one of them too.
func isCommonPassword(lower string) bool {
	places := passwordPlaces()
	_, found := slices.BinarySearch(places, uint32(listPlace(lower, uint64(len(places)))))
	return found
}

// bitReader reads bits, the highest of a byte first.
type bitReader struct {
	r    io.ByteReader
	b    byte
	left int
	err  error
}

func (b *bitReader) bit() uint32 {
	if b.left == 0 {
		b.b, b.err = b.r.ReadByte()
		if b.err != nil {
			return 0
		}
		b.left = 8
	}
	b.left--
	return uint32(b.b>>b.left) & 1
}

// rice reads one number: its high part in ones ended by a zero, its low part
// in listRateBits bits.
func (b *bitReader) rice() uint32 {
	var v uint32
	for b.bit() == 1 {
		v++
	}
	for range listRateBits {
		v = v<<1 | b.bit()
	}
	return v
}
