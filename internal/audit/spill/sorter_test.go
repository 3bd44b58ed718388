package spill_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"assay/internal/audit/archive"
	"assay/internal/audit/spill"
)

func TestRecordsComeBackSortedWhateverStaysInMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 17, 1000, 5_000} {
		var want [][]byte
		for range n {
			r := binary.BigEndian.AppendUint64(nil, random.Uint64N(uint64(n/2+1)))
			want = append(want, append(r, byte(random.IntN(3)), 7))
		}
		for _, memory := range []int{1, 64, 4096, 1 << 30} {
			if n > 1000 && memory < 64 {
				continue
			}
			s := spill.New(10, memory, &archive.Memory{Limit: 1 << 30})
			for _, r := range want {
				if err := s.Add(r); err != nil {
					t.Fatal(err)
				}
			}
			sorted := slices.Clone(want)
			slices.SortFunc(sorted, bytes.Compare)
			for range 2 { // it may be read twice
				i := 0
				err := s.Each(func(r []byte) error {
					if i < len(sorted) && !bytes.Equal(r, sorted[i]) {
						t.Fatalf("%d records, %d bytes in memory: record %d = %x, want %x", n, memory, i, r, sorted[i])
					}
					i++
					return nil
				})
				if err != nil || i != n || s.Len() != n {
					t.Fatalf("%d records, %d bytes in memory: %d came back, Len %d, error %v", n, memory, i, s.Len(), err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestFullSpaceAndWrongRecordsAreErrors(t *testing.T) {
	s := spill.New(8, 8, &archive.Memory{Limit: 1})
	if err := s.Add(make([]byte, 7)); err == nil {
		t.Error("a record of the wrong length was taken")
	}
	var err error
	for range 3 {
		err = errors.Join(err, s.Add(make([]byte, 8)))
	}
	if !errors.Is(err, archive.ErrScratchFull) {
		t.Errorf("Add into a full space: %v, want ErrScratchFull", err)
	}
	stop := errors.New("stop")
	ok := spill.New(8, 8, &archive.Memory{Limit: 2 << 20})
	for range 3 {
		if err := ok.Add(make([]byte, 8)); err != nil {
			t.Fatal(err)
		}
	}
	if err := ok.Each(func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Each: %v, want the error of its function", err)
	}
}
