package sso_test

import (
	"testing"

	"assay/internal/account/sso"
)

// A provider that is enabled, and the only way in, stays so while its secret moves to another key.
func TestSecretsOfSignInMoveToANewKey(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.requires()
	before, err := r.Of(t.Context(), r.owner)
	if err != nil || before.EnabledAt == nil {
		t.Fatalf("Of = %v, %v", before, err)
	}
	older, newer := make([]byte, 32), []byte("another key of thirty-two bytes.")
	open := func(secret []byte, old ...[]byte) *sso.Service {
		s, err := sso.New(r.DB, sso.Options{PublicURL: "https://assay.test", SecretKey: secret, OldSecretKeys: old})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, want := range []int{1, 0} {
		if n, err := open(newer, older).Reseal(t.Context()); n != want || err != nil {
			t.Errorf("Reseal = %d, %v, want %d", n, err, want)
		}
	}
	if n, err := open(newer).Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("with the newer key alone: %d, %v", n, err)
	}
	if _, err := open(older).Reseal(t.Context()); err == nil {
		t.Error("the older key still opens the secret")
	}
	after, err := r.Of(t.Context(), r.owner)
	if err != nil || after.EnabledAt == nil || !after.EnabledAt.Equal(*before.EnabledAt) || after.RequiredAt == nil {
		t.Errorf("enabled at %v, asked for since %v, %v, want as before: %v", after.EnabledAt, after.RequiredAt, err, before.EnabledAt)
	}
}
