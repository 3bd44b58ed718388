package web

import (
	"bytes"
	"net/http"

	"github.com/a-h/templ"

	"assay/internal/account"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/static"
	"assay/web/ui"
)

// render draws a page whole before the first byte is sent, so that a failure
// still gets an error page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var body bytes.Buffer
	if err := c.Render(r.Context(), &body); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	s.write(w, r, body.Bytes())
	return nil
}

func (s *Server) renderError(w http.ResponseWriter, r *http.Request, status int, message string) {
	shell := s.shell(r, http.StatusText(status), "")
	shell.NoIndex = true
	view := page.ErrorView{Shell: shell, Status: status, Message: message, RequestID: requestID(r)}
	if err := s.render(w, r, status, page.Error(view)); err != nil {
		s.log.Error("error page", "error", err)
		http.Error(w, message, status)
	}
}

// visitor returns who sends the request.
func (s *Server) visitor(r *http.Request) account.Visitor {
	v, _ := r.Context().Value(visitorKey).(account.Visitor)
	return v
}

// actor returns on whose behalf the request's transactions run.
func (s *Server) actor(r *http.Request) postgres.Actor { return s.visitor(r).Actor() }

const sessionFlash = "flash"

// flash keeps a sentence for the next page that is shown.
func (s *Server) flash(r *http.Request, sentence string) {
	s.sessions.Put(r.Context(), sessionFlash, sentence)
}

// shell fills the frame around a page.
func (s *Server) shell(r *http.Request, title, nav string) ui.Shell {
	shell := ui.Shell{
		Title: title, Path: r.URL.Path, Nav: nav, Demo: s.config.Demo,
		Assets: ui.Assets{Style: static.URL("app.css"), Script: static.URL("app.js"), Icon: static.URL("favicon.svg"), Fonts: fonts()},
	}
	if token := s.sessions.GetString(r.Context(), sessionCSRF); token != "" {
		shell.CSRF = token
		shell.Flash = s.sessions.PopString(r.Context(), sessionFlash)
	}
	v := s.visitor(r)
	shell.Announcements = s.announced(r)
	if !v.SignedIn() {
		return shell
	}
	user := &ui.ShellUser{
		Name: v.Name, Email: v.Email, Organization: v.OrganizationName, Role: string(v.Role),
		Reviewer: v.Platform == postgres.Reviewer || v.Platform == postgres.Admin,
		Admin:    v.Platform == postgres.Admin,
		Unread:   unreadWords(v),
	}
	for _, m := range v.Memberships {
		user.Organizations = append(user.Organizations, ui.ShellOrganization{
			ID: string(m.Organization), Name: m.Name, Current: m.Organization == v.Organization})
	}
	shell.User = user
	return shell
}

// fonts are those that every page needs at once.
func fonts() []string {
	return []string{
		static.URL("fonts/source-sans-3-latin-wght-normal.woff2"),
		static.URL("fonts/source-serif-4-latin-wght-normal.woff2"),
	}
}

// formShell is shell for a page with a form that somebody without a session
// may send: it makes the session that holds the token.
func (s *Server) formShell(r *http.Request, title, nav string) ui.Shell {
	s.csrfToken(r)
	shell := s.shell(r, title, nav)
	shell.NoIndex = true
	return shell
}

// reportStyles are the style sheets of a page with an audit report.
func reportStyles() []string { return []string{static.URL("report.css")} }
