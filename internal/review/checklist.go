package review

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Check is one thing that a reviewer looks at before an approval.
type Check string

// Checks says each in words, in the order in which they are asked. Which kinds
// of review ask for which stands in checklists, and in the table
// review_checklist, by which the database refuses an approval.
var Checks = listing.Vocabulary[Check]{
	{Value: "changes", Label: "Each changed claim has a ground", Help: "The seller can know what now is claimed, and it holds for the same files."},
	{Value: "seller", Label: "The seller is who it says it is", Help: "Look at the verification and its documents."},
	{Value: "agreement", Label: "The upload agreement was signed by somebody who may", Help: "A person of the seller, before the files came."},
	{Value: "answers", Label: "Each answer to a warning holds", Help: "Read it against the finding and the places that it names. Identifiers take a second person."},
	{Value: "pictures", Label: "Pictures of flagged frames were looked at", Help: "Not applicable if no warning is about pixels."},
	{Value: "rights", Label: "The seller holds the rights that the terms grant", Help: "Rights documents, and a clause for each use that is allowed."},
	{Value: "consent", Label: "IRB and consent cover what the terms allow", Help: "Commercial use above all: silence is not consent."},
	{Value: "deid", Label: "The de-identification claim agrees with the report", Help: "Also with what the report says was not checked."},
	{Value: "labels", Label: "Labels and annotators are described as they are", Help: "Compare with what was measured. Not applicable without labels."},
	{Value: "buyers", Label: "Buyers who rely on the claims as they were are not misled", Help: "A right taken away, or a problem that was known before, needs a word."},
	{Value: "description", Label: "Title, summary and caveats say what the files are", Help: "Nothing misleads, nothing that matters is left out."},
}

// checklists are the checks of each kind of review.
var checklists = map[Kind][]Check{
	Flagged: {"answers", "pictures", "rights", "consent", "deid", "description"},
	First:   {"seller", "agreement", "rights", "consent", "deid", "labels", "description"},
	Amended: {"changes", "rights", "consent", "buyers"},
	Routine: {"rights", "deid", "description"},
}

// Verdict is the answer to a check.
type Verdict string

// Verdicts is the vocabulary of Verdict.
var Verdicts = listing.Vocabulary[Verdict]{
	{Value: "yes", Label: "Yes"},
	{Value: "no", Label: "No"},
	{Value: "not_applicable", Label: "Not applicable"},
}

// Checked is a check with its answer, empty until somebody gave one.
type Checked struct {
	Item    Check     `db:"item"`
	Verdict Verdict   `db:"verdict"`
	Note    string    `db:"note"`
	By      string    `db:"name"`
	At      time.Time `db:"checked_at"`
}

// neededFor returns the checks of several kinds, each once, in their order.
func neededFor(kinds []Kind) []Check {
	asked := map[Check]bool{}
	for _, k := range kinds {
		for _, c := range checklists[k] {
			asked[c] = true
		}
	}
	var list []Check
	for _, term := range Checks {
		if asked[term.Value] {
			list = append(list, term.Value)
		}
	}
	return list
}

const checksQuery = `
SELECT k.item, k.verdict, k.note, u.name, k.checked_at
FROM   review_check k
JOIN   app_user u ON u.id = k.reviewer_id
WHERE  k.version_id = @version
AND    k.claims_id = @claims
AND    k.organization_id = @organization
AND    k.checked_at > version_reopened_at(@version)`

// readChecks returns the checks that an item needs, answered or not. What was
// answered before a version came back from an appeal is open again.
func readChecks(ctx context.Context, q postgres.Querier, org id.Organization, v id.Version, c id.Claims, kinds []Kind) ([]Checked, error) {
	given, err := postgres.Many[Checked](ctx, q, checksQuery, pgx.NamedArgs{"version": v, "claims": c, "organization": org})
	if err != nil {
		return nil, err
	}
	var list []Checked
	for _, item := range neededFor(kinds) {
		line := Checked{Item: item}
		for _, g := range given {
			if g.Item == item {
				line = g
			}
		}
		list = append(list, line)
	}
	return list, nil
}

const saveCheck = `
INSERT INTO review_check (organization_id, version_id, claims_id, item, root_digest, claims_digest, verdict, note, reviewer_id)
VALUES (@organization, @version, @claims, @item, @root, @digest, @verdict, @note, @reviewer)
ON CONFLICT (version_id, claims_id, item) DO UPDATE
SET    root_digest = excluded.root_digest,
       claims_digest = excluded.claims_digest,
       verdict = excluded.verdict,
       note = excluded.note,
       reviewer_id = excluded.reviewer_id,
       checked_at = clock_timestamp()
WHERE  (review_check.verdict, review_check.note) IS DISTINCT FROM (excluded.verdict, excluded.note)
OR     review_check.checked_at <= version_reopened_at(review_check.version_id)`

// Answers are what a reviewer answers to some checks, about the digests that
// the reviewer has seen.
type Answers struct {
	RootDigest, ClaimsDigest string
	Given                    []Checked // Item, Verdict and Note count
}

// SaveChecks keeps answers to the checklist of an item; the others stay as they
// are. Mistakes are errs.Fields in "check-<item>"; digests that are no longer
// what is there, or an item that somebody else has, errs.Conflict.
func (s *Service) SaveChecks(ctx context.Context, a postgres.Actor, v id.Version, answers Answers) error {
	if err := answers.check(); err != nil {
		return err
	}
	err := s.onWaiting(ctx, a, v, func(tx pgx.Tx, l locked, w waits) error {
		if err := refuseHeld(ctx, tx, a, l, w); err != nil {
			return err
		}
		if answers.RootDigest != l.RootDigest || answers.ClaimsDigest != w.ClaimsDigest {
			return errs.New(errs.Conflict, "The files or claims are not the ones that you have seen. Reload the page before you go on.")
		}
		for _, c := range answers.Given {
			_, err := tx.Exec(ctx, saveCheck, pgx.NamedArgs{
				"organization": l.Organization, "version": v, "claims": w.Claims, "item": string(c.Item), "root": l.RootDigest,
				"digest": w.ClaimsDigest, "verdict": string(c.Verdict), "note": strings.TrimSpace(c.Note), "reviewer": a.User})
			if err != nil {
				return err
			}
		}
		return record(ctx, tx, a, "review.check", v, map[string]string{"claims_digest": w.ClaimsDigest, "root_digest": l.RootDigest})
	})
	if err != nil {
		return fmt.Errorf("version %s: checklist: %w", v, err)
	}
	return nil
}

func (x Answers) check() error {
	var f errs.Fields
	for _, c := range x.Given {
		field, n := "check-"+string(c.Item), len([]rune(strings.TrimSpace(c.Note)))
		switch {
		case !Checks.Has(c.Item) || !Verdicts.Has(c.Verdict):
			f.Add(field, "Answer yes, no or not applicable.")
		case c.Verdict != "yes" && n < 3:
			f.Add(field, "Say in a few words why.")
		case n > 1000:
			f.Add(field, "Use at most 1,000 characters.")
		}
	}
	return f.Err()
}

// ChecklistOf returns the checks that a kind of review asks for.
func ChecklistOf(k Kind) []Check { return neededFor([]Kind{k}) }
