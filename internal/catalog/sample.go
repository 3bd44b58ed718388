package catalog

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Sample is a small picture of a frame of the live version that its seller
// chose to show. The picture itself is read by SampleImage.
type Sample struct {
	Number     int    `db:"number"`   // from 1, as in the address of the picture; numbers may be missing
	Modality   string `db:"modality"` // "CT"; empty if unknown
	Plane      string `db:"plane"`    // "axial"; empty if unknown
	Width      int    `db:"width"`    // pixels
	Height     int    `db:"height"`
	RootDigest string `db:"root_digest"` // of the files that were audited
}

const deleteSamples = `
DELETE FROM catalog_sample
WHERE  listing_id = @listing
AND    organization_id = @organization`

// insertSamples locks what it shows, so that one that is taken back meanwhile
// is either not taken over or taken away after.
const insertSamples = `
INSERT INTO catalog_sample (listing_id, organization_id, number, report_id, root_digest, modality, plane, width, height, image)
SELECT   v.listing_id, s.organization_id, s.number, s.report_id, v.root_digest, s.modality, s.plane, s.width, s.height, s.image
FROM     version v
JOIN     audit_sample s ON s.version_id = v.id AND s.organization_id = v.organization_id
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
AND      v.state = 'live'
AND      s.report_id = sample_report(v.id)
AND      s.cleared_at IS NOT NULL
AND      s.refused_at IS NULL
ORDER BY s.number
FOR SHARE OF s`

// ProjectSamples makes the public samples of a listing those that are cleared
// of its live version, and none without one.
func ProjectSamples(ctx context.Context, tx pgx.Tx, o id.Organization, l id.Listing) error {
	args := pgx.NamedArgs{"listing": l, "organization": o}
	_, err := tx.Exec(ctx, deleteSamples, args)
	if err == nil {
		_, err = tx.Exec(ctx, insertSamples, args)
	}
	if err != nil {
		return fmt.Errorf("public samples: %w", err)
	}
	return nil
}

const selectSamples = `
SELECT   s.number, s.modality, s.plane, s.width, s.height, s.root_digest
FROM     catalog_sample s
JOIN     catalog_listing c ON c.id = s.listing_id AND c.organization_id = s.organization_id
WHERE    s.listing_id = @listing
AND      c.state = 'live'
AND      c.samples_hidden_at IS NULL
ORDER BY s.number`

// Samples lists what buyers see of a listing now, at most 12; none while the
// pictures are hidden.
func (s *Store) Samples(ctx context.Context, l id.Listing) (list []Sample, err error) {
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		list, err = postgres.Many[Sample](ctx, tx, selectSamples, pgx.NamedArgs{"listing": l})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("samples: %w", err)
	}
	return list, nil
}

const selectSampleImage = `
SELECT s.image, s.image_sha256
FROM   catalog_sample s
JOIN   catalog_listing c ON c.id = s.listing_id AND c.organization_id = s.organization_id
WHERE  c.slug = @slug
AND    s.number = @number
AND    c.state = 'live'
AND    c.samples_hidden_at IS NULL`

// SampleImage returns a public sample as PNG with its SHA-256 in hexadecimal.
// It returns errs.NotFound while the pictures are hidden, and for any other
// that nobody may see.
func (s *Store) SampleImage(ctx context.Context, slug string, number int) (image []byte, digest string, err error) {
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, selectSampleImage, pgx.NamedArgs{"slug": slug, "number": number}).Scan(&image, &digest)
	})
	if err != nil {
		return nil, "", postgres.NotFound(err, "There is no such picture, or it is not shown at present.")
	}
	return image, digest, nil
}
