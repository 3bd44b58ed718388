package api

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/httprate"
)

// limits bounds how often one network address and one token may ask, counted by
// this process: with several processes each counts for itself.
func (a *API) limitBy(perMinute int, key func(*http.Request) string, sentence string) func(http.Handler) http.Handler {
	limiter := httprate.NewRateLimiter(perMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{
		Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining",
	}))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			over := limiter.OnLimit(w, r, key(r))
			now := time.Now()
			reset := strconv.Itoa(int(now.Truncate(time.Minute).Add(time.Minute).Sub(now).Seconds()) + 1)
			w.Header().Set("RateLimit-Reset", reset)
			if over {
				w.Header().Set("Retry-After", reset)
				newProblem(http.StatusTooManyRequests, sentence).write(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func (a *API) limitAddress() func(http.Handler) http.Handler {
	return a.limitBy(a.options.AddressPerMinute, func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			return ""
		}
		return httprate.CanonicalizeIP(host)
	}, "Too many requests from your network within a minute. Wait as long as Retry-After says.")
}

func (a *API) limitToken() func(http.Handler) http.Handler {
	return a.limitBy(a.options.TokenPerMinute, func(r *http.Request) string { return string(bearerOf(r.Context()).Token) },
		"Too many requests with this token within a minute. Wait as long as Retry-After says.")
}
