package accounttest_test

import (
	"testing"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestMadeActorsAreWhoTheySay(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	service := account.New(db, account.Options{})
	org := accounttest.Seller(t, db)
	editor := accounttest.Member(t, db, org.ID, account.Editor)
	reviewer := accounttest.Reviewer(t, db)

	for _, tt := range []struct {
		name  string
		actor postgres.Actor
		role  account.Role
	}{
		{"owner", org.Owner, account.Owner},
		{"editor", editor, account.Editor},
		{"reviewer", reviewer, ""},
	} {
		v, err := service.Visitor(t.Context(), tt.actor.User, "")
		if err != nil {
			t.Fatalf("Visitor of the %s: %v", tt.name, err)
		}
		v.Platform = v.Staff
		if v.Actor() != tt.actor || v.Role != tt.role {
			t.Errorf("Visitor of the %s acts as %+v with role %q, want %+v and %q", tt.name, v.Actor(), v.Role, tt.actor, tt.role)
		}
	}
}
