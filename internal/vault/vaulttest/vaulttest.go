// Package vaulttest opens a vault over a folder of the test.
package vaulttest

import (
	"bytes"
	"testing"
	"time"

	"assay/internal/blob"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// PDF is a small document that the vault takes.
const PDF = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// Key returns a key that is all the byte b.
func Key(t testing.TB, b byte) vault.Key {
	t.Helper()
	key, err := vault.NewKey(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Blobs opens an object store of the test's own in folder.
func Blobs(t testing.TB, folder string) *blob.Store {
	t.Helper()
	blobs, err := blob.Open(t.Context(), "file://"+folder+"/blob")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return blobs
}

// Open returns a vault with one key over a folder of its own.
func Open(t testing.TB, db *postgres.DB) *vault.Service {
	t.Helper()
	return vault.New(db, Blobs(t, t.TempDir()), []vault.Key{Key(t, 1)}, time.Now)
}
