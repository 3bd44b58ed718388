package verification

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"assay/internal/outbound"
)

// Where the token of an organization is looked for.
const (
	dnsLabel  = "_assay-verification"
	filePath  = "/.well-known/assay-verification.txt"
	tokenMark = "assay-verification="
)

// Limits of a look at a domain.
const (
	lookTime      = 5 * time.Second // for DNS, and again for the file
	maxFileBytes  = 1 << 10
	maxHeadBytes  = 8 << 10
	onlyPort      = 443
	maxTXTRecords = 50
)

// Looker looks for tokens at other people's domains. It connects to public
// addresses alone, to port 443 alone, and follows no redirect: the address is
// judged when it is dialed, after the name was resolved, so that a name which
// answers differently the second time gains nothing.
type Looker struct {
	resolver *net.Resolver
	client   *http.Client
}

// LookerOptions are for tests; the zero value is what a server uses.
type LookerOptions struct {
	Resolver *net.Resolver
	Roots    *x509.CertPool
	// Allow lets an address pass that is not public; nil for none.
	Allow func(netip.AddrPort) bool
	// Redirect exchanges the address that is dialed; nil for none.
	Redirect func(address string) string
}

// errNotPublic says that a name leads to an address that is nobody's in public.
var errNotPublic = errors.New("the address is not a public one")

// NewLooker returns a looker.
func NewLooker(o LookerOptions) *Looker {
	dialer := &net.Dialer{Timeout: lookTime, Resolver: o.Resolver, Control: func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return errNotPublic
		}
		if o.Allow != nil && o.Allow(at) {
			return nil
		}
		if at.Port() != onlyPort || !outbound.IsPublic(at.Addr()) {
			return errNotPublic
		}
		return nil
	}}
	dial := dialer.DialContext
	if o.Redirect != nil {
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, o.Redirect(address))
		}
	}
	return &Looker{
		resolver: o.Resolver,
		client: &http.Client{
			Timeout:       lookTime,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
				DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeadBytes, TLSHandshakeTimeout: lookTime,
			},
		},
	}
}

// Outcomes of a look.
const (
	found       = "found"
	absent      = "absent"      // there is no record and no file
	different   = "different"   // there is one, with another token
	unreachable = "unreachable" // the domain does not answer
	refused     = "refused"     // it leads to an address that is not public
)

// sight is what a look found.
type sight struct {
	method  string // dns or file; empty if not found
	outcome string
}

// look searches a domain for a token, first in DNS, then in the file.
func (l *Looker) look(ctx context.Context, domain, token string) sight {
	byDNS := l.lookDNS(ctx, domain, token)
	if byDNS == found {
		return sight{"dns", found}
	}
	byFile := l.lookFile(ctx, domain, token)
	if byFile == found {
		return sight{"file", found}
	}
	if byDNS == different {
		return sight{"", different}
	}
	return sight{"", byFile}
}

func (l *Looker) lookDNS(ctx context.Context, domain, token string) string {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	resolver := l.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	records, err := resolver.LookupTXT(ctx, dnsLabel+"."+domain+".")
	if err != nil {
		return absent
	}
	outcome := absent
	for i, r := range records {
		if i == maxTXTRecords {
			break
		}
		if strings.TrimSpace(r) == tokenMark+token {
			return found
		}
		outcome = different
	}
	return outcome
}

func (l *Looker) lookFile(ctx context.Context, domain, token string) string {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+domain+filePath, nil)
	if err != nil {
		return unreachable
	}
	request.Header.Set("User-Agent", "assay-verification")
	answer, err := l.client.Do(request)
	if errors.Is(err, errNotPublic) {
		return refused
	}
	if err != nil {
		return unreachable
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return absent
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxFileBytes))
	if err != nil {
		return unreachable
	}
	for line := range strings.Lines(string(body)) {
		if strings.TrimSpace(line) == tokenMark+token {
			return found
		}
	}
	return different
}
