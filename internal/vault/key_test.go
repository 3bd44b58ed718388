package vault

import (
	"encoding/hex"
	"testing"
)

// The object was sealed by the code before package seal.
func TestObjectsSealedBeforeOpen(t *testing.T) {
	const sealed = "61737361792d7661756c742f310ab30d48b16034f1ce3a857006d58afc97199380fb036373a8d2aa665977330b1af9032466ab1ce50b9de54dbeae17689930b7b20a034e44ca78467006b4a53fc15d91b08b6bac297e586d49f2e3cdb3"
	body, err := hex.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	key, err := KeyFrom([]byte("a key of thirty-two bytes, or so"))
	if err != nil {
		t.Fatal(err)
	}
	if key.ID() != "c81280b75a8b24a1" {
		t.Errorf("the key is called %s: rows would not find it", key.ID())
	}
	at := place{"018f3a5e-0000-7000-8000-000000000006", "018f3a5e-0000-7000-8000-000000000007", 3}
	if got, err := key.open(body, at); err != nil || string(got) != "%PDF-1.4 a document" {
		t.Errorf("open = %q, %v", got, err)
	}
}
