package ingest

import (
	"encoding/json"
	"errors"
	"fmt"

	"assay/internal/audit"
	"assay/internal/id"
	"assay/internal/seal"
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

// textsBox seals lists under the server's secret; older ones open.
func textsBox(secret []byte, old ...[]byte) (seal.Box, error) {
	if len(secret) < 32 {
		return seal.Box{}, errors.New("the server's secret is absent or too short")
	}
	return seal.New(textsLabel, secret, old...), nil
}

// bound is what is authenticated beside the list: ids have one length, so that
// no two names read alike.
func (of TextsOf) bound() string {
	return fmt.Sprintf("%s\n%s\n%s\n%s", textsLabel, of.Organization, of.Version, of.Report)
}

// Seal encrypts the list under a key derived from secret, which has at least
// 32 bytes.
func (l TextList) Seal(secret []byte, of TextsOf) ([]byte, error) {
	box, err := textsBox(secret)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(l)
	if err != nil {
		return nil, errors.New("a list of texts cannot be written") // the cause may quote a text
	}
	return box.Seal(plain, of.bound()), nil
}

// openTexts decrypts what Seal made. Its errors quote nothing.
func (o Options) openTexts(sealed []byte, of TextsOf) (l TextList, err error) {
	box, err := textsBox(o.SecretKey, o.OldSecretKeys...)
	if err != nil {
		return l, err
	}
	plain, err := box.Open(sealed, of.bound())
	if err != nil {
		return l, err
	}
	if json.Unmarshal(plain, &l) != nil {
		return TextList{}, errors.New("the list has another form")
	}
	return l, nil
}
