package main

import (
	"testing"

	"assay/internal/job"
	"assay/internal/postgres"
)

// export makes an export of what is kept about somebody, ready to download.
func (r *running) export(t *testing.T, a postgres.Actor) string {
	t.Helper()
	if err := r.privacy.Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	list, err := r.privacy.Exports(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.privacy.Gather(t.Context(), job.ExportAccount{Export: list[0].ID}); err != nil {
		t.Fatal(err)
	}
	return string(list[0].ID)
}
