package listing

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

const (
	noSuchListing = "There is no such data set."
	noSuchVersion = "There is no such version."
)

func lockToken(revision, lock int) string {
	return strconv.Itoa(revision) + "." + strconv.Itoa(lock)
}

const listingColumns = `l.id, l.organization_id, l.kind, l.slug, l.created_at, l.updated_at, l.submitted_at, l.deleted_at`

const claimsColumns = `c.id, c.organization_id, c.listing_id, c.revision, c.canonical, c.claims_digest, c.lock,
         coalesce(c.author_id::text, '') AS author_id, c.created_at, c.updated_at, c.frozen_at, c.submitted_at,
         coalesce(c.amends_version::text, '') AS amends_version, coalesce(c.outcome, '') AS outcome`

type claimsRow struct {
	ID             id.Claims       `db:"id"`
	OrganizationID id.Organization `db:"organization_id"`
	ListingID      id.Listing      `db:"listing_id"`
	Revision       int             `db:"revision"`
	Canonical      string          `db:"canonical"`
	ClaimsDigest   string          `db:"claims_digest"`
	Lock           int             `db:"lock"`
	AuthorID       id.User         `db:"author_id"`
	CreatedAt      time.Time       `db:"created_at"`
	UpdatedAt      time.Time       `db:"updated_at"`
	FrozenAt       *time.Time      `db:"frozen_at"`
	SubmittedAt    *time.Time      `db:"submitted_at"`
	AmendsVersion  id.Version      `db:"amends_version"`
	Outcome        Outcome         `db:"outcome"`
}

func (r claimsRow) revision() (Revision, error) {
	claims, err := ParseClaims(r.Canonical)
	if err != nil {
		return Revision{}, err
	}
	return Revision{
		ID: r.ID, Listing: r.ListingID, Organization: r.OrganizationID, Number: r.Revision, Claims: claims,
		Digest: r.ClaimsDigest, Lock: r.Lock, Author: r.AuthorID, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		FrozenAt: r.FrozenAt, SubmittedAt: r.SubmittedAt, Amends: r.AmendsVersion, Outcome: r.Outcome,
	}, nil
}

const versionColumns = `v.id, v.organization_id, v.listing_id, v.number, v.state, v.last_event, v.reason,
         coalesce(v.claims_id::text, '') AS claims_id, coalesce(v.root_digest, '') AS root_digest, v.change_note,
         v.embargo_until, coalesce(v.created_by::text, '') AS created_by, v.created_at, v.updated_at,
         v.submitted_at, v.live_at, v.publish_plan, v.publish_on, v.publish_failure, v.publish_failed_at`

const selectListing = `
SELECT   ` + listingColumns + `
FROM     listing l
WHERE    l.id = @id
AND      l.organization_id = @organization`

// readListing reads a listing of the organization.
func readListing(ctx context.Context, q postgres.Querier, org id.Organization, l id.Listing) (Listing, error) {
	found, err := postgres.One[Listing](ctx, q, selectListing, pgx.NamedArgs{"id": l, "organization": org})
	return found, postgres.NotFound(err, noSuchListing)
}

// lockListing is readListing that makes other writers of the listing wait.
func lockListing(ctx context.Context, q postgres.Querier, org id.Organization, l id.Listing) (Listing, error) {
	found, err := postgres.One[Listing](ctx, q, selectListing+`
FOR UPDATE`, pgx.NamedArgs{"id": l, "organization": org})
	return found, postgres.NotFound(err, noSuchListing)
}

const newestClaims = `
SELECT   ` + claimsColumns + `
FROM     listing_claims c
WHERE    c.listing_id = @listing
AND      c.organization_id = @organization
ORDER BY c.revision DESC
LIMIT    1`

func readNewest(ctx context.Context, q postgres.Querier, l Listing) (Revision, error) {
	row, err := postgres.One[claimsRow](ctx, q, newestClaims, pgx.NamedArgs{"listing": l.ID, "organization": l.Organization})
	if err != nil {
		return Revision{}, postgres.NotFound(err, noSuchListing)
	}
	return row.revision()
}

const claimsByID = `
SELECT   ` + claimsColumns + `
FROM     listing_claims c
WHERE    c.id = @id
AND      c.organization_id = @organization`

func readClaims(ctx context.Context, q postgres.Querier, org id.Organization, c id.Claims) (Revision, error) {
	row, err := postgres.One[claimsRow](ctx, q, claimsByID, pgx.NamedArgs{"id": c, "organization": org})
	if err != nil {
		return Revision{}, postgres.NotFound(err, "There is no such revision of the claims.")
	}
	return row.revision()
}

const insertClaims = `
INSERT INTO listing_claims (id, organization_id, listing_id, revision, canonical, claims_digest, author_id)
VALUES (@id, @organization, @listing, @revision, @canonical, @digest, nullif(@author, '')::uuid)`

func addClaims(ctx context.Context, q postgres.Querier, l Listing, number int, c Claims, author id.User) error {
	text, err := c.Canonical()
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, insertClaims, pgx.NamedArgs{
		"id": id.New[id.Claims](), "organization": l.Organization, "listing": l.ID, "revision": number,
		"canonical": text, "digest": DigestText(text), "author": string(author),
	})
	return err
}

const updateClaims = `
UPDATE listing_claims
SET    canonical = @canonical,
       claims_digest = @digest,
       author_id = nullif(@author, '')::uuid,
       lock = lock + 1,
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization
AND    frozen_at IS NULL
AND    lock = @lock`

func changeClaims(ctx context.Context, q postgres.Querier, r Revision, c Claims, author id.User) error {
	text, err := c.Canonical()
	if err != nil {
		return err
	}
	tag, err := q.Exec(ctx, updateClaims, pgx.NamedArgs{
		"id": r.ID, "organization": r.Organization, "lock": r.Lock,
		"canonical": text, "digest": DigestText(text), "author": string(author),
	})
	if err == nil && tag.RowsAffected() == 0 {
		err = errSavedMeanwhile
	}
	return err
}

const freezeClaims = `
UPDATE listing_claims
SET    frozen_at = coalesce(frozen_at, now()),
       submitted_at = CASE WHEN @submit THEN coalesce(submitted_at, now()) ELSE submitted_at END,
       amends_version = CASE WHEN @amends <> '' THEN nullif(@amends, '')::uuid ELSE amends_version END
WHERE  id = @id
AND    organization_id = @organization`

// freeze makes a revision final; submit also shows it to reviewers, amends
// names the live version that it asks to change.
func freeze(ctx context.Context, q postgres.Querier, r Revision, submit bool, amends id.Version) error {
	_, err := q.Exec(ctx, freezeClaims, pgx.NamedArgs{
		"id": r.ID, "organization": r.Organization, "submit": submit, "amends": string(amends),
	})
	if err != nil {
		return fmt.Errorf("freeze claims: %w", err)
	}
	return nil
}

const selectVersion = `
SELECT   ` + versionColumns + `
FROM     version v
WHERE    v.id = @id
AND      (v.organization_id = assay_organization() OR assay_platform() <> '')`

// readVersion reads a version that the actor may see: one of the seller's own,
// or one that a policy shows to the platform.
func readVersion(ctx context.Context, q postgres.Querier, v id.Version) (Version, error) {
	found, err := postgres.One[Version](ctx, q, selectVersion, pgx.NamedArgs{"id": v})
	return found, postgres.NotFound(err, noSuchVersion)
}

// Lock locks a version that the actor may see: its listing first, so that what
// stands beside the version holds still too, and no two ways through the house
// wait for each other in a circle. What it returns was read after the wait.
func Lock(ctx context.Context, tx pgx.Tx, v id.Version) (Version, error) {
	found, err := readVersion(ctx, tx, v)
	if err != nil {
		return Version{}, err
	}
	if _, err := lockListing(ctx, tx, found.Organization, found.Listing); err != nil {
		return Version{}, err
	}
	return lockVersion(ctx, tx, v)
}

// lockVersion is readVersion that makes other movers of the version wait. Alone
// it serves steps before a version is submitted, which leave its listing as it is.
func lockVersion(ctx context.Context, q postgres.Querier, v id.Version) (Version, error) {
	found, err := postgres.One[Version](ctx, q, selectVersion+`
FOR UPDATE`, pgx.NamedArgs{"id": v})
	return found, postgres.NotFound(err, noSuchVersion)
}

const newestVersion = `
SELECT   ` + versionColumns + `
FROM     version v
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
ORDER BY v.number DESC
LIMIT    1`

// newestSent leaves out a draft, which has no files.
const newestSent = `
SELECT   ` + versionColumns + `
FROM     version v
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
AND      v.state <> 'draft'
ORDER BY v.number DESC
LIMIT    1`

const liveVersion = `
SELECT   ` + versionColumns + `
FROM     version v
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
AND      v.state = 'live'
FOR UPDATE`

// findVersion returns the version that sql names, nil if there is none.
func findVersion(ctx context.Context, q postgres.Querier, sql string, org id.Organization, l id.Listing) (*Version, error) {
	list, err := postgres.Many[Version](ctx, q, sql, pgx.NamedArgs{"listing": l, "organization": org})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
