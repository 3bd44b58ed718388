package nifti_test

import (
	"encoding/binary"
	"math"
	"testing"

	"assay/internal/audit/nifti"
)

// header1 returns a header of NIfTI-1 of 4 x 3 x 2 voxels.
func header1() []byte {
	b := make([]byte, nifti.Size1)
	order := binary.LittleEndian
	order.PutUint32(b, nifti.Size1)
	for i, d := range []uint16{3, 4, 3, 2} {
		order.PutUint16(b[40+2*i:], d)
	}
	order.PutUint16(b[70:], uint16(nifti.Int16))
	order.PutUint16(b[72:], 16)
	copy(b[344:], "n+1\x00")
	return b
}

func putReal(b []byte, at int, v float32) {
	binary.LittleEndian.PutUint32(b[at:], math.Float32bits(v))
}

func TestQuaternionGivesTheTransform(t *testing.T) {
	b := header1()
	for i, v := range []float32{-1, 2, 3, 4} { // qfac, then spacing
		putReal(b, 76+4*i, v)
	}
	binary.LittleEndian.PutUint16(b[252:], 1)
	putReal(b, 264, float32(math.Sqrt2/2)) // a turn of 90 degrees about z
	for i, v := range []float32{10, 20, 30} {
		putReal(b, 268+4*i, v)
	}
	h, err := nifti.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	want := [3][4]float64{{0, -3, 0, 10}, {2, 0, 0, 20}, {0, 0, -4, 30}}
	got, ok := h.Affine()
	for r := range want {
		for c := range want[r] {
			if math.Abs(got[r][c]-want[r][c]) > 1e-5 {
				t.Fatalf("Affine = %v %v, want %v", got, ok, want)
			}
		}
	}
}

func TestSpacingInMetersIsToldInMillimeters(t *testing.T) {
	b := header1()
	for i := range 4 {
		putReal(b, 76+4*i, 0.002)
	}
	b[123] = 1
	h, err := nifti.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, mm := range h.SpacingMM {
		if math.Abs(mm-2) > 1e-6 {
			t.Errorf("SpacingMM = %v, want 2 each", h.SpacingMM)
		}
	}
}

func TestHeaderThatMakesNoSenseIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func([]byte) []byte
	}{
		{"cut short", func(b []byte) []byte { return b[:300] }},
		{"eight dimensions", func(b []byte) []byte { b[40] = 8; return b }},
		{"a dimension of 0", func(b []byte) []byte { b[44] = 0; return b }},
		{"voxels at no number", func(b []byte) []byte { putReal(b, 108, float32(math.NaN())); return b }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := nifti.Parse(tt.change(header1())); err == nil {
				t.Error("Parse took the header")
			}
		})
	}
}
