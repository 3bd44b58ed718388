package vault

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"assay/internal/id"
	"assay/internal/seal"
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
	return Key{hex.EncodeToString(seal.Derive(secret, nil, "assay vault key id", 8)), secret}, nil
}

// KeyFrom derives the vault's own key from a secret that serves other ends too.
func KeyFrom(secret []byte) (Key, error) {
	return NewKey(seal.Derive(secret, nil, "assay vault key", keyBytes))
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

// box returns what seals one version. The salt is new each time, so no two
// objects share a key.
func (k Key) box(salt []byte, at place) seal.Box {
	return seal.Salted(salt, "assay vault document "+string(at.document), k.secret)
}

// bound is what the seal covers besides the bytes.
func (at place) bound() string {
	return fmt.Sprintf("%s%s\n%s\n%d", format, at.organization, at.document, at.number)
}

// seal encrypts plain for one place: format, salt, and what seal.Box makes.
func (k Key) seal(plain []byte, at place) []byte {
	sealed := make([]byte, len(format)+saltBytes, len(format)+saltBytes+len(plain)+seal.Overhead)
	copy(sealed, format)
	salt := sealed[len(format):]
	rand.Read(salt) // never fails: it ends the program instead
	return k.box(salt, at).Append(sealed, plain, at.bound())
}

// errSealBroken says that bytes do not open: changed, of another place, or
// sealed with another key.
var errSealBroken = errors.New("the seal of a document is broken")

// open returns what was sealed for the place, or errSealBroken.
func (k Key) open(sealed []byte, at place) ([]byte, error) {
	if len(sealed) < len(format)+saltBytes || string(sealed[:len(format)]) != format {
		return nil, errSealBroken
	}
	plain, err := k.box(sealed[len(format):len(format)+saltBytes], at).Open(sealed[len(format)+saltBytes:], at.bound())
	if err != nil {
		return nil, errSealBroken
	}
	return plain, nil
}
