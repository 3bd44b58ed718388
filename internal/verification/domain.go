package verification

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"assay/internal/account"
	"assay/internal/account/sso"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Times of looks at a domain.
const (
	askEvery     = time.Minute         // at most one by hand
	lookAgain    = 30 * 24 * time.Hour // at what is proved
	lookMissing  = 24 * time.Hour      // at what was proved and is not found
	proofIsGone  = 7 * 24 * time.Hour  // after which it counts as proved no longer
	duePerSweep  = 50
	tokenByteLen = 32
)

// DomainProof is how an organization shows that it holds its domain: a token of
// its own in DNS or in a file.
type DomainProof struct {
	Organization id.Organization `db:"organization_id"`
	Domain       string          `db:"domain"`
	Token        string          `db:"token"`
	Method       string          `db:"method"`     // dns or file; empty while it is not proved
	ProvedAt     *time.Time      `db:"proved_at"`  // since when
	CheckedAt    *time.Time      `db:"checked_at"` // the latest look
	Outcome      string          `db:"outcome"`    // of it: found, absent, different, unreachable, refused
	DNSSeen      string          `db:"dns_seen"`   // what it saw in DNS, in a sentence; empty if it did not look there
	FileSeen     string          `db:"file_seen"`  // and at the file's address
	MissingSince *time.Time      `db:"missing_since"`
	AskedAt      *time.Time      `db:"asked_at"`
}

// Holds reports whether the latest look found the token.
func (p DomainProof) Holds() bool { return p.ProvedAt != nil && p.Outcome == found }

// IsAsked reports whether a look was asked for and has not ended.
func (p DomainProof) IsAsked() bool {
	return p.AskedAt != nil && (p.CheckedAt == nil || p.CheckedAt.Before(*p.AskedAt))
}

// Record is the name of the TXT record and FileURL the address of the file;
// Content is what either holds.
func (p DomainProof) Record() string  { return dnsLabel + "." + p.Domain }
func (p DomainProof) FileURL() string { return "https://" + p.Domain + filePath }
func (p DomainProof) Content() string { return tokenMark + p.Token }

// Label is the part of the record's name before the domain, and ZoneLine the
// record as a line of a zone file.
func (p DomainProof) Label() string { return dnsLabel }
func (p DomainProof) ZoneLine() string {
	return p.Record() + `. 3600 IN TXT "` + p.Content() + `"`
}

// Advice says what to do about what the latest look did not find; empty if there
// is nothing to say.
func (p DomainProof) Advice() string {
	switch p.Outcome {
	case absent, unreachable:
		return "DNS may take an hour until a new record is seen everywhere. Look again then."
	case different:
		return "The whole value has to stand there, on a line of its own. A second TXT record of the same name does no harm."
	case refused:
		return "We connect to addresses on the public net alone. The TXT record is enough by itself."
	}
	return ""
}

// notPublic are ends of names that are nobody's in public.
//
// Source: RFC 6761, RFC 6762, RFC 7686, RFC 8375, the IANA registry of
// special-use domain names, ICANN's reservation of internal (2024).
var notPublic = []string{"localhost", "local", "internal", "invalid", "onion", "arpa", "alt", "lan", "home", "corp"}

// domainName returns a host as a name that can be looked at, or "": no IP
// address in any notation, no name without a dot, none that is not public, and
// none under which everybody has names, such as co.uk.
func domainName(host string) string {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || len(name) > 253 || !strings.Contains(name, ".") {
		return ""
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return ""
	}
	labels := strings.Split(name, ".")
	top := labels[len(labels)-1]
	if strings.Trim(top, "0123456789") == "" || strings.HasPrefix(top, "0x") {
		return "" // an address in decimal, octal or hex notation ends like this
	}
	if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name || slices.Contains(notPublic, top) {
		return ""
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return ""
		}
	}
	return name
}

const saveDomain = `
INSERT INTO domain_proof AS p (organization_id, domain, token)
VALUES (@organization, @domain, @token)
ON CONFLICT (organization_id) DO UPDATE
SET   domain = excluded.domain, token = excluded.token, asked_at = NULL
WHERE p.domain <> excluded.domain`

// setDomain begins the proof of a domain anew if it is another one; a sign-in of
// the organization for the former one goes off.
func setDomain(ctx context.Context, tx pgx.Tx, a postgres.Actor, host string) error {
	domain := domainName(host)
	if domain == "" {
		return nil
	}
	secret := make([]byte, tokenByteLen)
	rand.Read(secret) // never fails: it ends the program instead
	tag, err := tx.Exec(ctx, saveDomain, pgx.NamedArgs{"organization": a.Organization, "domain": domain, "token": base64.RawURLEncoding.EncodeToString(secret)})
	if err != nil {
		return fmt.Errorf("domain: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return sso.LoseProof(ctx, tx, a, a.Organization)
}

const selectDomain = `
SELECT organization_id, domain, token, method, proved_at, checked_at, outcome, dns_seen, file_seen, missing_since, asked_at
FROM   domain_proof
WHERE  organization_id = @organization`

func readDomain(ctx context.Context, tx pgx.Tx, org id.Organization) (DomainProof, error) {
	rows, err := tx.Query(ctx, selectDomain, pgx.NamedArgs{"organization": org})
	if err != nil {
		return DomainProof{}, fmt.Errorf("domain: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DomainProof])
	return p, postgres.NotFound(err, "Enter the web address of your organization first.")
}

// Domain returns the proof of the domain of the actor's organization; it is
// errs.NotFound before a web address is entered.
func (s *Service) Domain(ctx context.Context, a postgres.Actor) (p DomainProof, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		p, err = readDomain(ctx, tx, a.Organization)
		return err
	})
	return p, err
}

const markAsked = `
UPDATE domain_proof
SET    asked_at = now()
WHERE  organization_id = @organization
AND    (asked_at IS NULL OR asked_at < now() - @every::interval)`

// AskForDomain asks for a look at the domain; more than one a minute is
// errs.Conflict.
func (s *Service) AskForDomain(ctx context.Context, a postgres.Actor) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		if _, err := readDomain(ctx, tx, a.Organization); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, markAsked, pgx.NamedArgs{"organization": a.Organization, "every": askEvery})
		if err != nil {
			return fmt.Errorf("domain: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "We looked within the last minute. Try again in a moment.")
		}
		if err := job.Insert(ctx, tx, job.CheckDomain{Organization: a.Organization}); err != nil {
			return err
		}
		return record(ctx, tx, a, a.Organization, "domain.ask", "organization", string(a.Organization), nil)
	})
}

const wasAsked = `
SELECT EXISTS (SELECT 1
               FROM   domain_proof
               WHERE  organization_id = @organization
               AND    asked_at IS NOT NULL)`

// askForCheck asks for a look at a domain whose proof was begun.
func askForCheck(ctx context.Context, tx pgx.Tx, org id.Organization) error {
	var begun bool
	if err := tx.QueryRow(ctx, wasAsked, pgx.NamedArgs{"organization": org}).Scan(&begun); err != nil {
		return fmt.Errorf("domain: %w", err)
	}
	if !begun {
		return nil
	}
	return job.Insert(ctx, tx, job.CheckDomain{Organization: org})
}

// CheckDomain looks at the domain of an organization and writes down what it
// found. What it does not find is no error.
func (s *Service) CheckDomain(ctx context.Context, args job.CheckDomain) error {
	var p DomainProof
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		p, err = readDomain(ctx, tx, args.Organization)
		return err
	})
	if errs.KindOf(err) == errs.NotFound {
		return nil // the organization is gone
	}
	if err != nil {
		return err
	}
	saw := s.look.look(ctx, p.Domain, p.Token)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	looks := postgres.Actor{Organization: args.Organization, Platform: postgres.Worker}
	return s.db.InTx(ctx, looks, func(tx pgx.Tx) error { return s.writeSight(ctx, tx, p, saw) })
}

const writeFound = `
UPDATE domain_proof
SET    outcome = 'found', method = @method, proved_at = coalesce(proved_at, @now), checked_at = @now, missing_since = NULL, dns_seen = @dns, file_seen = @file
WHERE  organization_id = @organization
AND    domain = @domain
AND    token = @token`

const writeMissing = `
UPDATE domain_proof
SET    outcome = @outcome, checked_at = @now, dns_seen = @dns, file_seen = @file,
       missing_since = CASE WHEN proved_at IS NULL OR @is_gone THEN NULL ELSE coalesce(missing_since, @now) END,
       proved_at = CASE WHEN @is_gone THEN NULL ELSE proved_at END,
       method = CASE WHEN @is_gone THEN '' ELSE method END
WHERE  organization_id = @organization
AND    domain = @domain
AND    token = @token`

// writeSight keeps what a look found, unless the domain was changed meanwhile.
// What was proved and is missed stays proved for a week, and reviewers see that
// it is missed; then the organization's own sign-in goes off with the proof.
func (s *Service) writeSight(ctx context.Context, tx pgx.Tx, p DomainProof, saw sight) error {
	now := s.now()
	isGone := saw.outcome != found && p.MissingSince != nil && now.Sub(*p.MissingSince) >= proofIsGone
	sql := writeMissing
	if saw.outcome == found {
		sql = writeFound
	}
	tag, err := tx.Exec(ctx, sql, pgx.NamedArgs{
		"organization": p.Organization, "domain": p.Domain, "token": p.Token, "outcome": saw.outcome, "method": saw.method, "now": now, "is_gone": isGone,
		"dns": saw.dns, "file": saw.file,
	})
	if err != nil {
		return fmt.Errorf("domain: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	switch {
	case saw.outcome == found && p.ProvedAt == nil:
		return record(ctx, tx, worker, p.Organization, "domain.prove", "organization", string(p.Organization), map[string]string{"method": saw.method})
	case isGone:
		if err := record(ctx, tx, worker, p.Organization, "domain.lose", "organization", string(p.Organization), map[string]string{"outcome": saw.outcome}); err != nil {
			return err
		}
		if err := sso.LoseProof(ctx, tx, worker, p.Organization); err != nil {
			return err
		}
		return tellDomainLost(ctx, tx, p)
	}
	return nil
}

const dueDomains = `
UPDATE domain_proof
SET    asked_at = @now
WHERE  organization_id IN (
       SELECT   organization_id
       FROM     domain_proof
       WHERE    proved_at IS NOT NULL
       AND      checked_at < CASE WHEN missing_since IS NULL THEN @monthly::timestamptz ELSE @daily::timestamptz END
       AND      (asked_at IS NULL OR asked_at < @daily)
       ORDER BY checked_at
       LIMIT    @limit
       FOR      UPDATE SKIP LOCKED)
RETURNING organization_id`

// askDueDomains asks for looks at what is proved, once a month, and at what is
// missed, once a day.
func (s *Service) askDueDomains(ctx context.Context) error {
	now := s.now()
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err := postgres.Values[id.Organization](ctx, tx, dueDomains, pgx.NamedArgs{"now": now, "monthly": now.Add(-lookAgain), "daily": now.Add(-lookMissing), "limit": duePerSweep})
		for _, org := range list {
			err = errors.Join(err, job.Insert(ctx, tx, job.CheckDomain{Organization: org}))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("domains to look at: %w", err)
	}
	return nil
}

// checkDomainOf looks once more at a proved domain before a level is granted
// for it.
func (s *Service) checkDomainOf(ctx context.Context, a postgres.Actor, request id.Verification) error {
	c, err := s.Case(ctx, a, request)
	if err != nil || c.State != RequestSubmitted || c.Domain.ProvedAt == nil {
		return err
	}
	return s.CheckDomain(ctx, job.CheckDomain{Organization: c.Organization})
}
