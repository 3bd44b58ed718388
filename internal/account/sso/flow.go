package sso

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"assay/internal/account"
	"assay/internal/activity"
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
	// Binds is whose account the subject is to be bound to; empty for a sign-in.
	Binds                  id.User `json:"binds"`
	State, Nonce, Verifier string
	Address                string // of the provider's page
	BeganAt                time.Time
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

func (s *Service) discover(ctx context.Context, p Provider) (*oidc.Provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), p.Issuer)
	if err != nil {
		return nil, errs.Wrap(errs.Conflict, "The provider of your organization does not answer as one. Check the issuer’s address.", err)
	}
	at, err := url.Parse(found.Endpoint().AuthURL)
	if err != nil || at.Scheme != "https" || at.Host == "" {
		return nil, errs.Wrap(errs.Conflict, "The provider of your organization does not answer as one. Check the issuer’s address.", err)
	}
	return found, nil
}

func (s *Service) config(ctx context.Context, p Provider, found *oidc.Provider) (oauth2.Config, error) {
	secret, err := s.open(ctx, p.Secret, p.Organization)
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: secret, Endpoint: found.Endpoint(),
		RedirectURL: s.url + CallbackPath, Scopes: []string{oidc.ScopeOpenID, "email"},
	}, err
}

func random() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Begin begins a visit to an enabled provider: to sign in, or to bind the
// account binds.
func (s *Service) Begin(ctx context.Context, p Provider, binds id.User) (Try, error) {
	if p.EnabledAt == nil {
		return Try{}, errs.New(errs.NotFound, "This organization’s sign-in is off.")
	}
	found, err := s.discover(ctx, p)
	if err != nil {
		return Try{}, err
	}
	c, err := s.config(ctx, p, found)
	if err != nil {
		return Try{}, err
	}
	t := Try{Organization: p.Organization, Binds: binds, State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), BeganAt: s.now()}
	t.Address = c.AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier))
	return t, nil
}

// claims are what a provider says of a person.
type claims struct {
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	AuthorizedFor string `json:"azp"`
}

// identity is a checked answer.
type identity struct{ issuer, subject, email string }

// refusal is the one sentence for an answer that does not hold; why is for the
// log.
func refusal(why string, err error) error {
	if err == nil {
		err = fmt.Errorf("sso: %s", why)
	}
	return errs.Wrap(errs.Invalid, "Your organization’s sign-in did not confirm who you are. Begin again, or use your password.", fmt.Errorf("%s: %w", why, err))
}

// check exchanges the code of an answer and holds the ID token against the try.
func (s *Service) check(ctx context.Context, p Provider, t Try, answer url.Values) (identity, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(t.State)) != 1 {
		return identity{}, refusal("another state", nil)
	}
	if s.now().Sub(t.BeganAt) > tryLifetime {
		return identity{}, refusal("too late", nil)
	}
	if from := answer.Get("iss"); from != "" && from != p.Issuer {
		return identity{}, refusal("another issuer answers", nil)
	}
	if answer.Get("error") != "" || answer.Get("code") == "" {
		return identity{}, refusal("no code", nil)
	}
	found, err := s.discover(ctx, p)
	if err != nil {
		return identity{}, err
	}
	c, err := s.config(ctx, p, found)
	if err != nil {
		return identity{}, err
	}
	token, err := c.Exchange(oidc.ClientContext(ctx, s.client), answer.Get("code"), oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return identity{}, refusal("the code is not taken", err)
	}
	raw, _ := token.Extra("id_token").(string)
	return s.checkToken(ctx, p, t, found, raw)
}

func (s *Service) checkToken(ctx context.Context, p Provider, t Try, found *oidc.Provider, raw string) (identity, error) {
	verified, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: s.now}).Verify(oidc.ClientContext(ctx, s.client), raw)
	if err != nil {
		return identity{}, refusal("the ID token does not hold", err)
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(t.Nonce)) != 1 {
		return identity{}, refusal("another nonce", nil)
	}
	var said claims
	if err := verified.Claims(&said); err != nil {
		return identity{}, refusal("the claims cannot be read", err)
	}
	if len(verified.Audience) != 1 && said.AuthorizedFor != p.ClientID || !slices.Contains(verified.Audience, p.ClientID) {
		return identity{}, refusal("another audience", nil)
	}
	email := account.NormalizeEmail(said.Email)
	switch {
	case !said.EmailVerified:
		return identity{}, refusal("the address is not verified", nil)
	case domainOf(email) != p.Domain:
		return identity{}, refusal("an address of another domain", nil)
	case verified.Subject == "" || len(verified.Subject) > 255:
		return identity{}, refusal("no subject", nil)
	}
	return identity{verified.Issuer, verified.Subject, email}, nil
}

const (
	// The domain must still be proved: who lost it signs nobody in.
	isOpen = `
SELECT EXISTS (SELECT FROM organization_oidc o JOIN domain_proof d ON d.organization_id = o.organization_id AND d.domain = o.domain
               WHERE o.organization_id = @organization AND o.enabled_at IS NOT NULL AND d.proved_at IS NOT NULL)`
	boundUser = `
SELECT user_id::text
FROM   oidc_identity
WHERE  organization_id = @organization
AND    issuer = @issuer
AND    subject = @subject`
	noteUse = `
UPDATE oidc_identity
SET    used_at = now()
WHERE  organization_id = @organization
AND    user_id = @user`
	bindSubject = `
INSERT INTO oidc_identity (organization_id, user_id, issuer, subject)
VALUES (@organization, @user, @issuer, @subject)
ON CONFLICT (organization_id, user_id) DO NOTHING`
)

// Finish ends a visit: it returns whose account was signed in to, or bound.
// What the provider says must hold in all parts, else errs.Invalid. A subject
// that nobody has bound is errs.Forbidden.
func (s *Service) Finish(ctx context.Context, t Try, answer url.Values) (id.User, error) {
	a := postgres.Actor{User: t.Binds, Organization: t.Organization}
	p, err := s.Of(ctx, a)
	if err != nil {
		return "", err
	}
	who, err := s.check(ctx, p, t, answer)
	if err != nil {
		return "", err
	}
	user := t.Binds
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"organization": t.Organization, "issuer": who.issuer, "subject": who.subject, "user": t.Binds}
		var open bool
		if err := tx.QueryRow(ctx, isOpen, args).Scan(&open); err != nil {
			return err
		}
		if !open {
			return errs.New(errs.Forbidden, "This organization’s sign-in is off.")
		}
		if t.Binds != "" {
			return bind(ctx, tx, a, who, args)
		}
		err := tx.QueryRow(ctx, boundUser, args).Scan(&user)
		if err == pgx.ErrNoRows {
			return errs.New(errs.Forbidden, "This sign-in is not connected to an account yet. Sign in with your password once and connect it on the page of your account; without an account, ask your organization for an invitation.")
		}
		return err
	})
	if err != nil || t.Binds != "" {
		return user, err
	}
	return user, s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, noteUse, pgx.NamedArgs{"organization": t.Organization, "user": user})
		return err
	})
}

const accountEmail = `
SELECT email
FROM   app_user
WHERE  id = @user`

// bind connects a subject with the account of a person who has shown who it is.
func bind(ctx context.Context, tx pgx.Tx, a postgres.Actor, who identity, args pgx.NamedArgs) error {
	if _, err := account.Require(ctx, tx, a, func(account.Role) bool { return true }); err != nil {
		return err
	}
	var email string
	if err := tx.QueryRow(ctx, accountEmail, args).Scan(&email); err != nil {
		return postgres.NotFound(err, "No such account.")
	}
	if email != who.email {
		return errs.New(errs.Forbidden, "Your organization’s sign-in names another address than that of your account. Sign in there as the same person.")
	}
	tag, err := tx.Exec(ctx, bindSubject, args)
	if postgres.IsUnique(err, "oidc_identity_pkey") {
		return errs.Wrap(errs.Conflict, "This sign-in is connected to another account.", err)
	}
	if err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.Conflict, "Your account is connected already. Disconnect it first.")
	}
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "user.connect_sign_in", Object: "user", ObjectID: string(a.User)})
}

const (
	isBound = `
SELECT EXISTS (SELECT FROM oidc_identity WHERE organization_id = @organization AND user_id = @user)`
	unbind = `
DELETE FROM oidc_identity
WHERE  organization_id = @organization
AND    user_id = @user`
)

// IsBound reports whether the actor's account is connected to the sign-in of
// the actor's organization.
func (s *Service) IsBound(ctx context.Context, a postgres.Actor) (is bool, err error) {
	if a.Organization == "" {
		return false, nil
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, isBound, pgx.NamedArgs{"organization": a.Organization, "user": a.User}).Scan(&is)
	})
	return is, err
}

// Unbind takes the connection away; without one it is errs.NotFound.
func (s *Service) Unbind(ctx context.Context, a postgres.Actor) error {
	if a.Organization == "" {
		return errs.New(errs.NotFound, "Your account is not connected.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, unbind, pgx.NamedArgs{"organization": a.Organization, "user": a.User})
		if err != nil {
			return fmt.Errorf("unbind: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "Your account is not connected.")
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "user.disconnect_sign_in", Object: "user", ObjectID: string(a.User)})
	})
}
