package web

import (
	"net/http"
	"slices"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/postgres"
)

// need lets a request pass only if allow has no objection.
func (s *Server) need(allow func(account.Visitor) error) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return s.handle(func(w http.ResponseWriter, r *http.Request) error {
			if err := allow(s.visitor(r)); err != nil {
				return err
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

func signedIn(v account.Visitor) error {
	if !v.SignedIn() {
		return errs.New(errs.Unauthenticated, "Sign in to see this page.")
	}
	return nil
}

// errNotOwnMeans is the refusal of what concerns the account in a session that
// an organization's sign-in began.
var errNotOwnMeans = errs.New(errs.Forbidden, "You came in by the sign-in of an organization. Such a session reaches that organization alone and changes nothing about your account. Sign in with your password or a passkey for this.")

// ownMeans asks for a session that a means of the account's own began: who runs
// an organization's sign-in could open any other.
func ownMeans(v account.Visitor) error {
	if v.Within != "" {
		return errNotOwnMeans
	}
	return nil
}

// member asks for a role in the organization worked for.
func member(least account.Role) func(account.Visitor) error {
	return func(v account.Visitor) error {
		switch {
		case !v.SignedIn():
			return signedIn(v)
		case v.Organization == "":
			return errs.New(errs.Forbidden, "This page belongs to an organization. Create one or accept an invitation first.")
		case !atLeast(v.Role, least):
			return errs.Newf(errs.Forbidden, "Your role in this organization is %s; this page needs %s. Ask an owner of the organization.", v.Role.Label(), least.Label())
		}
		return nil
	}
}

// holder asks for a right in the organization worked for.
func holder(right account.Right) func(account.Visitor) error {
	return func(v account.Visitor) error {
		if err := member(account.Viewer)(v); err != nil {
			return err
		}
		if !v.Rights.Has(right) {
			return errs.Newf(errs.Forbidden, "This needs the right to %s in your organization. Ask an owner of it.", right)
		}
		return nil
	}
}

// atLeast reports whether role may do what least may do.
func atLeast(role, least account.Role) bool {
	roles := account.AllRoles() // the strongest first
	i, j := slices.Index(roles, role), slices.Index(roles, least)
	return i >= 0 && i <= j
}

// errNoSecondFactor is the refusal of a role that does not count yet. A page
// that was asked for becomes the one where a factor is added.
var errNoSecondFactor = errs.New(errs.Forbidden, "Your role on the platform counts after a sign-in with a second factor. Add one under Account, Ways to sign in.")

// platform asks for a role on the platform in a session that showed a second
// factor; an admin may review. Others are told that there is no such page.
func platform(role postgres.Platform) func(account.Visitor) error {
	return func(v account.Visitor) error {
		switch {
		case !v.SignedIn():
			return signedIn(v)
		case v.Platform == role, v.Platform == postgres.Admin:
			return nil
		case v.Staff == role, v.Staff == postgres.Admin:
			return errNoSecondFactor
		}
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
}
