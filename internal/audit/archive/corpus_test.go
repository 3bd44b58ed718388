package archive_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/archive"
	"assay/internal/audit/sniff"
)

func corpus(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("ASSAY_CORPUS")
	if folder == "" {
		t.Skip("ASSAY_CORPUS is not set")
	}
	return folder
}

// hostileFile reads a file of the corpus, out of its gzip if it is stored so.
func hostileFile(t *testing.T, folder, name, store string) []byte {
	t.Helper()
	path := filepath.Join(folder, "hostile", name)
	if store != "gz" {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	f, err := os.Open(path + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// drain reads every file to its end and keeps nothing. It returns the bytes
// that came out and the first refusal.
func drain(files *archive.FS) (int64, error) {
	var total int64
	var first error
	for _, name := range files.Files() {
		f, err := files.Open(name)
		if err == nil {
			var n int64
			n, err = io.Copy(io.Discard, f)
			total += n
			f.Close()
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return total, first
}

func TestHostileArchivesEndAsTheManifestExpects(t *testing.T) {
	folder := corpus(t)
	f, err := os.Open(filepath.Join(folder, "hostile", "MANIFEST.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, row := range rows[1:] {
		name, store, expect := row[0], row[1], row[6]
		if !strings.HasPrefix(name, "zip_") && !strings.HasPrefix(name, "tar_") && !strings.HasPrefix(name, "gz_") {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			b := hostileFile(t, folder, name, store)
			start := time.Now()
			files, err := open(b, archive.Limits{})
			var refusal *archive.Refusal
			if err != nil {
				if !errors.As(err, &refusal) {
					t.Fatalf("Open: %v, want a refusal", err)
				}
				t.Logf("%v: %s", time.Since(start).Round(time.Millisecond), refusal)
				return
			}
			defer files.Close()
			out, err := drain(files)
			t.Logf("%v: refused %v; read %d bytes: %v", time.Since(start).Round(time.Millisecond), files.Refused(), out, err)
			if limit := 200 * int64(len(b)); out > limit {
				t.Errorf("%d bytes came out of %d, want at most %d", out, len(b), limit)
			}
			for _, path := range files.Files() {
				if !fs.ValidPath(path) || strings.ContainsAny(path, "\\:\x00") {
					t.Errorf("a name got through that leaves the folder")
				}
			}
			if strings.HasPrefix(expect, "treat inner zip") {
				wantOpaque(t, files)
				return
			}
			if len(files.Refused()) == 0 && !errors.As(err, &refusal) {
				t.Errorf("nothing is refused; the manifest expects %q", expect)
			}
		})
	}
	if seen < 15 {
		t.Errorf("%d archives in the manifest, want at least 15", seen)
	}
}

func wantOpaque(t *testing.T, files *archive.FS) {
	t.Helper()
	inner := 0
	for _, name := range files.Files() {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if sniff.Detect(b, b, int64(len(b))) == sniff.Zip {
			inner++
		}
	}
	if inner == 0 {
		t.Error("no archive within the archive, want it kept as a plain file")
	}
}

func TestCorpusSetsAreReadWhole(t *testing.T) {
	folder := corpus(t)
	names, err := filepath.Glob(filepath.Join(folder, "sets", "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files, err := archive.Open(bytes.NewReader(b), int64(len(b)), filepath.Base(name), archive.Limits{})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		if _, err := drain(files); err != nil || len(files.Refused()) > 0 {
			t.Errorf("%s: %v, refused %v, want all files", filepath.Base(name), err, files.Refused())
		}
		files.Close()
	}
	t.Logf("%d sets", len(names))
}
