package catalog

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/listing"
	"assay/internal/postgres"
)

// CommercialReview is what a reviewer of the platform has looked at in the
// terms: that they grant commercial rights explicitly, that a consent or waiver
// covers commercial use, and that who signs may. Who signs is not public, nor
// is who reviewed.
type CommercialReview struct {
	On         string `json:"on"` // 2006-01-02
	Clause     string `json:"clause"`
	Document   string `json:"document"` // its kind, "IRB approval with waiver"
	SHA256     string `json:"sha256"`   // of the document, which is private
	SignerRole string `json:"signer_role"`
	Until      string `json:"until,omitempty"` // the last day, 2006-01-02; empty for no end
}

// HoldsOn reports whether what the review rests on has not ended by a moment.
func (c *CommercialReview) HoldsOn(now time.Time) bool {
	return c != nil && (c.Until == "" || c.Until >= day(now))
}

// facet is the value of FieldReviewed.
func (c *CommercialReview) facet() string {
	if c == nil {
		return ""
	}
	return "1"
}

// commercialReviewQuery finds the newest review about the same license and
// consent claims as those that are shown.
const commercialReviewQuery = `
SELECT   r.outcome, r.decided_at, r.clause, r.document_kind, r.document_sha256, r.signer_role, r.valid_until
FROM     commercial_review r
JOIN     listing_claims c ON c.id = @claims
WHERE    r.listing_id = @listing
AND      r.organization_id = @organization
AND      r.outcome IS NOT NULL
AND      r.terms_digest = commercial_terms_digest(c.claims)
ORDER BY r.decided_at DESC, r.id DESC
LIMIT    1`

func readCommercialReview(ctx context.Context, q postgres.Querier, p listing.Published) (*CommercialReview, error) {
	rows, err := q.Query(ctx, commercialReviewQuery, pgx.NamedArgs{
		"claims": p.Claims.ID, "listing": p.Listing.ID, "organization": p.Listing.Organization})
	if err != nil {
		return nil, err
	}
	var outcome string
	var at time.Time
	var c CommercialReview
	var until *time.Time
	_, err = pgx.ForEachRow(rows, []any{&outcome, &at, &c.Clause, &c.Document, &c.SHA256, &c.SignerRole, &until}, func() error { return nil })
	if err != nil || outcome != "granted" {
		return nil, err
	}
	if c.On = day(at); until != nil {
		c.Until = day(*until)
	}
	if !c.HoldsOn(time.Now()) {
		return nil, nil
	}
	return &c, nil
}
