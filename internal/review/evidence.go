package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/verification"
)

// evidence is what a ruling on commercial terms rests on.
type evidence struct {
	DocumentKind, Signer, SignerRole string
	Until                            *time.Time // the last day on which all of it holds; nil for no end
}

// DocumentKinds are the kinds of a seller's papers in words.
var DocumentKinds = map[string]string{
	"organization": "Organization", "rights": "Rights", "ethics": "IRB, consent or waiver", "other": "Other",
}

// A paper counts while it lasts, once a reviewer has accepted it and granted
// the request that named it.
const documentQuery = `
SELECT   d.kind, v.expires_on
FROM     verification_document d
JOIN     vault_version v ON v.document_id = d.document_id AND v.number = d.number
JOIN     verification_request r ON r.id = d.request_id
WHERE    d.organization_id = @organization
AND      v.sha256 = @sha256
AND      d.verdict = 'accepted'
AND      r.state = 'granted'
AND      coalesce(v.expires_on >= @today, true)
ORDER BY d.kind = 'ethics' DESC, v.expires_on DESC NULLS FIRST
LIMIT    1`

// evidenceFor returns what a ruling names, and refuses what cannot bear it.
func (s *Service) evidenceFor(ctx context.Context, tx pgx.Tx, org id.Organization, r LicensingRuling) (e evidence, err error) {
	var f errs.Fields
	if r.Document != "" {
		var kind string
		err := tx.QueryRow(ctx, documentQuery, pgx.NamedArgs{"organization": org, "sha256": r.Document, "today": today(s.now())}).Scan(&kind, &e.Until)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return e, err
		}
		if e.DocumentKind = DocumentKinds[kind]; err != nil {
			f.Add("document", "Choose a document of the seller that a reviewer accepted and that has not ended.")
		}
	}
	if r.Signer != "" {
		signers, err := maySign(ctx, tx, org, s.now())
		if err != nil {
			return e, err
		}
		for _, p := range signers {
			if p.ID != r.Signer {
				continue
			}
			e.Signer, e.SignerRole = p.Name, p.Title
			if e.Until == nil || p.ValidUntil.Before(*e.Until) {
				e.Until = &p.ValidUntil
			}
		}
		if e.Signer == "" {
			f.Add("signer", "Choose somebody whom a reviewer accepted as a signer and whose day is not over.")
		}
	}
	return e, f.Err()
}

// maySign are the people who sign for an organization today.
func maySign(ctx context.Context, q postgres.Querier, org id.Organization, now time.Time) (list []verification.Signer, err error) {
	all, err := verification.Signers(ctx, q, org)
	for _, p := range all {
		if p.MaySign(now) {
			list = append(list, p)
		}
	}
	return list, err
}

// today is the day in UTC.
func today(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

const liveOfListing = `
SELECT id
FROM   version
WHERE  listing_id = @listing
AND    organization_id = @organization
AND    state = 'live'`

// showLive shows buyers anew what is on offer of the listing of a locked
// version, which need not be that version.
func (s *Service) showLive(ctx context.Context, tx pgx.Tx, l locked) error {
	list, err := rowsOf[struct {
		ID id.Version `db:"id"`
	}](ctx, tx, liveOfListing, pgx.NamedArgs{"listing": l.Listing, "organization": l.Organization})
	for _, live := range list {
		err = errors.Join(err, s.listings.ShowAgainIn(ctx, tx, live.ID))
	}
	return err
}

const endedBadges = `
SELECT v.id AS version, v.organization_id AS organization
FROM   catalog_listing k
JOIN   version v ON v.listing_id = k.id AND v.organization_id = k.organization_id
WHERE  k.commercial_review = '1'
AND    (k.detail #>> '{commercial_review,until}')::date < @today
AND    v.state = 'live'
LIMIT  100`

// Sweep takes badges of commercial terms away whose paper or signer has ended,
// and tells the sellers.
func (s *Service) Sweep(ctx context.Context) error {
	worker := postgres.Actor{Platform: postgres.Worker}
	type ended struct {
		Version      id.Version      `db:"version"`
		Organization id.Organization `db:"organization"`
	}
	var list []ended
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		list, err = rowsOf[ended](ctx, tx, endedBadges, pgx.NamedArgs{"today": today(s.now())})
		return err
	})
	for _, b := range list {
		err = errors.Join(err, s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			if err := s.listings.ShowAgainIn(ctx, tx, b.Version); err != nil {
				return err
			}
			if err := recordFor(ctx, tx, worker, b.Organization, "version.licensing_end", b.Version, nil); err != nil {
				return err
			}
			return notice.Send(ctx, tx, notice.Notice{
				Kind: notice.ClaimsDecided, To: notice.To{Organization: b.Organization}, Of: b.Organization, Subject: "Review of commercial terms ended",
				Lines:  []string{"The paper or the signer that the badge of a data set rested on has ended, and buyers no longer see it. Renew it in your verification, then ask for another review."},
				Action: "See the version", Path: "/seller/versions/" + string(b.Version) + "#licensing",
			})
		}))
	}
	if err != nil {
		return fmt.Errorf("badges of commercial terms: %w", err)
	}
	return nil
}
