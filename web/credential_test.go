package web_test

import (
	"testing"

	"assay/internal/credential"
	"assay/internal/listing"
)

func TestEachProfessionOfAnAnnotatorIsOneOfTheClaims(t *testing.T) {
	for _, r := range credential.Roles() {
		if !listing.AnnotatorRoles.Has(listing.AnnotatorRole(r)) {
			t.Errorf("claims have no profession %q: nobody could be linked", r)
		}
	}
}
