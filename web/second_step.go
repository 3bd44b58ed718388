package web

import (
	"net/http"
	"time"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
	"assay/web/static"
)

// pending returns the user of this session who has given the password and not
// yet the second factor; "" if there is none, or it took too long.
func (s *Server) pending(r *http.Request) id.User {
	if s.provedAgo(r) > account.SecondStepLifetime {
		return ""
	}
	return id.User(s.sessions.GetString(r.Context(), account.SessionKeyPending))
}

// provedAgo is how long ago this session last showed a password or a factor.
func (s *Server) provedAgo(r *http.Request) time.Duration {
	return time.Since(time.Unix(s.sessions.GetInt64(r.Context(), sessionProved), 0))
}

// withNext adds where a sign-in leads.
func withNext(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + queryEscape(next)
}

func (s *Server) secondStepView(r *http.Request, user id.User, next string) (page.SecondStepView, error) {
	view := page.SecondStepView{Shell: s.formShell(r, "Second step", "account"), Next: next}
	view.Shell.Scripts = []string{static.URL("passkey.js")}
	f, err := s.Accounts.Factors(r.Context(), account.Visitor{User: user}.Actor())
	view.HasApp, view.HasPasskey, view.HasCodes = f.HasApp, len(f.Passkeys) > 0, f.CodesLeft > 0
	view.Passkey = s.passkeyForm("/login/second/passkey", view.Shell.CSRF)
	view.DemoCommand = s.config.Demo
	return view, err
}

func (s *Server) showSecondStep(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"))
	user := s.pending(r)
	if user == "" {
		redirect(w, r, withNext("/login", next))
		return nil
	}
	view, err := s.secondStepView(r, user, next)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.SecondStep(view))
}

func (s *Server) takeSecondStep(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.PostForm.Get("next"))
	user := s.pending(r)
	if user == "" {
		return s.startAgain(w, r, next)
	}
	code, field := r.PostForm.Get("code"), "code"
	if code == "" {
		code, field = r.PostForm.Get("recovery"), "recovery"
	}
	in, err := s.Accounts.SignInByCode(r.Context(), account.SecondStep{
		User: user, Code: code, Within: s.means(r).Organization, Device: s.deviceOf(r), Browser: browserName(r.UserAgent()),
	})
	if err != nil {
		return s.renderSecondStep(w, r, user, next, field, err)
	}
	return s.enter(w, r, in, next)
}

// renderSecondStep shows the step again; a message about a code stands beside
// the field that it was entered in.
func (s *Server) renderSecondStep(w http.ResponseWriter, r *http.Request, user id.User, next, field string, failure error) error {
	view, err := s.secondStepView(r, user, next)
	if err != nil {
		return err
	}
	for _, m := range mistakes(failure) {
		if m.Field == "code" {
			m.Field = field
		}
		view.Errors = append(view.Errors, m)
	}
	return s.renderTry(w, r, failure, page.SecondStep(view))
}

// startAgain leads back to the password.
func (s *Server) startAgain(w http.ResponseWriter, r *http.Request, next string) error {
	s.flash(r, "That took too long. Please sign in again.")
	redirect(w, r, withNext("/login", next))
	return nil
}

// enter gives the session what a sign-in has earned and leads on: to the
// second step, or to the page asked for.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, in account.SignedIn, next string) error {
	if err := s.begin(w, r, in); err != nil {
		return err
	}
	if in.NeedsSecondStep {
		redirect(w, r, withNext("/login/second", next))
		return nil
	}
	v, err := s.Accounts.VisitorBy(r.Context(), in.User, "", s.means(r))
	if err != nil {
		return err
	}
	redirect(w, r, landing(next, v))
	return nil
}

// Keys of the session for challenges to a browser, one a purpose: an answer to
// one is no answer to another.
const (
	askedAlone  = "passkey_alone"
	askedSecond = "passkey_second"
	askedAgain  = "passkey_again"
	askedNew    = "passkey_new"
)

// ask sends a challenge to the script and keeps what its answer is checked by.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, purpose string, c account.Ceremony, err error) error {
	if err != nil {
		return err
	}
	s.sessions.Put(r.Context(), purpose, c.State)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(c.Options)
	return err
}

// answer returns the browser's answer to a challenge, which ends it.
func (s *Server) answer(r *http.Request, purpose string) account.PasskeyAnswer {
	return account.PasskeyAnswer{
		State: s.sessions.PopBytes(r.Context(), purpose), Answer: []byte(r.PostForm.Get("answer")),
		Device: s.deviceOf(r), Browser: browserName(r.UserAgent()),
	}
}

func (s *Server) passkeyForm(action, csrf string) page.PasskeyForm {
	return page.PasskeyForm{Action: action, CSRF: csrf, Host: s.Accounts.PasskeyHost(), Site: s.config.PublicURL}
}

func (s *Server) askPasskey(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Accounts.AskPasskey(r.Context(), "")
	return s.ask(w, r, askedAlone, c, err)
}

// signInByPasskey signs in by a passkey alone.
func (s *Server) signInByPasskey(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.PostForm.Get("next"))
	in, err := s.Accounts.SignInByPasskey(r.Context(), s.answer(r, askedAlone))
	if err != nil {
		view := s.signInView(r, next)
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.SignIn(view))
	}
	return s.enter(w, r, in, next)
}

func (s *Server) askSecondPasskey(w http.ResponseWriter, r *http.Request) error {
	user := s.pending(r)
	if user == "" {
		return errs.New(errs.Unauthenticated, "Please sign in again.")
	}
	c, err := s.Accounts.AskPasskey(r.Context(), user)
	return s.ask(w, r, askedSecond, c, err)
}

// takeSecondPasskey ends a sign-in whose second step is a passkey.
func (s *Server) takeSecondPasskey(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.PostForm.Get("next"))
	user := s.pending(r)
	if user == "" {
		return s.startAgain(w, r, next)
	}
	answer := s.answer(r, askedSecond)
	answer.User, answer.Within = user, s.means(r).Organization
	in, err := s.Accounts.SignInByPasskey(r.Context(), answer)
	if err != nil {
		return s.renderSecondStep(w, r, user, next, "", err)
	}
	return s.enter(w, r, in, next)
}
