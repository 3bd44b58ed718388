package web

import (
	"fmt"
	"net/http"

	"assay/internal/account"
	"assay/web/page"
	"assay/web/ui"
)

// showSessions lists the browsers in which the visitor is signed in.
func (s *Server) showSessions(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Accounts.Sessions(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	view := page.SessionsView{
		Shell: s.formShell(r, "Where you are signed in", "account"),
		Ends: fmt.Sprintf("A session ends by itself when it was not used for %.0f hours, and after %.0f days at the latest.",
			account.SessionIdle.Hours(), account.SessionLifetime.Hours()/24),
	}
	own := s.sessions.GetString(r.Context(), account.SessionKeyID)
	for _, one := range list {
		v := page.SessionView{ID: one.ID, Browser: one.Agent, Address: one.Address, Since: ui.DateTime(one.CreatedAt), Seen: ui.DateTime(one.SeenAt)}
		if one.ID == own {
			view.This = v
			continue
		}
		view.Others = append(view.Others, v)
	}
	return s.render(w, r, http.StatusOK, page.Sessions(view))
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request) error {
	session := r.PostForm.Get("session")
	if session == s.sessions.GetString(r.Context(), account.SessionKeyID) {
		return s.signOut(w, r)
	}
	if err := s.Accounts.EndSession(r.Context(), s.actor(r), session); err != nil {
		return err
	}
	s.flash(r, "The session is ended.")
	redirect(w, r, "/account/sessions")
	return nil
}

func (s *Server) endOtherSessions(w http.ResponseWriter, r *http.Request) error {
	own := s.sessions.GetString(r.Context(), account.SessionKeyID)
	if err := s.Accounts.EndOtherSessions(r.Context(), s.actor(r), own); err != nil {
		return err
	}
	s.flash(r, "All other sessions are ended.")
	redirect(w, r, "/account/sessions")
	return nil
}
