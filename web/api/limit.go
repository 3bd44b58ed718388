package api

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/httprate"
)

// policy is a limit with its name in answers.
type policy struct {
	name      string // "address", "token"
	perMinute int
	over      string // the sentence to whom is over it
}

// leftHeader is where the limiter leaves what remains; it is taken from there and
// not sent.
const leftHeader = "Assay-Limit-Left"

// limitBy bounds how often one key may ask, counted by this process: with several
// processes each counts for itself. Every answer tells the policy and what
// remains of it; a request that is subject to two policies is told of both.
//
// Source: draft-ietf-httpapi-ratelimit-headers-10, RateLimit-Policy and RateLimit.
func (a *API) limitBy(p policy, key func(*http.Request) string) func(http.Handler) http.Handler {
	limiter := httprate.NewRateLimiter(p.perMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{Remaining: leftHeader}))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			over := limiter.OnLimit(w, r, key(r))
			now := time.Now()
			seconds := int(now.Truncate(time.Minute).Add(time.Minute).Sub(now).Seconds()) + 1
			p.tell(w.Header(), seconds)
			if over {
				w.Header().Set("Retry-After", strconv.Itoa(seconds))
				refused := newProblem(http.StatusTooManyRequests, p.over)
				refused.Type, refused.Violated = quotaExceeded, []string{p.name}
				refused.write(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// tell adds the policy to the two lists of the answer.
func (p policy) tell(h http.Header, seconds int) {
	left := max(0, leftOf(h))
	for name, item := range map[string]string{
		"RateLimit-Policy": fmt.Sprintf("%q;q=%d;w=60", p.name, p.perMinute),
		"RateLimit":        fmt.Sprintf("%q;r=%d;t=%d", p.name, left, seconds),
	} {
		if before := h.Get(name); before != "" {
			item = before + ", " + item
		}
		h.Set(name, item)
	}
}

func leftOf(h http.Header) int {
	n, err := strconv.Atoi(h.Get(leftHeader))
	h.Del(leftHeader)
	if err != nil {
		return 0
	}
	return n
}

func (a *API) limitAddress() func(http.Handler) http.Handler {
	p := policy{"address", a.options.AddressPerMinute, "Too many requests from your network within a minute. Wait as long as Retry-After says."}
	return a.limitBy(p, func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			return ""
		}
		return httprate.CanonicalizeIP(host)
	})
}

func (a *API) limitToken() func(http.Handler) http.Handler {
	p := policy{"token", a.options.TokenPerMinute, "Too many requests with this token within a minute. Wait as long as Retry-After says."}
	return a.limitBy(p, func(r *http.Request) string { return string(bearerOf(r.Context()).Token) })
}
