package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/httprate"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/static"
)

// NewSessions returns the manager of sessions over a store. Over https the
// cookies are Secure and bound to the host.
func NewSessions(store scs.Store, secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store, m.HashTokenInStore = store, true
	m.Lifetime = account.SessionLifetime // the store ends idle ones
	m.Cookie.Name, m.Cookie.HttpOnly, m.Cookie.SameSite = "assay", true, http.SameSiteLaxMode
	if secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-assay", true
	}
	return m
}

// What one network address may send to the forms that take passwords.
const (
	triesPerMinute = 30
	triesWindow    = time.Minute
)

// limitTries bounds what one address may send to the forms that take
// passwords or mail links. The account's own limit is in package account.
func (s *Server) limitTries() func(http.Handler) http.Handler {
	key := func(r *http.Request) (string, error) { return httprate.CanonicalizeIP(addressOf(r)), nil }
	return httprate.LimitBy(triesPerMinute, triesWindow, key,
		httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			s.renderError(w, r, http.StatusTooManyRequests, "Too many tries from your network. Please wait a minute and try again.")
		}))
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"))
	if v := s.visitor(r); v.SignedIn() {
		redirect(w, r, landing(next, v))
		return nil
	}
	return s.render(w, r, http.StatusOK, page.SignIn(s.signInView(r, next)))
}

func (s *Server) signInView(r *http.Request, next string) page.SignInView {
	view := page.SignInView{Shell: s.formShell(r, "Sign in", "account"), Next: next}
	view.Shell.Scripts = []string{static.URL("passkey.js")}
	view.Passkey = s.passkeyForm("/login/passkey", view.Shell.CSRF)
	return view
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.PostForm.Get("next"))
	email := r.PostForm.Get("email")
	in, err := s.Accounts.SignIn(r.Context(), account.SignInAttempt{
		Email: email, Password: r.PostForm.Get("password"), Device: s.deviceOf(r), Browser: browserName(r.UserAgent()),
	})
	if err != nil {
		view := s.signInView(r, next)
		view.Email, view.Errors = email, mistakes(err)
		view.IsUnconfirmed = errs.KindOf(err) == errs.Forbidden
		return s.renderTry(w, r, err, page.SignIn(view))
	}
	return s.enter(w, r, in, next)
}

// begin makes the session one of a signed-in user, or of one who still owes the
// second step, under a new token: who knew the old one (fixation) has nothing.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, in account.SignedIn) error {
	ctx := r.Context()
	within, since := id.Organization(""), ""
	if !in.Since.IsZero() {
		since = in.Since.Format(time.RFC3339Nano)
	}
	if s.pending(r) == in.User { // the second step of what a password or an organization's sign-in began
		within, since = s.means(r).Organization, s.sessions.GetString(ctx, account.SessionKeySince)
	}
	if err := s.sessions.Clear(ctx); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	if in.NeedsSecondStep {
		s.sessions.Put(ctx, account.SessionKeyPending, string(in.User))
	} else {
		s.sessions.Put(ctx, sessionUser, string(in.User))
		s.sessions.Put(ctx, sessionFactor, string(in.Factor))
		if in.Device != "" { // else the browser stays as known as it was
			s.setDevice(w, in.Device)
		}
	}
	s.beginWithin(r, within)
	s.sessions.Put(ctx, sessionProved, time.Now().Unix())
	s.sessions.Put(ctx, account.SessionKeyID, id.New[string]())
	s.sessions.Put(ctx, account.SessionKeySince, since)
	s.sessions.Put(ctx, account.SessionKeyAgent, browserName(r.UserAgent()))
	s.sessions.Put(ctx, account.SessionKeyAddress, addressOf(r))
	s.csrfToken(r)
	return nil
}

// signOut ends the session by its id, so that no request under way brings it
// back, and takes the cookie away.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if own := s.ownSession(r); own != "" && s.visitor(r).SignedIn() {
		if err := s.Accounts.EndSession(r.Context(), s.actor(r), own); err != nil && errs.KindOf(err) != errs.NotFound {
			return err
		}
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	redirect(w, r, "/")
	return nil
}

// switchOrganization changes which of the user's organizations is worked for.
func (s *Server) switchOrganization(w http.ResponseWriter, r *http.Request) error {
	want, _ := id.Parse[id.Organization](r.PostForm.Get("organization"))
	for _, m := range s.visitor(r).Memberships {
		if m.Organization != want {
			continue
		}
		if err := s.workFor(r, want); err != nil {
			return err
		}
		s.flash(r, "You now work for "+m.Name+".")
		redirect(w, r, "/account")
		return nil
	}
	return errs.New(errs.NotFound, "No such organization.")
}

// workFor keeps the choice of an organization in the session, under a new
// token: the session's rights have changed.
func (s *Server) workFor(r *http.Request, org id.Organization) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionOrganization, string(org))
	return nil
}

func (s *Server) deviceCookie() string {
	if s.config.Secure() {
		return "__Host-assay-device"
	}
	return "assay-device"
}

func (s *Server) deviceOf(r *http.Request) string {
	c, err := r.Cookie(s.deviceCookie())
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Server) setDevice(w http.ResponseWriter, device string) {
	http.SetCookie(w, &http.Cookie{
		Name: s.deviceCookie(), Value: device, Path: "/", MaxAge: int(account.DeviceLifetime.Seconds()),
		Secure: s.config.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// landing is where a sign-in leads: to the page asked for, or to the desk of
// the person.
func landing(next string, v account.Visitor) string {
	switch {
	case next != "":
		return next
	case v.Platform != postgres.None:
		return "/review"
	case v.Staff != postgres.None: // the desk waits for a second factor
		return securityPath
	case v.Organization != "":
		return "/seller"
	}
	return "/account"
}

// localPath returns next if it is a path of this site, else "". What browsers
// would turn into another host is refused: a second slash or backslash,
// characters that they drop, anything with a scheme or a host.
func localPath(next string) string {
	if len(next) > 2000 || !strings.HasPrefix(next, "/") || strings.Contains(next, `\`) || strings.HasPrefix(next, "//") ||
		strings.ContainsFunc(next, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsControl(r) || r == ' ' }) {
		return ""
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	if strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) || strings.ContainsFunc(u.Path, unicode.IsControl) {
		return "" // the same, percent-encoded
	}
	if u.Path == "/login" || u.Path == "/logout" {
		return ""
	}
	return next
}

func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// browserName names browser and system of a User-Agent, for the list of
// sessions: "Firefox on Linux".
func browserName(agent string) string {
	browser := firstIn(agent, "another program", [][2]string{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	})
	system := firstIn(agent, "", [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	})
	if system == "" {
		return browser
	}
	return browser + " on " + system
}

func firstIn(s, fallback string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(s, n[0]) {
			return n[1]
		}
	}
	return fallback
}
