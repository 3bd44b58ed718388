package sso

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Provider is an organization's own sign-in, without its secret.
type Provider struct {
	Organization id.Organization `db:"organization_id"`
	Issuer       string          `db:"issuer"`
	ClientID     string          `db:"client_id"`
	Domain       string          `db:"domain"`
	EnabledAt    *time.Time      `db:"enabled_at"`
	// RequiredAt is since when members come in by it alone; nil if they need not.
	RequiredAt *time.Time `db:"required_at"`
	Secret     []byte     `db:"client_secret"` // sealed
}

const (
	providerColumns = `
SELECT organization_id::text AS organization_id, issuer, client_id, domain, enabled_at, required_at, client_secret
FROM   organization_oidc`
	ownProvider    = providerColumns + ` WHERE organization_id = @organization`
	domainProvider = providerColumns + ` o
WHERE  domain = @domain
AND    enabled_at IS NOT NULL
AND    EXISTS (SELECT FROM domain_proof d
               WHERE d.organization_id = o.organization_id AND d.domain = o.domain AND d.proved_at IS NOT NULL)`
	provedDomain = `
SELECT domain
FROM   domain_proof
WHERE  organization_id = @organization
AND    proved_at IS NOT NULL`
)

func (s *Service) find(ctx context.Context, a postgres.Actor, sql string, args pgx.NamedArgs, key string) (p Provider, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if key != "" {
			if err := postgres.LookFor(ctx, tx, key); err != nil {
				return err
			}
		}
		p, err = postgres.One[Provider](ctx, tx, sql, args)
		return err
	})
	return p, postgres.NotFound(err, "No organization signs people in for this domain.")
}

// Of returns the provider of the actor's organization, or errs.NotFound.
func (s *Service) Of(ctx context.Context, a postgres.Actor) (Provider, error) {
	if a.Organization == "" {
		return Provider{}, errs.New(errs.NotFound, "You belong to no organization.")
	}
	return s.find(ctx, a, ownProvider, pgx.NamedArgs{"organization": a.Organization}, "")
}

// ForAddress returns the enabled provider of an address's domain, whose proof
// holds, or errs.NotFound. It tells of the domain alone, not of the address.
func (s *Service) ForAddress(ctx context.Context, email string) (Provider, error) {
	domain := domainOf(account.NormalizeEmail(email))
	if domain == "" {
		return Provider{}, &errs.Error{Kind: errs.Invalid, Field: "organization-email", Message: "Enter an e-mail address, like name@example.org."}
	}
	return s.find(ctx, postgres.Actor{}, domainProvider, pgx.NamedArgs{"domain": domain}, domain)
}

func domainOf(email string) string {
	_, domain, _ := strings.Cut(email, "@")
	return domain
}

// ProvedDomain returns the domain that the actor's organization has proved, or
// errs.NotFound.
func (s *Service) ProvedDomain(ctx context.Context, a postgres.Actor) (domain string, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, provedDomain, pgx.NamedArgs{"organization": a.Organization}).Scan(&domain)
	})
	return domain, postgres.NotFound(err, "Prove a domain first.")
}

// Settings are what an owner states. An empty secret keeps the one there is, for
// the same issuer and client.
type Settings struct{ Issuer, ClientID, Secret string }

func (n Settings) check() error {
	var form errs.Fields
	u, err := url.Parse(n.Issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(n.Issuer) > 500 {
		form.Add("issuer", "Enter the issuer’s address, like https://login.example.org.")
	}
	if n.ClientID == "" || len(n.ClientID) > 300 {
		form.Add("client_id", "Enter the client ID that your provider gave.")
	}
	if len(n.Secret) > 500 {
		form.Add("client_secret", "Use at most 500 characters.")
	}
	return form.Err()
}

const upsertProvider = `
INSERT INTO organization_oidc (organization_id, issuer, client_id, client_secret, domain, set_by)
VALUES (@organization, @issuer, @client, @secret, @domain, @user)
ON CONFLICT (organization_id) DO UPDATE
SET issuer = EXCLUDED.issuer, client_id = EXCLUDED.client_id, client_secret = EXCLUDED.client_secret, domain = EXCLUDED.domain,
    set_by = EXCLUDED.set_by, set_at = now()`

func isOwner(r account.Role) bool { return r == account.Owner }

const (
	// lockProof makes a loss of the proof wait; it comes before a lock of the
	// provider's row, as where the proof is lost.
	lockProof = provedDomain + `
FOR    SHARE`
	lockProvider = ownProvider + `
FOR    UPDATE`
)

// Save keeps the settings of the actor's organization, which are off until
// Enable. Mistakes are errs.Invalid by field; without a proved domain it is
// errs.Conflict. Another issuer or client needs its secret: the one that is kept
// is sent to nobody else. Only an owner may.
func (s *Service) Save(ctx context.Context, a postgres.Actor, n Settings) error {
	n.Issuer, n.ClientID = strings.TrimSpace(n.Issuer), strings.TrimSpace(n.ClientID)
	if err := n.check(); err != nil {
		return err
	}
	return s.change(ctx, a, "organization.set_sign_in", func(tx pgx.Tx) (pgconn.CommandTag, error) {
		args := pgx.NamedArgs{"organization": a.Organization, "user": a.User, "issuer": n.Issuer, "client": n.ClientID, "secret": s.seal(n.Secret, a.Organization)}
		var domain string
		err := tx.QueryRow(ctx, provedDomain, args).Scan(&domain)
		if errors.Is(err, pgx.ErrNoRows) {
			return pgconn.CommandTag{}, errs.New(errs.Conflict, "Prove your organization’s domain first: people of that domain are who signs in.")
		}
		if err == nil && n.Secret == "" {
			args["secret"], err = keptSecret(ctx, tx, a.Organization, n)
		}
		if err != nil {
			return pgconn.CommandTag{}, err
		}
		args["domain"] = domain
		return tx.Exec(ctx, upsertProvider, args)
	})
}

// keptSecret returns the sealed secret that there is, if it is of the same
// issuer and client, and locks its row, so that no other key seals it meanwhile.
func keptSecret(ctx context.Context, tx pgx.Tx, org id.Organization, n Settings) ([]byte, error) {
	old, err := postgres.One[Provider](ctx, tx, lockProvider, pgx.NamedArgs{"organization": org})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, &errs.Error{Kind: errs.Invalid, Field: "client_secret", Message: "Enter the client secret that your provider gave."}
	case err != nil:
		return nil, err
	case old.Issuer != n.Issuer || old.ClientID != n.ClientID:
		return nil, &errs.Error{Kind: errs.Invalid, Field: "client_secret", Message: "Enter the client secret again: the one that is kept goes to the former issuer and client alone."}
	}
	return old.Secret, nil
}

const (
	enableProvider = `
UPDATE organization_oidc
SET    enabled_at = coalesce(enabled_at, now())
WHERE  organization_id = @organization`
	disableProvider = `
UPDATE organization_oidc
SET    enabled_at = NULL
WHERE  organization_id = @organization`
)

// Enable asks the provider for its description and lets people sign in by it.
// A provider that does not answer as one is errs.Conflict, as is a domain that
// is no longer proved or that another organization signs in for.
func (s *Service) Enable(ctx context.Context, a postgres.Actor) error {
	p, err := s.Of(ctx, a)
	if err != nil {
		return err
	}
	if _, err := s.ask(ctx, p); err != nil {
		return err
	}
	err = s.change(ctx, a, "organization.enable_sign_in", run(ctx, a, enableProvider))
	switch {
	case postgres.IsUnique(err, "organization_oidc_domain"):
		return errs.Wrap(errs.Conflict, "Another organization signs people in for this domain. Write to us.", err)
	case isConstraint(err, "organization_oidc_proved"):
		return errs.Wrap(errs.Conflict, "The domain is not proved any more. Prove it again.", err)
	}
	return err
}

// Disable ends sign-in by the provider and the sessions that it began; who is
// bound to it stays so. While members come in by it alone it is errs.Conflict.
func (s *Service) Disable(ctx context.Context, a postgres.Actor) error {
	err := s.change(ctx, a, "organization.disable_sign_in", run(ctx, a, disableProvider))
	if isConstraint(err, "organization_oidc_asked_for") {
		return errs.Wrap(errs.Conflict, "Members come in by this sign-in alone. Let them use their passwords again first, then turn it off.", err)
	}
	return err
}

// isConstraint reports whether the database refused by a rule of that name.
func isConstraint(err error, name string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == name
}

// run is a change that is one statement about the actor's organization.
func run(ctx context.Context, a postgres.Actor, sql string) func(pgx.Tx) (pgconn.CommandTag, error) {
	return func(tx pgx.Tx) (pgconn.CommandTag, error) {
		return tx.Exec(ctx, sql, pgx.NamedArgs{"organization": a.Organization})
	}
}

const isOff = `
SELECT enabled_at IS NULL
FROM   organization_oidc
WHERE  organization_id = @organization`

// change does what an owner asks for and records it. Sessions that the sign-in
// began end if it is off then.
func (s *Service) change(ctx context.Context, a postgres.Actor, verb string, do func(pgx.Tx) (pgconn.CommandTag, error)) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, isOwner); err != nil {
			return err
		}
		args := pgx.NamedArgs{"organization": a.Organization}
		if _, err := tx.Exec(ctx, lockProof, args); err != nil {
			return fmt.Errorf("organization sign-in: %w", err)
		}
		tag, err := do(tx)
		if err != nil {
			return fmt.Errorf("organization sign-in: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "Nothing is set up yet.")
		}
		var off bool
		if err := tx.QueryRow(ctx, isOff, args).Scan(&off); err != nil {
			return fmt.Errorf("organization sign-in: %w", err)
		}
		if off {
			if err := account.EndVouched(ctx, tx, a.Organization, ""); err != nil {
				return err
			}
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: verb, Object: "organization", ObjectID: string(a.Organization)})
	})
}
