package account

import (
	"context"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Vouched is a person whom an organization's own sign-in has named.
type Vouched struct {
	User         id.User
	Organization id.Organization
	// Device and Browser as in SignInAttempt.
	Device, Browser string
}

// SignInVouched signs in a person whom package sso has checked. It stands for a
// password: who has a second factor is asked for it, and a role on the platform
// does not count without. Who left the organization is errs.NotFound, a closed
// account errs.Unauthenticated.
func (s *Service) SignInVouched(ctx context.Context, v Vouched) (SignedIn, error) {
	email, err := s.openEmail(ctx, v.User)
	if err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{User: v.User}
	err = s.db.InTx(ctx, postgres.Actor{User: v.User, Organization: v.Organization}, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, postgres.Actor{User: v.User, Organization: v.Organization}, func(Role) bool { return true }); err != nil {
			return err
		}
		in.NeedsSecondStep, err = hasFactor(ctx, tx, v.User)
		if err != nil || in.NeedsSecondStep {
			return err
		}
		return s.enter(ctx, tx, entry{v.User, email, NoFactor, v.Device, v.Browser})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// Within returns the visitor of a session that an organization's own sign-in
// began: it reaches that organization alone, since whoever runs that sign-in
// could open it. A role on the platform does not count.
func (v Visitor) Within(org id.Organization) Visitor {
	kept := []Membership{}
	for _, m := range v.Memberships {
		if m.Organization == org {
			kept = append(kept, m)
		}
	}
	v.Memberships, v.Platform = kept, postgres.None
	if v.Organization != org || len(kept) == 0 {
		v.Organization, v.OrganizationName, v.OrganizationSlug, v.Role, v.Rights = "", "", "", "", Rights{}
	}
	if len(kept) == 1 {
		m := kept[0]
		v.Organization, v.OrganizationName, v.OrganizationSlug, v.Role, v.Rights = m.Organization, m.Name, m.Slug, m.Role, m.Rights
	}
	return v
}
