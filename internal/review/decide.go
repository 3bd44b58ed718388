package review

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Reason is a ground for sending a version back or taking it down.
type Reason string

// Reasons is the vocabulary of Reason.
var Reasons = listing.Vocabulary[Reason]{
	{Value: "identifiers_left", Label: "Identifiers are left in the files"},
	{Value: "burned_in_text", Label: "Text with identifiers is burned into pixels"},
	{Value: "answer_refused", Label: "An answer to a warning does not hold"},
	{Value: "deid_not_borne_out", Label: "The de-identification claim is not borne out"},
	{Value: "rights_unclear", Label: "The right to license is not shown"},
	{Value: "consent_unclear", Label: "Consent or IRB do not cover this use"},
	{Value: "claims_contradict", Label: "Claims contradict what was measured"},
	{Value: "labels_unclear", Label: "Labels or annotators are not described well enough"},
	{Value: "description_misleads", Label: "The description misleads or leaves out what matters"},
	{Value: "other", Label: "Another reason, said in the comment"},
}

// Decision is what a reviewer rules, about the digests that the reviewer has
// seen.
type Decision struct {
	Version      id.Version
	RootDigest   string
	ClaimsDigest string
	Outcome      listing.Outcome
	Reasons      []Reason // at least one unless Outcome is listing.Approves
	Comment      string
}

// Decide rules on what waits. Mistakes are errs.Fields with the fields
// decision, reason and comment; digests that are no longer what is there, or
// a decision that somebody else has taken, are errs.Conflict.
func (s *Service) Decide(ctx context.Context, a postgres.Actor, d Decision) (listing.Version, error) {
	if err := mustReview(a); err != nil {
		return listing.Version{}, err
	}
	reason, err := d.reason()
	if err != nil {
		return listing.Version{}, err
	}
	if err := s.refuseOwn(ctx, a, d.Version); err != nil {
		return listing.Version{}, err
	}
	return s.listings.Decide(ctx, a, listing.Ruling{
		Version: d.Version, RootDigest: d.RootDigest, ClaimsDigest: d.ClaimsDigest, Outcome: d.Outcome, Reason: reason})
}

func (d Decision) reason() (string, error) {
	var f errs.Fields
	known := d.Outcome == listing.Approves || d.Outcome == listing.AsksForChanges || d.Outcome == listing.Rejects
	if !known {
		f.Add("decision", "Choose what you decide.")
	}
	if known && d.Outcome != listing.Approves && len(d.Reasons) == 0 {
		f.Add("reason", "Pick at least one reason, so that the seller knows what to change.")
	}
	checkGrounds(&f, d.Reasons, d.Comment)
	if err := f.Err(); err != nil {
		return "", err
	}
	if d.Outcome == listing.Approves {
		return strings.TrimSpace(d.Comment), nil
	}
	return inWords(d.Reasons, d.Comment), nil
}

func checkGrounds(f *errs.Fields, reasons []Reason, comment string) {
	n := len([]rune(strings.TrimSpace(comment)))
	for _, r := range reasons {
		switch {
		case !Reasons.Has(r):
			f.Add("reason", "Pick reasons from the list.")
		case r == "other" && n < 10:
			f.Add("comment", "Say in a sentence which other reason.")
		}
	}
	if n > 3000 {
		f.Add("comment", "Use at most 3,000 characters.")
	}
}

// inWords is the sentence that the seller reads.
func inWords(reasons []Reason, comment string) string {
	var list []string
	for _, r := range reasons {
		if r != "other" {
			list = append(list, Reasons.Label(r)+".")
		}
	}
	return strings.TrimSpace(strings.Join(append(list, strings.TrimSpace(comment)), " "))
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

// Judge notes whether the answer to a warning is accepted. To refuse takes a
// note that says why.
func (s *Service) Judge(ctx context.Context, a postgres.Actor, v id.Version, key string, accepted bool, note string) error {
	if err := mustReview(a); err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	switch n := len([]rune(note)); {
	case !accepted && n < 10:
		return &errs.Error{Kind: errs.Invalid, Field: "note", Message: "Say in a sentence why the answer does not hold."}
	case n > 3000:
		return &errs.Error{Kind: errs.Invalid, Field: "note", Message: "Use at most 3,000 characters."}
	}
	if err := s.refuseOwn(ctx, a, v); err != nil {
		return err
	}
	return s.listings.ConfirmAnswer(ctx, a, v, key, accepted, note)
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
	checkGrounds(&f, reasons, comment)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.refuseOwn(ctx, a, v); err != nil {
		return err
	}
	return s.listings.Suspend(ctx, a, v, inWords(reasons, comment))
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
