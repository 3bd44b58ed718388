package ingest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"assay/internal/audit"
	"assay/internal/id"
)

// TextList are the distinct texts of a version that a person should read. They
// may identify somebody: they are for the seller's organization alone, and go
// into no report, row, log or error. At most 4 MiB, see audit.Residual.
type TextList struct {
	Texts  []audit.ResidualText // by attribute, the commonest first
	Beyond int                  // texts that did not fit
}

// TextsOf says whose list it is. A sealed list opens under no other name.
type TextsOf struct {
	Organization id.Organization
	Version      id.Version
	Report       id.Report
}

// textsLabel keeps the key of these lists apart from every other use of the
// secret. A list of another form needs another label.
const textsLabel = "assay: list of texts for the seller, 1"

// textsCipher derives the key of the lists from the server's secret.
//
// Source: RFC 5869; NIST SP 800-38D, Section 8.2.2 (random nonces, fewer than
// 2^32 lists).
func textsCipher(secret []byte) (cipher.AEAD, error) {
	if len(secret) < 32 {
		return nil, errors.New("the server's secret is absent or too short")
	}
	key, err := hkdf.Key(sha256.New, secret, nil, textsLabel, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of texts: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher of texts: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// bound is what is authenticated beside the list: ids have one length, so that
// no two names read alike.
func (of TextsOf) bound() []byte {
	return fmt.Appendf(nil, "%s\n%s\n%s\n%s", textsLabel, of.Organization, of.Version, of.Report)
}

// Seal encrypts the list under a key derived from secret, which has at least
// 32 bytes, with AES-256-GCM.
func (l TextList) Seal(secret []byte, of TextsOf) ([]byte, error) {
	aead, err := textsCipher(secret)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(l)
	if err != nil {
		return nil, errors.New("a list of texts cannot be written") // the cause may quote a text
	}
	return aead.Seal(nil, nil, plain, of.bound()), nil
}

// openTexts decrypts what Seal made. Its errors quote nothing.
func openTexts(secret, sealed []byte, of TextsOf) (l TextList, err error) {
	aead, err := textsCipher(secret)
	if err != nil {
		return l, err
	}
	plain, err := aead.Open(nil, nil, sealed, of.bound())
	if err != nil {
		return l, errors.New("the seal does not fit: another secret, another owner, or changed bytes")
	}
	if json.Unmarshal(plain, &l) != nil {
		return TextList{}, errors.New("the list has another form")
	}
	return l, nil
}
