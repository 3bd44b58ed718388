package api

import (
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
)

// RecoverPanics is the last resort, of pages and of the API: a bug costs one
// request, not the server. It logs where that happened, and answer tells the
// client; http.ErrAbortHandler passes.
func RecoverPanics(log *slog.Logger, answer func(w http.ResponseWriter, r *http.Request, status int, message string)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler {
					panic(cause)
				}
				// The cause may quote input: only where it happened is logged.
				log.Error("panic", "route", RouteOf(r), "request", w.Header().Get("X-Request-Id"), "stack", string(debug.Stack()))
				answer(w, r, http.StatusInternalServerError, errs.MessageOf(errs.New(errs.Internal, "")))
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// RouteOf is the pattern that matched, for logs: a path may hold a name that
// must not stand there.
func RouteOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil && c.RoutePattern() != "" {
		return c.RoutePattern()
	}
	return "(none)"
}
