package main

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/credential/credentialtest"
	"assay/internal/postgres"
)

// A server with a new secret key beside the old one brings everything sealed
// under the new one; after that the old one opens nothing that is needed.
func TestRotateMovesEverythingToTheNewestKeys(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	seller := r.join(t, "seller@example.org", "Seller Imaging", postgres.None)
	r.join(t, "reviewer@example.org", "", postgres.Reviewer)
	credentialtest.Submitted(t, r.readers, seller, credentialtest.Radiologist("Reader 1"), credentialtest.Facts(nil))
	if accounttest.Code(t, r.db, r.accounts, "reviewer@example.org") == "" {
		t.Fatal("the reviewer has no authenticator app")
	}
	newer := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))
	older := r.config.SecretKey

	rotate := func(key, old string) (string, error) {
		t.Helper()
		c := r.config
		c.Var, c.SecretKey, c.OldSecretKeys = t.TempDir(), key, old
		h, err := build(t.Context(), c, r.house.log)
		if err != nil {
			t.Fatal(err)
		}
		defer h.close()
		var out bytes.Buffer
		err = h.rotate(t.Context(), &out)
		return out.String(), err
	}
	if out, err := rotate(newer, ""); err == nil || !strings.Contains(err.Error(), "keep the older ones") || strings.Contains(out, "can be emptied") {
		t.Errorf("without the old key: %v\n%s", err, out)
	}
	out, err := rotate(newer, older)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"private documents                  1 sealed", "names and numbers of annotators    2 sealed", "secrets of authenticator apps      1 sealed"} {
		if !strings.Contains(out, want) {
			t.Errorf("rotate does not say %q:\n%s", want, out)
		}
	}
	if out, err := rotate(newer, ""); err != nil || !strings.Contains(out, "can be emptied") {
		t.Errorf("with the newer key alone: %v\n%s", err, out)
	}
}
