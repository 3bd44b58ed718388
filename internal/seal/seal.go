// Package seal encrypts what the program must read again: secrets of
// authenticator apps and of sign-in providers, names and numbers of annotators,
// private documents, archives. AES-256-GCM with a random nonce, under a key that
// HKDF-SHA256 derives from a secret of the settings for one use alone, so that
// what one use has sealed no other opens.
//
// It promises that sealed bytes open whole and unchanged or not at all, that
// bytes sealed for one owner open for no other, and that the format and the
// derivation stay as they are: nonce (12 bytes), ciphertext, tag (16 bytes).
// It knows no database; package reseal brings rows under the newest secret.
//
// Source: RFC 5869; NIST SP 800-38D, Section 8.2.2 (random nonces, fewer than
// 2^32 seals under one key).
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
)

// keyBytes is the length of a derived key: that of AES-256.
const keyBytes = 32

// Overhead is by how many bytes a seal is longer than what it holds.
const Overhead = 12 + 16

// ErrBroken says that bytes do not open: they were changed, belong to another
// owner, or were sealed under a secret that is not among those given.
var ErrBroken = errors.New("the seal does not fit: the bytes were changed, are somebody else's, or were sealed under another secret")

// Derive returns a key of n bytes, at most 8,160, for the use that the label
// names; salt may be nil.
func Derive(secret, salt []byte, label string, n int) []byte {
	key, err := hkdf.Key(sha256.New, secret, salt, label, n)
	if err != nil {
		panic(err) // only for a key longer than HKDF can make
	}
	return key
}

// Box seals and opens for one use.
type Box struct{ ciphers []cipher.AEAD }

// New returns the box of the use that the label names. It seals under secret;
// the old secrets, which it replaced, open what they sealed.
func New(label string, secret []byte, old ...[]byte) Box { return Salted(nil, label, secret, old...) }

// Salted returns a box whose keys are of one object alone: no other has the
// salt.
func Salted(salt []byte, label string, secret []byte, old ...[]byte) Box {
	b := Box{make([]cipher.AEAD, 0, 1+len(old))}
	for _, s := range append([][]byte{secret}, old...) {
		block, err := aes.NewCipher(Derive(s, salt, label, keyBytes))
		if err != nil {
			panic(err) // only for a key of another length
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			panic(err) // only for another block size
		}
		b.ciphers = append(b.ciphers, aead)
	}
	return b
}

// Seal encrypts plain for an owner: Open with the same owner alone reads it.
func (b Box) Seal(plain []byte, owner string) []byte { return b.Append(nil, plain, owner) }

// Append seals behind what is in to.
func (b Box) Append(to, plain []byte, owner string) []byte {
	return b.ciphers[0].Seal(to, nil, plain, []byte(owner))
}

// Open returns what was sealed for the owner, or ErrBroken.
func (b Box) Open(sealed []byte, owner string) ([]byte, error) {
	plain, _, err := b.open(sealed, owner)
	return plain, err
}

// Renew returns bytes sealed anew if they lie under an old secret, nil if they
// are under the newest, and ErrBroken if they do not open.
func (b Box) Renew(sealed []byte, owner string) ([]byte, error) {
	plain, age, err := b.open(sealed, owner)
	if err != nil || age == 0 {
		return nil, err
	}
	return b.Seal(plain, owner), nil
}

// open also says which secret fits, the newest is 0.
func (b Box) open(sealed []byte, owner string) (plain []byte, age int, err error) {
	for age, c := range b.ciphers {
		if plain, err := c.Open(nil, nil, sealed, []byte(owner)); err == nil {
			return plain, age, nil
		}
	}
	return nil, 0, ErrBroken
}
