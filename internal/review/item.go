package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Item is everything that a reviewer sees of one submitted version.
type Item struct {
	Dossier    listing.Dossier
	Claims     listing.Revision // those to decide on: changed ones if they wait, else the version's
	Waits      bool             // a decision is asked for
	Entry      catalog.Entry    // what buyers see, or would see after approval
	Seller     Seller
	Acceptance *Acceptance      // of the upload agreement; nil if none is found
	Before     *listing.Dossier // the version approved last, another than this; nil if none
	Changes    []Change         // of the claims since the last approval
	Match      *Match           // images that equal those of others; nil for none
	Own        bool             // the reviewer belongs to the seller: somebody else decides
}

// Seller is who offers the data set.
type Seller struct {
	Organization id.Organization `db:"id"`
	Name         string          `db:"name"`
	Demo         bool            `db:"is_demo"`
	Level        string          `db:"level"`
	LevelUntil   *time.Time      `db:"level_until"`
	Request      string          `db:"request"` // the newest request for verification; empty if none was sent
	Own          bool            `db:"own"`
}

// Acceptance is who signed which text before the upload.
type Acceptance struct {
	Name        string    `db:"typed_name"`
	TextVersion string    `db:"text_version"`
	TextSHA256  string    `db:"text_sha256"`
	At          time.Time `db:"accepted_at"`
}

// Change is a claim that differs from the one approved last.
type Change struct{ Subject, Term, Before, Now string }

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
	if d.Amendment != nil && (d.Version.State == listing.Live || d.Version.State == listing.Suspended) {
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
	sellers, err := rowsOf[Seller](ctx, tx, sellerQuery, pgx.NamedArgs{"organization": d.Version.Organization})
	if err != nil {
		return err
	}
	if len(sellers) != 1 {
		return errs.New(errs.NotFound, noSuchVersion)
	}
	it.Seller = sellers[0]
	signed, err := rowsOf[Acceptance](ctx, tx, acceptanceQuery, pgx.NamedArgs{
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
	it.Entry, err = catalog.Preview(ctx, tx, listing.Published{Listing: d.Listing, Version: d.Version, Claims: it.Claims, Report: *d.Report})
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
	return nil
}

// changes compares two revisions of claims line by line, as buyers read them.
func changes(old, now listing.Claims) []Change {
	was, is := linesOf(old), linesOf(now)
	var list []Change
	for _, l := range is.order {
		if was.text[l] != is.text[l] {
			list = append(list, Change{l.subject, l.term, was.text[l], is.text[l]})
		}
	}
	for _, l := range was.order {
		if _, kept := is.text[l]; !kept {
			list = append(list, Change{l.subject, l.term, was.text[l], ""})
		}
	}
	return list
}

type line struct{ subject, term string }

type lines struct {
	order []line
	text  map[line]string
}

func (l *lines) add(subject, term, text string) {
	at := line{subject, term}
	if _, ok := l.text[at]; ok {
		text = l.text[at] + "; " + text
	} else {
		l.order = append(l.order, at)
	}
	l.text[at] = text
}

func linesOf(c listing.Claims) lines {
	l := lines{text: map[line]string{}}
	e := catalog.Publication{Claims: c}.Entry()
	l.add("Basics", "Title", e.Title)
	l.add("Basics", "Summary", e.Summary)
	l.add("Basics", "Body parts", strings.Join(listing.BodyParts.Labels(c.Basics.BodyParts), ", "))
	l.add("Basics", "Tasks", strings.Join(listing.Tasks.Labels(c.Basics.Tasks), ", "))
	l.add("License", "Name", c.License.Name)
	l.add("License", "Tier", e.Tier.Label())
	l.add("License", "Access", e.Access.Label())
	for i, g := range c.License.Grants {
		subject := "Rights"
		if i > 0 {
			subject = fmt.Sprintf("Rights, group of files %d", i+1)
		}
		for _, use := range license.AllUses() {
			cell := g.Cells[use]
			l.add(subject, use.Label(), strings.Trim(cell.Verdict.Label()+", "+cell.Clause+", "+cell.Condition, ", "))
		}
	}
	for _, claim := range e.Detail.Claims {
		l.add(claim.Subject, claim.Term, claim.Value)
	}
	for _, fact := range e.Detail.Facts {
		l.add("Figures", fact.Label, fact.Value)
	}
	l.add("Known problems", "Caveats", strings.Join(c.Caveats.List, " "))
	return l
}
