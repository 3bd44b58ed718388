package id_test

import (
	"testing"

	"assay/internal/id"
)

func TestParse(t *testing.T) {
	fresh := id.New[id.Listing]()
	tests := []struct {
		name, in string
		ok       bool
	}{
		{"a fresh id reads back", string(fresh), true},
		{"empty is no id", "", false},
		{"braces are no canonical form", "{" + string(fresh) + "}", false},
		{"SQL is no id", "1' OR '1'='1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := id.Parse[id.Listing](tt.in); ok != tt.ok || (ok && string(got) != tt.in) {
				t.Errorf("Parse(%q) = %q, %v, want ok %v", tt.in, got, ok, tt.ok)
			}
		})
	}
}
