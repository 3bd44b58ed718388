package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"assay/internal/audit/text"
)

// hasher hashes identifiers with the key of one audit. It is not safe for
// concurrent use.
type hasher struct {
	key   [32]byte
	mac   hash.Hash
	room  [sha256.Size]byte
	value []byte

	// seen holds values that came lately with their hashes, each in the one
	// place that its own hash under seed names.
	seen [1024]struct {
		value string
		hash  Hash
	}
	seed maphash.Seed
}

func newHasher(key [32]byte) *hasher {
	return &hasher{key: key, mac: hmac.New(sha256.New, key[:]), seed: maphash.MakeSeed()}
}

// hashers are those that no file uses at the moment, of one audit or several.
var hashers sync.Pool

// borrowHasher returns a hasher with that key. Give it back with release.
func borrowHasher(key [32]byte) *hasher {
	if h, ok := hashers.Get().(*hasher); ok && h.key == key {
		return h
	}
	return newHasher(key)
}

func (h *hasher) release() { hashers.Put(h) }

// words returns the hashes of the tokens of s, at most n.
func (h *hasher) words(s string, n int) []Hash {
	var list []Hash
	for _, tok := range text.Tokens(s) {
		if len(list) == n {
			break
		}
		list = append(list, h.hash(tok))
	}
	return list
}

// knows returns a test for tokens whose hash is on a sorted list.
func (h *hasher) knows(list []Hash) func(token string) bool {
	return func(token string) bool {
		_, found := slices.BinarySearchFunc(list, h.hash(token), func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
		return found
	}
}

// hash returns the first bytes of HMAC-SHA-256, or zero for no value.
func (h *hasher) hash(value string) Hash {
	if value == "" {
		return Hash{}
	}
	if len(value) > maxSeen {
		return h.sum(value)
	}
	s := &h.seen[maphash.String(h.seed, value)%uint64(len(h.seen))]
	if s.value != value {
		// A clone: the value may be a small part of a large string.
		s.value, s.hash = strings.Clone(value), h.sum(value)
	}
	return s.hash
}

// maxSeen is the length of a value that is remembered, in bytes.
const maxSeen = 64

func (h *hasher) sum(value string) Hash {
	h.value = append(h.value[:0], value...)
	h.mac.Reset()
	h.mac.Write(h.value)
	return Hash(h.mac.Sum(h.room[:0])[:len(Hash{})])
}
