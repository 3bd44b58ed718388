package certificate

import (
	"crypto/ed25519"
	"time"
)

// Seal signs the JSON of v as a file of another schema than those of this
// package, in the same envelope. The schema keeps its signatures apart from
// those on any other kind of file.
func Seal(schema string, v any, key ed25519.PrivateKey) ([]byte, error) {
	return seal(schema, v, key)
}

// Signature is that of a file which Unseal read.
type Signature struct{ of letter }

// Unseal reads what Seal made into the struct that v points to, as strictly as
// the files of this package are read. Whether the signature holds is for Check.
func Unseal(schema string, file []byte, limit int, v any) (Signature, error) {
	l, err := open(schema, file, limit, v)
	return Signature{l}, err
}

// Read is Unseal for a file without an envelope.
func Read(file []byte, limit int, v any) error { return decode(file, limit, v) }

// KeyID names the key that the file says signed it.
func (s Signature) KeyID() string { return s.of.keyID }

// Check returns nil if a key of keys signed the file and might do so for the
// issuer at that time, else one of the Err variables.
func (s Signature) Check(keys Keys, issuer string, at time.Time) error {
	key, err := s.of.check(keys)
	if err != nil {
		return err
	}
	return key.allows(issuer, at)
}
