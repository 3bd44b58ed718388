package privacy

import (
	"encoding/hex"
	"testing"
)

// The archive was sealed by the code before package seal.
func TestArchivesSealedBeforeOpen(t *testing.T) {
	const sealed = "77766d4b4b56ee61c34d1a2338df006e0bc9796a1c9435811dfa5ce342296482b25e2c84c57d"
	body, err := hex.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	s := New(nil, nil, []byte("another key of thirty-two bytes."), []byte("a key of thirty-two bytes, or so"))
	got, err := s.unseal(body, "018f3a5e-0000-7000-8000-000000000004", "018f3a5e-0000-7000-8000-000000000005")
	if err != nil || string(got) != "an archive" {
		t.Errorf("unseal = %q, %v", got, err)
	}
}
