package api

import (
	"context"
	"net/http"
	"strings"

	"assay/internal/account"
	"assay/internal/errs"
)

type contextKey int

const (
	bearerKey contextKey = iota
	numberKey
)

// requestNumber is the number of the request, for logs and problems.
func requestNumber(ctx context.Context) string {
	number, _ := ctx.Value(numberKey).(string)
	return number
}

// numbered keeps the number that the server gave the request.
func numbered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), numberKey, h.Get("X-Request-Id"))))
	})
}

// bearerOf returns who sends the request.
func bearerOf(ctx context.Context) account.Bearer {
	b, _ := ctx.Value(bearerKey).(account.Bearer)
	return b
}

// authenticate reads the token of the request. A token stands in the header and
// nowhere else: an address ends up in logs.
//
// Source: RFC 6750 Section 2.1, Section 3.
func (a *API) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(kind, "Bearer") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="assay"`)
			answerProblem(w, r, http.StatusUnauthorized, "Send a token in the header Authorization: Bearer. Make one under Account, Tokens.")
			return
		}
		b, err := a.Accounts.Bearer(r.Context(), strings.TrimSpace(secret))
		if errs.KindOf(err) == errs.Unauthenticated {
			w.Header().Set("WWW-Authenticate", `Bearer realm="assay", error="invalid_token"`)
		}
		if err != nil {
			a.problemOf(r.Context(), err).write(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), bearerKey, b)))
	})
}

// scoped lets a request pass whose token has the scope.
func (a *API) scoped(scope account.Scope) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := bearerOf(r.Context()).Allows(scope); err != nil {
				w.Header().Set("WWW-Authenticate", insufficient(scope))
				a.problemOf(r.Context(), err).write(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func insufficient(scope account.Scope) string {
	return `Bearer realm="assay", error="insufficient_scope", scope="` + string(scope) + `"`
}
