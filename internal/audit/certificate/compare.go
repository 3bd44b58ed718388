package certificate

import (
	"regexp"
	"sort"

	"assay/internal/audit"
)

// Difference is how files differ from a manifest. Paths are those of the
// manifest, but for Extra.
type Difference struct {
	Missing, Changed, Extra []string
	// Masked counts files whose name stands masked in the manifest and whose
	// content is there under some name.
	Masked int
}

// IsNone reports whether every file of the manifest is there unchanged, and no
// other.
func (d Difference) IsNone() bool { return len(d.Missing)+len(d.Changed)+len(d.Extra) == 0 }

// masked is how the audit ends the name of a file that holds an identifier:
// with its place in the set.
var masked = regexp.MustCompile(` #[0-9]+$`)

type content struct {
	sha256 string
	size   int64
}

// Compare holds files against a manifest.
func Compare(manifest, files audit.Manifest) Difference {
	var d Difference
	there := make(map[string]audit.ManifestEntry, len(files))
	for _, f := range files {
		there[f.Path] = f
	}
	var unnamed []audit.ManifestEntry
	for _, want := range manifest {
		got, ok := there[want.Path]
		switch {
		case ok && got.SHA256 == want.SHA256 && got.SizeBytes == want.SizeBytes:
		case ok:
			d.Changed = append(d.Changed, want.Path)
		case masked.MatchString(want.Path):
			unnamed = append(unnamed, want)
		default:
			d.Missing = append(d.Missing, want.Path)
		}
		delete(there, want.Path)
	}
	d.takeByContent(unnamed, there)
	for path := range there {
		d.Extra = append(d.Extra, path)
	}
	for _, list := range [][]string{d.Missing, d.Changed, d.Extra} {
		sort.Strings(list)
	}
	return d
}

// takeByContent looks for files with masked names among those left over.
func (d *Difference) takeByContent(unnamed []audit.ManifestEntry, left map[string]audit.ManifestEntry) {
	by := map[content][]string{}
	for path, f := range left {
		c := content{f.SHA256, f.SizeBytes}
		by[c] = append(by[c], path)
	}
	for _, want := range unnamed {
		c := content{want.SHA256, want.SizeBytes}
		if len(by[c]) == 0 {
			d.Missing = append(d.Missing, want.Path)
			continue
		}
		delete(left, by[c][0])
		by[c] = by[c][1:]
		d.Masked++
	}
}
