package catalog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Reference is a data set at its owner, as those see it who keep its
// description.
type Reference struct {
	Slug       string
	Title      string
	State      State
	CheckedOn  string // 2006-01-02; empty: not checked with the owner
	Conflict   string // sources that disagree
	Confidence string // high, medium or low
	Basis      Basis
	Owner      string
	OwnerURL   string
	License    string
	Assertions []Assertion // that the public sees
	IsEdited   bool        // by an admin: what the program ships no longer counts

	CommercialUse license.CommercialUse // as the listing shows it
	Terms         ReferenceTerms        // as they stand; of the first part if there are several
	Parts         int                   // groups of files with terms of their own
	WithdrawnFor  string                // why an admin withdrew it; empty if none did
}

// Disagrees reports whether a source says something else about commercial use
// than the listing shows.
func (r Reference) Disagrees(a Assertion) bool {
	return a.CommercialUse != "" && a.CommercialUse != r.CommercialUse
}

// SourcesDisagree reports whether a disagreement is noted, or a source says
// something else than the listing shows.
func (r Reference) SourcesDisagree() bool {
	return r.Conflict != "" || slices.ContainsFunc(r.Assertions, r.Disagrees)
}

// IsStale reports whether nobody checked it for twelve months.
func (r Reference) IsStale(now time.Time) bool {
	return r.CheckedOn < now.AddDate(-1, 0, 0).Format(time.DateOnly)
}

// Recorded is what somebody once read about the rights, and who wrote it down.
type Recorded struct {
	Party         listing.AssertedBy    `db:"party"`
	Source        string                `db:"source"`
	Statement     string                `db:"statement"`
	CommercialUse license.CommercialUse `db:"commercial_use"`
	CheckedOn     time.Time             `db:"checked_on"`
	Conflict      string                `db:"conflict"`
	Note          string                `db:"note"`
	SourceURL     string                `db:"source_url"`
	LicenseBefore string                `db:"license_before"` // these four are empty unless the terms changed
	LicenseAfter  string                `db:"license_after"`
	TierBefore    license.Tier          `db:"tier_before"`
	TierAfter     license.Tier          `db:"tier_after"`
	By            string                `db:"recorded_by"` // a name
	At            time.Time             `db:"recorded_at"`
}

// Confidences are how sure a description is, the most first.
var Confidences = []string{"high", "medium", "low"}

// lockReferences keeps the seed and an admin, or two admins, from writing the
// same descriptions at once.
const lockReferences = `SELECT pg_advisory_xact_lock(hashtextextended('catalog_external', 0))`

// keeping runs fn for an admin of the platform, as the organization that owns
// the descriptions.
func (s *Store) keeping(ctx context.Context, a postgres.Actor, fn func(tx pgx.Tx, a postgres.Actor) error) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.Forbidden, "Only an admin of the platform keeps the reference data sets.")
	}
	a.Organization = PlatformOrganization
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error { return fn(tx, a) })
}

const listReferences = `
SELECT    c.slug, c.title, c.state, c.commercial_use, c.detail, r.listing_id IS NOT NULL AS is_edited, coalesce(w.reason, '') AS withdrawn_for
FROM      catalog_listing c
LEFT JOIN reference_content r ON r.listing_id = c.id
LEFT JOIN reference_withdrawal w ON w.listing_id = c.id AND w.restored_at IS NULL
WHERE     c.organization_id = @organization
AND       c.kind = 'external'
AND       (@slug = '' OR c.slug = @slug)
ORDER BY  coalesce(nullif(c.detail ->> 'checked_on', ''), '0'), c.slug`

// References returns the descriptions, those first that nobody checked for the
// longest time.
func (s *Store) References(ctx context.Context, a postgres.Actor) (list []Reference, err error) {
	err = s.keeping(ctx, a, func(tx pgx.Tx, _ postgres.Actor) error {
		list, err = references(ctx, tx, "")
		return err
	})
	return list, err
}

func references(ctx context.Context, tx pgx.Tx, slug string) (list []Reference, err error) {
	rows, err := tx.Query(ctx, listReferences, pgx.NamedArgs{"organization": string(PlatformOrganization), "slug": slug})
	if err != nil {
		return nil, fmt.Errorf("references: %w", err)
	}
	var r Reference
	var d Detail
	_, err = pgx.ForEachRow(rows, []any{&r.Slug, &r.Title, &r.State, &r.CommercialUse, &d, &r.IsEdited, &r.WithdrawnFor}, func() error {
		r.CheckedOn, r.Conflict, r.Confidence, r.Basis = d.CheckedOn, d.Conflict, d.Confidence, d.Basis
		r.Owner, r.OwnerURL, r.License, r.Assertions = d.Owner, d.OwnerURL, d.LicenseName, d.Assertions
		list = append(list, r)
		d = Detail{}
		return nil
	})
	return list, err
}

const listRecorded = `
SELECT    a.party, a.source, a.statement, a.commercial_use, a.checked_on, a.conflict, a.note,
          a.source_url, a.license_before, a.license_after, a.tier_before, a.tier_after, coalesce(u.name, '') AS recorded_by, a.recorded_at
FROM      rights_assertion a
JOIN      listing l ON l.id = a.listing_id
LEFT JOIN app_user u ON u.id = a.recorded_by
WHERE     a.organization_id = @organization
AND       l.slug = @slug
ORDER BY  a.recorded_at DESC, a.id DESC
LIMIT     200`

// Reference returns one description with what was recorded of its rights, the
// newest first, or errs.NotFound.
func (s *Store) Reference(ctx context.Context, a postgres.Actor, slug string) (r Reference, history []Recorded, err error) {
	err = s.keeping(ctx, a, func(tx pgx.Tx, _ postgres.Actor) error {
		list, err := references(ctx, tx, slug)
		if err != nil {
			return err
		}
		if slug == "" || len(list) != 1 {
			return errs.New(errs.NotFound, "There is no such reference data set.")
		}
		r = list[0]
		if _, d, err := described(ctx, tx, slug); err == nil && len(d.Parts) > 0 {
			r.Terms, r.Parts = termsOf(d), len(d.Parts)
		} else if err != nil && errs.KindOf(err) != errs.Conflict {
			return err
		}
		history, err = postgres.Many[Recorded](ctx, tx, listRecorded, pgx.NamedArgs{"organization": string(PlatformOrganization), "slug": slug})
		return err
	})
	return r, history, err
}
