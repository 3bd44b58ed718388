package sellerdesk

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Change is a version and how it differs from the one before it whose files
// are known. What is nil is not known: nothing before it, or no files yet.
type Change struct {
	Version listing.Version
	Before  int            // number of the version before; 0 for none
	Files   *FileChanges   // nil without one before
	Steps   []listing.Step // whose claims differ from those of the version before
	Audit   *Audited       // nil before the audit
	Was     *Audited       // of the version before
}

// FileChanges counts files by their path and SHA-256.
type FileChanges struct {
	Added, Removed, Changed, Same int
	Names                         []string // of the first that differ, marked + - or ~; at most 20
}

// Audited are figures of the newest report about a version.
type Audited struct {
	Verdict  string `db:"verdict"`
	Blockers int    `db:"blockers"`
	Warnings int    `db:"warnings"`
	Grade    string `db:"grade"` // of the LQS; empty if there is none
	Files    int    `db:"files"`
	Bytes    int64  `db:"bytes"`
}

// mostCompared is how many versions a change log compares, the newest first;
// older ones show their note alone.
const mostCompared = 20

const logVersions = `
SELECT   v.id, v.organization_id, v.listing_id, v.number, v.state, v.last_event, v.reason,
         coalesce(v.claims_id::text, '') AS claims_id, coalesce(v.root_digest, '') AS root_digest, v.change_note,
         v.embargo_until, coalesce(v.created_by::text, '') AS created_by, v.created_at, v.updated_at,
         v.submitted_at, v.live_at, v.publish_plan, v.publish_on, v.publish_failure, v.publish_failed_at
FROM     version v
WHERE    v.listing_id = @listing
AND      v.organization_id = @organization
ORDER BY v.number DESC`

const auditedQuery = `
SELECT   r.verdict, r.blockers, r.warnings, coalesce(q.body -> 'score' ->> 'grade', '') AS grade,
         (SELECT count(*)::int FROM version_file f WHERE f.version_id = r.version_id AND f.organization_id = @organization) AS files,
         (SELECT coalesce(sum(size_bytes), 0)::bigint FROM version_file f WHERE f.version_id = r.version_id AND f.organization_id = @organization) AS bytes
FROM     audit_report r
LEFT JOIN quality_report q ON q.report_id = r.id AND q.organization_id = @organization
WHERE    r.version_id = @version
AND      r.organization_id = @organization
AND      NOT r.is_reaudit
ORDER BY r.created_at DESC, r.id DESC
LIMIT    1`

// fileChanges joins two manifests by path.
const fileChanges = `
WITH joined AS (
    SELECT   coalesce(n.path, o.path) AS path,
             CASE WHEN o.path IS NULL THEN '+' WHEN n.path IS NULL THEN '-' WHEN o.sha256 <> n.sha256 THEN '~' ELSE '=' END AS mark
    FROM     (SELECT path, sha256 FROM version_file WHERE version_id = @version AND organization_id = @organization) n
    FULL JOIN (SELECT path, sha256 FROM version_file WHERE version_id = @before AND organization_id = @organization) o USING (path)
)
SELECT   (count(*) FILTER (WHERE mark = '+'))::int, (count(*) FILTER (WHERE mark = '-'))::int,
         (count(*) FILTER (WHERE mark = '~'))::int, (count(*) FILTER (WHERE mark = '='))::int,
         coalesce((SELECT array_agg(mark || ' ' || path) FROM (SELECT mark, path FROM joined WHERE mark <> '=' ORDER BY path LIMIT 20) d), '{}')
FROM     joined`

const claimsOf = `
SELECT   canonical
FROM     listing_claims
WHERE    id = @claims
AND      organization_id = @organization`

// ChangeLog returns the versions of a listing of the actor's organization, the
// newest first, each with how it differs from the one before.
func (s *Service) ChangeLog(ctx context.Context, a postgres.Actor, l id.Listing) ([]Change, error) {
	var log []Change
	err := s.reading(ctx, a, func(tx pgx.Tx) error {
		versions, err := postgres.Many[listing.Version](ctx, tx, logVersions, pgx.NamedArgs{"listing": l, "organization": a.Organization})
		if err != nil {
			return err
		}
		for i, v := range versions {
			c := Change{Version: v}
			if i < mostCompared {
				if err := compare(ctx, tx, &c, versions[i+1:]); err != nil {
					return err
				}
			}
			log = append(log, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("desk: change log: %w", err)
	}
	return log, nil
}

// ChangeOf returns how one version differs from the one before.
func (s *Service) ChangeOf(ctx context.Context, a postgres.Actor, l id.Listing, v id.Version) (Change, error) {
	var c Change
	err := s.reading(ctx, a, func(tx pgx.Tx) error {
		versions, err := postgres.Many[listing.Version](ctx, tx, logVersions, pgx.NamedArgs{"listing": l, "organization": a.Organization})
		if err != nil {
			return err
		}
		for i := range versions {
			if versions[i].ID == v {
				c.Version = versions[i]
				return compare(ctx, tx, &c, versions[i+1:])
			}
		}
		return errs.New(errs.NotFound, "There is no such version.")
	})
	if err != nil {
		return Change{}, fmt.Errorf("desk: change: %w", err)
	}
	return c, nil
}

// compare fills c in; older are the versions before it, the newest first.
func compare(ctx context.Context, tx pgx.Tx, c *Change, older []listing.Version) (err error) {
	v := c.Version
	if v.RootDigest == "" {
		return nil
	}
	if c.Audit, err = audited(ctx, tx, v); err != nil {
		return err
	}
	for _, o := range older {
		if o.RootDigest == "" {
			continue
		}
		c.Before, c.Files = o.Number, &FileChanges{}
		if c.Was, err = audited(ctx, tx, o); err != nil {
			return err
		}
		f := c.Files
		err := tx.QueryRow(ctx, fileChanges, pgx.NamedArgs{"version": v.ID, "before": o.ID, "organization": v.Organization}).
			Scan(&f.Added, &f.Removed, &f.Changed, &f.Same, &f.Names)
		if err != nil {
			return err
		}
		c.Steps, err = changedSteps(ctx, tx, v, o)
		return err
	}
	return nil
}

func audited(ctx context.Context, tx pgx.Tx, v listing.Version) (*Audited, error) {
	rows, err := tx.Query(ctx, auditedQuery, pgx.NamedArgs{"version": v.ID, "organization": v.Organization})
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[Audited])
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// changedSteps are the steps whose answers differ between two versions.
func changedSteps(ctx context.Context, tx pgx.Tx, v, before listing.Version) ([]listing.Step, error) {
	if v.ClaimsID == before.ClaimsID {
		return nil, nil
	}
	var both [2]listing.Claims
	for i, c := range []id.Claims{before.ClaimsID, v.ClaimsID} {
		var text string
		err := tx.QueryRow(ctx, claimsOf, pgx.NamedArgs{"claims": c, "organization": v.Organization}).Scan(&text)
		if err != nil {
			return nil, postgres.NotFound(err, "There is no such revision of the claims.")
		}
		if both[i], err = listing.ParseClaims(text); err != nil {
			return nil, err
		}
	}
	var steps []listing.Step
	for _, step := range listing.Steps {
		if both[0].Form(step.Value).Encode() != both[1].Form(step.Value).Encode() {
			steps = append(steps, step.Value)
		}
	}
	return steps, nil
}
