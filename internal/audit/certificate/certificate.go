package certificate

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"

	"assay/internal/audit"
)

// Schema names the shape of a certificate's payload.
const Schema = "assay-certificate/1"

// Certificate says what an audit found in files with a certain root digest.
// It holds public facts only: no name of a file, no finding. The order of the
// fields is that of the signed JSON.
type Certificate struct {
	Schema       string        `json:"schema"`
	ID           string        `json:"id"`     // a UUID
	Issuer       string        `json:"issuer"` // address of the Assay that audited, "https://assay.example"
	KeyID        string        `json:"key_id"` // of the key that signs
	Listing      string        `json:"listing"`
	Title        string        `json:"title"`
	Version      int           `json:"version"`       // of the data set, from 1
	RootDigest   string        `json:"root_digest"`   // see audit.Manifest.Digest; masked names stand masked
	ClaimsDigest string        `json:"claims_digest"` // of the claims that the files were held against
	Files        int64         `json:"files"`
	Bytes        int64         `json:"bytes"`
	MaskedNames  int           `json:"masked_names"` // files whose name holds an identifier, so that the manifest masks it
	Verdict      audit.Verdict `json:"verdict"`      // passed or flagged
	Blockers     int           `json:"blockers"`     // always 0
	Warnings     int           `json:"warnings"`
	Infos        int           `json:"infos"`
	NotChecked   int           `json:"not_checked"` // kinds of thing that the audit did not look at
	RulesVersion string        `json:"rules_version"`
	Tables       []audit.Table `json:"tables"` // editions of the standards' tables
	AuditedAt    time.Time     `json:"audited_at"`
	IssuedAt     time.Time     `json:"issued_at"`
}

// Sign fills schema and key_id, brings the times to whole seconds, and returns
// the certificate file. A certificate that Verify would refuse is not signed.
func Sign(c Certificate, key ed25519.PrivateKey) ([]byte, error) {
	c.Schema, c.KeyID = Schema, KeyID(key.Public().(ed25519.PublicKey))
	c.AuditedAt, c.IssuedAt = second(c.AuditedAt), second(c.IssuedAt)
	if c.Tables == nil {
		c.Tables = []audit.Table{}
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("certificate %s: %w", c.ID, err)
	}
	file, err := seal(Schema, c, key)
	if err == nil && len(file) > MaxBytes {
		err = fmt.Errorf("certificate %s is larger than %d bytes", c.ID, MaxBytes)
	}
	return file, err
}

// Verify returns what a certificate file says if a key of keys signed it, when
// it was in use and for its issuer. The error wraps one of the Err variables
// of this package, unless the file itself is broken.
func Verify(file []byte, keys Keys) (Certificate, error) {
	c, l, err := read(file)
	if err != nil {
		return Certificate{}, err
	}
	key, err := l.check(keys)
	if err == nil {
		err = key.allows(c.Issuer, c.IssuedAt)
	}
	if err != nil {
		return Certificate{}, err
	}
	return c, nil
}

// ReadUnverified returns what a certificate file says without any ground to
// believe it: for the issuer's own, and to tell which key is missing.
func ReadUnverified(file []byte) (Certificate, error) {
	c, _, err := read(file)
	return c, err
}

func read(file []byte) (c Certificate, l letter, err error) {
	if l, err = open(Schema, file, MaxBytes, &c); err != nil {
		return c, l, err
	}
	if c.KeyID != l.keyID {
		return c, l, errors.New("the envelope names another key than the certificate")
	}
	return c, l, c.validate()
}

// Bounds of texts, in bytes.
const (
	maxText   = 1000
	maxTables = 64
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// validate refuses what no issuer would say.
func (c Certificate) validate() error {
	for name, text := range map[string]string{"issuer": c.Issuer, "listing": c.Listing, "title": c.Title, "rules_version": c.RulesVersion} {
		if text == "" || !plain(text, maxText) {
			return fmt.Errorf("%s is empty, too long or not plain text", name)
		}
	}
	for name, text := range map[string]string{"key_id": c.KeyID, "root_digest": c.RootDigest, "claims_digest": c.ClaimsDigest} {
		if !hexDigest.MatchString(text) {
			return fmt.Errorf("%s is not a SHA-256", name)
		}
	}
	if len(c.Tables) > maxTables {
		return errors.New("there are too many tables")
	}
	for _, t := range c.Tables {
		if !plain(t.Name, maxText) || !plain(t.Edition, maxText) {
			return errors.New("the edition of a table is not plain text")
		}
	}
	switch {
	case c.Schema != Schema:
		return fmt.Errorf("the schema is not %s", Schema)
	case !uuid.MatchString(c.ID):
		return errors.New("id is not a UUID")
	case c.Verdict != audit.Passed && c.Verdict != audit.Flagged || c.Blockers != 0:
		return errors.New("there is no certificate for files with a blocker")
	case c.Version < 1, c.Files < 1, c.Bytes < 0, c.MaskedNames < 0, c.Warnings < 0, c.Infos < 0, c.NotChecked < 0:
		return errors.New("a count is below its least")
	case c.AuditedAt.IsZero(), c.IssuedAt.Before(c.AuditedAt):
		return errors.New("it was issued before the audit")
	}
	return nil
}

// plain reports whether a text can be shown on a terminal and a page without
// doing anything there.
func plain(s string, limit int) bool {
	if len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) {
			return false
		}
	}
	return true
}
