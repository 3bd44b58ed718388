package review

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Decision is what a reviewer rules, about the digests that the reviewer has
// seen.
type Decision struct {
	Version      id.Version
	RootDigest   string
	ClaimsDigest string
	Outcome      listing.Outcome
	Grounds      []listing.Ground // at least one unless Outcome is listing.Approves
	Comment      string

	general bool // one of several: grounds need no place
}

// Decide rules on what waits. Mistakes are errs.Fields with the fields
// decision, reason, place-<reason>, text-<reason> and comment; digests that are
// no longer what is there, an item that another reviewer has, or a decision
// that somebody else has taken, are errs.Conflict.
func (s *Service) Decide(ctx context.Context, a postgres.Actor, d Decision) (listing.Version, error) {
	if err := mustReview(a); err != nil {
		return listing.Version{}, err
	}
	keys, err := s.keysFor(ctx, a, d)
	if err != nil {
		return listing.Version{}, err
	}
	if err := d.check(keys); err != nil {
		return listing.Version{}, err
	}
	ruling := listing.Ruling{Version: d.Version, RootDigest: d.RootDigest, ClaimsDigest: d.ClaimsDigest, Outcome: d.Outcome,
		Reason: strings.TrimSpace(d.Comment)}
	ruling.Allowed = func(tx pgx.Tx) error { // with the version locked: nobody takes the item over in between
		l, err := lockItem(ctx, tx, d.Version)
		if err != nil {
			return err
		}
		w, err := waiting(ctx, tx, l)
		if err != nil {
			return err
		}
		return refuseHeld(ctx, tx, a, l, w)
	}
	if d.Outcome != listing.Approves {
		ruling.Reason, ruling.Grounds = inWords(d.Grounds, d.Comment), d.Grounds
	}
	return s.listings.Decide(ctx, a, ruling)
}

// keysFor returns the keys of the report's findings if a ground names one.
func (s *Service) keysFor(ctx context.Context, a postgres.Actor, d Decision) ([]string, error) {
	named := false
	for _, g := range d.Grounds {
		named = named || g.Finding != ""
	}
	if !named {
		return nil, nil
	}
	dossier, err := s.listings.Version(ctx, a, d.Version)
	if err != nil || dossier.Report == nil {
		return nil, err
	}
	report, err := catalog.ParseReport(dossier.Report.Body)
	keys := dossier.Report.WarningKeys
	for _, f := range report.Findings {
		keys = append(keys, f.Key())
	}
	return keys, err
}

func (d Decision) check(keys []string) error {
	var f errs.Fields
	known := d.Outcome == listing.Approves || d.Outcome == listing.AsksForChanges || d.Outcome == listing.Rejects
	if !known {
		f.Add("decision", "Choose what you decide.")
	}
	if d.Outcome == listing.Approves {
		d.Grounds = nil
	} else if known && len(d.Grounds) == 0 {
		f.Add("reason", "Pick at least one reason, so that the seller knows what to change.")
	}
	checkGrounds(&f, d.Grounds, d.Comment, d.general, keys)
	return f.Err()
}

const ownQuery = `
SELECT EXISTS (SELECT FROM membership m
               WHERE  m.organization_id = v.organization_id
               AND    m.user_id = assay_user())
FROM   version v
WHERE  v.id = @version
AND    v.submitted_at IS NOT NULL
AND    assay_platform() IN ('reviewer', 'admin')`

// refuseOwn lets only somebody outside the seller go on.
func (s *Service) refuseOwn(ctx context.Context, a postgres.Actor, v id.Version) error {
	var own bool
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, ownQuery, pgx.NamedArgs{"version": v}).Scan(&own)
	})
	if err != nil {
		return fmt.Errorf("version %s: %w", v, postgres.NotFound(err, noSuchVersion))
	}
	if own {
		return errs.New(errs.Forbidden, "You belong to this seller. Another reviewer has to decide.")
	}
	return nil
}

// Suspend takes a live version down with reasons that the public reads.
func (s *Service) Suspend(ctx context.Context, a postgres.Actor, v id.Version, reasons []Reason, comment string) error {
	if err := mustReview(a); err != nil {
		return err
	}
	var f errs.Fields
	if len(reasons) == 0 {
		f.Add("reason", "Pick at least one reason; buyers read it.")
	}
	checkGrounds(&f, Because(reasons...), comment, true, nil)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.refuseOwn(ctx, a, v); err != nil {
		return err
	}
	return s.listings.Suspend(ctx, a, v, inWords(Because(reasons...), comment))
}

// Restore puts a suspended version back on offer.
func (s *Service) Restore(ctx context.Context, a postgres.Actor, v id.Version) error {
	if err := mustReview(a); err != nil {
		return err
	}
	if err := s.refuseOwn(ctx, a, v); err != nil {
		return err
	}
	return s.listings.Restore(ctx, a, v)
}
