package admindesk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Organization is a tenant as the platform sees it.
type Organization struct {
	ID        id.Organization `db:"id"`
	Name      string          `db:"name"`
	Slug      string          `db:"slug"`
	IsDemo    bool            `db:"is_demo"`
	CreatedAt time.Time       `db:"created_at"`
	Level     string          `db:"level"` // account.Level
	Members   int             `db:"members"`
	Stored    int64           `db:"stored"` // bytes, with what unfinished uploads will bring
	Quota     *int64          `db:"quota_bytes"`
	Listings  int             `db:"listings"` // submitted at least once
	Live      int             `db:"live"`
	Strikes   int             `db:"strikes"` // that count now
	LastUse   *time.Time      `db:"last_use"`
}

const organizationColumns = `
SELECT o.id, o.name, o.slug, o.is_demo, o.created_at, coalesce(organization_verification(o.id), '') AS level, o.quota_bytes,
       (SELECT count(*) FROM membership m WHERE m.organization_id = o.id)::int AS members,
       (SELECT coalesce(sum(u.size_bytes), 0) FROM upload u
        WHERE u.organization_id = o.id AND u.state IN ('receiving', 'finished') AND u.deleted_at IS NULL)::bigint AS stored,
       (SELECT count(*) FROM listing l WHERE l.organization_id = o.id AND l.submitted_at IS NOT NULL)::int AS listings,
       (SELECT count(*) FROM catalog_listing c WHERE c.organization_id = o.id AND c.state = 'live')::int AS live,
       active_strikes(o.id) AS strikes,
       (SELECT a.at FROM activity a WHERE a.organization_id = o.id ORDER BY a.at DESC, a.id DESC LIMIT 1) AS last_use
FROM   organization o`

const listOrganizations = organizationColumns + `
WHERE    (@text = '' OR o.name ILIKE @pattern OR o.slug ILIKE @pattern)
AND      (@level = '' OR organization_verification(o.id) = @level)
AND      (@after = '' OR o.id < nullif(@after, '')::uuid)
ORDER BY o.id DESC
LIMIT    @limit`

// OrganizationFilter narrows the list; the zero value is all.
type OrganizationFilter struct {
	Text  string // part of the name
	Level string // of verification
}

// Organizations returns organizations behind one, the newest first.
func (s *Service) Organizations(ctx context.Context, a postgres.Actor, f OrganizationFilter, after id.Organization, limit int) (list []Organization, err error) {
	err = s.reading(ctx, a, "organizations", func(tx pgx.Tx) error {
		list, err = postgres.Many[Organization](ctx, tx, listOrganizations, pgx.NamedArgs{"text": f.Text, "pattern": pattern(f.Text), "level": f.Level,
			"after": string(after), "limit": limit})
		return err
	})
	return list, err
}

// Member is who belongs to an organization.
type Member struct {
	User    id.User    `db:"user_id"`
	Name    string     `db:"name"`
	Email   string     `db:"email"`
	Role    string     `db:"role"`
	Since   time.Time  `db:"role_since"`
	LastUse *time.Time `db:"last_use"` // in this organization
}

// Count is how many there are of something.
type Count struct {
	What string `db:"what"`
	N    int    `db:"n"`
}

// OrganizationDetail is an organization with what belongs to it.
type OrganizationDetail struct {
	Organization
	People   []Member
	Versions []Count // by state, those that were submitted
}

const findOrganization = organizationColumns + `
WHERE o.id = @organization`

const organizationPeople = `
SELECT    m.user_id, u.name, u.email, m.role, m.role_since, a.at AS last_use
FROM      membership m
JOIN      app_user u ON u.id = m.user_id
LEFT JOIN LATERAL (
          SELECT at FROM activity
          WHERE  user_id = m.user_id AND organization_id = @organization
          ORDER BY at DESC, id DESC LIMIT 1) a ON true
WHERE     m.organization_id = @organization
ORDER BY  m.created_at, m.user_id
LIMIT     500`

const organizationVersions = `
SELECT   state AS what, count(*)::int AS n
FROM     version
WHERE    organization_id = @organization
AND      submitted_at IS NOT NULL
GROUP BY state
ORDER BY state`

// Organization returns one of them, or errs.NotFound.
func (s *Service) Organization(ctx context.Context, a postgres.Actor, org id.Organization) (d OrganizationDetail, err error) {
	if _, ok := id.Parse[id.Organization](string(org)); !ok {
		org = nobody
	}
	args := pgx.NamedArgs{"organization": string(org)}
	err = s.reading(ctx, a, "organization", func(tx pgx.Tx) error {
		if d.Organization, err = postgres.One[Organization](ctx, tx, findOrganization, args); err != nil {
			return postgres.NotFound(err, "There is no such organization.")
		}
		if d.People, err = postgres.Many[Member](ctx, tx, organizationPeople, args); err != nil {
			return err
		}
		d.Versions, err = postgres.Many[Count](ctx, tx, organizationVersions, args)
		return err
	})
	return d, err
}
