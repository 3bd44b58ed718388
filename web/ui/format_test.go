package ui

import "testing"

func TestNumberGroupsThousands(t *testing.T) {
	tests := []struct {
		name string
		n    int
		want string
	}{
		{"zero has one digit", 0, "0"},
		{"three digits need no comma", 999, "999"},
		{"four digits get one", 1018, "1,018"},
		{"seven digits get two", 1130000, "1,130,000"},
		{"a negative number keeps its sign in front", -11870, "-11,870"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Number(tt.n); got != tt.want {
				t.Errorf("Number(%d) = %q, want %q", tt.n, got, tt.want)
			}
		})
	}
}

func TestBytesStatesAUnit(t *testing.T) {
	tests := []struct {
		name string
		n    int64
		want string
	}{
		{"one byte is singular", 1, "1 byte"},
		{"below a thousand stays in bytes", 999, "999 bytes"},
		{"a thousand becomes kilobytes", 1000, "1.0 kB"},
		{"just below a megabyte does not read 1000 kB", 999_600, "1.0 MB"},
		{"large sizes drop the decimal", 496_000_000_000, "496 GB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Bytes(tt.n); got != tt.want {
				t.Errorf("Bytes(%d) = %q, want %q", tt.n, got, tt.want)
			}
		})
	}
}
