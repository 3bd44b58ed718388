package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"assay/internal/id"
)

// keyBytes is the length of a key of the configuration and of one derived from
// it: that of AES-256.
const keyBytes = 32

// Key is a key of the configuration and the id by which objects name it.
type Key struct {
	id     string
	secret []byte
}

// NewKey returns a key of 32 random bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) != keyBytes {
		return Key{}, fmt.Errorf("a key of the vault has %d bytes, not %d", keyBytes, len(secret))
	}
	name, err := hkdf.Key(sha256.New, secret, nil, "assay vault key id", 8)
	if err != nil {
		return Key{}, fmt.Errorf("key of the vault: %w", err)
	}
	return Key{hex.EncodeToString(name), secret}, nil
}

// KeyFrom derives the vault's own key from a secret that serves other ends too.
func KeyFrom(secret []byte) (Key, error) {
	derived, err := hkdf.Key(sha256.New, secret, nil, "assay vault key", keyBytes)
	if err != nil {
		return Key{}, fmt.Errorf("key of the vault: %w", err)
	}
	return NewKey(derived)
}

// ID names the key without telling of it.
func (k Key) ID() string { return k.id }

// place is where sealed bytes belong. They open at no other.
type place struct {
	organization id.Organization
	document     id.Document
	number       int
}

// format begins each sealed object: a change of the format changes it.
const format = "assay-vault/1\n"

const saltBytes = 32

// cipher returns the cipher of one version. The salt is new each time, so no
// two objects share a key.
func (k Key) cipher(salt []byte, at place) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, k.secret, salt, "assay vault document "+string(at.document), keyBytes)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// bound is what the seal covers besides the bytes.
func (at place) bound() []byte {
	return fmt.Appendf(nil, "%s%s\n%s\n%d", format, at.organization, at.document, at.number)
}

// seal encrypts plain for one place: format, salt, nonce, ciphertext, tag.
func (k Key) seal(plain []byte, at place) ([]byte, error) {
	sealed := make([]byte, len(format)+saltBytes, len(format)+saltBytes+len(plain)+64)
	copy(sealed, format)
	salt := sealed[len(format):]
	rand.Read(salt) // never fails: it ends the program instead
	aead, err := k.cipher(salt, at)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead.Seal(sealed, nil, plain, at.bound()), nil
}

// errSealBroken says that bytes do not open: changed, of another place, or
// sealed with another key.
var errSealBroken = errors.New("the seal of a document is broken")

// open returns what was sealed for the place, or errSealBroken.
func (k Key) open(sealed []byte, at place) ([]byte, error) {
	if len(sealed) < len(format)+saltBytes || string(sealed[:len(format)]) != format {
		return nil, errSealBroken
	}
	aead, err := k.cipher(sealed[len(format):len(format)+saltBytes], at)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	plain, err := aead.Open(nil, nil, sealed[len(format)+saltBytes:], at.bound())
	if err != nil {
		return nil, errSealBroken
	}
	return plain, nil
}
