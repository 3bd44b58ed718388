package sso

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// tryLifetime is how long a person may take at the provider.
const tryLifetime = 10 * time.Minute

// Try is a visit to a provider that has begun. It waits in the session of the
// browser that began it, and is answered once.
type Try struct {
	Organization id.Organization `json:"organization"`
	Aim
	Issuer                 string
	State, Nonce, Verifier string
	Address                string // of the provider's page
	BeganAt                time.Time
}

// Aim is what a visit is for: to connect an account, to take up an invitation,
// or, the zero value, to sign in.
type Aim struct {
	Binds      id.User `json:"binds"`      // whose account is connected
	Invitation string  `json:"invitation"` // by account.InvitationHash
}

// Bytes is the try for the session.
func (t Try) Bytes() []byte {
	b, _ := json.Marshal(t) // strings and a time always marshal
	return b
}

// ReadTry reads what Bytes wrote; ok is false for anything else.
func ReadTry(b []byte) (t Try, ok bool) {
	return t, json.Unmarshal(b, &t) == nil && t.State != ""
}

func random() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Begin begins a visit to a provider that is on, for a domain whose proof holds;
// else it is errs.Forbidden.
func (s *Service) Begin(ctx context.Context, p Provider, aim Aim) (Try, error) {
	err := s.db.InTx(ctx, postgres.Actor{Organization: p.Organization}, func(tx pgx.Tx) error { return open(ctx, tx, p.Organization) })
	if err != nil {
		return Try{}, err
	}
	found, err := s.discover(ctx, p)
	if err != nil {
		return Try{}, err
	}
	c, err := s.config(p, found)
	if err != nil {
		return Try{}, err
	}
	t := Try{Organization: p.Organization, Aim: aim, Issuer: p.Issuer, State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), BeganAt: s.now()}
	t.Address = c.AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier))
	return t, nil
}

// claims are what a provider says of a person.
type claims struct {
	Name          string `json:"name"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	AuthorizedFor string `json:"azp"`
}

// identity is a checked answer.
type identity struct{ issuer, subject, email, name string }

// refusal is the one sentence for an answer that does not hold; why is for the
// log, in words of ours: what a provider says in its errors is a stranger's
// text.
func refusal(why string) error {
	return errs.Wrap(errs.Invalid, "Your organization’s sign-in did not confirm who you are. Begin again, or use your password.", errors.New("sso: "+why))
}

// check exchanges the code of an answer and holds the ID token against the try.
func (s *Service) check(ctx context.Context, p Provider, t Try, answer url.Values) (identity, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(t.State)) != 1 {
		return identity{}, refusal("another state")
	}
	if s.now().Sub(t.BeganAt) > tryLifetime {
		return identity{}, refusal("too late")
	}
	if t.Issuer != p.Issuer {
		return identity{}, refusal("the provider was exchanged meanwhile")
	}
	if answer.Get("error") != "" || answer.Get("code") == "" {
		return identity{}, refusal("no code")
	}
	found, err := s.discover(ctx, p)
	if err != nil {
		return identity{}, err
	}
	if from := answer.Get("iss"); from != p.Issuer && (from != "" || found.saysIssuer) {
		return identity{}, refusal("another issuer answers")
	}
	c, err := s.config(p, found)
	if err != nil {
		return identity{}, err
	}
	token, err := c.Exchange(oidc.ClientContext(ctx, s.client), answer.Get("code"), oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return identity{}, refusal("the code is not taken")
	}
	raw, _ := token.Extra("id_token").(string)
	return s.checkToken(ctx, p, t, found, raw)
}

func (s *Service) checkToken(ctx context.Context, p Provider, t Try, found described, raw string) (identity, error) {
	verified, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: s.now}).Verify(oidc.ClientContext(ctx, s.client), raw)
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) {
		return identity{}, refusal("the ID token has expired")
	}
	if err != nil {
		return identity{}, refusal("the ID token does not hold")
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(t.Nonce)) != 1 {
		return identity{}, refusal("another nonce")
	}
	var said claims
	if err := verified.Claims(&said); err != nil {
		return identity{}, refusal("the claims cannot be read")
	}
	isFor := said.AuthorizedFor == p.ClientID || said.AuthorizedFor == "" && len(verified.Audience) == 1
	if !isFor || !slices.Contains(verified.Audience, p.ClientID) {
		return identity{}, refusal("another audience")
	}
	email := account.NormalizeEmail(said.Email)
	switch {
	case !said.EmailVerified:
		return identity{}, refusal("the address is not verified")
	case domainOf(email) != p.Domain:
		return identity{}, refusal("an address of another domain")
	case verified.Subject == "" || len(verified.Subject) > 255:
		return identity{}, refusal("no subject")
	}
	return identity{verified.Issuer, verified.Subject, email, said.Name}, nil
}
