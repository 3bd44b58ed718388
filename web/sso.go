package web

import (
	"net/http"
	"net/url"
	"strings"

	"assay/internal/account"
	"assay/internal/account/sso"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
	"assay/web/ui"
)

const (
	ssoPath        = "/organization/sign-in"
	ssoAccountPath = "/account/organization-sign-in"

	sessionTry     = "sso_try"
	sessionTryNext = "sso_next"
	// sessionWithin is the organization whose own sign-in began the session: it
	// reaches no other.
	sessionWithin = "within"
)

// chooseOrganization looks for the sign-in of an address's domain. The answer
// is about the domain; the address is not looked up.
func (s *Server) chooseOrganization(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.PostForm.Get("next"))
	p, err := s.SSO.ForAddress(r.Context(), r.PostForm.Get("organization-email"))
	if errs.KindOf(err) == errs.NotFound {
		err = &errs.Error{Kind: errs.Invalid, Field: "organization-email", Message: "No organization signs people in for this domain. Use your password or a passkey."}
	}
	if err == nil {
		err = s.leaveFor(w, r, p, "", next)
	}
	if err == nil {
		return nil
	}
	view := s.signInView(r, next)
	view.OrganizationEmail, view.Errors = r.PostForm.Get("organization-email"), mistakes(err)
	return s.renderTry(w, r, err, page.SignIn(view))
}

// leaveFor begins a visit to a provider and leads to the page that says so.
func (s *Server) leaveFor(w http.ResponseWriter, r *http.Request, p sso.Provider, binds id.User, next string) error {
	try, err := s.SSO.Begin(r.Context(), p, binds)
	if err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionTry, try.Bytes())
	s.sessions.Put(r.Context(), sessionTryNext, next)
	redirect(w, r, "/login/organization/leave")
	return nil
}

// showLeave says where the link leads, since it is another site.
//
// Source: OWASP ASVS 5.0 3.7.3.
func (s *Server) showLeave(w http.ResponseWriter, r *http.Request) error {
	try, ok := sso.ReadTry(s.sessions.GetBytes(r.Context(), sessionTry))
	if !ok {
		return s.showNoVisit(w, r)
	}
	at, err := url.Parse(try.Address)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.LeaveForSignIn(page.LeaveView{
		Shell: s.formShell(r, "Go on to your organization’s sign-in", "account"), Host: at.Hostname(), Address: try.Address,
	}))
}

// showNoVisit says that this browser has not begun, or has ended, a visit to a
// provider.
func (s *Server) showNoVisit(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.LeaveForSignIn(page.LeaveView{Shell: s.formShell(r, "This sign-in is over", "account"), IsOver: true}))
}

// finishOrganization takes a provider's answer. Without a visit that this
// browser has begun it changes nothing.
func (s *Server) finishOrganization(w http.ResponseWriter, r *http.Request) error {
	try, ok := sso.ReadTry(s.sessions.GetBytes(r.Context(), sessionTry))
	if !ok {
		return s.showNoVisit(w, r)
	}
	s.sessions.Remove(r.Context(), sessionTry)
	next := s.sessions.PopString(r.Context(), sessionTryNext)
	if try.Binds != "" && try.Binds != s.visitor(r).User {
		return s.showNoVisit(w, r)
	}
	user, err := s.SSO.Finish(r.Context(), try, r.URL.Query())
	if err == nil && try.Binds != "" {
		s.flash(r, "Your account is connected. You can sign in with your organization from now on.")
		redirect(w, r, ssoAccountPath)
		return nil
	}
	if err == nil {
		err = s.enterVouched(w, r, user, try.Organization, next)
	}
	if k := errs.KindOf(err); k != errs.Invalid && k != errs.Forbidden && k != errs.Conflict && k != errs.NotFound {
		return err
	}
	s.log.InfoContext(r.Context(), "an organization’s sign-in was refused", "organization", try.Organization, "reason", err)
	s.flash(r, errs.MessageOf(err))
	if try.Binds != "" {
		redirect(w, r, ssoAccountPath)
		return nil
	}
	redirect(w, r, withNext("/login", next))
	return nil
}

func (s *Server) enterVouched(w http.ResponseWriter, r *http.Request, user id.User, org id.Organization, next string) error {
	in, err := s.Accounts.SignInVouched(r.Context(), account.Vouched{User: user, Organization: org, Device: s.deviceOf(r), Browser: browserName(r.UserAgent())})
	if err != nil {
		return err
	}
	if err := s.begin(w, r, in); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionWithin, string(org))
	if in.NeedsSecondStep {
		redirect(w, r, withNext("/login/second", next))
		return nil
	}
	s.sessions.Remove(r.Context(), sessionProved) // what the account is entered by needs a proof of the account's own
	v, err := s.Accounts.Visitor(r.Context(), user, org)
	if err != nil {
		return err
	}
	redirect(w, r, landing(next, v.Within(org)))
	return nil
}

func (s *Server) showSSO(w http.ResponseWriter, r *http.Request) error { return s.renderSSO(w, r, nil) }

func (s *Server) renderSSO(w http.ResponseWriter, r *http.Request, failure error) error {
	a := s.actor(r)
	view := page.SSOView{Shell: s.formShell(r, "Sign-in of your organization", "account"), Callback: strings.TrimRight(s.config.PublicURL, "/") + sso.CallbackPath}
	domain, err := s.SSO.ProvedDomain(r.Context(), a)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	view.Domain = domain
	p, err := s.SSO.Of(r.Context(), a)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	if err == nil {
		view.IsSet, view.Issuer, view.ClientID = true, p.Issuer, p.ClientID
		if p.EnabledAt != nil {
			view.EnabledAt = ui.DateTime(*p.EnabledAt)
		}
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
	view := page.SSOAccountView{Shell: s.formShell(r, "Sign in with your organization", "account"), Organization: v.OrganizationName}
	p, err := s.SSO.Of(r.Context(), s.actor(r))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	if err == nil && p.EnabledAt != nil {
		view.IsOn, view.Domain = true, p.Domain
	}
	if view.IsBound, err = s.SSO.IsBound(r.Context(), s.actor(r)); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.SSOAccount(view))
}

func (s *Server) connectSSO(w http.ResponseWriter, r *http.Request) error {
	p, err := s.SSO.Of(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	if err := s.leaveFor(w, r, p, s.visitor(r).User, ""); err != nil {
		s.flash(r, errs.MessageOf(err))
		redirect(w, r, ssoAccountPath)
	}
	return nil
}

func (s *Server) disconnectSSO(w http.ResponseWriter, r *http.Request) error {
	if err := s.SSO.Unbind(r.Context(), s.actor(r)); err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	s.flash(r, "Your account is disconnected. Sign in with your password or a passkey.")
	redirect(w, r, ssoAccountPath)
	return nil
}

// within narrows the visitor of a session that an organization's sign-in began.
func (s *Server) within(r *http.Request, v account.Visitor) account.Visitor {
	if org := s.sessions.GetString(r.Context(), sessionWithin); org != "" {
		v = v.Within(id.Organization(org))
	}
	return v
}
