package activity

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"assay/internal/audit/certificate"
)

// HeadSchema names the shape of a published head, and the domain of its
// signature.
const HeadSchema = "assay-activity-head/1"

// maxHeadRows is how many rows a head covers: it bounds a proof, which holds
// their hashes, to some 300 kB.
const maxHeadRows = 4096

// maxHeadBytes is the most that a head's file may have: its rows' hashes in
// hexadecimal, in base64, and room.
const maxHeadBytes = 1 << 20

// Head is a published state of the chain: the hash of row Number, and the
// hashes of the rows since the head before it. Hashes are lower-case
// hexadecimal. The order of the fields is that of the JSON.
type Head struct {
	Schema       string    `json:"schema"`
	Issuer       string    `json:"issuer"`
	Number       int64     `json:"number"` // of the last row
	Hash         string    `json:"hash"`   // of the link of that row
	At           time.Time `json:"at"`     // when it was published, by the clock of the database
	Scheme       int       `json:"scheme"` // how Rows are linked: 2, or 1 for rows of before
	From         int64     `json:"from"`   // number of the first of Rows
	PreviousHash string    `json:"previous_hash"`
	Rows         []string  `json:"rows"` // row hashes
}

// Key names the head of a row in the object store.
func Key(number int64) string { return fmt.Sprintf("%s%012d.json", headPrefix, number) }

const headPrefix = "activity/heads/"

// Sealed is a head as its file says it, with its signature if it has one.
type Sealed struct {
	Head
	signature *certificate.Signature
}

// IsSigned reports whether the file carries a signature; whether it holds is
// for CheckSignature.
func (s Sealed) IsSigned() bool { return s.signature != nil }

// CheckSignature returns nil if one of keys signed the head, else one of
// certificate's Err variables; an unsigned head is certificate.ErrSignature.
func (s Sealed) CheckSignature(keys certificate.Keys) error {
	if s.signature == nil {
		return certificate.ErrSignature
	}
	return s.signature.Check(keys, s.Issuer, s.At)
}

// ReadHead reads the file of a head, signed or not. A head whose hash does not
// follow from its rows is refused.
func ReadHead(file []byte) (s Sealed, err error) {
	if bytes.HasPrefix(file, []byte(`{"payload"`)) {
		signature, err := certificate.Unseal(HeadSchema, file, maxHeadBytes, &s.Head)
		if err != nil {
			return s, err
		}
		s.signature = &signature
	} else if err := certificate.Read(bytes.TrimSpace(file), maxHeadBytes, &s.Head); err != nil {
		return s, err
	}
	return s, s.validate()
}

// plain is the file of a head that nobody signs.
func (h Head) plain() ([]byte, error) {
	file, err := json.Marshal(h)
	return append(file, '\n'), err
}

var errHead = errors.New("this is not the head of an activity chain")

// validate refuses a head that no publisher would make.
func (h Head) validate() error {
	switch {
	case h.Schema != HeadSchema, h.Scheme != schemeText && h.Scheme != schemeRow:
		return errHead
	case h.From < 1, int64(len(h.Rows)) != h.Number-h.From+1, len(h.Rows) == 0, len(h.Rows) > maxHeadRows:
		return errors.New("the head does not hold the rows it says it does")
	case h.At.IsZero(), (h.PreviousHash == "") != (h.From == 1):
		return errHead
	}
	hash, err := unhexOrEmpty(h.PreviousHash)
	if err != nil {
		return err
	}
	for _, row := range h.Rows {
		own, err := unhex(row)
		if err != nil {
			return err
		}
		hash = hashLink(hash, own)
	}
	if _, err := unhex(h.Hash); err != nil {
		return err
	}
	if h.Scheme == schemeRow && hex.EncodeToString(hash) != h.Hash {
		return errors.New("the hash of the head does not follow from its rows")
	}
	return nil
}

// row is the published hash of a row that the head covers.
func (h Head) row(number int64) []byte {
	own, _ := hex.DecodeString(h.Rows[number-h.From])
	return own
}

var errHash = errors.New("a hash is not 64 hexadecimal digits in lower case")

func unhex(s string) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 || hex.EncodeToString(b) != s {
		return nil, errHash
	}
	return b, nil
}

// unhexOrEmpty is unhex for the hash before the first row, which is empty.
func unhexOrEmpty(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	return unhex(s)
}
