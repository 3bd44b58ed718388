package verification

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Level is how far an organization is verified. Each of the first five
// includes the ones before it.
type Level string

// Levels. Expired is never given: it is what a level past its date reads as.
const (
	Unverified      Level = "unverified"
	EmailDomain     Level = "email_domain"     // it holds its domain
	OrgDocuments    Level = "org_documents"    // a reviewer accepted papers on who it is
	RightsDocuments Level = "rights_documents" // and papers on its right to license data
	Verified        Level = "verified"         // may publish
	Suspended       Level = "suspended"        // a reviewer took it away until a question is settled
	Expired         Level = "expired"
)

// GrantableLevels are those that a decision on a request may give, the lowest
// first.
func GrantableLevels() []Level {
	return []Level{EmailDomain, OrgDocuments, RightsDocuments, Verified}
}

// reaches reports whether l stands for what least stands for; both are
// grantable.
func (l Level) reaches(least Level) bool { return l.rank() >= least.rank() }

func (l Level) rank() int {
	for i, g := range GrantableLevels() {
		if g == l {
			return i + 1
		}
	}
	return 0
}

// Label says the level in words.
func (l Level) Label() string {
	switch l {
	case EmailDomain:
		return "E-mail domain confirmed"
	case OrgDocuments:
		return "Organization papers accepted"
	case RightsDocuments:
		return "Rights papers accepted"
	case Verified:
		return "Verified"
	case Suspended:
		return "Suspended"
	case Expired:
		return "Expired"
	}
	return "Not verified"
}

// Help says in a sentence what the level means to the organization.
func (l Level) Help() string {
	switch l {
	case EmailDomain:
		return "The organization holds its domain. May not publish yet."
	case OrgDocuments:
		return "Papers show who the organization is. May not publish yet."
	case RightsDocuments:
		return "Papers show its right to license data, too. May not publish yet."
	case Verified:
		return "May publish data sets that passed their audit."
	case Suspended:
		return "May not publish until the question is settled."
	case Expired:
		return "May not publish until it is renewed. What is live stays live."
	}
	return "May describe and upload data sets, not publish them."
}

// Tag says to buyers in two or three words how far a seller is verified, and
// Kind what color the words have: "", ok, info, warn or bad.
func (l Level) Tag() string {
	switch l {
	case EmailDomain:
		return "seller: domain confirmed"
	case OrgDocuments:
		return "seller: identity checked"
	case RightsDocuments:
		return "seller: rights checked"
	case Verified:
		return "verified seller"
	case Suspended:
		return "seller suspended"
	case Expired:
		return "seller’s verification expired"
	}
	return "seller not verified"
}

// Kind is the color of a Tag.
func (l Level) Kind() string {
	switch l {
	case OrgDocuments, RightsDocuments:
		return "info"
	case Verified:
		return "ok"
	case Suspended:
		return "bad"
	case Expired:
		return "warn"
	}
	return ""
}

// Meaning says to buyers in a sentence what the level stands for.
func (l Level) Meaning() string {
	switch l {
	case EmailDomain:
		return "The seller holds its domain. Nobody has read papers on who it is."
	case OrgDocuments:
		return "A reviewer read papers on who the seller is. None that hold today show its right to license data."
	case RightsDocuments:
		return "A reviewer read papers on who the seller is and on its right to license data."
	case Verified:
		return "A reviewer read papers on who the seller is, on its right to license data, and on who may sign."
	case Suspended:
		return "The platform took the verification away until a question is settled. Nothing new is published."
	case Expired:
		return "The verification has ended and was not renewed. Nothing new is published."
	}
	return "Nobody has checked who the seller is."
}

// LevelChange is a level that a reviewer gave, with the reason.
type LevelChange struct {
	Level       Level      `db:"level"`
	Reason      string     `db:"reason"`
	ExpiresAt   *time.Time `db:"expires_at"`
	RightsUntil *time.Time `db:"rights_until"` // the last day of the first rights document to end
	At          time.Time  `db:"decided_at"`
	By          string     `db:"decided_by"` // a name; empty for who may not see it
}

// Standing is the level that holds now and how it came to it.
type Standing struct {
	Level   Level
	Changes []LevelChange // newest first
}

// RightsLapsed reports whether a rights document that the level rests on has
// ended, so that it reads as a lower one.
func (s Standing) RightsLapsed() bool {
	return s.Level == OrgDocuments && len(s.Changes) > 0 && s.Changes[0].Level.reaches(RightsDocuments)
}

const levelQuery = `SELECT organization_verification(@organization)`

const levelChanges = `
SELECT    v.level, v.reason, v.expires_at, v.rights_until, v.decided_at, coalesce(u.name, '') AS decided_by
FROM      verification v
LEFT JOIN app_user u ON u.id = v.decided_by
WHERE     v.organization_id = @organization
ORDER BY  v.decided_at DESC, v.id DESC`

func readStanding(ctx context.Context, tx pgx.Tx, org id.Organization) (s Standing, err error) {
	args := pgx.NamedArgs{"organization": org}
	if err := tx.QueryRow(ctx, levelQuery, args).Scan(&s.Level); err != nil {
		return s, fmt.Errorf("verification: %w", err)
	}
	rows, err := tx.Query(ctx, levelChanges, args)
	if err != nil {
		return s, fmt.Errorf("verification: %w", err)
	}
	s.Changes, err = pgx.CollectRows(rows, pgx.RowToStructByName[LevelChange])
	return s, err
}

// Standing returns the verification of the actor's organization.
func (s *Service) Standing(ctx context.Context, a postgres.Actor) (standing Standing, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		standing, err = readStanding(ctx, tx, a.Organization)
		return err
	})
	return standing, err
}

const insertLevel = `
INSERT INTO verification (id, organization_id, request_id, level, reason, expires_at, rights_until, decided_by)
VALUES (@id, @organization, nullif(@request, '')::uuid, @level, @reason, @expires_at, @rights_until, @user)`

// giveLevel writes a level down; a trigger shows it on the listings.
func giveLevel(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, request id.Verification, l LevelChange) error {
	_, err := tx.Exec(ctx, insertLevel, pgx.NamedArgs{
		"id": id.New[id.Verification](), "organization": org, "request": string(request), "level": l.Level,
		"reason": l.Reason, "expires_at": l.ExpiresAt, "rights_until": l.RightsUntil, "user": a.User,
	})
	if err != nil {
		return fmt.Errorf("level: %w", err)
	}
	return record(ctx, tx, a, org, "verification.level", "organization", string(org), map[string]string{"level": string(l.Level)})
}

// lockOrganization lets one change of an organization's level wait for another.
func lockOrganization(ctx context.Context, tx pgx.Tx, org id.Organization) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('verification ' || @organization, 0))`, pgx.NamedArgs{"organization": string(org)})
	return err
}
