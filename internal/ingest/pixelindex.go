package ingest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Bounds of the index of pixels.
const (
	maxIndexed  = 200_000 // rows a version: those whose digests come first
	insertBatch = 5_000
	maxNamed    = 20 // listings named in one report
)

// mac is what the platform's key makes of the digest of an image.
type mac [16]byte

// pixelKey derives the key of the index from the platform's secret; none
// without one, and then no index is kept.
func pixelKey(secret []byte) []byte {
	if len(secret) == 0 {
		return nil
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "assay pixel index 1", sha256.Size)
	if err != nil {
		return nil // of a length that HKDF cannot give; 32 bytes it can
	}
	return key
}

// indexed is an image of the submission as the index holds it.
type indexed struct {
	mac   mac
	image audit.PixelDigest
}

// index returns the images of a report under the key, in the order of their
// digests, and how many are beyond the bound. Sets that share images keep the
// same of them.
func index(key []byte, images []audit.PixelDigest) (list []indexed, beyond int) {
	n := min(len(images), maxIndexed)
	h := hmac.New(sha256.New, key)
	for _, p := range images[:n] {
		h.Reset()
		h.Write(p.Digest[:])
		list = append(list, indexed{mac(h.Sum(nil)[:len(mac{})]), p})
	}
	return list, len(images) - n
}

const deleteIndex = `
DELETE FROM pixel_index
WHERE  version_id = @version
AND    organization_id = @organization`

// insertIndex takes rows by INSERT: COPY does not go through row-level security.
const insertIndex = `
INSERT INTO pixel_index (version_id, organization_id, mac, instances)
SELECT @version, @organization, m, n
FROM   unnest(@macs::bytea[], @counts::integer[]) AS t (m, n)`

// putIndex replaces the rows of the version.
func putIndex(ctx context.Context, q postgres.Querier, r *run, list []indexed) error {
	_, err := q.Exec(ctx, deleteIndex, pgx.NamedArgs{"version": r.version, "organization": r.organization})
	if err != nil {
		return fmt.Errorf("index of pixels: %w", err)
	}
	for batch := range slices.Chunk(list, insertBatch) {
		macs, counts := make([][]byte, len(batch)), make([]int32, len(batch))
		for i, x := range batch {
			macs[i], counts[i] = x.mac[:], int32(x.image.Instances)
		}
		_, err := q.Exec(ctx, insertIndex, pgx.NamedArgs{"version": r.version, "organization": r.organization, "macs": macs, "counts": counts})
		if err != nil {
			return fmt.Errorf("index of pixels: %w", err)
		}
	}
	return nil
}

// shared is a version of another listing with images of the submission: one of
// the seller's own, or one that is on offer.
type shared struct {
	Slug   string   `db:"slug"`
	Number int      `db:"number"`
	Own    bool     `db:"own"`
	MACs   [][]byte `db:"macs"` // in ascending order
}

// selectShared finds, of each other listing, the version that shares most. Of
// another organization only what is on offer counts: anything else would tell
// a stranger's secret to whoever uploads a guess.
const selectShared = `
WITH equal AS (
         SELECT v.listing_id, v.id AS version_id, v.number, v.organization_id, p.mac
         FROM   pixel_index mine
         JOIN   pixel_index p ON p.mac = mine.mac
         JOIN   version v ON v.id = p.version_id
         JOIN   listing l ON l.id = v.listing_id
         WHERE  mine.version_id = @version
         AND    mine.organization_id = @organization
         AND    v.listing_id <> (SELECT listing_id FROM version WHERE id = @version AND organization_id = @organization)
         AND    l.deleted_at IS NULL
         AND    (v.state = 'live'
                 OR v.organization_id = @organization
                 AND v.state IN ('flagged', 'passed', 'in_review', 'approved', 'embargoed', 'superseded', 'suspended'))
),
counted AS (
         SELECT   listing_id, number, organization_id, array_agg(mac ORDER BY mac) AS macs
         FROM     equal
         GROUP BY listing_id, number, organization_id
),
best AS (
         SELECT   DISTINCT ON (listing_id) listing_id, number, organization_id, macs
         FROM     counted
         ORDER BY listing_id, cardinality(macs) DESC, number DESC
)
SELECT   l.slug, b.number, b.organization_id = @organization AS own, b.macs
FROM     best b
JOIN     listing l ON l.id = b.listing_id
ORDER BY own DESC, cardinality(b.macs) DESC, l.slug`

// hidden counts what others hold and do not offer.
type hidden struct {
	Images        int `db:"images"`
	Listings      int `db:"listings"`
	Organizations int `db:"organizations"`
}

const selectHidden = `
WITH equal AS (
         SELECT mine.mac, mine.instances, v.listing_id, v.organization_id
         FROM   pixel_index mine
         JOIN   pixel_index p ON p.mac = mine.mac
         JOIN   version v ON v.id = p.version_id
         JOIN   listing l ON l.id = v.listing_id
         WHERE  mine.version_id = @version
         AND    mine.organization_id = @organization
         AND    v.organization_id <> @organization
         AND    v.state <> 'live'
         AND    l.deleted_at IS NULL
)
SELECT (SELECT coalesce(sum(instances), 0) FROM (SELECT DISTINCT mac, instances FROM equal) images) AS images,
       count(DISTINCT listing_id) AS listings, count(DISTINCT organization_id) AS organizations
FROM   equal`

// equals is what the index says of a submission.
type equals struct {
	shared []shared
	hidden hidden
}

// lookUp runs the same statements whatever others hold, so that the seller
// learns nothing from the time they take either.
func lookUp(ctx context.Context, q postgres.Querier, r *run) (e equals, err error) {
	args := pgx.NamedArgs{"version": r.version, "organization": r.organization}
	rows, err := q.Query(ctx, selectShared, args)
	if err == nil {
		e.shared, err = pgx.CollectRows(rows, pgx.RowToStructByName[shared])
	}
	if err != nil {
		return e, fmt.Errorf("equal pixels: %w", err)
	}
	rows, err = q.Query(ctx, selectHidden, args)
	if err == nil {
		e.hidden, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[hidden])
	}
	if err != nil {
		return e, fmt.Errorf("equal pixels of others: %w", err)
	}
	return e, nil
}

// comparePixels keeps the images of a report in the index, and returns the
// report with what other listings share of them, and what is for reviewers
// alone.
func (r *run) comparePixels(ctx context.Context, q postgres.Querier, full *audit.Report) (*audit.Report, hidden, error) {
	whole := *full
	if r.pixelKey == nil {
		whole.NotChecked = noted(whole.NotChecked, "This server keeps no index of images.", len(full.PixelDigests))
		return &whole, hidden{}, nil
	}
	list, beyond := index(r.pixelKey, full.PixelDigests)
	if err := putIndex(ctx, q, r, list); err != nil {
		return nil, hidden{}, err
	}
	e, err := lookUp(ctx, q, r)
	if err != nil {
		return nil, hidden{}, err
	}
	if beyond > 0 {
		whole.NotChecked = noted(whole.NotChecked, fmt.Sprintf("Images are compared with those of other listings up to %d different ones.", maxIndexed), beyond)
	}
	whole.Warn(sharedFindings(e.shared, list, full)...)
	return &whole, e.hidden, nil
}

func noted(list []audit.NotChecked, why string, count int) []audit.NotChecked {
	if count == 0 {
		return list
	}
	list = append(slices.Clone(list), audit.NotChecked{What: "images that equal those of other listings", Why: why, Count: count})
	slices.SortStableFunc(list, func(a, b audit.NotChecked) int { return cmp.Compare(a.What, b.What) })
	return list
}

// sharedFindings names the listings that share images, those with most first.
func sharedFindings(others []shared, list []indexed, full *audit.Report) []finding.Finding {
	slices.SortFunc(list, func(a, b indexed) int { return bytes.Compare(a.mac[:], b.mac[:]) })
	var found []finding.Finding
	for _, o := range others[:min(len(others), maxNamed)] {
		var images []audit.PixelDigest
		for _, m := range o.MACs {
			i, ok := slices.BinarySearchFunc(list, m, func(x indexed, m []byte) int { return bytes.Compare(x.mac[:], m) })
			if ok {
				images = append(images, list[i].image)
			}
		}
		where := "the published listing " + o.Slug
		if o.Own {
			where = fmt.Sprintf("version %d of your listing %s", o.Number, o.Slug)
		}
		found = append(found, full.EqualElsewhere(images, where))
	}
	return found
}

const insertMatch = `
INSERT INTO pixel_match (report_id, version_id, organization_id, images, listings, organizations)
VALUES (@report, @version, @organization, @images, @listings, @organizations)`

// keepMatch stores what is for reviewers alone.
func keepMatch(ctx context.Context, q postgres.Querier, r *run, report id.Report, h hidden) error {
	_, err := q.Exec(ctx, insertMatch, pgx.NamedArgs{"report": report, "version": r.version, "organization": r.organization,
		"images": h.Images, "listings": h.Listings, "organizations": h.Organizations})
	if err != nil {
		return fmt.Errorf("keep what equals others: %w", err)
	}
	return nil
}
