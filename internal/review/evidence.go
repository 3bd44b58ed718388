package review

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/verification"
)

// evidence is what a ruling on commercial terms rests on.
type evidence struct {
	DocumentKind, Signer, SignerRole string
	SignerID                         *id.Signer // nil if none is named
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
			e.SignerID, e.Signer, e.SignerRole = &p.ID, p.Name, p.Title
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
