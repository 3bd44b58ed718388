package web

import (
	"net/http"
	"slices"
	"strings"

	"assay/internal/account/sso"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

func (s *Server) showSSO(w http.ResponseWriter, r *http.Request) error { return s.renderSSO(w, r, nil) }

func (s *Server) renderSSO(w http.ResponseWriter, r *http.Request, failure error) error {
	view, err := s.ssoView(r)
	if err != nil {
		return err
	}
	if failure == nil {
		return s.render(w, r, http.StatusOK, page.SSO(view))
	}
	if r.PostForm.Has("issuer") {
		view.Issuer, view.ClientID = r.PostForm.Get("issuer"), r.PostForm.Get("client_id")
	}
	view.Errors = mistakes(failure)
	return s.renderTry(w, r, failure, page.SSO(view))
}

func (s *Server) ssoView(r *http.Request) (page.SSOView, error) {
	a := s.actor(r)
	view := page.SSOView{Shell: s.formShell(r, "Sign-in of your organization", "account"), Callback: strings.TrimRight(s.config.PublicURL, "/") + sso.CallbackPath}
	domain, err := s.SSO.ProvedDomain(r.Context(), a)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return view, err
	}
	view.Domain = domain
	p, err := s.SSO.Of(r.Context(), a)
	if errs.KindOf(err) == errs.NotFound {
		return view, nil
	}
	if err != nil {
		return view, err
	}
	view.IsSet, view.Issuer, view.ClientID = true, p.Issuer, p.ClientID
	if p.EnabledAt != nil {
		view.EnabledAt = ui.DateTime(*p.EnabledAt)
	}
	if p.RequiredAt != nil {
		view.RequiredAt = ui.DateTime(*p.RequiredAt)
	}
	list, err := s.SSO.Unready(r.Context(), a)
	for _, u := range list {
		one := page.SSOUnready{Name: u.Name, Email: u.Email, Why: "has not connected the account"}
		if u.IsOutside {
			one.Why = "has an address of another domain"
		}
		if u.IsOwner {
			one.Why += "; as an owner comes in with a second factor"
		}
		view.Unready = append(view.Unready, one)
	}
	return view, err
}

func (s *Server) saveSSO(w http.ResponseWriter, r *http.Request) error {
	err := s.SSO.Save(r.Context(), s.actor(r), sso.Settings{Issuer: r.PostForm.Get("issuer"), ClientID: r.PostForm.Get("client_id"), Secret: r.PostForm.Get("client_secret")})
	return s.afterSSO(w, r, err, "Saved. It is off until you turn it on.")
}

func (s *Server) enableSSO(w http.ResponseWriter, r *http.Request) error {
	return s.afterSSO(w, r, s.SSO.Enable(r.Context(), s.actor(r)), "The provider answers, and its sign-in is on. Members connect their accounts next.")
}

func (s *Server) disableSSO(w http.ResponseWriter, r *http.Request) error {
	return s.afterSSO(w, r, s.SSO.Disable(r.Context(), s.actor(r)), "The sign-in is off. Members use their passwords and passkeys.")
}

func (s *Server) requireSSO(w http.ResponseWriter, r *http.Request) error {
	return s.afterSSO(w, r, s.SSO.Require(r.Context(), s.actor(r)), "Members come in by your sign-in alone from now on.")
}

func (s *Server) relaxSSO(w http.ResponseWriter, r *http.Request) error {
	return s.afterSSO(w, r, s.SSO.Relax(r.Context(), s.actor(r)), "Members may use their passwords and passkeys again.")
}

func (s *Server) afterSSO(w http.ResponseWriter, r *http.Request, err error, sentence string) error {
	if err != nil {
		return s.renderSSO(w, r, err)
	}
	s.flash(r, sentence)
	redirect(w, r, ssoPath)
	return nil
}

func (s *Server) showSSOAccount(w http.ResponseWriter, r *http.Request) error {
	v := s.visitor(r)
	view := page.SSOAccountView{Shell: s.formShell(r, "Sign in with your organization", "account"), IsWithin: v.Within != "", HasOrganization: len(v.Memberships)+len(v.Closed) > 0}
	for _, m := range slices.Concat(v.Memberships, v.Closed) {
		a := postgres.Actor{User: v.User, Organization: m.Organization}
		p, err := s.SSO.Of(r.Context(), a)
		if errs.KindOf(err) == errs.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		isBound, err := s.SSO.IsBound(r.Context(), a)
		if err != nil {
			return err
		}
		if p.EnabledAt == nil && !isBound {
			continue
		}
		view.Organizations = append(view.Organizations, page.SSOOrganization{
			ID: string(m.Organization), Name: m.Name, Domain: p.Domain, IsOn: p.EnabledAt != nil, IsBound: isBound, IsRequired: m.MustSignIn,
			IsOutside: !strings.HasSuffix(v.Email, "@"+p.Domain),
		})
	}
	return s.render(w, r, http.StatusOK, page.SSOAccount(view))
}

// chosenMembership is the organization that a form of the account names, one of
// the visitor's, also one that the session does not reach.
func (s *Server) chosenMembership(r *http.Request) (postgres.Actor, error) {
	v := s.visitor(r)
	want := id.Organization(r.PostForm.Get("organization"))
	for _, m := range slices.Concat(v.Memberships, v.Closed) {
		if m.Organization == want {
			return postgres.Actor{User: v.User, Organization: want}, nil
		}
	}
	return postgres.Actor{}, errs.New(errs.NotFound, "No such organization.")
}

func (s *Server) connectSSO(w http.ResponseWriter, r *http.Request) error {
	a, err := s.chosenMembership(r)
	if err != nil {
		return err
	}
	p, err := s.SSO.Of(r.Context(), a)
	if err == nil {
		err = s.leaveFor(w, r, p, sso.Aim{Binds: a.User}, "")
	}
	if err != nil {
		s.flash(r, errs.MessageOf(err))
		redirect(w, r, ssoAccountPath)
	}
	return nil
}

func (s *Server) disconnectSSO(w http.ResponseWriter, r *http.Request) error {
	a, err := s.chosenMembership(r)
	if err != nil {
		return err
	}
	if err := s.SSO.Unbind(r.Context(), a); err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	to := ssoAccountPath
	if s.visitor(r).Within == a.Organization { // this session ended with the connection
		to = "/login"
		if err := s.sessions.Destroy(r.Context()); err != nil {
			return err
		}
	}
	s.flash(r, "Your account is disconnected. Sign in with your password or a passkey.")
	redirect(w, r, to)
	return nil
}
