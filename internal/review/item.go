package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/verification"
)

// Item is everything that a reviewer sees of one submitted version.
type Item struct {
	Dossier    listing.Dossier
	Claims     listing.Revision // those to decide on: changed ones if they wait, else the version's
	Waits      bool             // a decision is asked for
	Entry      catalog.Entry    // what buyers see, or would see after approval
	Seller     Seller
	Acceptance *Acceptance           // of the upload agreement; nil if none is found
	Before     *listing.Dossier      // the version approved last, another than this; nil if none
	Changes    []Change              // of the claims since the last approval
	Files      *FileChanges          // since Before; nil without it
	Kinds      []Kind                // why it needs a person
	Since      time.Time             // when it began to wait
	Holder     *Assignment           // who has it; nil for nobody
	Assigned   []Assignment          // everybody who had it, the first one first
	Checklist  []Checked             // what an approval needs
	Notes      []Note                // on every version of the listing, the newest first
	Documents  []Document            // of the seller's verification
	Signers    []verification.Signer // who may sign for the seller today
	Licensing  []Licensing           // reviews of the commercial terms, the newest first
	Match      *Match                // images that equal those of others; nil for none
	Own        bool                  // the reviewer belongs to the seller: somebody else decides
	Rejected   bool                  // the reviewer rejected it before an appeal: somebody else decides
	Returned   bool                  // it came back after an appeal
}

// Seller is who offers the data set.
type Seller struct {
	Organization id.Organization `db:"id"`
	Name         string          `db:"name"`
	Demo         bool            `db:"is_demo"`
	Level        string          `db:"level"`
	LevelUntil   *time.Time      `db:"level_until"`
	Request      string          `db:"request"` // the newest request for verification; empty if none was sent
	Known        bool            `db:"known"`   // a reviewer approved another data set of it
	Own          bool            `db:"own"`
}

// Document is a paper of the seller's verification: evidence for its rights.
type Document struct {
	ID      string    `db:"id"`
	Number  int       `db:"number"` // of its version in the vault
	Kind    string    `db:"kind"`   // organization, rights, ethics or other
	Name    string    `db:"name"`
	SHA256  string    `db:"sha256"`
	Verdict string    `db:"verdict"`  // open, accepted or rejected
	InForce bool      `db:"in_force"` // accepted with a request that was granted, and not ended
	At      time.Time `db:"uploaded_at"`
}

// Acceptance is who signed which text before the upload.
type Acceptance struct {
	Name        string    `db:"typed_name"`
	TextVersion string    `db:"text_version"`
	TextSHA256  string    `db:"text_sha256"`
	At          time.Time `db:"accepted_at"`
}

const noSuchVersion = "There is no such version."

// Item returns a version that was submitted once; any other is errs.NotFound.
func (s *Service) Item(ctx context.Context, a postgres.Actor, v id.Version) (Item, error) {
	if err := mustReview(a); err != nil {
		return Item{}, err
	}
	it, err := s.item(ctx, a, v)
	if err != nil {
		return Item{}, fmt.Errorf("review version %s: %w", v, err)
	}
	return it, nil
}

func (s *Service) item(ctx context.Context, a postgres.Actor, v id.Version) (it Item, err error) {
	if it.Dossier, err = s.listings.Version(ctx, a, v); err != nil {
		return it, err
	}
	d := it.Dossier
	if d.Version.SubmittedAt == nil || d.Report == nil {
		return it, errs.New(errs.NotFound, noSuchVersion)
	}
	it.Claims, it.Waits = d.Claims, d.Version.State == listing.InReview
	if d.Amendment != nil && d.Version.State == listing.Live { // of a suspended one nothing is decided
		it.Claims, it.Waits = *d.Amendment, true
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error { return it.read(ctx, tx) })
	if err != nil {
		return it, err
	}
	it.Own = it.Seller.Own
	return it, s.compare(ctx, a, &it)
}

const sellerQuery = `
SELECT o.id, o.name, o.is_demo, organization_verification(o.id) AS level,
       (SELECT   expires_at FROM verification
        WHERE    organization_id = o.id
        ORDER BY decided_at DESC, id DESC
        LIMIT    1) AS level_until,
       coalesce((SELECT   id::text FROM verification_request
                 WHERE    organization_id = o.id
                 AND      submitted_at IS NOT NULL
                 ORDER BY submitted_at DESC, id DESC
                 LIMIT    1), '') AS request,
       EXISTS (SELECT FROM decision d
               JOIN   version p ON p.id = d.version_id
               WHERE  d.organization_id = o.id
               AND    d.kind = 'review'
               AND    d.outcome = 'approve'
               AND    p.listing_id <> @listing) AS known,
       EXISTS (SELECT FROM membership m
               WHERE  m.organization_id = o.id
               AND    m.user_id = assay_user()) AS own
FROM   organization o
WHERE  o.id = @organization`

// acceptanceQuery finds the last signature before the version's files came.
const acceptanceQuery = `
SELECT   a.typed_name, a.text_version, a.text_sha256, a.accepted_at
FROM     upload_acceptance a
WHERE    a.listing_id = @listing
AND      a.organization_id = @organization
AND      a.accepted_at <= @before
ORDER BY a.accepted_at DESC
LIMIT    1`

func (it *Item) read(ctx context.Context, tx pgx.Tx) error {
	d := it.Dossier
	sellers, err := postgres.Many[Seller](ctx, tx, sellerQuery, pgx.NamedArgs{"organization": d.Version.Organization, "listing": d.Version.Listing})
	if err != nil {
		return err
	}
	if len(sellers) != 1 {
		return errs.New(errs.NotFound, noSuchVersion)
	}
	it.Seller = sellers[0]
	signed, err := postgres.Many[Acceptance](ctx, tx, acceptanceQuery, pgx.NamedArgs{
		"listing": d.Version.Listing, "organization": d.Version.Organization, "before": *d.Version.SubmittedAt})
	if err != nil {
		return err
	}
	if len(signed) > 0 {
		it.Acceptance = &signed[0]
	}
	if it.Match, err = match(ctx, tx, d.Version.ID); err != nil {
		return err
	}
	it.Since = *d.Version.SubmittedAt
	if it.Claims.Amends != "" && it.Claims.SubmittedAt != nil {
		it.Since = *it.Claims.SubmittedAt
	}
	if err := it.readDesk(ctx, tx); err != nil {
		return err
	}
	it.Entry, err = catalog.Preview(ctx, tx, listing.Published{Listing: d.Listing, Version: d.Version, Claims: it.Claims, Report: *d.Report})
	return err
}

const documentsQuery = `
SELECT   d.document_id AS id, d.number, d.kind, p.title AS name, v.sha256, d.verdict, v.uploaded_at,
         d.verdict = 'accepted' AND r.state = 'granted' AND coalesce(v.expires_on >= (now() AT TIME ZONE 'UTC')::date, true) AS in_force
FROM     verification_document d
JOIN     vault_version v ON v.document_id = d.document_id AND v.number = d.number
JOIN     vault_document p ON p.id = d.document_id
JOIN     verification_request r ON r.id = d.request_id
WHERE    d.organization_id = @organization
AND      r.submitted_at IS NOT NULL
ORDER BY v.uploaded_at DESC, d.document_id DESC, r.submitted_at DESC
LIMIT    100`

const kindsQuery = `
SELECT review_kinds(@version, @claims), rejected_by(@version, @claims, assay_user()), (SELECT last_event = 'reopen' FROM version WHERE id = @version),
       greatest(@since::timestamptz, version_reopened_at(@version))`

// readDesk reads what the reviewers themselves keep about the item.
func (it *Item) readDesk(ctx context.Context, tx pgx.Tx) (err error) {
	v := it.Dossier.Version
	args := pgx.NamedArgs{"version": v.ID, "organization": v.Organization, "claims": it.Claims.ID, "listing": v.Listing, "since": it.Since}
	if err := tx.QueryRow(ctx, kindsQuery, args).Scan(&it.Kinds, &it.Rejected, &it.Returned, &it.Since); err != nil {
		return err
	}
	if it.Assigned, err = postgres.Many[Assignment](ctx, tx, allAssignments, args); err != nil {
		return err
	}
	for i := range it.Assigned {
		if it.Assigned[i].EndedAt == nil && it.Assigned[i].Claims == it.Claims.ID {
			it.Holder = &it.Assigned[i]
		}
	}
	if it.Checklist, err = readChecks(ctx, tx, v.Organization, v.ID, it.Claims.ID, it.Kinds); err != nil {
		return err
	}
	if it.Notes, err = postgres.Many[Note](ctx, tx, notesQuery, args); err != nil {
		return err
	}
	if it.Documents, err = postgres.Many[Document](ctx, tx, documentsQuery, args); err != nil {
		return err
	}
	if it.Signers, err = maySign(ctx, tx, v.Organization, time.Now()); err != nil {
		return err
	}
	it.Licensing, err = readLicensing(ctx, tx, v.Organization, v.Listing, it.Claims.ID)
	return err
}

const approvedBefore = `
SELECT   d.version_id
FROM     decision d
JOIN     version v ON v.id = d.version_id
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
AND      v.id <> @version
AND      d.outcome = 'approve'
ORDER BY d.created_at DESC, d.id DESC
LIMIT    1`

// compare finds what was approved last and how the claims differ from it.
func (s *Service) compare(ctx context.Context, a postgres.Actor, it *Item) error {
	d := it.Dossier
	if it.Claims.ID != d.Claims.ID {
		it.Changes = changes(d.Claims.Claims, it.Claims.Claims)
		return nil
	}
	var before id.Version
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, approvedBefore, pgx.NamedArgs{
			"listing": d.Version.Listing, "organization": d.Version.Organization, "version": d.Version.ID}).Scan(&before)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	older, err := s.listings.Version(ctx, a, before)
	if err != nil {
		return err
	}
	it.Before, it.Changes = &older, changes(older.Claims.Claims, it.Claims.Claims)
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		it.Files, err = compareFiles(ctx, tx, d.Version.Organization, before, d.Version.ID)
		return err
	})
}

// Risk is that of the item in the queue.
func (it Item) Risk() Risk {
	w := Waiting{Amends: it.Claims.Amends != "", Level: it.Seller.Level, KnownSeller: it.Seller.Known}
	if it.Dossier.Report != nil {
		w.Warnings = it.Dossier.Report.Warnings
	}
	return w.Risk()
}

// Missing counts what still stands in the way of an approval.
type Missing struct {
	Unjudged, Refused, Second int // answers to warnings
	Unchecked, No             int // of the checklist
}

// None reports whether nothing stands in the way.
func (m Missing) None() bool { return m == Missing{} }

// Missing says what an approval of the item still lacks.
func (it Item) Missing() Missing {
	var m Missing
	if it.Dossier.Version.State == listing.InReview {
		m.Unjudged = len(it.Dossier.Report.WarningKeys)
		for _, a := range it.Dossier.Answers {
			if a.Outcome != "" {
				m.Unjudged--
			}
			switch {
			case a.Outcome == "refused":
				m.Refused++
			case a.Outcome == "accepted" && !it.Dossier.Report.IsSettled(a):
				m.Second++
			}
		}
	}
	for _, c := range it.Checklist {
		switch c.Verdict {
		case "":
			m.Unchecked++
		case "no":
			m.No++
		}
	}
	return m
}
