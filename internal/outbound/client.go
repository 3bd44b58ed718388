package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Limits bound a request to somebody's server.
type Limits struct {
	Time      time.Duration // of the whole request
	HeadBytes int64         // of the head of its answer; the body is the caller's to bound
}

// Exceptions are for tests; the zero value is what a server uses.
type Exceptions struct {
	Resolver *net.Resolver
	Roots    *x509.CertPool
	// Allow lets an address pass that is not public; nil for none.
	Allow func(netip.AddrPort) bool
	// Redirect exchanges the address that is dialed; nil for none.
	Redirect func(address string) string
}

// ErrNotPublic says that a name leads to an address that is nobody's in public,
// or to another port than that of HTTPS.
var ErrNotPublic = errors.New("the address is not a public one")

// port is the only one that requests go to.
const port = 443

// NewClient returns a client that connects to public addresses alone, to port
// 443 alone, over TLS 1.2 or later, by no proxy, and follows no redirect: it
// returns the redirect as the answer. Other addresses are refused with
// ErrNotPublic before a connection is made.
func NewClient(l Limits, e Exceptions) *http.Client {
	dialer := &net.Dialer{Timeout: l.Time, Resolver: e.Resolver, Control: e.judge}
	dial := dialer.DialContext
	if e.Redirect != nil {
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, e.Redirect(address))
		}
	}
	return &http.Client{
		Timeout:       l.Time,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: e.Roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true, MaxResponseHeaderBytes: l.HeadBytes, TLSHandshakeTimeout: l.Time,
		},
	}
}

// judge is asked for each address that a name leads to, before it is connected to.
func (e Exceptions) judge(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err == nil && (e.Allow != nil && e.Allow(at) || at.Port() == port && isPublic(at.Addr())) {
		return nil
	}
	return ErrNotPublic
}
