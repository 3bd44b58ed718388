package web

import (
	"errors"
	"log/slog"
	"net/http"

	"assay/internal/errs"
	"assay/web/api"
)

// statusOf is how a kind of failure looks in HTTP.
func statusOf(err error) int { return api.Status(err) }

// handlerFunc is a handler that leaves failures to the frame.
type handlerFunc func(w http.ResponseWriter, r *http.Request) error

// handle turns h into an http.HandlerFunc: a failure becomes an error page, or
// the sign-in page for somebody who is not signed in and asks for a page.
func (s *Server) handle(h handlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	if status == http.StatusUnauthorized && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		redirect(w, r, "/login?next="+queryEscape(r.URL.RequestURI()))
		return
	}
	if errors.Is(err, errNoSecondFactor) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		redirect(w, r, securityPath+"?for=desk")
		return
	}
	if errors.Is(err, errNotOwnMeans) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		redirect(w, r, "/account") // which says why
		return
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.log.Log(r.Context(), level, "request failed", "status", status, "route", routeOf(r), "request", requestID(r), "error", err.Error())
	s.renderError(w, r, status, errs.MessageOf(err))
}
