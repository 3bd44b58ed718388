package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderBecomesATarThatOthersRead(t *testing.T) {
	root := filepath.Join(t.TempDir(), "set")
	want := map[string]string{
		"set/a.dcm": "first", "set/deep/" + strings.Repeat("d", 120) + ".dcm": strings.Repeat("x", 1500), "set/naïve.txt": "letters", "set/empty.txt": "", "set/block.bin": strings.Repeat("b", 512),
	}
	for name, content := range want {
		at := filepath.Join(filepath.Dir(root), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, ".DS_Store"), []byte("clutter"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := newStream(root)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(s.from(0))
	if err != nil || int64(len(whole)) != s.size {
		t.Fatalf("%d bytes of %d, %v", len(whole), s.size, err)
	}
	got := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(whole)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = string(content)
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, content := range want {
		if got[name] != content {
			t.Errorf("%s holds %d bytes, want %d", name, len(got[name]), len(content))
		}
	}
	for offset := range whole {
		rest, err := io.ReadAll(s.from(int64(offset)))
		if err != nil || !bytes.Equal(rest, whole[offset:]) {
			t.Fatalf("from %d: %d bytes that differ, %v", offset, len(rest), err)
		}
	}
}

func TestAFileThatShrinksStopsTheUpload(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(name, []byte("long enough"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := newStream(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("short"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(s.from(0)); err == nil {
		t.Error("a file that became shorter was sent")
	}
}
