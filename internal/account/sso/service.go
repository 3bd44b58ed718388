package sso

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"assay/internal/id"
	"assay/internal/outbound"
	"assay/internal/postgres"
	"assay/internal/seal"
)

// CallbackPath is where a provider sends people back to.
const CallbackPath = "/login/organization/callback"

// Limits of a request to a provider.
const (
	requestTime  = 5 * time.Second
	maxBodyBytes = 256 << 10
	maxHeadBytes = 32 << 10
)

// Options are what a Service needs besides the database.
type Options struct {
	PublicURL string
	// SecretKey seals clients' secrets, by a key derived from it.
	SecretKey []byte
	// OldSecretKeys open what they sealed before SecretKey replaced them.
	OldSecretKeys [][]byte
	// Allow lets an address pass that is not public, for tests; nil for none.
	Allow func(netip.AddrPort) bool
	Roots *x509.CertPool // for tests; nil for those of the system
	Now   func() time.Time
}

// Service keeps providers and checks what they say.
type Service struct {
	db     *postgres.DB
	url    string
	box    seal.Box
	client *http.Client
	known  descriptions
	now    func() time.Time
}

// New returns a service over db.
func New(db *postgres.DB, o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db: db, url: strings.TrimRight(o.PublicURL, "/"), box: seal.New("assay organization sign-in", o.SecretKey, o.OldSecretKeys...), client: newClient(o), now: o.Now}, nil
}

func newClient(o Options) *http.Client {
	c := outbound.NewClient(outbound.Limits{Time: requestTime, HeadBytes: maxHeadBytes}, outbound.Exceptions{Roots: o.Roots, Allow: o.Allow})
	c.Transport = bounded{c.Transport}
	return c
}

// bounded reads at most maxBodyBytes of an answer, and asks over TLS alone.
type bounded struct{ next http.RoundTripper }

// RoundTrip does one request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return nil, errors.New("a provider is asked over https alone")
	}
	a, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(a.Body, maxBodyBytes), a.Body}
	return a, nil
}

func (s *Service) seal(secret string, org id.Organization) []byte {
	return s.box.Seal([]byte(secret), string(org))
}

func (s *Service) unseal(sealed []byte, org id.Organization) (string, error) {
	plain, err := s.box.Open(sealed, string(org))
	if err != nil {
		return "", fmt.Errorf("organization sign-in: the secret of %s does not open: %w", org, err)
	}
	return string(plain), nil
}
