package main

import (
	"context"

	"assay/internal/id"
	"assay/internal/review"
)

// licenseDemo has a seller of the demo ask for a review of the commercial terms
// of its newest version and the demo's reviewer grant the badge, as people do on
// the pages.
func (h *house) licenseDemo(ctx context.Context, people cast, seller *person, l id.Listing) error {
	versions, err := h.listings.Versions(ctx, seller.actor(), l)
	if err != nil {
		return err
	}
	newest := versions[0].ID
	if err := h.reviews.AskLicensing(ctx, seller.actor(), newest); err != nil {
		return err
	}
	it, err := h.reviews.Item(ctx, people["reviewer"].actor(), newest)
	if err != nil {
		return err
	}
	ruling := review.LicensingRuling{Version: newest, ClaimsDigest: it.Claims.Digest, Granted: true, Rights: true, Consent: true, Authority: true,
		Clause: "3.1 and 3.2", Reason: "A seller of the demo, with invented papers."}
	for _, d := range it.Documents {
		if d.Kind == "ethics" && d.InForce {
			ruling.Document = d.SHA256
		}
	}
	for _, p := range it.Signers {
		ruling.Signer = p.ID
	}
	return h.reviews.DecideLicensing(ctx, people["reviewer"].actor(), ruling)
}
