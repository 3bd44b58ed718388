package moderation

import (
	"context"
	"fmt"
	"net/mail"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Report is what somebody tells about a data set. Place and Body may hold
// identifiers against all advice: they are shown to reviewers only.
type Report struct {
	Slug     string
	Reason   Reason
	Place    string // where: "series 3, image 12"
	Body     string // what
	Email    string // for an answer; not confirmed, may be empty
	Reporter id.User
}

// Received says what became of a report.
type Received struct {
	Receipt string // the secret of the reporter's link; empty if Counted
	Counted bool   // enough of the kind wait: it was counted with them, and nothing else is kept
	Hidden  bool   // pictures are hidden because of it, or were before
	Cleared bool   // a reviewer cleared the same bytes before, so that pictures stay
}

func (r *Report) check() error {
	var f errs.Fields
	r.Place, r.Body, r.Email = clean(r.Place), clean(r.Body), account.NormalizeEmail(r.Email)
	if !Reasons.Has(r.Reason) {
		f.Add("reason", "Choose what is wrong.")
	}
	sentence(&f, "place", r.Place, 0, 500, "")
	sentence(&f, "body", r.Body, 10, 4000, "Say in a sentence what is wrong, and where. Do not copy names or numbers of patients.")
	if r.Email != "" {
		if a, err := mail.ParseAddress(r.Email); err != nil || a.Address != r.Email || len(r.Email) > 254 {
			f.Add("email", "Write an address such as ada@example.org, or leave the field empty.")
		}
	}
	return f.Err()
}

// listed is what a flag needs to know of a listing.
type listed struct {
	ID           id.Listing      `db:"id"`
	Organization id.Organization `db:"organization_id"`
	Slug         string          `db:"slug"`
	Title        string          `db:"title"`
	Kind         string          `db:"kind"`
	State        string          `db:"state"`
	HiddenAt     *time.Time      `db:"samples_hidden_at"`
	Version      string          `db:"version_id"`
	RootDigest   string          `db:"root_digest"`
}

// offered joins the version that is on offer, or was when it was suspended.
const offered = `
LEFT JOIN LATERAL (
       SELECT v.id, v.root_digest
       FROM   version v
       WHERE  v.listing_id = c.id AND v.organization_id = c.organization_id AND v.state IN ('live', 'suspended')
       ORDER BY v.state, v.number DESC
       LIMIT  1) o ON true`

const listedQuery = `
SELECT c.id, c.organization_id, c.slug, c.title, c.kind, c.state, c.samples_hidden_at,
       coalesce(o.id::text, '') AS version_id, coalesce(o.root_digest, '') AS root_digest
FROM   catalog_listing c` + offered + `
WHERE  c.slug = @slug`

// lockListed makes steps on one listing wait for each other, so that no two
// reports see the last free place. It reads in a statement of its own: what was
// published while it waited for the lock is seen.
func lockListed(ctx context.Context, tx pgx.Tx, slug string) (listed, error) {
	args := pgx.NamedArgs{"slug": slug}
	if _, err := tx.Exec(ctx, `SELECT FROM catalog_listing WHERE slug = @slug FOR UPDATE`, args); err != nil {
		return listed{}, err
	}
	return postgres.One[listed](ctx, tx, listedQuery, args)
}

// Report takes a report of anybody. It returns errs.Fields with the fields
// reason, place, body and email, and errs.NotFound if there is no such data
// set.
func (s *Service) Report(ctx context.Context, r Report) (Received, error) {
	if err := r.check(); err != nil {
		return Received{}, err
	}
	var got Received
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		l, err := lockListed(ctx, tx, r.Slug)
		if err != nil {
			return postgres.NotFound(err, noSuchListing)
		}
		got, err = s.take(ctx, tx, l, r)
		return err
	})
	if err != nil {
		return Received{}, fmt.Errorf("report: %w", err)
	}
	return got, nil
}

const openFlags = `
SELECT count(*) FILTER (WHERE f.is_anonymous) AS anonymous,
       count(*) AS every,
       coalesce(max(f.id::text) FILTER (WHERE f.is_anonymous), '') AS newest,
       coalesce(max(f.id::text) FILTER (WHERE r.reporter_id = nullif(@reporter, '')::uuid), '') AS own
FROM   flag f
JOIN   flag_report r ON r.flag_id = f.id
WHERE  f.listing_id = @listing
AND    f.organization_id = @organization
AND    f.reason = @reason
AND    f.state IN ('open', 'in_triage', 'needs_seller')`

const countReport = `
UPDATE flag
SET    reports = reports + 1, hid_samples = hid_samples OR @hid
WHERE  id = @id
AND    organization_id = @organization`

func (s *Service) take(ctx context.Context, tx pgx.Tx, l listed, r Report) (got Received, err error) {
	var anonymous, every int
	var newest, own string
	err = tx.QueryRow(ctx, openFlags, pgx.NamedArgs{"listing": l.ID, "organization": l.Organization,
		"reason": string(r.Reason), "reporter": string(r.Reporter)}).Scan(&anonymous, &every, &newest, &own)
	if err != nil {
		return got, fmt.Errorf("count open flags: %w", err)
	}
	hides := false
	if r.Reason == PHISuspected {
		if hides, err = s.hide(ctx, tx, l, &got); err != nil {
			return got, err
		}
	}
	into := own
	if r.Reporter == "" && anonymous >= OpenFlags {
		into = newest
	}
	flag := id.Flag(into)
	if into != "" {
		got.Counted = true
		_, err = tx.Exec(ctx, countReport, pgx.NamedArgs{"id": into, "organization": l.Organization, "hid": hides})
	} else {
		flag, got.Receipt, err = s.insert(ctx, tx, l, r, hides)
	}
	if err != nil {
		return got, err
	}
	if err := s.callReviewers(ctx, tx, l, r.Reason, flag, hides, every == 0); err != nil {
		return got, err
	}
	verb := "flag.receive"
	if got.Counted {
		verb = "flag.count"
	}
	a := postgres.Actor{User: r.Reporter}
	return got, record(ctx, tx, a, "", verb, "flag", string(flag), map[string]string{"reason": string(r.Reason), "listing": string(l.ID)})
}

const insertFlag = `
INSERT INTO flag (id, organization_id, listing_id, version_id, root_digest, reason, is_anonymous, hid_samples, told_state)
VALUES (@id, @organization, @listing, nullif(@version, '')::uuid, nullif(@root, ''), @reason, @anonymous, @hid, @state)`

const insertReport = `
INSERT INTO flag_report (flag_id, organization_id, follows, token_hash, place, body, email, reporter_id)
VALUES (@id, @organization, @id, @token, @place, @body, @email, nullif(@reporter, '')::uuid)`

func (s *Service) insert(ctx context.Context, tx pgx.Tx, l listed, r Report, hides bool) (id.Flag, string, error) {
	flag := id.New[id.Flag]()
	secret := s.secretOf(flag)
	_, err := tx.Exec(ctx, insertFlag, pgx.NamedArgs{"id": flag, "organization": l.Organization, "listing": l.ID,
		"version": l.Version, "root": l.RootDigest, "reason": string(r.Reason), "anonymous": r.Reporter == "", "hid": hides, "state": l.State})
	if err == nil {
		err = s.thank(ctx, tx, l, r, receiptPath(secret)) // before the row, which counts for the next letter
	}
	if err == nil {
		_, err = tx.Exec(ctx, insertReport, pgx.NamedArgs{"id": flag, "organization": l.Organization, "token": hashOf(secret),
			"place": r.Place, "body": r.Body, "email": r.Email, "reporter": string(r.Reporter)})
	}
	return flag, secret, err
}
