package credential

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
)

// sealer encrypts names and numbers under a key of their own, derived from the
// secret of the settings.
type sealer struct{ aead cipher.AEAD }

func newSealer(secret []byte) sealer {
	key, err := hkdf.Key(sha256.New, secret, nil, "assay annotator", 32)
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

// seal encrypts a text for a row; open reads it for that row alone.
func (s sealer) seal(text, row string) []byte {
	return s.aead.Seal(nil, nil, []byte(text), []byte(row))
}

// open returns what was sealed for a row; what was erased is empty.
func (s sealer) open(sealed []byte, row string) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(row))
	if err != nil {
		return "", errors.New("a sealed name or number does not open: it was changed, or ASSAY_SECRET_KEY was")
	}
	return string(plain), nil
}
