package archive_test

import (
	"bytes"
	"errors"
	"io/fs"
	"testing"

	"assay/internal/audit/archive"
)

// FuzzOpen holds that any bytes are read or refused, that names stay inside,
// and that no more comes out than the limits allow.
func FuzzOpen(f *testing.F) {
	content := map[string]string{"a/1.dcm": "one", "b": noise(300)}
	f.Add(honestZip(f, content, "a/1.dcm", "b"))
	f.Add(rawZip{entries: []rawEntry{{name: "a", content: "hello", deflate: true, extra: "\x01\x00\x04\x00abcd"}, {name: "b", content: "x"}}}.bytes())
	f.Add(zip64Of("a", "hello", nil))
	f.Add(overlapping())
	plain := madeTar(f, tarFile("a/1.dcm", "one"), tarFile("b", noise(300)))
	f.Add(plain)
	f.Add(gzipped(plain))
	f.Add(zstandard(plain))
	lim := archive.Limits{FileBytes: 1 << 20, TotalBytes: 4 << 20, Entries: 100, Scratch: &archive.Memory{Limit: 8 << 20}}
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := archive.Open(bytes.NewReader(b), int64(len(b)), "fuzz", lim)
		var refusal *archive.Refusal
		if err != nil {
			if !errors.As(err, &refusal) {
				t.Fatalf("Open: %v, want a refusal", err)
			}
			return
		}
		defer files.Close()
		for _, name := range files.Files() {
			if !fs.ValidPath(name) {
				t.Errorf("%q is no path within the archive", name)
			}
		}
		out, err := drain(files)
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("reading: %v, want a refusal", err)
		}
		if out > lim.TotalBytes {
			t.Errorf("%d bytes came out, the limit is %d", out, lim.TotalBytes)
		}
	})
}
