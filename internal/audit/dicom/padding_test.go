package dicom

import (
	"bytes"
	"strings"
	"testing"
)

// TestTrim holds Trim against the library's way.
func TestTrim(t *testing.T) {
	for _, v := range []string{"", " ", "\x00 \x00", "a", " a", "a\x00", " \x00a b\x00 ", "\ta ", "ä "} {
		if got, want := Trim(v), strings.Trim(v, " \x00"); got != want {
			t.Errorf("Trim(%q) = %q; want %q", v, got, want)
		}
		if got, want := TrimRight([]byte(v)), bytes.TrimRight([]byte(v), " \x00"); !bytes.Equal(got, want) {
			t.Errorf("TrimRight(%q) = %q; want %q", v, got, want)
		}
	}
}
