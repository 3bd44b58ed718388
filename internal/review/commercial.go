package review

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/promise"
)

// Licensing is a review of the commercial terms of a listing: asked for,
// granted or refused. It holds for the license and consent claims that it was
// about, as long as its paper and its signer do.
type Licensing struct {
	ID             string      `db:"id"`
	Claims         id.Claims   `db:"claims_id"`
	Requested      bool        `db:"requested"` // by the seller; else a reviewer began it
	RequestedAt    time.Time   `db:"requested_at"`
	Outcome        string      `db:"outcome"` // granted or refused; empty while it is asked for
	Rights         string      `db:"rights"`  // yes or no
	Clause         string      `db:"clause"`
	Consent        string      `db:"consent"`
	DocumentKind   string      `db:"document_kind"`
	DocumentSHA256 string      `db:"document_sha256"`
	Authority      string      `db:"authority"`
	Signer         string      `db:"signer"`
	SignerRole     string      `db:"signer_role"`
	Reason         string      `db:"reason"`
	ReviewerName   string      `db:"reviewer_name"` // for reviewers; empty where the actor may not see it
	DecidedAt      *time.Time  `db:"decided_at"`
	ValidUntil     *time.Time  `db:"valid_until"` // the last day on which paper and signer hold; nil for no end
	Holds          bool        `db:"holds"`       // about the same license and consent claims as those asked about, and not over
	Over           catalog.End `db:"over"`        // why a granted one is over, whatever the claims; empty while it is not
	EndedAt        *time.Time  `db:"ended_at"`    // since when; nil until a sweep has written it down
}

const licensingQuery = `
SELECT   r.id::text AS id, r.claims_id, r.requested_by IS NOT NULL AS requested, r.requested_at, coalesce(r.outcome, '') AS outcome,
         coalesce(r.rights, '') AS rights, r.clause, coalesce(r.consent, '') AS consent, r.document_kind, r.document_sha256,
         coalesce(r.authority, '') AS authority, r.signer, r.signer_role, r.reason,
         coalesce(u.name, '') AS reviewer_name, r.decided_at, r.valid_until,
         coalesce(r.terms_digest = (SELECT commercial_terms_digest(c.claims) FROM listing_claims c WHERE c.id = @claims), false)
         AND commercial_review_over(r) = '' AS holds,
         CASE WHEN r.outcome = 'granted' THEN commercial_review_over(r) ELSE '' END AS over, r.ended_at
FROM     commercial_review r
LEFT JOIN app_user u ON u.id = r.reviewer_id
WHERE    r.listing_id = @listing
AND      r.organization_id = @organization
ORDER BY coalesce(r.decided_at, r.requested_at) DESC, r.id DESC
LIMIT    100`

func readLicensing(ctx context.Context, q postgres.Querier, org id.Organization, l id.Listing, c id.Claims) ([]Licensing, error) {
	return postgres.Many[Licensing](ctx, q, licensingQuery, pgx.NamedArgs{"listing": l, "organization": org, "claims": c})
}

// Licensings returns the reviews of the commercial terms of an own version's
// listing, the newest first.
func (s *Service) Licensings(ctx context.Context, a postgres.Actor, d listing.Dossier) (list []Licensing, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		list, err = readLicensing(ctx, tx, a.Organization, d.Listing.ID, d.Claims.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("licensing reviews: %w", err)
	}
	return list, nil
}

const askLicensing = `
INSERT INTO commercial_review (id, organization_id, listing_id, version_id, claims_id, claims_digest, terms_digest, requested_by)
SELECT @id, v.organization_id, v.listing_id, v.id, c.id, c.claims_digest, commercial_terms_digest(c.claims), @user
FROM   version v
JOIN   listing_claims c ON c.id = v.claims_id
WHERE  v.id = @version
AND    v.organization_id = @organization
AND    v.submitted_at IS NOT NULL
AND    v.state NOT IN ('changes_requested', 'rejected', 'withdrawn', 'superseded')`

// AskLicensing asks for a review of the commercial terms of an own version. It
// takes an owner or admin; a review that waits already is errs.Conflict.
func (s *Service) AskLicensing(ctx context.Context, a postgres.Actor, v id.Version) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		args := pgx.NamedArgs{"id": id.New[string](), "user": a.User, "version": v, "organization": a.Organization}
		tag, err := tx.Exec(ctx, askLicensing, args)
		switch {
		case postgres.IsUnique(err, "commercial_review_open"):
			return errs.Wrap(errs.Conflict, "A review of the commercial terms was asked for already.", err)
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return errs.New(errs.Conflict, "Submit the version first: a review is about submitted claims.")
		}
		if err := recordFor(ctx, tx, a, a.Organization, "version.ask_licensing", v, nil); err != nil {
			return err
		}
		return notice.Send(ctx, tx, notice.Notice{
			Kind: notice.ReviewWaiting, To: notice.To{Platform: postgres.Reviewer}, Subject: "A review of commercial terms waits",
			Lines:  []string{"A seller asks for a review of the commercial terms of a data set. Nothing else waits for it. The queue says by when it is due."},
			Action: "Open the data set", Path: itemPath(v) + "#licensing",
		})
	})
	if err != nil {
		return fmt.Errorf("version %s: ask for a licensing review: %w", v, err)
	}
	return nil
}

// LicensingRuling is what a reviewer found about the commercial terms, and the
// claims that the reviewer has seen.
type LicensingRuling struct {
	Version      id.Version
	ClaimsDigest string
	Granted      bool

	Rights, Consent, Authority bool      // each was looked at and holds
	Clause                     string    // that grants commercial use
	Document                   string    // SHA-256 of the seller's document that covers it: a consent, a waiver, a board's letter
	Signer                     id.Signer // who signs for the seller
	Reason                     string    // the seller reads it; needed to refuse
}

func (r *LicensingRuling) check() error {
	for _, text := range []*string{&r.Clause, &r.Document, &r.Reason} {
		*text = strings.TrimSpace(*text)
	}
	var f errs.Fields
	for _, x := range []struct {
		field, text string
		most        int
	}{{"clause", r.Clause, 200}, {"licensing_reason", r.Reason, 2000}} {
		if len([]rune(x.text)) > x.most {
			f.Addf(x.field, "Use at most %d characters.", x.most)
		}
	}
	if !r.Granted {
		if len([]rune(r.Reason)) < 10 {
			f.Add("licensing_reason", "Say in a sentence what is missing, so that the seller can act on it.")
		}
		return f.Err()
	}
	for _, x := range []struct {
		holds       bool
		field, said string
	}{{r.Rights, "rights_hold", "Granted only if the terms say commercial rights explicitly."},
		{r.Consent, "consent_holds", "Granted only if a consent or waiver covers commercial use."},
		{r.Authority, "authority_holds", "Granted only if the signer may bind the seller."},
		{r.Clause != "", "clause", "Name the clause that grants commercial use."},
		{r.Document != "", "document", "Choose the document that covers commercial use."},
		{r.Signer != "", "signer", "Choose who signs."}} {
		if !x.holds {
			f.Add(x.field, x.said)
		}
	}
	return f.Err()
}

const claimsToLicense = `
SELECT   c.id, c.canonical
FROM     listing_claims c
WHERE    c.listing_id = @listing
AND      c.organization_id = @organization
AND      c.claims_digest = @digest
AND      c.submitted_at IS NOT NULL
ORDER BY c.revision DESC
LIMIT    1`

const decideOpenLicensing = `
UPDATE commercial_review r
SET    version_id = @version, claims_id = c.id, claims_digest = c.claims_digest, terms_digest = commercial_terms_digest(c.claims),
       outcome = @outcome, rights = @rights, clause = @clause, consent = @consent, document_kind = @document_kind,
       document_sha256 = @document_sha256, authority = @authority, signer_id = @signer_id, signer = @signer, signer_role = @signer_role,
       valid_until = @until, reason = @reason, reviewer_id = @reviewer, decided_at = clock_timestamp()
FROM   listing_claims c
WHERE  c.id = @claims
AND    r.listing_id = @listing
AND    r.organization_id = @organization
AND    r.outcome IS NULL`

const insertLicensing = `
INSERT INTO commercial_review (id, organization_id, listing_id, version_id, claims_id, claims_digest, terms_digest, outcome,
         rights, clause, consent, document_kind, document_sha256, authority, signer_id, signer, signer_role, valid_until, reason, reviewer_id, decided_at)
SELECT @id, @organization, @listing, @version, c.id, c.claims_digest, commercial_terms_digest(c.claims), @outcome,
       @rights, @clause, @consent, @document_kind, @document_sha256, @authority, @signer_id, @signer, @signer_role, @until, @reason, @reviewer, clock_timestamp()
FROM   listing_claims c
WHERE  c.id = @claims`

// DecideLicensing rules on the commercial terms of a submitted version's
// claims, asked for or not, and shows the badge, or no longer shows it, in the
// same transaction. Mistakes are errs.Fields; claims that are no longer there
// errs.Conflict.
func (s *Service) DecideLicensing(ctx context.Context, a postgres.Actor, r LicensingRuling) error {
	if err := mustReview(a); err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return err
	}
	err := s.onItem(ctx, a, r.Version, func(tx pgx.Tx, l locked) error {
		claims, err := claimsFor(ctx, tx, l, r)
		if err != nil {
			return err
		}
		rests, err := s.evidenceFor(ctx, tx, l.Organization, r)
		if err != nil {
			return err
		}
		if err := keepLicensing(ctx, tx, a, l, claims, rests, r); err != nil {
			return err
		}
		if err := recordFor(ctx, tx, a, l.Organization, "version.licensing_review", r.Version, map[string]string{"outcome": outcomeOf(r)}); err != nil {
			return err
		}
		if err := tellLicensing(ctx, tx, l, r); err != nil {
			return err
		}
		return s.showLive(ctx, tx, l.Organization, l.Listing)
	})
	if err != nil {
		return fmt.Errorf("version %s: licensing review: %w", r.Version, err)
	}
	return nil
}

// claimsFor returns the claims that a ruling is about, and refuses to grant
// what the claims themselves do not say.
func claimsFor(ctx context.Context, tx pgx.Tx, l locked, r LicensingRuling) (id.Claims, error) {
	type found struct {
		ID        id.Claims `db:"id"`
		Canonical string    `db:"canonical"`
	}
	list, err := postgres.Many[found](ctx, tx, claimsToLicense, pgx.NamedArgs{
		"listing": l.Listing, "organization": l.Organization, "digest": r.ClaimsDigest})
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", errs.New(errs.Conflict, "The claims are not the ones that you have seen. Reload the page before you decide.")
	}
	claims, err := listing.ParseClaims(list[0].Canonical)
	if err != nil {
		return "", err
	}
	if r.Granted {
		return list[0].ID, mayGrant(claims)
	}
	return list[0].ID, nil
}

func mayGrant(c listing.Claims) error {
	var f errs.Fields
	if use := license.CommercialUseOfParts(c.License.Parts()); !use.Permits() && use != license.BySeparateAgreement {
		f.Addf("rights_hold", "The claims themselves say of commercial use: %s.", strings.ToLower(use.Label()))
	}
	if v := c.Consent.Commercial; v != listing.ConsentCoversCommercial && v != listing.WaiverCoversCommercial {
		f.Addf("consent_holds", "The claims themselves say of the consent: %s.", strings.ToLower(listing.CommercialConsents.Label(v)))
	}
	return f.Err()
}

func outcomeOf(r LicensingRuling) string {
	if r.Granted {
		return "granted"
	}
	return "refused"
}

func keepLicensing(ctx context.Context, tx pgx.Tx, a postgres.Actor, l locked, claims id.Claims, rests evidence, r LicensingRuling) error {
	yes := func(holds bool) string {
		if holds {
			return "yes"
		}
		return "no"
	}
	args := pgx.NamedArgs{
		"id": id.New[string](), "organization": l.Organization, "listing": l.Listing, "version": l.Version, "claims": claims,
		"outcome": outcomeOf(r), "rights": yes(r.Rights), "clause": r.Clause, "consent": yes(r.Consent),
		"document_kind": rests.DocumentKind, "document_sha256": r.Document, "authority": yes(r.Authority),
		"signer_id": rests.SignerID, "signer": rests.Signer, "signer_role": rests.SignerRole, "until": rests.Until, "reason": r.Reason, "reviewer": a.User,
	}
	tag, err := tx.Exec(ctx, decideOpenLicensing, args)
	if err == nil && tag.RowsAffected() == 0 {
		_, err = tx.Exec(ctx, insertLicensing, args)
	}
	return err
}

func tellLicensing(ctx context.Context, tx pgx.Tx, l locked, r LicensingRuling) error {
	subject, line := "Commercial terms reviewed: refused", "A reviewer looked at the commercial terms of a data set and did not grant the badge. The reason is on the page."
	if r.Granted {
		subject, line = "Commercial terms reviewed: granted", "A reviewer looked at the commercial terms of a data set. Buyers see it as a badge, for as long as license and consent claims stay as they are."
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.ClaimsDecided, To: notice.To{Organization: l.Organization}, Of: l.Organization, Subject: subject, Lines: []string{line},
		Action: "See the version", Path: "/seller/versions/" + string(l.Version) + "#licensing",
	})
}

// LicensingWaiting is a review of commercial terms that was asked for.
type LicensingWaiting struct {
	Version id.Version `db:"version_id"`
	Number  int        `db:"number"`
	Title   string     `db:"title"`
	Seller  string     `db:"seller"`
	Since   time.Time  `db:"since"`
}

// Due returns by when a reviewer is to have ruled.
func (w LicensingWaiting) Due() time.Time { return promise.Of(promise.ReviewOfTerms).Due(w.Since) }

const licensingQueue = `
SELECT   r.version_id, v.number, coalesce(c.claims -> 'basics' ->> 'title', '') AS title, o.name AS seller, r.requested_at AS since
FROM     commercial_review r
JOIN     version v ON v.id = r.version_id
JOIN     listing_claims c ON c.id = r.claims_id
JOIN     organization o ON o.id = r.organization_id
WHERE    r.outcome IS NULL
AND      assay_platform() IN ('reviewer', 'admin')
ORDER BY r.requested_at, r.id
LIMIT    200`

// LicensingQueue returns the reviews of commercial terms that were asked for,
// the one that is due first before the others.
func (s *Service) LicensingQueue(ctx context.Context, a postgres.Actor) ([]LicensingWaiting, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	list, err := collect[LicensingWaiting](ctx, s.db, a, licensingQueue)
	if err != nil {
		return nil, fmt.Errorf("licensing reviews: %w", err)
	}
	return list, nil
}
