package certificate

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"
)

// RevocationsSchema names the shape of a list's payload.
const RevocationsSchema = "assay-revocations/1"

// Reason says in a word why a certificate was taken back.
type Reason string

// Reasons.
const (
	Suspended  Reason = "suspended"   // the platform took the version down
	Withdrawn  Reason = "withdrawn"   // the seller took the version down
	KeyRevoked Reason = "key_revoked" // the key that signed it is no longer trusted
)

// Label returns the reason in plain words.
func (r Reason) Label() string {
	switch r {
	case Suspended:
		return "the platform suspended this version of the data set"
	case Withdrawn:
		return "the seller withdrew this version of the data set"
	case KeyRevoked:
		return "the key that signed it is no longer trusted"
	}
	return string(r)
}

// Revocation takes back one certificate, for good.
type Revocation struct {
	Certificate string    `json:"certificate"` // its id
	RevokedAt   time.Time `json:"revoked_at"`
	Reason      Reason    `json:"reason"`
}

// Revocations is every certificate that an issuer has taken back.
type Revocations struct {
	Schema     string       `json:"schema"`
	Issuer     string       `json:"issuer"`
	KeyID      string       `json:"key_id"`
	Serial     int64        `json:"serial"` // goes up with each list
	IssuedAt   time.Time    `json:"issued_at"`
	NextUpdate time.Time    `json:"next_update"` // from then on the list is stale
	Entries    []Revocation `json:"entries"`
}

// Reasons why a list says nothing about the present. Test with errors.Is.
var (
	ErrStale    = errors.New("the revocation list is out of date")
	ErrRollback = errors.New("the revocation list is older than one that was seen before")
	ErrFuture   = errors.New("the revocation list is dated in the future")
)

// maxEntries is how many certificates a list can take back.
const maxEntries = 20_000

// SignRevocations fills schema and key_id and returns the file of a list.
func SignRevocations(r Revocations, key ed25519.PrivateKey) ([]byte, error) {
	r.Schema, r.KeyID = RevocationsSchema, KeyID(key.Public().(ed25519.PublicKey))
	r.IssuedAt, r.NextUpdate = second(r.IssuedAt), second(r.NextUpdate)
	entries := make([]Revocation, len(r.Entries))
	for i, e := range r.Entries {
		e.RevokedAt = second(e.RevokedAt)
		entries[i] = e
	}
	r.Entries = entries
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("revocation list %d: %w", r.Serial, err)
	}
	return seal(RevocationsSchema, r, key)
}

// VerifyRevocations returns a list if a key of keys signed it for the given
// issuer. Whether it is about the present says Current.
func VerifyRevocations(file []byte, keys Keys, issuer string) (Revocations, error) {
	var r Revocations
	l, err := open(RevocationsSchema, file, MaxRevocationsBytes, &r)
	if err != nil {
		return Revocations{}, err
	}
	if r.KeyID != l.keyID {
		return Revocations{}, errors.New("the envelope names another key than the list")
	}
	if err := r.validate(); err != nil {
		return Revocations{}, err
	}
	key, err := l.check(keys)
	if err == nil {
		err = key.allows(r.Issuer, r.IssuedAt)
	}
	if err == nil && r.Issuer != issuer {
		err = ErrIssuer
	}
	if err != nil {
		return Revocations{}, err
	}
	return r, nil
}

func (r Revocations) validate() error {
	switch {
	case r.Schema != RevocationsSchema:
		return fmt.Errorf("the schema is not %s", RevocationsSchema)
	case !plain(r.Issuer, maxText) || r.Issuer == "":
		return errors.New("issuer is empty, too long or not plain text")
	case r.Serial < 1, !r.NextUpdate.After(r.IssuedAt), r.IssuedAt.IsZero():
		return errors.New("serial and times are not those of a list")
	case len(r.Entries) > maxEntries:
		return errors.New("there are too many entries")
	}
	seen := make(map[string]bool, len(r.Entries))
	for _, e := range r.Entries {
		if !uuid.MatchString(e.Certificate) || e.RevokedAt.IsZero() || e.Reason == "" || !plain(string(e.Reason), maxText) || seen[e.Certificate] {
			return errors.New("an entry is broken or stands there twice")
		}
		seen[e.Certificate] = true
	}
	return nil
}

// clockSkew is how far clocks may disagree.
const clockSkew = time.Hour

// Current returns ErrStale, ErrFuture or ErrRollback if the list says nothing
// about the time now. seen is the highest serial that the caller has seen of
// the issuer, 0 for none.
func (r Revocations) Current(now time.Time, seen int64) error {
	switch {
	case r.Serial < seen:
		return ErrRollback
	case !now.Before(r.NextUpdate):
		return ErrStale
	case r.IssuedAt.After(now.Add(clockSkew)):
		return ErrFuture
	}
	return nil
}

// Find returns the entry that takes back a certificate.
func (r Revocations) Find(certificate string) (Revocation, bool) {
	for _, e := range r.Entries {
		if e.Certificate == certificate {
			return e, true
		}
	}
	return Revocation{}, false
}
