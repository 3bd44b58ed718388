package web

import (
	"cmp"
	"net/http"

	"github.com/a-h/templ"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/mail"
	"assay/web/page"
	"assay/web/ui"
)

func (s *Server) showAccount(w http.ResponseWriter, r *http.Request) error {
	view, err := s.accountView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Account(view))
}

func (s *Server) accountView(r *http.Request) (page.AccountView, error) {
	v := s.visitor(r)
	view := page.AccountView{Shell: s.formShell(r, "Account", "account"), Name: v.Name, Email: v.Email}
	for _, m := range v.Memberships {
		view.Organizations = append(view.Organizations, page.AccountOrganization{
			ID: string(m.Organization), Name: m.Name, Role: m.Role.Label(), IsCurrent: m.Organization == v.Organization,
		})
	}
	for _, m := range v.Closed {
		view.Closed = append(view.Closed, page.AccountClosed{Name: m.Name, IsConnected: m.IsConnected, IsOff: m.IsOff})
	}
	if v.Within != "" {
		view.Within = cmp.Or(v.OrganizationName, "an organization")
		view.Doors = []page.AccountDoor{inboxDoor(v), organizationDoor, tokensDoor}
		return view, nil
	}
	list, err := s.Accounts.Sessions(r.Context(), v.Actor())
	view.Doors = doors(v, len(list))
	return view, err
}

// doors lead to the pages of an account.
func doors(v account.Visitor, sessions int) []page.AccountDoor {
	factor := "Your password alone opens this account. A passkey or an authenticator app makes that safer."
	if v.HasSecondFactor {
		factor = "Your password alone does not open this account: it has a second factor."
	}
	return []page.AccountDoor{
		inboxDoor(v),
		{Title: "Notices", URL: "/account/notices", Text: "What is mailed to you, and when."},
		{Title: "Ways to sign in", URL: "/account/security", Text: factor},
		{Title: "Sessions", URL: "/account/sessions", Text: "You are signed in with " + ui.Plural(sessions, "browser", "browsers") + "."},
		organizationDoor,
		{Title: "What is kept about you", URL: privacyPath, Text: "Have a copy of it, or have the account erased."},
		tokensDoor,
	}
}

func inboxDoor(v account.Visitor) page.AccountDoor {
	text := "Nothing is unread."
	if unread := unreadWords(v); unread != "" {
		text = unread + " unread."
	}
	return page.AccountDoor{Title: "Inbox", URL: "/inbox", Text: text}
}

var tokensDoor = page.AccountDoor{Title: "Tokens to the API", URL: "/account/tokens", Text: "With these, scripts and the command line act for you."}

var organizationDoor = page.AccountDoor{Title: "Sign in with your organization", URL: ssoAccountPath, Text: "Where your organization has a sign-in of its own."}

// renderAccount shows the account page again after a failure.
func (s *Server) renderAccount(w http.ResponseWriter, r *http.Request, err error, change func(*page.AccountView)) error {
	view, loadErr := s.accountView(r)
	if loadErr != nil {
		return loadErr
	}
	view.Errors = mistakes(err)
	change(&view)
	return s.renderTry(w, r, err, page.Account(view))
}

func (s *Server) renameUser(w http.ResponseWriter, r *http.Request) error {
	name := r.PostForm.Get("name")
	if err := s.Accounts.Rename(r.Context(), s.actor(r), name); err != nil {
		return s.renderAccount(w, r, err, func(v *page.AccountView) { v.Name = name })
	}
	s.flash(r, "Your name is changed.")
	redirect(w, r, "/account")
	return nil
}

func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) error {
	n := account.NewPassword{Password: r.PostForm.Get("password"), KeepTokens: r.PostForm.Get("keep_tokens") != "", KeepSession: s.ownSession(r)}
	if err := s.Accounts.ChangePassword(r.Context(), s.actor(r), r.PostForm.Get("present"), n); err != nil {
		return s.renderAccount(w, r, err, func(v *page.AccountView) { v.KeepTokens = n.KeepTokens })
	}
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	sentence := "Your password is changed. All other sessions are ended, and tokens to the API are revoked."
	if n.KeepTokens {
		sentence = "Your password is changed, and all other sessions are ended. Tokens to the API go on."
	}
	s.flash(r, sentence)
	redirect(w, r, "/account")
	return nil
}

func (s *Server) showNewOrganization(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.NewOrganization(page.OrganizationNameView{Shell: s.formShell(r, "Create an organization", "account")}))
}

func (s *Server) createOrganization(w http.ResponseWriter, r *http.Request) error {
	name := r.PostForm.Get("name")
	org, err := s.Accounts.CreateOrganization(r.Context(), s.visitor(r).User, account.NewOrganization{Name: name})
	if err != nil {
		return s.renderTry(w, r, err, page.NewOrganization(page.OrganizationNameView{
			Shell: s.formShell(r, "Create an organization", "account"), Name: name, Errors: mistakes(err),
		}))
	}
	if err := s.workFor(r, org); err != nil {
		return err
	}
	s.flash(r, "Your organization is created. You work for it now.")
	redirect(w, r, "/organization")
	return nil
}

func (s *Server) showInvitation(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, s.invitationPage(r, r.URL.Query().Get("token"), nil))
}

func (s *Server) invitationPage(r *http.Request, token string, failure error) templ.Component {
	view := page.InvitationView{Shell: s.formShell(r, "Invitation", "account"), Token: token}
	if failure != nil {
		view.Errors = mistakes(failure)
	}
	offer, err := s.Accounts.Offer(r.Context(), token)
	if err != nil {
		view.IsOver = true
		return page.Invitation(view)
	}
	v := s.visitor(r)
	view.Organization, view.Role, view.RoleHelp, view.Email = offer.OrganizationName, offer.Role.Label(), offer.Role.Help(), offer.Email
	view.IsSignedIn, view.IsOther = v.SignedIn(), v.SignedIn() && v.Email != offer.Email
	if !view.IsSignedIn {
		_, err := s.providerOf(r, offer)
		view.HasSignIn = err == nil
	}
	view.Return = queryEscape("/invitation?token=" + queryEscape(token))
	return page.Invitation(view)
}

func (s *Server) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	token := r.PostForm.Get("token")
	org, err := s.Accounts.Accept(r.Context(), s.visitor(r).User, token)
	if err != nil {
		if errs.KindOf(err) == errs.NotFound {
			return s.render(w, r, http.StatusUnprocessableEntity, s.invitationPage(r, token, nil))
		}
		return s.renderTry(w, r, err, s.invitationPage(r, token, err))
	}
	if err := s.workFor(r, org); err != nil {
		return err
	}
	now, err := s.Accounts.VisitorBy(r.Context(), s.visitor(r).User, org, s.means(r))
	if err != nil {
		return err
	}
	if now.Organization != org {
		s.flash(r, "You have joined the organization. Its members come in by its own sign-in: connect your account with it.")
		redirect(w, r, ssoAccountPath)
		return nil
	}
	s.flash(r, "You have joined the organization. You work for it now.")
	redirect(w, r, "/account")
	return nil
}

// mailboxLength is how many mails the demo's mailbox shows.
const mailboxLength = 50

// showMailbox lists what the demo would have mailed. The route exists in the
// demo alone: links in it sign people in.
func (s *Server) showMailbox(w http.ResponseWriter, r *http.Request) error {
	list, err := mail.List(r.Context(), s.DB, mailboxLength)
	if err != nil {
		return err
	}
	view := page.MailboxView{Shell: s.shell(r, "Mailbox of the demo", "account")}
	view.Shell.NoIndex = true
	for _, m := range list {
		view.Mails = append(view.Mails, page.MailboxMail{To: m.To, Subject: m.Subject, Text: m.Text, At: ui.DateTime(m.CreatedAt), IsoAt: m.CreatedAt.UTC().Format("2006-01-02T15:04:05Z")})
	}
	return s.render(w, r, http.StatusOK, page.Mailbox(view))
}
