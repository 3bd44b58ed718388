package audit_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
)

func TestManifestSurvivesItsText(t *testing.T) {
	want := audit.Manifest{
		{Path: `a\nb\\c`, SizeBytes: 0, SHA256: ""},
		{Path: "line\nfeed", SizeBytes: 7, SHA256: strings.Repeat("0f", 32)},
		{Path: "study 1/scan 2.dcm", SizeBytes: 1 << 40, SHA256: strings.Repeat("ab", 32)},
	}
	var text bytes.Buffer
	if err := want.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	got, err := audit.ParseManifest(&text, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Digest() != want.Digest() {
		t.Error("the manifest that was read has another digest")
	}
	for _, bad := range []string{
		"x 1 a\n", "zz 1 a\n", strings.Repeat("ab", 32) + " -1 a\n", strings.Repeat("ab", 32) + " 1\n", strings.Repeat("ab", 32) + " 1 \n",
		" 1 a\n 1 b\n 1 c\n 1 d\n", strings.Repeat("a", 20<<10),
	} {
		if _, err := audit.ParseManifest(strings.NewReader(bad), 3); err == nil {
			t.Errorf("ParseManifest accepted %.40q", bad)
		}
	}
}
