package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
)

// Manifest lists the files of a data set.
type Manifest []ManifestEntry

// ManifestEntry is one file: its path from the root with slashes, its size in
// bytes, and the SHA-256 of its content in lower-case hexadecimal (empty if a
// limit kept it from being read).
type ManifestEntry struct {
	Path      string `json:"path"`
	SizeBytes int64  `json:"size"`
	SHA256    string `json:"sha256"`
}

// Digest returns the root digest: the SHA-256 of one line for each file,
// "<sha256> <size> <path>\n", sorted by the bytes of the path. In a path a
// backslash is written `\\` and a line feed `\n`, so that no two manifests
// share a text.
func (m Manifest) Digest() string {
	sorted := append(Manifest(nil), m...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Path < sorted[j].Path })
	h := sha256.New()
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	for _, e := range sorted {
		fmt.Fprintf(h, "%s %d %s\n", e.SHA256, e.SizeBytes, escape.Replace(e.Path))
	}
	return hex.EncodeToString(h.Sum(nil))
}
