package listing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"assay/internal/errs"
)

// File is one entry of a version's manifest.
type File struct {
	Path      string `db:"path"`
	SizeBytes int64  `db:"size_bytes"`
	SHA256    string `db:"sha256"` // lower-case hexadecimal; empty if a limit kept it from being read
}

// Manifest lists the files of a version. Once its digest is set on the
// version no file may be added, changed or taken away.
type Manifest []File

// RootDigest returns the SHA-256 of one line for each file,
// "<sha256> <size> <path>\n", sorted by the bytes of the path; in a path a
// backslash is written `\\` and a line feed `\n`. The database computes the
// same from its rows and refuses any other.
func (m Manifest) RootDigest() string {
	sorted := append(Manifest(nil), m...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Path < sorted[j].Path })
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	h := sha256.New()
	for _, f := range sorted {
		fmt.Fprintf(h, "%s %d %s\n", f.SHA256, f.SizeBytes, escape.Replace(f.Path))
	}
	return hex.EncodeToString(h.Sum(nil))
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// check refuses a manifest that cannot be kept.
func (m Manifest) check() error {
	if len(m) == 0 {
		return errs.New(errs.Invalid, "A version needs at least one file.")
	}
	seen := make(map[string]bool, len(m))
	for _, f := range m {
		switch {
		case f.Path == "" || f.SizeBytes < 0:
			return errs.New(errs.Invalid, "A file of the manifest has no path or no size.")
		case f.SHA256 != "" && !hexDigest.MatchString(f.SHA256):
			return errs.New(errs.Invalid, "A digest in the manifest is no SHA-256.")
		case seen[f.Path]:
			return errs.New(errs.Invalid, "Two files of the manifest have the same path.")
		}
		seen[f.Path] = true
	}
	return nil
}
