package ingest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/postgres"
	"assay/internal/seal"
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
	return seal.Derive(secret, nil, "assay pixel index 1", sha256.Size)
}

// indexed is an image of the submission as the index holds it.
type indexed struct {
	mac   mac
	image audit.PixelDigest
}

// index returns the images of a report under the key, in ascending order, and
// how many are beyond the bound. Sets that share images keep the same of them.
func index(key []byte, images []audit.PixelDigest) (list []indexed, beyond int) {
	n := min(len(images), maxIndexed)
	h := hmac.New(sha256.New, key)
	for _, p := range images[:n] {
		h.Reset()
		h.Write(p.Digest[:])
		list = append(list, indexed{mac(h.Sum(nil)[:len(mac{})]), p})
	}
	slices.SortFunc(list, func(a, b indexed) int { return bytes.Compare(a.mac[:], b.mac[:]) })
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
	MACs   [][]byte `db:"macs"`
}

// selectShared finds, of each other listing, the version that shares most. Of
// another organization only what is on offer counts: anything else would tell
// a stranger's secret to whoever uploads a guess.
const selectShared = `
WITH visible AS MATERIALIZED (
         SELECT v.id, v.listing_id, v.number, v.organization_id, l.slug
         FROM   version v
         JOIN   listing l ON l.id = v.listing_id
         WHERE  v.listing_id <> (SELECT listing_id FROM version WHERE id = @version AND organization_id = @organization)
         AND    l.deleted_at IS NULL
         AND    (v.state = 'live'
                 OR v.organization_id = @organization
                 AND v.state IN ('flagged', 'passed', 'in_review', 'approved', 'embargoed', 'superseded', 'suspended'))
),
equal AS MATERIALIZED (
         SELECT   p.version_id, array_agg(p.mac) AS macs
         FROM     pixel_index mine
         JOIN     pixel_index p ON p.mac = mine.mac
         WHERE    mine.version_id = @version
         AND      mine.organization_id = @organization
         AND      p.version_id IN (SELECT id FROM visible)
         GROUP BY p.version_id
),
best AS (
         SELECT   DISTINCT ON (v.listing_id) v.slug, v.number, v.organization_id = @organization AS own, e.macs
         FROM     equal e
         JOIN     visible v ON v.id = e.version_id
         ORDER BY v.listing_id, cardinality(e.macs) DESC, v.number DESC
)
SELECT   slug, number, own, macs
FROM     best
ORDER BY own DESC, cardinality(macs) DESC, slug`

// lookUp returns what the seller may know.
func lookUp(ctx context.Context, q postgres.Querier, r *run) ([]shared, error) {
	list, err := postgres.Many[shared](ctx, q, selectShared, pgx.NamedArgs{"version": r.version, "organization": r.organization})
	if err != nil {
		return nil, fmt.Errorf("equal pixels: %w", err)
	}
	return list, nil
}

// comparePixels keeps the images of a report in the index, and returns the
// report with what other listings share of them.
func (r *run) comparePixels(ctx context.Context, q postgres.Querier, full *audit.Report) (*audit.Report, error) {
	whole := *full
	if r.pixelKey == nil {
		whole.NotChecked = noted(whole.NotChecked, "This server keeps no index of images.", len(full.PixelDigests))
		return &whole, nil
	}
	list, beyond := index(r.pixelKey, full.PixelDigests)
	if err := putIndex(ctx, q, r, list); err != nil {
		return nil, err
	}
	others, err := lookUp(ctx, q, r)
	if err != nil {
		return nil, err
	}
	if beyond > 0 {
		whole.NotChecked = noted(whole.NotChecked, fmt.Sprintf("Images are compared with those of other listings up to %d different ones.", maxIndexed), beyond)
	}
	whole.Warn(sharedFindings(others, list, full)...)
	return &whole, nil
}

func noted(list []audit.NotChecked, why string, count int) []audit.NotChecked {
	if count == 0 {
		return list
	}
	list = append(slices.Clone(list), audit.NotChecked{What: "images that equal those of other listings", Why: why, Count: count})
	slices.SortStableFunc(list, func(a, b audit.NotChecked) int { return cmp.Compare(a.What, b.What) })
	return list
}

// sharedFindings names the listings that share images of the list, which is in
// ascending order; the seller's own first, then those with most.
func sharedFindings(others []shared, list []indexed, full *audit.Report) []finding.Finding {
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
