package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
)

// sealer encrypts what the program must read again. Each use has a key of its
// own, derived from the secret of the settings by HKDF with a label, so that
// what one use has sealed no other opens.
type sealer struct{ aead cipher.AEAD }

func newSealer(secret []byte, label string) sealer {
	key, err := hkdf.Key(sha256.New, secret, nil, label, 32)
	if err != nil {
		panic(err) // only for a key longer than HKDF can make
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for another block size
	}
	return sealer{aead}
}

// seal encrypts plain for an owner; only open with the same owner reads it.
func (s sealer) seal(plain []byte, owner string) []byte {
	return s.aead.Seal(nil, nil, plain, []byte(owner))
}

func (s sealer) open(sealed []byte, owner string) ([]byte, error) {
	return s.aead.Open(nil, nil, sealed, []byte(owner))
}
