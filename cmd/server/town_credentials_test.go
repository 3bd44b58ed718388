package main

import (
	"testing"
	"time"

	"assay/internal/credential"
	"assay/internal/credential/credentialtest"
	"assay/internal/postgres"
)

// annotate makes an annotator of somebody's organization with a license, which
// waits for a reviewer if what it stands beside does.
func (r *running) annotate(t *testing.T, a postgres.Actor, s things) {
	t.Helper()
	end := time.Now().UTC().Truncate(24*time.Hour).AddDate(1, 0, 0)
	person, err := r.readers.Add(t.Context(), a, credentialtest.Radiologist("Reader of "+s.name), true)
	if err != nil {
		t.Fatal(err)
	}
	key, err := r.readers.Enter(t.Context(), a, person, credential.Facts{Kind: credential.MedicalLicense, Body: "Example Council", Number: "L 1", ExpiresOn: &end}, credentialtest.Evidence())
	if err == nil && s.submitted {
		err = r.readers.Submit(t.Context(), a, key)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.params["annotator"], s.params["credential"] = string(person), string(key)
}
