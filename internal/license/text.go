package license

import (
	"embed"

	"assay/internal/errs"
)

//go:embed text/*.txt
var texts embed.FS

// Text returns the full text of one of Assay's own licenses, as plain text
// with numbered clauses. Texts of others are linked, not copied: for them, and
// for unknown identifiers, it returns errs.NotFound.
func Text(spdx string) (string, error) {
	if _, err := ParseSPDX(spdx); err != nil {
		return "", err
	}
	b, err := texts.ReadFile("text/" + spdx + ".txt")
	if err != nil {
		return "", errs.Wrap(errs.NotFound, "Assay keeps no text of that license.", err)
	}
	return string(b), nil
}
