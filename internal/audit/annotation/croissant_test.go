package annotation

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/sniff"
)

// cleanCroissant describes a set of one table, as version 1.1 writes it.
const cleanCroissant = `{
 "@context": {"@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/", "conformsTo": "dct:conformsTo"},
 "@type": "sc:Dataset", "name": "made", "conformsTo": "http://mlcommons.org/croissant/1.1",
 "license": "https://spdx.org/licenses/CC-BY-4.0", "citeAs": "made, 2026",
 "distribution": [
  {"@type": "cr:FileObject", "@id": "set.zip", "contentUrl": "https://example.org/set.zip", "encodingFormat": "application/zip", "sha256": "AA"},
  {"@type": "cr:FileObject", "@id": "table", "contentUrl": "labels.csv", "containedIn": {"@id": "set.zip"}, "encodingFormat": "text/csv", "sha256": "bb"},
  {"@type": "cr:FileSet", "@id": "pictures", "containedIn": {"@id": "set.zip"}, "includes": "*.png"}],
 "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "field": [
  {"@type": "cr:Field", "@id": "rows/image", "source": {"fileSet": {"@id": "pictures"}, "extract": {"fileProperty": "filename"}}},
  {"@type": "cr:Field", "@id": "rows/label", "source": {"fileObject": {"@id": "table"}, "extract": {"column": "label"}}, "references": {"@id": "rows/image"}}]}]
}`

func TestFaultsOfCroissantAreTold(t *testing.T) {
	tests := []struct {
		name     string
		old, new string // what is changed in the clean one
		want     []string
	}{
		{"a clean description", "", "", nil},
		{"version 1.0", "croissant/1.1", "croissant/1.0", nil},
		{"prefixed properties", `"license"`, `"sc:license"`, nil},
		{"no name", `"name": "made", `, "", []string{"F-320 /name: missing"}},
		{"an empty distribution", "distribution", "distributions", []string{"F-320 /distribution: missing"}},
		{"no contentUrl", `"contentUrl": "https://example.org/set.zip", `, "", []string{"F-321 /distribution/0/contentUrl: missing"}},
		{"no digest", `, "sha256": "AA"`, "", []string{"F-321 /distribution/0/sha256: missing"}},
		{"no digest of a file in another", `, "sha256": "bb"`, "", nil},
		{"no digest in a live set", `"name": "made"`, `"name": "made", "isLiveDataset": true`, nil},
		{"a source that is nowhere", `{"fileObject": {"@id": "table"}`, `{"fileObject": {"@id": "tables"}`, []string{"F-322 /recordSet/0/field/1/source/fileObject: not defined"}},
		{"a container that is nowhere", `"@id": "set.zip", "contentUrl"`, `"@id": "all.zip", "contentUrl"`,
			[]string{"F-322 /distribution/1/containedIn: not defined", "F-322 /distribution/2/containedIn: not defined"}},
		{"no license and no citation", ` "license": "https://spdx.org/licenses/CC-BY-4.0", "citeAs": "made, 2026",`, "", []string{"P-320 /license: missing", "P-321 /citeAs: missing"}},
		{"broken JSON", `"recordSet": [`, `"recordSet": ,`, []string{"F-001 9:16: no valid JSON from here on"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := readText(t, "croissant.json", strings.Replace(cleanCroissant, tt.old, tt.new, 1), sniff.JSON)
			if f.Formats[0].Format != Croissant {
				t.Errorf("the format is %s", f.Formats[0].Format)
			}
			got := told(f)
			if tt.name == "an empty distribution" { // and then no reference resolves
				got = slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "F-322") })
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDigestsOfCroissantAreHeldAgainstTheFiles(t *testing.T) {
	set := Join([]Member{
		{Index: 0, Path: "d/croissant.json", Kind: sniff.JSON, Facts: readText(t, "d/croissant.json", cleanCroissant, sniff.JSON)},
		{Index: 1, Path: "d/labels.csv", Kind: sniff.CSV, SHA256: "cc"},
		{Index: 2, Path: "old/set.zip", Kind: sniff.Zip, SHA256: "aa"},
	}, JoinOptions{})
	got := set.Book.Of(ruleCroissantDigest.Code)
	if got.Eligible != 2 || got.Affected != 1 || got.Examples[0].Pointer != "/distribution/1/sha256" || got.Examples[0].File != 0 {
		t.Errorf("digests: %+v, want 1 of 2 wrong, that of labels.csv", got)
	}
}
