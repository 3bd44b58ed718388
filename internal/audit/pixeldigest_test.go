package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"testing"
)

// noise returns random bytes.
func noise(n int) []byte {
	random := rand.New(rand.NewPCG(uint64(n), 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func digestOf(t *testing.T, b []byte, pixels PixelRange) sums {
	t.Helper()
	s, n, err := digest(context.Background(), iotestReader{bytes.NewReader(b)}, int64(len(b)), pixels, true)
	if err != nil || n != int64(len(b)) {
		t.Fatalf("digest: %d bytes, error %v; want %d", n, err, len(b))
	}
	return s
}

// iotestReader reads in odd parts, so that samples lie across them.
type iotestReader struct{ r io.Reader }

func (r iotestReader) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 1021)]) }

func TestPixelsHaveOneDigestWhereverTheyLie(t *testing.T) {
	pixels := noise(300_000)
	one := append(append(noise(1234), pixels...), noise(99)...)
	two := append(noise(77), pixels...)
	a := digestOf(t, one, PixelRange{1234, int64(len(pixels)), 2})
	b := digestOf(t, two, PixelRange{77, int64(len(pixels)), 2})
	if a.pixels != b.pixels || a.pixels == ([16]byte{}) {
		t.Errorf("digests of the same pixels = %x and %x, want one that is not zero", a.pixels, b.pixels)
	}
	if a.sha256 == b.sha256 || a.sha256 == "" {
		t.Errorf("SHA-256 of different files = %s and %s", a.sha256, b.sha256)
	}
	pixels[len(pixels)-1]++
	if c := digestOf(t, append(noise(77), pixels...), PixelRange{77, int64(len(pixels)), 2}); c.pixels == a.pixels {
		t.Error("other pixels have the same digest")
	}
}

func TestBlankAndMissingPixelsHaveNoDigest(t *testing.T) {
	blank := append(noise(100), bytes.Repeat([]byte{3, 4, 5, 6, 7, 8}, 50_000)...)
	tests := []struct {
		name   string
		pixels PixelRange
		want   bool
	}{
		{"every sample the same", PixelRange{100, 300_000, 6}, false},
		{"the same bytes as smaller samples vary", PixelRange{100, 300_000, 2}, true},
		{"compressed bytes are no samples", PixelRange{100, 300_000, 0}, true},
		{"past the end of the file", PixelRange{100, 300_001, 2}, false},
		{"none", PixelRange{}, false},
	}
	for _, tt := range tests {
		if got := digestOf(t, blank, tt.pixels).pixels != [16]byte{}; got != tt.want {
			t.Errorf("%s: has a digest: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// BenchmarkDigest compares the one pass for both digests with SHA-256 alone.
func BenchmarkDigest(b *testing.B) {
	data := noise(525_000)
	b.Run("SHA-256 alone", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			h := sha256.New()
			if _, err := copyAtMost(b.Context(), h, bytes.NewReader(data), int64(len(data))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("both digests in one pass", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, _, err := digest(b.Context(), bytes.NewReader(data), int64(len(data)), PixelRange{1000, 524_000, 2}, true); err != nil {
				b.Fatal(err)
			}
		}
	})
}
