package ingest

import (
	"encoding/hex"
	"testing"
)

// The list was sealed by the code before package seal.
func TestListsOfTextsSealedBeforeOpen(t *testing.T) {
	const sealed = "0fa7b73117d73e93b20f6e8a3203be07836cb4ece91539395d90982ebc6f1ae7de017cf0d3a54f009bc50a9b6e8b984dfde1a8032b"
	body, err := hex.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{SecretKey: []byte("another key of thirty-two bytes."), OldSecretKeys: [][]byte{[]byte("a key of thirty-two bytes, or so")}}
	of := TextsOf{"018f3a5e-0000-7000-8000-000000000008", "018f3a5e-0000-7000-8000-000000000009", "018f3a5e-0000-7000-8000-00000000000a"}
	if got, err := o.openTexts(body, of); err != nil || got.Beyond != 7 {
		t.Errorf("openTexts = %v, %v, want one that says 7", got, err)
	}
}
