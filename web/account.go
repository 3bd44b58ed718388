package web

import (
	"net/http"

	"github.com/a-h/templ"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/web/page"
)

// noStore marks pages whose address or form holds a secret: no cache keeps
// them, and no link tells of them.
func noStore(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// mistakes returns what to show on a form for a failure that its sender can
// mend: the messages by field, or one sentence.
func mistakes(err error) []errs.FieldError {
	if list := errs.FieldsOf(err); len(list) > 0 {
		return list
	}
	return []errs.FieldError{{Message: errs.MessageOf(err)}}
}

// renderTry shows a form again after a failure that its sender can mend, with
// the status that fits; other failures go to the frame.
func (s *Server) renderTry(w http.ResponseWriter, r *http.Request, err error, c templ.Component) error {
	switch {
	case account.IsTooManyTries(err):
		w.Header().Set("Retry-After", "900")
		return s.render(w, r, http.StatusTooManyRequests, c)
	case errs.KindOf(err) == errs.Invalid, errs.KindOf(err) == errs.Forbidden, errs.KindOf(err) == errs.TooLarge:
		return s.render(w, r, http.StatusUnprocessableEntity, c)
	case errs.KindOf(err) == errs.Conflict:
		return s.render(w, r, http.StatusConflict, c)
	}
	return err
}

func (s *Server) showRegister(w http.ResponseWriter, r *http.Request) error {
	if s.visitor(r).SignedIn() {
		redirect(w, r, "/account")
		return nil
	}
	view := page.RegisterView{Shell: s.formShell(r, "Register", "account"), Invitation: r.URL.Query().Get("invitation")}
	if view.Invitation != "" {
		offer, err := s.Accounts.Offer(r.Context(), view.Invitation)
		if err != nil {
			return err
		}
		view.Email, view.Organization = offer.Email, offer.OrganizationName
	}
	return s.render(w, r, http.StatusOK, page.Register(view))
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) error {
	in := account.Registration{
		Name: r.PostForm.Get("name"), Email: r.PostForm.Get("email"),
		Password: r.PostForm.Get("password"), Invitation: r.PostForm.Get("invitation"),
	}
	if err := s.Accounts.Register(r.Context(), in); err != nil {
		view := page.RegisterView{
			Shell: s.formShell(r, "Register", "account"), Name: in.Name, Email: in.Email, Invitation: in.Invitation, Errors: mistakes(err),
		}
		return s.renderTry(w, r, err, page.Register(view))
	}
	if in.Invitation != "" {
		s.flash(r, "Sign in to accept the invitation.")
		redirect(w, r, "/login?next="+queryEscape("/invitation?token="+queryEscape(in.Invitation)))
		return nil
	}
	redirect(w, r, "/register/sent")
	return nil
}

func (s *Server) showRegisterSent(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.Sent(page.SentView{
		Shell: s.shell(r, "Check your mail", "account"), Mailbox: s.config.Demo,
		Text:  "We sent a mail to the address you entered. Follow its link to confirm the address; it works once, for two days.",
		Again: "/confirm/resend", AgainLabel: "Send the mail again",
	}))
}

func (s *Server) showConfirm(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.Confirm(page.ConfirmView{
		Shell: s.formShell(r, "Confirm your address", "account"), Token: r.URL.Query().Get("token"),
	}))
}

// confirm shows that the address is the user's and signs in.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request) error {
	token := r.PostForm.Get("token")
	in, err := s.Accounts.Confirm(r.Context(), token, r.PostForm.Get("password"))
	if errs.KindOf(err) == errs.NotFound {
		return s.render(w, r, http.StatusUnprocessableEntity, page.Confirm(page.ConfirmView{
			Shell: s.formShell(r, "Confirm your address", "account"), IsOver: true,
		}))
	}
	if err != nil {
		return s.renderTry(w, r, err, page.Confirm(page.ConfirmView{
			Shell: s.formShell(r, "Confirm your address", "account"), Token: token, Errors: mistakes(err),
		}))
	}
	if err := s.enter(w, r, in, "/account"); err != nil {
		return err
	}
	s.flash(r, "Your address is confirmed.")
	return nil
}

func (s *Server) showResend(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.Resend(page.AddressView{Shell: s.formShell(r, "Send the mail again", "account")}))
}

func (s *Server) resend(w http.ResponseWriter, r *http.Request) error {
	email := r.PostForm.Get("email")
	if err := s.Accounts.ResendConfirmation(r.Context(), email); err != nil {
		return s.renderTry(w, r, err, page.Resend(page.AddressView{
			Shell: s.formShell(r, "Send the mail again", "account"), Email: email, Errors: mistakes(err),
		}))
	}
	redirect(w, r, "/register/sent")
	return nil
}

func (s *Server) showReset(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.Reset(page.AddressView{Shell: s.formShell(r, "Set a new password", "account")}))
}

func (s *Server) requestReset(w http.ResponseWriter, r *http.Request) error {
	email := r.PostForm.Get("email")
	if err := s.Accounts.RequestReset(r.Context(), email); err != nil {
		return s.renderTry(w, r, err, page.Reset(page.AddressView{
			Shell: s.formShell(r, "Set a new password", "account"), Email: email, Errors: mistakes(err),
		}))
	}
	redirect(w, r, "/reset/sent")
	return nil
}

func (s *Server) showResetSent(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.Sent(page.SentView{
		Shell: s.shell(r, "Check your mail", "account"), Mailbox: s.config.Demo,
		Text:  "If the address you entered has an account, we sent a mail to it. Its link sets a new password; it works once, for one hour.",
		Again: "/reset", AgainLabel: "Try another address",
	}))
}

func (s *Server) showNewPassword(w http.ResponseWriter, r *http.Request) error {
	view := page.NewPasswordView{Shell: s.formShell(r, "Set a new password", "account"), Token: r.URL.Query().Get("token")}
	err := s.Accounts.ResetIsOpen(r.Context(), view.Token)
	if errs.KindOf(err) == errs.NotFound {
		view.IsOver = true
		return s.render(w, r, http.StatusNotFound, page.NewPassword(view))
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.NewPassword(view))
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request) error {
	view := page.NewPasswordView{Shell: s.formShell(r, "Set a new password", "account"), Token: r.PostForm.Get("token"), KeepTokens: r.PostForm.Get("keep_tokens") != ""}
	err := s.Accounts.Reset(r.Context(), view.Token, account.NewPassword{Password: r.PostForm.Get("password"), KeepTokens: view.KeepTokens})
	if errs.KindOf(err) == errs.NotFound {
		view.IsOver = true
		return s.render(w, r, http.StatusUnprocessableEntity, page.NewPassword(view))
	}
	if err != nil {
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.NewPassword(view))
	}
	s.flash(r, "Your new password is set. Sign in with it.")
	redirect(w, r, "/login")
	return nil
}
