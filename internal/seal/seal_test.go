package seal_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"assay/internal/seal"
)

var (
	secret = []byte("a key of thirty-two bytes, or so")
	newer  = []byte("another key of thirty-two bytes.")
)

// Each was sealed by the code that stood in the named package before this one:
// a change of derivation or format would lose everybody's rows.
var sealedBefore = []struct {
	by, label, owner, sealed, plain string
	salt                            string
}{
	{"account", "assay second factor", "authenticator 018f3a5e-0000-7000-8000-000000000001",
		"3e19d7ec53cda85aeaa7b0aa40b08ffee45f37b1243d0531db39e797b4c8d1c0af534e1cd4e547ebd7251a9d", "JBSWY3DPEHPK3PXP", ""},
	{"credential", "assay annotator", "018f3a5e-0000-7000-8000-000000000002",
		"358d01c3e4af575d118532ccd97f502c6f879a678e53fb8d6c9de7bea8196e49669dd26e13af0f", "Ada Example", ""},
	{"sso", "assay organization sign-in", "018f3a5e-0000-7000-8000-000000000003",
		"85855ff162f3c1c4c9a977177c3d7451cb0798fb60eb34b5bb5e9d347392be47f1579cb5f820cf98a6", "client secret", ""},
	{"privacy", "assay account export 018f3a5e-0000-7000-8000-000000000004", "018f3a5e-0000-7000-8000-000000000005",
		"77766d4b4b56ee61c34d1a2338df006e0bc9796a1c9435811dfa5ce342296482b25e2c84c57d", "an archive", "018f3a5e-0000-7000-8000-000000000005"},
}

func TestWhatWasSealedBeforeThisPackageOpens(t *testing.T) {
	for _, tt := range sealedBefore {
		t.Run(tt.by, func(t *testing.T) {
			sealed, err := hex.DecodeString(tt.sealed)
			if err != nil {
				t.Fatal(err)
			}
			for name, box := range map[string]seal.Box{
				"under the newest secret": seal.Salted([]byte(tt.salt), tt.label, secret),
				"under an older secret":   seal.Salted([]byte(tt.salt), tt.label, newer, secret),
			} {
				got, err := box.Open(sealed, tt.owner)
				if err != nil || string(got) != tt.plain {
					t.Errorf("Open %s = %q, %v; want %q", name, got, err, tt.plain)
				}
			}
		})
	}
}

func TestNothingOpensButTheWholeForItsOwnerUnderItsSecretAndUse(t *testing.T) {
	box := seal.New("a use", secret)
	sealed := box.Seal([]byte("a number"), "row 1")
	if len(sealed) != len("a number")+seal.Overhead {
		t.Errorf("%d bytes sealed, want %d", len(sealed), len("a number")+seal.Overhead)
	}
	if got, err := box.Open(sealed, "row 1"); err != nil || string(got) != "a number" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := box.Open(changed, "row 1"); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("byte %d changed: %v, want ErrBroken", i, err)
		}
	}
	for name, open := range map[string]func() ([]byte, error){
		"of another owner":     func() ([]byte, error) { return box.Open(sealed, "row 2") },
		"of another use":       func() ([]byte, error) { return seal.New("b use", secret).Open(sealed, "row 1") },
		"under another secret": func() ([]byte, error) { return seal.New("a use", newer).Open(sealed, "row 1") },
		"with another salt":    func() ([]byte, error) { return seal.Salted([]byte("x"), "a use", secret).Open(sealed, "row 1") },
		"cut":                  func() ([]byte, error) { return box.Open(sealed[:len(sealed)-1], "row 1") },
		"empty":                func() ([]byte, error) { return box.Open(nil, "row 1") },
	} {
		if got, err := open(); !errors.Is(err, seal.ErrBroken) || got != nil {
			t.Errorf("%s: %q, %v, want ErrBroken", name, got, err)
		}
	}
}

func TestRenewSealsOnlyWhatLiesUnderAnOlderSecret(t *testing.T) {
	before := seal.New("a use", secret).Seal([]byte("a name"), "row 1")
	both := seal.New("a use", newer, secret)

	fresh, err := both.Renew(before, "row 1")
	if err != nil || fresh == nil {
		t.Fatalf("Renew of an older seal = %v, %v, want new bytes", fresh, err)
	}
	if got, err := seal.New("a use", newer).Open(fresh, "row 1"); err != nil || string(got) != "a name" {
		t.Errorf("under the newer secret alone: %q, %v", got, err)
	}
	if again, err := both.Renew(fresh, "row 1"); err != nil || again != nil {
		t.Errorf("Renew of what is new = %v, %v, want nothing", again, err)
	}
	if _, err := both.Renew(before, "row 2"); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("Renew for another owner: %v, want ErrBroken", err)
	}
}
