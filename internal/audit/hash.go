package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"slices"

	"assay/internal/audit/text"
)

// hasher hashes identifiers with the key of one audit. It is not safe for
// concurrent use.
type hasher struct {
	mac  hash.Hash
	room [sha256.Size]byte
}

func newHasher(key [32]byte) *hasher {
	return &hasher{mac: hmac.New(sha256.New, key[:])}
}

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
	h.mac.Reset()
	h.mac.Write([]byte(value))
	return Hash(h.mac.Sum(h.room[:0])[:len(Hash{})])
}
