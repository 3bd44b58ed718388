package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
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

// hash returns the first bytes of HMAC-SHA-256, or zero for no value.
func (h *hasher) hash(value string) Hash {
	if value == "" {
		return Hash{}
	}
	h.mac.Reset()
	h.mac.Write([]byte(value))
	return Hash(h.mac.Sum(h.room[:0])[:len(Hash{})])
}
