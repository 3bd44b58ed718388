package style_test

import (
	"regexp"
	"strings"
	"testing"

	"assay/web/style"
)

func TestInlineSheetFetchesNothing(t *testing.T) {
	css := style.Inline()
	if m := regexp.MustCompile(`url\((?:[^#)]|"[^#])[^)]*\)|@import|@font-face`).FindString(css); m != "" {
		t.Errorf("the inline sheet holds %q", m)
	}
	for _, want := range []string{"--paper:#fbfaf7", ".plot-bar", "@media print"} {
		if !strings.Contains(css, want) {
			t.Errorf("the inline sheet lacks %q", want)
		}
	}
	if strings.Contains(strings.ToLower(css), "</style") {
		t.Error("the sheet ends the element that it stands in")
	}
}
