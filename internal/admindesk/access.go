package admindesk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Access is a role that somebody holds, on the platform or in an organization.
type Access struct {
	User             id.User         `db:"user_id"`
	Name             string          `db:"name"`
	Email            string          `db:"email"`
	IsClosed         bool            `db:"is_closed"`
	HasFactor        bool            `db:"has_factor"`
	Organization     id.Organization `db:"organization_id"` // empty for the platform
	OrganizationName string          `db:"organization_name"`
	Role             string          `db:"role"`
	MaySubmit        bool            `db:"may_submit"`
	MayPublish       bool            `db:"may_publish"`
	Since            time.Time       `db:"since"`
	GivenBy          string          `db:"given_by"` // an address; empty where it is not kept
	UsedThere        *time.Time      `db:"used_there"`
	LastUse          *time.Time      `db:"last_use"` // anywhere
	Tokens           int             `db:"tokens"`   // to the API, in force there
}

// AccessCursor is a place in the list: behind a role of somebody.
type AccessCursor struct {
	User         id.User
	Organization id.Organization
}

const listAccess = `
WITH held AS (
    SELECT p.user_id, NULL::uuid AS organization_id, p.role, p.granted_at AS since, g.email AS given_by,
           false AS may_submit, false AS may_publish
    FROM      platform_role p
    LEFT JOIN app_user g ON g.id = p.granted_by
    UNION ALL
    SELECT m.user_id, m.organization_id, m.role, m.role_since, NULL,
           role_may(m.role, m.may_submit, m.may_publish, 'submit'), role_may(m.role, m.may_submit, m.may_publish, 'publish')
    FROM   membership m
), chosen AS (
    SELECT   *
    FROM     held h
    WHERE    (@after_user = '' OR (h.user_id, coalesce(h.organization_id, @nobody::uuid))
              > (nullif(@after_user, '')::uuid, coalesce(nullif(@after_organization, '')::uuid, @nobody::uuid)))
    AND      (NOT @staff OR h.organization_id IS NULL)
    ORDER BY h.user_id, coalesce(h.organization_id, @nobody::uuid)
    LIMIT    @limit
)
SELECT    h.user_id, u.name, u.email, u.disabled_at IS NOT NULL AS is_closed, f.user_id IS NOT NULL AS has_factor,
          coalesce(h.organization_id::text, '') AS organization_id, coalesce(o.name, '') AS organization_name,
          h.role, h.may_submit, h.may_publish, h.since, coalesce(h.given_by, '') AS given_by,
          there.at AS used_there, greatest(a.at, s.seen_at, t.used_at) AS last_use,
          (SELECT count(*) FROM api_token k
           WHERE k.user_id = h.user_id AND k.organization_id = h.organization_id AND k.revoked_at IS NULL AND k.expires_at > now())::int AS tokens
FROM      chosen h
JOIN      app_user u ON u.id = h.user_id
LEFT JOIN organization o ON o.id = h.organization_id
LEFT JOIN people_with_second_factor() f ON f.user_id = h.user_id
LEFT JOIN LATERAL (
          SELECT at FROM activity
          WHERE  user_id = h.user_id
          AND    CASE WHEN h.organization_id IS NULL THEN platform = h.role ELSE organization_id = h.organization_id AND platform = '' END
          ORDER BY at DESC, id DESC LIMIT 1) there ON true
LEFT JOIN LATERAL (SELECT at FROM activity WHERE user_id = h.user_id ORDER BY at DESC, id DESC LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT max(seen_at) AS seen_at FROM session WHERE user_id = h.user_id AND NOT is_pending) s ON true
LEFT JOIN LATERAL (SELECT max(last_used_at) AS used_at FROM api_token WHERE user_id = h.user_id) t ON true
ORDER BY  h.user_id, coalesce(h.organization_id, @nobody::uuid)`

// Access returns roles behind one, by person; of the platform alone if staff.
func (s *Service) Access(ctx context.Context, a postgres.Actor, staff bool, after AccessCursor, limit int) (list []Access, err error) {
	err = s.reading(ctx, a, "access", func(tx pgx.Tx) error {
		list, err = postgres.Many[Access](ctx, tx, listAccess, pgx.NamedArgs{"staff": staff, "after_user": string(after.User),
			"after_organization": string(after.Organization), "nobody": nobody, "limit": limit})
		return err
	})
	return list, err
}
