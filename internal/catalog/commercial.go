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
	Ended      string `json:"ended,omitempty"` // the day on which it was found to be over; empty while it holds
	EndedWhy   End    `json:"ended_why,omitempty"`
}

// End is why a commercial review that was granted is over.
type End string

// Ends, as the database tells them.
const (
	DayOver         End = "day"        // the last day of paper or signer is over
	SignerTakenBack End = "taken_back" // a reviewer took back that the signer may sign
	SignerLeft      End = "left"       // the organization removed the signer, or the signer left it
)

// Words say it as a part of a sentence; empty for none.
func (e End) Words() string {
	switch e {
	case DayOver:
		return "the last day of the paper or the signer that it rested on is over"
	case SignerTakenBack:
		return "a reviewer took back that its signer may sign for the seller"
	case SignerLeft:
		return "its signer no longer signs for the seller"
	}
	return ""
}

// HoldsOn reports whether what the review rests on has not ended by a moment.
func (c *CommercialReview) HoldsOn(now time.Time) bool {
	return c != nil && c.Ended == "" && (c.Until == "" || c.Until >= day(now))
}

// facet is the value of FieldReviewed: what is over is not found by it.
func (c *CommercialReview) facet() string {
	if c == nil || c.Ended != "" {
		return ""
	}
	return "1"
}

// commercialReviewQuery finds the newest review about the same license and
// consent claims as those that are shown.
const commercialReviewQuery = `
SELECT   r.outcome, r.decided_at, r.clause, r.document_kind, r.document_sha256, r.signer_role, r.valid_until,
         commercial_review_over(r) AS over, coalesce(r.ended_at, now()) AS over_at
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
	var over time.Time
	_, err = pgx.ForEachRow(rows, []any{&outcome, &at, &c.Clause, &c.Document, &c.SHA256, &c.SignerRole, &until, &c.EndedWhy, &over}, func() error { return nil })
	if err != nil || outcome != "granted" {
		return nil, err
	}
	if c.On = day(at); until != nil {
		c.Until = day(*until)
	}
	if c.EndedWhy != "" {
		c.Ended = day(over)
	}
	return &c, nil
}
