package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Released is a version that buyers could see at some time. Its address holds
// for good.
type Released struct {
	Listing      id.Listing    `db:"listing_id"`
	Number       int           `db:"number"` // from 1
	State        listing.State `db:"state"`  // Live, Superseded, Suspended or Withdrawn
	Reason       string        `db:"state_reason"`
	StateAt      time.Time     `db:"state_at"`    // since when it is in that state
	ReleasedAt   time.Time     `db:"released_at"` // when buyers saw it first
	Note         string        `db:"change_note"`
	RootDigest   string        `db:"root_digest"`   // SHA-256 over the manifest, hexadecimal
	ClaimsDigest string        `db:"claims_digest"` // SHA-256 of the claims that it had last
	Newest       int           `db:"newest"`        // number of the version that was released last

	// Entry is what buyers read of it: now, if it is live, or last. It is nil
	// where that was not kept.
	Entry *Entry `db:"-"`
}

const (
	insertRelease = `
INSERT INTO catalog_version (listing_id, organization_id, number, version_id, state, released_at, change_note, root_digest, claims_digest)
VALUES (@listing, @organization, @number, @version, 'live', @released_at, @note, @root, @claims)
ON CONFLICT (listing_id, number) DO UPDATE SET claims_digest = EXCLUDED.claims_digest
WHERE catalog_version.organization_id = EXCLUDED.organization_id`

	selectRelease = `
SELECT v.listing_id, v.number, v.state, v.state_reason, v.state_at, v.released_at, v.change_note, v.root_digest, v.claims_digest,
       (SELECT max(o.number) FROM catalog_version o WHERE o.listing_id = v.listing_id) AS newest
FROM   catalog_version v
JOIN   catalog_listing c ON c.id = v.listing_id
WHERE  c.slug = @slug
AND    v.number = @number`

	// Columns that a row of then did not have are those of now.
	selectKept = `
SELECT ` + columns + `
FROM   (SELECT (jsonb_populate_record(c, v.entry)).*
        FROM   catalog_version v
        JOIN   catalog_listing c ON c.id = v.listing_id
        WHERE  v.listing_id = @listing
        AND    v.number = @number
        AND    v.entry IS NOT NULL) AS catalog_listing`
)

// publishVersion gives a version that goes live its own address.
func publishVersion(ctx context.Context, tx pgx.Tx, p listing.Published) error {
	if p.Version.LiveAt == nil {
		return errs.New(errs.Internal, "A version without a day of release cannot be shown.")
	}
	_, err := tx.Exec(ctx, insertRelease, pgx.NamedArgs{
		"listing": p.Listing.ID, "organization": p.Listing.Organization, "number": p.Version.Number, "version": p.Version.ID,
		"released_at": *p.Version.LiveAt, "note": p.Version.ChangeNote, "root": p.Version.RootDigest, "claims": p.Claims.Digest,
	})
	return err
}

// Release returns a version of the listing at an address, with the listing as it
// is now. One that buyers never saw, under embargo, planned or at an address of
// nothing, is errs.NotFound: all of them alike.
func (s *Store) Release(ctx context.Context, slug string, number int) (now Entry, v Released, err error) {
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if now, err = readEntry(ctx, tx, selectBySlug, pgx.NamedArgs{"slug": slug}); err != nil {
			return err
		}
		if v, err = postgres.One[Released](ctx, tx, selectRelease, pgx.NamedArgs{"slug": slug, "number": number}); err != nil {
			return err
		}
		if v.State == listing.Live {
			v.Entry = &now
			return nil
		}
		kept, err := readEntry(ctx, tx, selectKept, pgx.NamedArgs{"listing": v.Listing, "number": number})
		if err == nil {
			v.Entry = &kept
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // not kept
		}
		return err
	})
	if err != nil {
		return Entry{}, Released{}, postgres.NotFound(err, fmt.Sprintf("There is no version %d of a data set at this address.", number))
	}
	return now, v, nil
}
