package sso

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"assay/internal/errs"
	"assay/internal/outbound"
)

// What is kept of providers between sign-ins. A key that a provider takes back
// is trusted until its description is asked for again; one that it adds counts
// at once, since unknown keys are looked for.
const (
	keptFor  = 10 * time.Minute
	keptMost = 64
)

// described is a provider's description with its keys.
type described struct {
	*oidc.Provider
	at time.Time
	// saysIssuer is true if its answers name the issuer.
	saysIssuer bool
}

// descriptions keeps those of providers that were asked lately.
type descriptions struct {
	mu   sync.Mutex
	kept map[string]described // by issuer
}

// find returns what was kept of an issuer and is not too old.
func (d *descriptions) find(issuer string, now time.Time) (described, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok := d.kept[issuer]
	return found, ok && now.Sub(found.at) < keptFor
}

// put keeps a description in place of the oldest, if there are too many.
func (d *descriptions) put(issuer string, found described) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = map[string]described{}
	}
	d.kept[issuer] = found
	if len(d.kept) <= keptMost {
		return
	}
	oldest := issuer
	for key, one := range d.kept {
		if one.at.Before(d.kept[oldest].at) {
			oldest = key
		}
	}
	delete(d.kept, oldest)
}

// discover returns the description of a provider, a kept one if there is one.
func (s *Service) discover(ctx context.Context, p Provider) (described, error) {
	if found, ok := s.known.find(p.Issuer, s.now()); ok {
		return found, nil
	}
	return s.ask(ctx, p)
}

// ask asks a provider for its description. What does not answer as one is
// errs.Conflict.
//
// Source: OpenID Connect Discovery 1.0 section 4; RFC 9207 section 3.
func (s *Service) ask(ctx context.Context, p Provider) (described, error) {
	// The cause is named by its type: its text may repeat what a stranger sent.
	refused := func(err error) error {
		cause := fmt.Errorf("sso: describe: %T", err)
		if errors.Is(err, outbound.ErrNotPublic) {
			cause = fmt.Errorf("sso: describe: %w", outbound.ErrNotPublic)
		}
		return errs.Wrap(errs.Conflict, "The provider of your organization does not answer as one. Check the issuer’s address.", cause)
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), p.Issuer)
	if err != nil {
		return described{}, refused(err)
	}
	at, err := url.Parse(provider.Endpoint().AuthURL)
	if err != nil || at.Scheme != "https" || at.Host == "" {
		return described{}, refused(err)
	}
	var more struct {
		SaysIssuer bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return described{}, refused(err)
	}
	found := described{provider, s.now(), more.SaysIssuer}
	s.known.put(p.Issuer, found)
	return found, nil
}

func (s *Service) config(p Provider, found described) (oauth2.Config, error) {
	secret, err := s.unseal(p.Secret, p.Organization)
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: secret, Endpoint: found.Endpoint(),
		RedirectURL: s.url + CallbackPath, Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}, err
}
