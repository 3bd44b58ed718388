package quality

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNearHashesAreFoundByTheirBands(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var list []hash
	for i := range 300 {
		list = append(list, hash{int32(i), rng.Uint64()})
	}
	want := [][]int32{}
	for i := range 100 {
		h := list[i].bits
		for flipped := i % 7; bits.OnesCount64(h^list[i].bits) < flipped; {
			h ^= 1 << rng.IntN(64)
		}
		list = append(list, hash{int32(300 + i), h})
		if i%7 <= maxBits {
			want = append(want, []int32{int32(i), int32(300 + i)})
		}
	}
	got := near(list, func(a, b int32) bool { return true })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if got := near(list, func(a, b int32) bool { return false }); len(got) != 0 {
		t.Errorf("pictures that are not alike make %d groups, want none", len(got))
	}
}

func TestCorrelationOfPictures(t *testing.T) {
	a := []byte{0, 50, 100, 200}
	tests := []struct {
		name string
		b    []byte
		want float64
	}{
		{"the same", a, 1}, {"brighter, with more contrast", []byte{5, 55, 105, 205}, 1}, {"the negative", []byte{255, 205, 155, 55}, -1},
		{"even", []byte{7, 7, 7, 7}, 0}, {"of another size", []byte{1}, 0}, {"none", nil, 0},
	}
	for _, tt := range tests {
		if got := correlation(a, tt.b); got < tt.want-1e-9 || got > tt.want+1e-9 {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// BenchmarkNear finds the near copies among random hashes, and among hashes of
// which all are alike in half of their bits, as radiographs are.
func BenchmarkNear(b *testing.B) {
	for _, mask := range []uint64{^uint64(0), 0x5555555555555555} {
		b.Run(fmt.Sprintf("%x", mask), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(3, 3))
			list := make([]hash, 100_000)
			for i := range list {
				list[i] = hash{int32(i), rng.Uint64() & mask}
			}
			for b.Loop() {
				near(list, func(x, y int32) bool { return false })
			}
		})
	}
}
