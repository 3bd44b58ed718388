package admindesk

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Person is somebody with an account.
type Person struct {
	ID          id.User           `db:"id"`
	Email       string            `db:"email"`
	Name        string            `db:"name"`
	CreatedAt   time.Time         `db:"created_at"`
	ConfirmedAt *time.Time        `db:"email_confirmed_at"`
	DisabledAt  *time.Time        `db:"disabled_at"`
	DisabledFor string            `db:"disabled_for"` // account.Reason
	IsErased    bool              `db:"is_erased"`
	Platform    postgres.Platform `db:"platform"`
	GrantedAt   *time.Time        `db:"granted_at"` // of Platform
	HasFactor   bool              `db:"has_factor"`
	Roles       []Held            `db:"roles"`
	LastUse     *time.Time        `db:"last_use"` // of a session, or the last act, a sign-in among them; nil for none
}

// Held is a role in an organization.
type Held struct {
	Organization id.Organization `json:"organization"`
	Name         string          `json:"name"`
	Role         string          `json:"role"`
}

// PeopleFilter narrows the list; the zero value is all.
type PeopleFilter struct {
	Text     string // part of a name or an address
	State    string // "open", "unconfirmed" or "closed"
	Platform string // "reviewer", "admin", or "any" of the two
	Factor   string // "yes" or "no"
}

// personColumns takes the newest use of three: a session, an act, a token.
const personColumns = `
SELECT    u.id, u.email, u.name, u.created_at, u.email_confirmed_at, u.disabled_at, coalesce(u.disabled_for, '') AS disabled_for,
          u.erased_at IS NOT NULL AS is_erased,
          coalesce(p.role, '') AS platform, p.granted_at, f.user_id IS NOT NULL AS has_factor,
          coalesce(r.roles, '[]') AS roles, greatest(a.at, s.seen_at, t.used_at) AS last_use
FROM      app_user u
LEFT JOIN platform_role p ON p.user_id = u.id
LEFT JOIN people_with_second_factor() f ON f.user_id = u.id
LEFT JOIN LATERAL (
          SELECT jsonb_agg(jsonb_build_object('organization', m.organization_id, 'name', o.name, 'role', m.role) ORDER BY o.name) AS roles
          FROM   membership m
          JOIN   organization o ON o.id = m.organization_id
          WHERE  m.user_id = u.id) r ON true
LEFT JOIN LATERAL (SELECT at FROM activity WHERE user_id = u.id ORDER BY at DESC, id DESC LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT max(seen_at) AS seen_at FROM session WHERE user_id = u.id AND NOT is_pending) s ON true
LEFT JOIN LATERAL (SELECT max(last_used_at) AS used_at FROM api_token WHERE user_id = u.id) t ON true`

const listPeople = personColumns + `
WHERE    (@text = '' OR u.name ILIKE @pattern OR u.email ILIKE @pattern)
AND      (@state = '' OR CASE WHEN u.disabled_at IS NOT NULL THEN 'closed' WHEN u.email_confirmed_at IS NULL THEN 'unconfirmed' ELSE 'open' END = @state)
AND      (@platform = '' OR p.role = @platform OR @platform = 'any' AND p.role IS NOT NULL)
AND      (@factor = '' OR (f.user_id IS NOT NULL) = (@factor = 'yes'))
AND      (@after = '' OR u.id < nullif(@after, '')::uuid)
ORDER BY u.id DESC
LIMIT    @limit`

// pattern makes a text that is looked for a pattern of LIKE.
func pattern(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}

// People returns people behind one of them, the newest account first.
func (s *Service) People(ctx context.Context, a postgres.Actor, f PeopleFilter, after id.User, limit int) (list []Person, err error) {
	err = s.reading(ctx, a, "people", func(tx pgx.Tx) error {
		list, err = postgres.Many[Person](ctx, tx, listPeople, pgx.NamedArgs{"text": f.Text, "pattern": pattern(f.Text), "state": f.State,
			"platform": f.Platform, "factor": f.Factor, "after": string(after), "limit": limit})
		return err
	})
	return list, err
}

const findPerson = personColumns + `
WHERE    u.id = @user`

// Person returns one of them, or errs.NotFound.
func (s *Service) Person(ctx context.Context, a postgres.Actor, user id.User) (p Person, err error) {
	if _, ok := id.Parse[id.User](string(user)); !ok {
		user = id.User(nobody)
	}
	err = s.reading(ctx, a, "person", func(tx pgx.Tx) error {
		p, err = postgres.One[Person](ctx, tx, findPerson, pgx.NamedArgs{"user": string(user)})
		return postgres.NotFound(err, "There is no such account.")
	})
	return p, err
}

// nobody is an id in good form that no row has.
const nobody = "00000000-0000-0000-0000-000000000000"

// Act is what somebody did.
type Act struct {
	Number           int64             `db:"number"`
	At               time.Time         `db:"at"`
	Platform         postgres.Platform `db:"platform"`
	Organization     id.Organization   `db:"organization_id"`
	OrganizationName string            `db:"organization_name"`
	Verb             string            `db:"verb"`
	Object           string            `db:"object"`
	ObjectID         string            `db:"object_id"`
	Detail           map[string]string `db:"detail"`
}

const listActs = `
SELECT    c.number, a.at, a.platform, coalesce(a.organization_id::text, '') AS organization_id, coalesce(o.name, '') AS organization_name,
          a.verb, a.object, a.object_id, a.detail
FROM      activity a
JOIN      activity_chain c ON c.activity_id = a.id
LEFT JOIN organization o ON o.id = a.organization_id
WHERE     a.user_id = @user
AND       (@before::bigint = 0 OR c.number < @before)
ORDER BY  a.at DESC, a.id DESC
LIMIT     @limit`

// ActsOf returns what a person did in all organizations and outside of them,
// the newest first, before the row of a number unless that is 0.
func (s *Service) ActsOf(ctx context.Context, a postgres.Actor, user id.User, before int64, limit int) (list []Act, err error) {
	err = s.reading(ctx, a, "acts of a person", func(tx pgx.Tx) error {
		list, err = postgres.Many[Act](ctx, tx, listActs, pgx.NamedArgs{"user": string(user), "before": before, "limit": limit})
		return err
	})
	return list, err
}
