package listing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// asReviewer runs fn with the listing and the version locked, for a platform
// reviewer or admin who may see them: a suspension beside it is over, or waits.
func (s *Service) asReviewer(ctx context.Context, a postgres.Actor, v id.Version, fn func(pgx.Tx, Version) error) error {
	if a.Platform != postgres.Reviewer && a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, noSuchVersion)
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		locked, err := Lock(ctx, tx, v)
		if err != nil {
			return err
		}
		return fn(tx, locked)
	})
}

// Ruling is what a reviewer decides, and about which bytes and words: the
// digests are those that the reviewer has seen.
type Ruling struct {
	Version      id.Version
	RootDigest   string
	ClaimsDigest string
	Outcome      Outcome
	Reason       string   // required unless Outcome is Approves
	Grounds      []Ground // why, ground by ground; none for an approval

	// Allowed says whether who rules may, in the transaction of the ruling and
	// with the version locked; nil asks nothing more than Decide itself does.
	Allowed func(tx pgx.Tx) error
}

// Decide rules on a version in review, or on changed claims of a live one. If
// the digests are no longer what is there, or somebody else has decided, it
// returns errs.Conflict: of any number of rulings at once exactly one holds.
// A reviewer never decides on an organization of their own.
func (s *Service) Decide(ctx context.Context, a postgres.Actor, r Ruling) (Version, error) {
	r.Reason = clean(r.Reason)
	if !oneIn(r.Outcome, Approves, AsksForChanges, Rejects) {
		return Version{}, &errs.Error{Kind: errs.Invalid, Field: "outcome", Message: "Choose what you decide."}
	}
	if r.Outcome != Approves && len([]rune(r.Reason)) < 10 {
		return Version{}, &errs.Error{Kind: errs.Invalid, Field: "reason", Message: "Say in a sentence why, so that the seller can act on it."}
	}
	var decided Version
	err := s.asReviewer(ctx, a, r.Version, func(tx pgx.Tx, v Version) error {
		decided = v
		if r.Allowed != nil {
			if err := r.Allowed(tx); err != nil {
				return err
			}
		}
		claims, err := claimsToDecide(ctx, tx, v)
		if err != nil {
			return err
		}
		if v.RootDigest != r.RootDigest || claims.Digest != r.ClaimsDigest {
			return errs.New(errs.Conflict, "The files or claims are not the ones that you have seen. Reload the page before you decide.")
		}
		decision, err := s.decide(ctx, tx, a, v, claims, "review", r.Outcome, r.Reason)
		if err != nil {
			return err
		}
		if err := addGrounds(ctx, tx, v.Organization, decision, r.Grounds); err != nil {
			return err
		}
		if v.State != InReview {
			return s.decideAmendment(ctx, tx, a, v, claims, r)
		}
		event := map[Outcome]Event{Approves: Approve, AsksForChanges: RequestChanges, Rejects: Reject}[r.Outcome]
		return s.move(ctx, tx, a, &decided, event, change{reason: r.Reason})
	})
	if err != nil {
		return Version{}, fmt.Errorf("version %s: decide: %w", r.Version, err)
	}
	return decided, nil
}

// ReopenWithin brings a rejected version back to the reviewers, in the
// transaction that grants the appeal against the rejection; the database
// refuses any other. Files, claims and the rejection stay as they are. If a
// newer version has been begun it is errs.Conflict.
func (s *Service) ReopenWithin(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	if a.Platform != postgres.Reviewer && a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, noSuchVersion)
	}
	locked, err := Lock(ctx, tx, v)
	if err != nil {
		return err
	}
	var newer int
	err = tx.QueryRow(ctx, newerVersion, pgx.NamedArgs{"listing": locked.Listing, "organization": locked.Organization, "number": locked.Number}).Scan(&newer)
	if err != nil {
		return err
	}
	if newer > 0 {
		return errs.Newf(errs.Conflict, "Version %d has been sent since.", newer)
	}
	if err := s.move(ctx, tx, a, &locked, Reopen, change{}); err != nil {
		return fmt.Errorf("version %s: %w", v, err)
	}
	return nil
}

const newerVersion = `
SELECT coalesce(max(number), 0)
FROM   version
WHERE  listing_id = @listing
AND    organization_id = @organization
AND    state <> 'draft'
AND    number > @number`

// claimsToDecide returns the claims that wait for a ruling.
func claimsToDecide(ctx context.Context, q postgres.Querier, v Version) (Revision, error) {
	if v.State == Suspended {
		return Revision{}, errs.New(errs.Conflict, sentences["decision_suspended"])
	}
	if v.State == InReview {
		return readClaims(ctx, q, v.Organization, v.ClaimsID)
	}
	waiting, err := amendment(ctx, q, v)
	if err != nil {
		return Revision{}, err
	}
	if waiting == nil {
		return Revision{}, errs.Newf(errs.Conflict, "Nothing waits for a decision here: this version is %q.", v.State.Label())
	}
	return *waiting, nil
}

const setAmendmentOutcome = `
UPDATE listing_claims
SET    outcome = @outcome
WHERE  id = @id
AND    organization_id = @organization`

func (s *Service) decideAmendment(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version, claims Revision, r Ruling) error {
	_, err := tx.Exec(ctx, setAmendmentOutcome, pgx.NamedArgs{"id": claims.ID, "organization": v.Organization, "outcome": string(r.Outcome)})
	if err != nil {
		return refusal(err)
	}
	if s.notifier != nil {
		if err := s.notifier.ClaimsDecided(ctx, tx, v, claims, r.Outcome, r.Reason); err != nil {
			return fmt.Errorf("notify: %w", err)
		}
	}
	if r.Outcome != Approves {
		return nil
	}
	l, err := postgres.One[Listing](ctx, tx, listingOf, pgx.NamedArgs{"id": v.Listing, "organization": v.Organization})
	if err != nil {
		return postgres.NotFound(err, noSuchListing)
	}
	return s.applyClaims(ctx, tx, a, l, &v, claims)
}

const insertDecision = `
INSERT INTO decision (id, organization_id, version_id, claims_id, root_digest, claims_digest, kind, outcome, reason, reviewer_id)
VALUES (@id, @organization, @version, @claims, @root, @digest, @kind, @outcome, @reason, nullif(@reviewer, '')::uuid)`

// decide keeps a decision and records it. The database checks its grounds.
func (s *Service) decide(ctx context.Context, tx pgx.Tx, a postgres.Actor, v Version, claims Revision, kind string, outcome Outcome, reason string) (id.Decision, error) {
	reviewer := ""
	if kind == "review" {
		reviewer = string(a.User)
	}
	decision := id.New[id.Decision]()
	_, err := tx.Exec(ctx, insertDecision, pgx.NamedArgs{
		"id": decision, "organization": v.Organization, "version": v.ID, "claims": claims.ID,
		"root": v.RootDigest, "digest": claims.Digest, "kind": kind, "outcome": string(outcome),
		"reason": reason, "reviewer": reviewer,
	})
	if err != nil {
		return "", refusal(err)
	}
	return decision, s.record(ctx, tx, a, v.Organization, "version.decide", "version", string(v.ID), map[string]string{
		"kind": kind, "outcome": string(outcome), "root_digest": v.RootDigest, "claims_digest": claims.Digest,
	})
}
