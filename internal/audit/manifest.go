package audit

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sort"
	"strconv"
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

// Digest returns the root digest: the SHA-256 of the manifest's text.
func (m Manifest) Digest() string {
	h := sha256.New()
	m.WriteText(h) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

var escapePath = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

// WriteText writes one line for each file, "<sha256> <size> <path>\n", sorted
// by the bytes of the path. In a path a backslash is written `\\` and a line
// feed `\n`, so that no two manifests share a text.
func (m Manifest) WriteText(w io.Writer) error {
	sorted := append(Manifest(nil), m...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Path < sorted[j].Path })
	b := bufio.NewWriter(w)
	for _, e := range sorted {
		fmt.Fprintf(b, "%s %d %s\n", e.SHA256, e.SizeBytes, escapePath.Replace(e.Path))
	}
	return b.Flush()
}

// maxManifestLine bounds a line of a manifest's text, in bytes.
const maxManifestLine = 16 << 10

// ParseManifest reads the text of a manifest, of at most maxFiles lines.
func ParseManifest(r io.Reader, maxFiles int) (Manifest, error) {
	var m Manifest
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxManifestLine)
	for lines.Scan() {
		if len(m) == maxFiles {
			return nil, fmt.Errorf("the manifest has more than %d files", maxFiles)
		}
		e, ok := parseManifestLine(lines.Text())
		if !ok {
			return nil, fmt.Errorf("line %d of the manifest is not a digest, a size and a path", len(m)+1)
		}
		m = append(m, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	return m, nil
}

var unescapePath = strings.NewReplacer(`\\`, `\`, `\n`, "\n")

func parseManifestLine(line string) (e ManifestEntry, ok bool) {
	sum, rest, _ := strings.Cut(line, " ")
	size, path, ok := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if _, isHex := hex.DecodeString(sum); isHex != nil || len(sum) != 0 && len(sum) != 2*sha256.Size {
		return e, false
	}
	return ManifestEntry{Path: unescapePath.Replace(path), SizeBytes: n, SHA256: sum}, ok && err == nil && n >= 0 && path != ""
}
