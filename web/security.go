package web

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"time"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/static"
	"assay/web/ui"
)

const securityPath = "/account/security"

// Keys of the session while a person changes how the account is entered; both
// are sealed.
const (
	sessionAppOffer = "app_offer"
	sessionCodes    = "recovery_codes"
)

// ownSession is the id of this session, which goes on when others end.
func (s *Server) ownSession(r *http.Request) string {
	return s.sessions.GetString(r.Context(), account.SessionKeyID)
}

// proved lets a change pass only shortly after the person has shown a factor, or
// the password if there is none.
//
// Source: OWASP ASVS 5.0 7.5.1.
func (s *Server) proved(h handlerFunc) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		if s.provedAgo(r) > account.ProofLifetime {
			redirect(w, r, securityPath+"/again")
			return nil
		}
		return h(w, r)
	})
}

// prove notes that the person has shown who it is, under a new token: the
// session's rights have grown.
func (s *Server) prove(r *http.Request, factor account.Factor) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionProved, time.Now().Unix())
	if factor != account.NoFactor {
		if s.means(r) == (account.Means{}) { // it may lead past the sign-in of an organization now
			if err := s.Accounts.RecordWayBack(r.Context(), s.actor(r)); err != nil {
				return err
			}
		}
		s.sessions.Put(r.Context(), sessionFactor, string(factor))
	}
	return nil
}

func (s *Server) showSecurity(w http.ResponseWriter, r *http.Request) error {
	view, err := s.securityView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Security(view))
}

func (s *Server) securityView(r *http.Request) (page.SecurityView, error) {
	v := s.visitor(r)
	view := page.SecurityView{Shell: s.formShell(r, "Ways to sign in", "account"), IsProved: s.provedAgo(r) <= account.ProofLifetime}
	view.Shell.Scripts = []string{static.URL("passkey.js")}
	view.MustHaveOne, view.DeskIsClosed = v.Staff != postgres.None, v.Staff != v.Platform
	f, err := s.Accounts.Factors(r.Context(), v.Actor())
	if err != nil {
		return view, err
	}
	view.HasApp, view.HasFactor, view.CodesLeft = f.HasApp, f.Any(), f.CodesLeft
	if f.HasApp {
		view.AppSince, view.AppUsed = ui.DateTime(f.AppSince), usedText(f.AppUsed)
	}
	for _, k := range f.Passkeys {
		used := time.Time{}
		if k.UsedAt != nil {
			used = *k.UsedAt
		}
		view.Passkeys = append(view.Passkeys, page.SecurityPasskey{
			ID: string(k.ID), Name: k.Name, Since: ui.DateTime(k.CreatedAt), Used: usedText(used), IsBackedUp: k.BackedUp,
		})
	}
	view.Passkey = s.passkeyForm(securityPath+"/passkeys", view.Shell.CSRF)
	view.PasskeyName = browserName(r.UserAgent())
	return view, nil
}

func usedText(at time.Time) string {
	if at.IsZero() {
		return "not used yet"
	}
	return "last used " + ui.DateTime(at)
}

// renderSecurity shows the page again after a failure.
func (s *Server) renderSecurity(w http.ResponseWriter, r *http.Request, failure error) error {
	view, err := s.securityView(r)
	if err != nil {
		return err
	}
	view.Errors = mistakes(failure)
	return s.renderTry(w, r, failure, page.Security(view))
}

// changed leads on after a change: to the codes that came with it, or back.
func (s *Server) changed(w http.ResponseWriter, r *http.Request, factor account.Factor, codes []string, sentence string) error {
	if err := s.prove(r, factor); err != nil {
		return err
	}
	s.flash(r, sentence)
	if len(codes) == 0 {
		redirect(w, r, securityPath)
		return nil
	}
	s.sessions.Put(r.Context(), sessionCodes, s.Accounts.SealCodes(s.actor(r), codes))
	redirect(w, r, securityPath+"/codes")
	return nil
}

// beginApp makes a secret that waits in the session for its first code.
func (s *Server) beginApp(w http.ResponseWriter, r *http.Request) error {
	offer, err := s.Accounts.OfferApp(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionAppOffer, offer.Sealed)
	redirect(w, r, securityPath+"/app")
	return nil
}

func (s *Server) showApp(w http.ResponseWriter, r *http.Request) error {
	return s.renderApp(w, r, nil)
}

func (s *Server) renderApp(w http.ResponseWriter, r *http.Request, failure error) error {
	offer, err := s.Accounts.ShowApp(r.Context(), s.actor(r), s.sessions.GetBytes(r.Context(), sessionAppOffer))
	if errs.KindOf(err) == errs.NotFound {
		redirect(w, r, securityPath)
		return nil
	}
	if err != nil {
		return err
	}
	view := page.AppSetupView{
		Shell: s.formShell(r, "Add an authenticator app", "account"), Secret: grouped(offer.Secret),
		Picture: "data:image/png;base64," + base64.StdEncoding.EncodeToString(offer.QR),
	}
	if failure == nil {
		return s.render(w, r, http.StatusOK, page.AppSetup(view))
	}
	view.Errors = mistakes(failure)
	return s.renderTry(w, r, failure, page.AppSetup(view))
}

// grouped writes a secret in groups of four, which are easier to type.
func grouped(secret string) string {
	var b []byte
	for i := range len(secret) {
		if i > 0 && i%4 == 0 {
			b = append(b, ' ')
		}
		b = append(b, secret[i])
	}
	return string(b)
}

func (s *Server) confirmApp(w http.ResponseWriter, r *http.Request) error {
	sealed := s.sessions.GetBytes(r.Context(), sessionAppOffer)
	codes, err := s.Accounts.ConfirmApp(r.Context(), s.actor(r), sealed, r.PostForm.Get("code"), s.ownSession(r))
	if err != nil {
		return s.renderApp(w, r, err)
	}
	s.sessions.Remove(r.Context(), sessionAppOffer)
	return s.changed(w, r, account.ByApp, codes, "The authenticator app is added. From now on a sign-in by password asks for its code.")
}

func (s *Server) removeApp(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.RemoveApp(r.Context(), s.actor(r), s.ownSession(r)); err != nil {
		return s.renderSecurity(w, r, err)
	}
	return s.changed(w, r, account.NoFactor, nil, "The authenticator app is removed.")
}

func (s *Server) newCodes(w http.ResponseWriter, r *http.Request) error {
	codes, err := s.Accounts.NewRecoveryCodes(r.Context(), s.actor(r), s.ownSession(r))
	if err != nil {
		return s.renderSecurity(w, r, err)
	}
	return s.changed(w, r, account.NoFactor, codes, "Your new recovery codes are made. Earlier ones no longer work.")
}

// showCodes shows new recovery codes, once.
func (s *Server) showCodes(w http.ResponseWriter, r *http.Request) error {
	codes, err := s.Accounts.OpenCodes(s.actor(r), s.sessions.PopBytes(r.Context(), sessionCodes))
	if err != nil {
		redirect(w, r, securityPath)
		return nil
	}
	return s.render(w, r, http.StatusOK, page.RecoveryCodes(page.RecoveryCodesView{
		Shell: s.formShell(r, "Your recovery codes", "account"), Codes: codes, Email: s.visitor(r).Email,
	}))
}

func (s *Server) offerPasskey(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Accounts.OfferPasskey(r.Context(), s.actor(r))
	return s.ask(w, r, askedNew, c, err)
}

func (s *Server) addPasskey(w http.ResponseWriter, r *http.Request) error {
	answer := s.answer(r, askedNew)
	codes, err := s.Accounts.AddPasskey(r.Context(), s.actor(r), answer.State, answer.Answer, r.PostForm.Get("name"), s.ownSession(r))
	if err != nil {
		return s.renderSecurity(w, r, err)
	}
	return s.changed(w, r, account.ByPasskey, codes, "The passkey is added.")
}

func (s *Server) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	key := id.Passkey(r.PostForm.Get("passkey"))
	if err := s.Accounts.RenamePasskey(r.Context(), s.actor(r), key, r.PostForm.Get("name")); err != nil {
		if errs.KindOf(err) == errs.NotFound {
			return err
		}
		return s.renderSecurity(w, r, err)
	}
	s.flash(r, "The passkey has its new name.")
	redirect(w, r, securityPath)
	return nil
}

func (s *Server) removePasskey(w http.ResponseWriter, r *http.Request) error {
	key := id.Passkey(r.PostForm.Get("passkey"))
	if err := s.Accounts.RemovePasskey(r.Context(), s.actor(r), key, s.ownSession(r)); err != nil {
		if errs.KindOf(err) == errs.NotFound {
			return err
		}
		return s.renderSecurity(w, r, err)
	}
	return s.changed(w, r, account.NoFactor, nil, "The passkey is removed. Delete it in your password manager or on your security key too.")
}

func (s *Server) showProof(w http.ResponseWriter, r *http.Request) error {
	view, err := s.proofView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Proof(view))
}

func (s *Server) proofView(r *http.Request) (page.ProofView, error) {
	view := page.ProofView{Shell: s.formShell(r, "Confirm that it is you", "account"), Email: s.visitor(r).Email}
	view.Shell.Scripts = []string{static.URL("passkey.js")}
	f, err := s.Accounts.Factors(r.Context(), s.actor(r))
	view.HasApp, view.HasPasskey, view.HasCodes = f.HasApp, len(f.Passkeys) > 0, f.CodesLeft > 0
	view.Passkey = s.passkeyForm(securityPath+"/again", view.Shell.CSRF)
	return view, err
}

func (s *Server) askAgain(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Accounts.AskPasskey(r.Context(), s.visitor(r).User)
	return s.ask(w, r, askedAgain, c, err)
}

// proveAgain takes a code or a passkey, whichever was given; a password from
// who has neither.
func (s *Server) proveAgain(w http.ResponseWriter, r *http.Request) error {
	factor, err := s.checkProof(r)
	if err != nil {
		view, loadErr := s.proofView(r)
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.Proof(view))
	}
	if err := s.prove(r, factor); err != nil {
		return err
	}
	redirect(w, r, cmp.Or(s.sessions.PopString(r.Context(), sessionProofNext), securityPath))
	return nil
}

func (s *Server) checkProof(r *http.Request) (account.Factor, error) {
	a := s.actor(r)
	if code := r.PostForm.Get("code"); code != "" {
		return account.ByApp, s.Accounts.VerifyCode(r.Context(), a, code)
	}
	if r.PostForm.Get("answer") != "" {
		answer := s.answer(r, askedAgain)
		return account.ByPasskey, s.Accounts.VerifyPasskey(r.Context(), a, answer.State, answer.Answer)
	}
	return account.NoFactor, s.Accounts.VerifyPassword(r.Context(), a, r.PostForm.Get("password"))
}
