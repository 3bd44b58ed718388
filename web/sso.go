package web

import (
	"net/http"
	"net/url"
	"time"

	"assay/internal/account"
	"assay/internal/account/sso"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
)

const (
	ssoPath        = "/organization/sign-in"
	ssoAccountPath = "/account/organization-sign-in"

	sessionTry     = "sso_try"
	sessionTryNext = "sso_next"
	// sessionSince is when an organization's own sign-in began the session, in Unix
	// seconds.
	sessionSince = "within_since"
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
		err = s.leaveFor(w, r, p, sso.Aim{}, next)
	}
	if err == nil {
		return nil
	}
	view := s.signInView(r, next)
	view.OrganizationEmail, view.Errors = r.PostForm.Get("organization-email"), mistakes(err)
	return s.renderTry(w, r, err, page.SignIn(view))
}

// providerOf is the sign-in by which an invitation may be taken up: that of the
// organization, if it is for the domain of the invited address.
func (s *Server) providerOf(r *http.Request, o account.Offer) (sso.Provider, error) {
	p, err := s.SSO.ForAddress(r.Context(), o.Email)
	if err == nil && p.Organization != o.Organization {
		return sso.Provider{}, errs.New(errs.NotFound, "This organization has no sign-in for the invited address.")
	}
	return p, err
}

// joinByOrganization begins a visit that takes up an invitation.
func (s *Server) joinByOrganization(w http.ResponseWriter, r *http.Request) error {
	token := r.PostForm.Get("token")
	offer, err := s.Accounts.Offer(r.Context(), token)
	if errs.KindOf(err) == errs.NotFound {
		return s.render(w, r, http.StatusUnprocessableEntity, s.invitationPage(r, token, nil))
	}
	if err != nil {
		return err
	}
	p, err := s.providerOf(r, offer)
	if err == nil {
		err = s.leaveFor(w, r, p, sso.Aim{Invitation: account.InvitationHash(token)}, "")
	}
	if err != nil {
		return s.renderTry(w, r, err, s.invitationPage(r, token, err))
	}
	return nil
}

// leaveFor begins a visit to a provider and leads to the page that says so.
func (s *Server) leaveFor(w http.ResponseWriter, r *http.Request, p sso.Provider, aim sso.Aim, next string) error {
	try, err := s.SSO.Begin(r.Context(), p, aim)
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
	if err == nil {
		return nil
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
	s.beginWithin(r, org)
	if in.NeedsSecondStep {
		redirect(w, r, withNext("/login/second", next))
		return nil
	}
	s.sessions.Remove(r.Context(), sessionProved) // what the account is entered by needs a proof of the account's own
	v, err := s.Accounts.VisitorBy(r.Context(), user, "", s.means(r))
	if err != nil {
		return err
	}
	redirect(w, r, landing(next, v))
	return nil
}

// means are what the session began by.
func (s *Server) means(r *http.Request) account.Means {
	return account.Means{
		Factor:       account.Factor(s.sessions.GetString(r.Context(), sessionFactor)),
		Organization: id.Organization(s.sessions.GetString(r.Context(), account.SessionKeyWithin)),
	}
}

// beginWithin notes that an organization's own sign-in begins the session.
func (s *Server) beginWithin(r *http.Request, org id.Organization) {
	if org != "" {
		s.sessions.Put(r.Context(), account.SessionKeyWithin, string(org))
		s.sessions.Put(r.Context(), sessionSince, time.Now().Unix())
	}
}

// vouchedTooLong reports whether the session began by an organization's own
// sign-in so long ago that it is over.
func (s *Server) vouchedTooLong(r *http.Request) bool {
	since := time.Unix(s.sessions.GetInt64(r.Context(), sessionSince), 0)
	return s.means(r).Organization != "" && time.Since(since) > account.VouchedLifetime
}
