package ui_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// inline is what the content security policy forbids: style attributes, event
// attributes, and scripts or styles inside a page.
var inline = regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=["{]|<style[\s>]|<script>|javascript:`)

func TestNoTemplateWritesInlineStyleOrScript(t *testing.T) {
	n := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".templ" {
			return err
		}
		n++
		source, err := os.ReadFile(path)
		if m := inline.Find(source); m != nil {
			t.Errorf("%s holds %q, which the content security policy forbids", path, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatal("no template found")
	}
}
