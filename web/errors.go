package web

import (
	"errors"
	"log/slog"
	"net/http"

	"assay/internal/errs"
)

// statusOf is the one place that knows how kinds of failure look in HTTP.
func statusOf(err error) int {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return http.StatusRequestEntityTooLarge
	}
	switch errs.KindOf(err) {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.Unauthenticated:
		return http.StatusUnauthorized
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

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
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.log.Log(r.Context(), level, "request failed", "status", status, "route", routeOf(r), "request", requestID(r), "error", err.Error())
	s.renderError(w, r, status, errs.MessageOf(err))
}
