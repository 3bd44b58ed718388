package listing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Dossier is everything known about one version: what a seller sees of an own
// one, and a reviewer of a submitted one.
type Dossier struct {
	Listing   Listing
	Version   Version
	Claims    Revision // of the version; the newest ones if it has none yet
	Amendment *Revision
	Report    *Report // the newest; nil before the audit
	Answers   []WarningAnswer
	Decisions []Decision
	History   []Moved
}

const listingOf = `
SELECT   ` + listingColumns + `
FROM     listing l
WHERE    l.id = @id
AND      l.organization_id = @organization`

const openAmendment = `
SELECT   ` + claimsColumns + `
FROM     listing_claims c
WHERE    c.amends_version = @version
AND      c.organization_id = @organization
AND      c.outcome IS NULL`

const reportColumns = `
SELECT   id, version_id, root_digest, claims_digest, verdict, blockers, warnings, warning_keys,
         identifier_keys, report, rules_version, created_at
FROM     audit_report`

// latestReportQuery finds the report that a version is approved and shown by:
// that of an audit by newer rules stands beside it.
const latestReportQuery = reportColumns + `
WHERE    version_id = @version
AND      NOT is_reaudit
AND      (organization_id = assay_organization() OR assay_platform() <> '')
ORDER BY created_at DESC, id DESC
LIMIT    1`

const answerColumns = `id::text AS id, report_id, warning_key, answer, answered_by, answered_at, coalesce(outcome, '') AS outcome,
         outcome_note, coalesce(outcome_by::text, '') AS outcome_by, outcome_at,
         coalesce(confirmed_by::text, '') AS confirmed_by, confirmed_at`

const answersQuery = `
SELECT   ` + answerColumns + `
FROM     finding_answer
WHERE    report_id = @report
AND      (organization_id = assay_organization() OR assay_platform() <> '')
ORDER BY answered_at, warning_key`

const decisionsQuery = `
SELECT   id, version_id, claims_id, root_digest, claims_digest, kind, outcome, reason,
         coalesce(reviewer_id::text, '') AS reviewer_id, created_at
FROM     decision
WHERE    version_id = @version
AND      (organization_id = assay_organization() OR assay_platform() <> '')
ORDER BY created_at, id`

const historyQuery = `
SELECT   from_state, to_state, event, reason, coalesce(user_id::text, '') AS user_id, platform, at
FROM     version_event
WHERE    version_id = @version
AND      (organization_id = assay_organization() OR assay_platform() <> '')
ORDER BY id`

const filesQuery = `
SELECT   path, size_bytes, sha256
FROM     version_file
WHERE    version_id = @version
AND      (organization_id = assay_organization() OR assay_platform() <> '')
AND      path > @after
ORDER BY path
LIMIT    @limit`

// Version returns a version with all that belongs to it. A version that the
// actor may not see is errs.NotFound.
func (s *Service) Version(ctx context.Context, a postgres.Actor, v id.Version) (Dossier, error) {
	var d Dossier
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		err := mayRead(ctx, tx, a)
		if err == nil {
			d, err = dossier(ctx, tx, v)
		}
		return err
	})
	if err != nil {
		return Dossier{}, fmt.Errorf("version %s: %w", v, err)
	}
	return d, nil
}

const reportByID = reportColumns + `
WHERE    id = @report
AND      version_id = @version
AND      (organization_id = assay_organization() OR assay_platform() <> '')`

// VersionBy is Version with another report of it in the place of that of its
// submission: the one of an audit by new rules, which nobody answers.
func (s *Service) VersionBy(ctx context.Context, a postgres.Actor, v id.Version, report id.Report) (Dossier, error) {
	d, err := s.Version(ctx, a, v)
	if err != nil {
		return Dossier{}, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		other, err := postgres.One[Report](ctx, tx, reportByID, pgx.NamedArgs{"report": report, "version": v})
		d.Report, d.Answers = &other, nil
		return postgres.NotFound(err, "There is no such report.")
	})
	if err != nil {
		return Dossier{}, fmt.Errorf("version %s: report %s: %w", v, report, err)
	}
	return d, nil
}

// mayRead lets the platform's people pass, whom policies show what was
// submitted, and members of the organization that the actor acts for.
func mayRead(ctx context.Context, tx pgx.Tx, a postgres.Actor) error {
	if a.Platform != postgres.None {
		return nil
	}
	_, err := account.Require(ctx, tx, a, account.Role.CanRead)
	return err
}

func dossier(ctx context.Context, q postgres.Querier, v id.Version) (d Dossier, err error) {
	if d.Version, err = readVersion(ctx, q, v); err != nil {
		return d, err
	}
	org := d.Version.Organization
	d.Listing, err = postgres.One[Listing](ctx, q, listingOf, pgx.NamedArgs{"id": d.Version.Listing, "organization": org})
	if err != nil {
		return d, postgres.NotFound(err, noSuchVersion)
	}
	if d.Version.ClaimsID != "" {
		d.Claims, err = readClaims(ctx, q, org, d.Version.ClaimsID)
	} else {
		d.Claims, err = readNewest(ctx, q, d.Listing)
	}
	if err != nil {
		return d, err
	}
	if d.Amendment, err = amendment(ctx, q, d.Version); err != nil {
		return d, err
	}
	if d.Report, err = findReport(ctx, q, v); err != nil {
		return d, err
	}
	if d.Report != nil {
		d.Answers, err = postgres.Many[WarningAnswer](ctx, q, answersQuery, pgx.NamedArgs{"report": d.Report.ID})
		if err != nil {
			return d, err
		}
	}
	if d.Decisions, err = postgres.Many[Decision](ctx, q, decisionsQuery, pgx.NamedArgs{"version": v}); err != nil {
		return d, err
	}
	if err = readGrounds(ctx, q, v, d.Decisions); err != nil {
		return d, err
	}
	d.History, err = postgres.Many[Moved](ctx, q, historyQuery, pgx.NamedArgs{"version": v})
	return d, err
}

// amendment returns the changed claims of a live version that wait for a
// reviewer, nil if none do.
func amendment(ctx context.Context, q postgres.Querier, v Version) (*Revision, error) {
	rows, err := postgres.Many[claimsRow](ctx, q, openAmendment, pgx.NamedArgs{"version": v.ID, "organization": v.Organization})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	r, err := rows[0].revision()
	return &r, err
}

func findReport(ctx context.Context, q postgres.Querier, v id.Version) (*Report, error) {
	list, err := postgres.Many[Report](ctx, q, latestReportQuery, pgx.NamedArgs{"version": v})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func latestReport(ctx context.Context, q postgres.Querier, v id.Version) (Report, error) {
	r, err := findReport(ctx, q, v)
	switch {
	case err != nil:
		return Report{}, err
	case r == nil:
		return Report{}, errs.New(errs.NotFound, "This version has no report yet.")
	}
	return *r, nil
}

// Versions returns the versions of a listing of the actor's organization, the
// newest first.
func (s *Service) Versions(ctx context.Context, a postgres.Actor, l id.Listing) ([]Version, error) {
	return s.VersionsBelow(ctx, a, l, 0, 0)
}

// VersionsBelow returns at most limit of Versions, those whose number is less
// than below; 0 bounds neither.
func (s *Service) VersionsBelow(ctx context.Context, a postgres.Actor, l id.Listing, below, limit int) ([]Version, error) {
	var list []Version
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayRead(ctx, tx, a); err != nil {
			return err
		}
		if _, err := readListing(ctx, tx, a.Organization, l); err != nil {
			return err
		}
		var err error
		list, err = postgres.Many[Version](ctx, tx, versionsOfListing, pgx.NamedArgs{"listing": l, "organization": a.Organization, "below": below, "limit": limit})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("versions of listing %s: %w", l, err)
	}
	return list, nil
}

const versionsOfListing = `
SELECT   ` + versionColumns + `
FROM     version v
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
AND      (@below::bigint = 0 OR v.number < @below::bigint)
ORDER BY v.number DESC
LIMIT    nullif(@limit::bigint, 0)`

// Files returns a page of a version's manifest: the files after a path, in the
// order of paths.
func (s *Service) Files(ctx context.Context, a postgres.Actor, v id.Version, after string, limit int) (Manifest, error) {
	var list []File
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayRead(ctx, tx, a); err != nil {
			return err
		}
		if _, err := readVersion(ctx, tx, v); err != nil {
			return err
		}
		var err error
		list, err = postgres.Many[File](ctx, tx, filesQuery, pgx.NamedArgs{"version": v, "after": after, "limit": limit})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("files of version %s: %w", v, err)
	}
	return list, nil
}
