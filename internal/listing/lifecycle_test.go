package listing_test

import (
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres/postgrestest"
)

func TestEveryStateIsReachedByTheService(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	for _, state := range listing.States {
		t.Run(string(state.Value), func(t *testing.T) {
			t.Parallel()
			org := accounttest.Organization(t, db)
			d := listingtest.Version(t, db, org, state.Value)
			if d.Version.State != state.Value {
				t.Errorf("Version(%s) is %s", state.Value, d.Version.State)
			}
			last := d.History
			if state.Value != listing.Draft && (len(last) == 0 || last[len(last)-1].To != state.Value) {
				t.Errorf("history of a version that is %s ends elsewhere: %+v", state.Value, last)
			}
		})
	}
}
