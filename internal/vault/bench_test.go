package vault_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/vault"
)

// BenchmarkKeepAndRead keeps a document and reads it back, beside what is the
// least that would be done without a vault: write a file while its SHA-256 is
// taken, and read it the same way. x/copy is how many times longer the vault
// takes for the same bytes, in turn.
func BenchmarkKeepAndRead(b *testing.B) {
	for _, size := range []int{100 << 10, 2 << 20, vault.MaxBytes} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			r := newBenchRoom(b)
			body := pdf + strings.Repeat("%", size-len(pdf))
			at := filepath.Join(b.TempDir(), "copy")
			b.SetBytes(int64(size))
			var plain time.Duration
			for b.Loop() {
				v, err := r.vault.Put(b.Context(), r.owner, vault.Incoming{Kind: vault.Other, Name: "a.pdf", Content: strings.NewReader(body)}, anyone, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, _, err := r.vault.Open(b.Context(), r.owner, v.Ref(), reader); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				begun := time.Now()
				copyPlain(b, at, body)
				plain += time.Since(begun)
				if err := r.vault.Remove(b.Context(), r.owner, v.Document, anyone); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(size)*float64(b.N)/1e6/plain.Seconds(), "copy-MB/s")
			b.ReportMetric(b.Elapsed().Seconds()/plain.Seconds(), "x/copy")
		})
	}
}

func copyPlain(b *testing.B, at, body string) {
	b.Helper()
	f, err := os.Create(at)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(io.MultiWriter(f, sha256.New()), strings.NewReader(body))
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	read, err := os.ReadFile(at)
	if err != nil || len(read) != len(body) || sha256.Sum256(read) == [32]byte{} {
		b.Fatalf("read %d of %d bytes, %v", len(read), len(body), err)
	}
}
