package certificate

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Reasons why a signed file is not to be trusted. Test with errors.Is.
var (
	ErrUnknownKey = errors.New("it is signed by a key that is not among the trusted ones")
	ErrSignature  = errors.New("the signature does not belong to these words: they were altered, or somebody else signed")
	ErrKeyTime    = errors.New("it is dated outside the time in which its key was in use")
	ErrKeyRevoked = errors.New("the key that signed it was taken back")
	ErrIssuer     = errors.New("its key belongs to another issuer")
)

// Key is a public key that somebody trusts.
type Key struct {
	ID        string
	Public    ed25519.PublicKey
	Issuer    string    // address of the Assay that signs with it; empty is any
	From      time.Time // zero is always
	Until     time.Time // zero while it is in use
	RevokedAt time.Time // zero unless it was taken back: then nothing it signed counts
}

// KeyID names a key: the SHA-256 of its 32 bytes, in lower-case hexadecimal.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:])
}

// Keys are the keys that somebody trusts.
type Keys []Key

// Find returns the key of that id. Where several files name it, the narrowest
// of what they say holds.
func (k Keys) Find(id string) (found Key, ok bool) {
	for _, key := range k {
		if key.ID != id || KeyID(key.Public) != id {
			continue
		}
		if !ok {
			found, ok = key, true
			continue
		}
		found = found.narrowed(key)
	}
	return found, ok
}

func (k Key) narrowed(by Key) Key {
	if k.Issuer == "" {
		k.Issuer = by.Issuer
	}
	if by.From.After(k.From) {
		k.From = by.From
	}
	if k.Until.IsZero() || !by.Until.IsZero() && by.Until.Before(k.Until) {
		k.Until = by.Until
	}
	if k.RevokedAt.IsZero() {
		k.RevokedAt = by.RevokedAt
	}
	return k
}

// allows reports whether the key may sign for an issuer at a time.
func (k Key) allows(issuer string, at time.Time) error {
	switch {
	case !k.RevokedAt.IsZero():
		return ErrKeyRevoked
	case k.Issuer != "" && k.Issuer != issuer:
		return ErrIssuer
	case at.Before(k.From), !k.Until.IsZero() && at.After(k.Until):
		return ErrKeyTime
	}
	return nil
}

// Limits of the three kinds of file, in bytes.
const (
	MaxBytes            = 64 << 10 // a certificate
	MaxRevocationsBytes = 4 << 20
	MaxKeysBytes        = 64 << 10
)

// keysSchema names the shape of a file of keys.
const keysSchema = "assay-keys/1"

type keysFile struct {
	Schema string    `json:"schema"`
	Issuer string    `json:"issuer"`
	Keys   []keyLine `json:"keys"`
}

type keyLine struct {
	ID        string     `json:"key_id"`
	Public    string     `json:"public_key"` // 64 hexadecimal digits
	From      time.Time  `json:"from"`
	Until     *time.Time `json:"until,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// WriteKeys returns the file of keys that an issuer serves.
func WriteKeys(issuer string, keys Keys) ([]byte, error) {
	f := keysFile{Schema: keysSchema, Issuer: issuer, Keys: []keyLine{}}
	for _, k := range keys {
		line := keyLine{ID: k.ID, Public: hex.EncodeToString(k.Public), From: second(k.From)}
		if !k.Until.IsZero() {
			until := second(k.Until)
			line.Until = &until
		}
		if !k.RevokedAt.IsZero() {
			revoked := second(k.RevokedAt)
			line.RevokedAt = &revoked
		}
		f.Keys = append(f.Keys, line)
	}
	text, err := encode(f)
	return append(text, '\n'), err
}

// ParseKeys reads a file of keys. Whether to trust it is for the caller to
// know: it is not signed.
func ParseKeys(file []byte) (Keys, error) {
	var f keysFile
	if err := decode(file, MaxKeysBytes, &f); err != nil {
		return nil, err
	}
	if f.Schema != keysSchema {
		return nil, fmt.Errorf("the file is not of the schema %s", keysSchema)
	}
	if !plain(f.Issuer, maxText) {
		return nil, errors.New("the issuer is not plain text")
	}
	var keys Keys
	for _, line := range f.Keys {
		key, err := ParseKey(line.Public)
		if err != nil {
			return nil, err
		}
		if key.ID != line.ID {
			return nil, errors.New("a key_id is not the SHA-256 of its key")
		}
		if _, twice := keys.Find(key.ID); twice {
			return nil, errors.New("a key stands there twice")
		}
		key.Issuer, key.From = f.Issuer, line.From
		if line.Until != nil {
			key.Until = *line.Until
		}
		if line.RevokedAt != nil {
			key.RevokedAt = *line.RevokedAt
		}
		keys = append(keys, key)
	}
	return keys, nil
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ParseKey reads a public key of 64 lower-case hexadecimal digits. It may sign
// for any issuer at any time.
func ParseKey(text string) (Key, error) {
	if !hexDigest.MatchString(text) {
		return Key{}, errors.New("a public key is not 64 hexadecimal digits in lower case")
	}
	public, err := hex.DecodeString(text)
	if err != nil {
		return Key{}, err
	}
	return Key{ID: KeyID(public), Public: public}, nil
}

// second is a moment as these files write it.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
