package account

import (
	"context"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/seal"
)

// Options are what a Service needs besides the database.
type Options struct {
	// PublicURL is the address that links in mail begin with, without a slash
	// at its end.
	PublicURL string
	// SecretKey signs device cookies and, by keys derived from it, encrypts the
	// secrets of authenticator apps; at least 32 bytes.
	SecretKey []byte
	// OldSecretKeys open what they encrypted before SecretKey replaced them.
	OldSecretKeys [][]byte
	// Now is the clock of codes that change every half minute; time.Now if nil.
	Now func() time.Time
}

// Service is the one way to write accounts.
type Service struct {
	db     *postgres.DB
	url    string
	secret []byte
	box    seal.Box
	hasher *hasher
	now    func() time.Time

	passkeys *webauthn.WebAuthn // nil where the address allows none
}

// New returns a service over db.
func New(db *postgres.DB, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		db:     db,
		url:    strings.TrimRight(o.PublicURL, "/"),
		secret: o.SecretKey,
		box:    seal.New("assay second factor", o.SecretKey, o.OldSecretKeys...),
		hasher: newHasher(),
		now:    o.Now,

		passkeys: newPasskeys(o.PublicURL),
	}
}

// Membership is one organization a user belongs to.
type Membership struct {
	Organization id.Organization
	Name, Slug   string
	Role         Role
	Rights       Rights
	// MustSignIn is true if the organization lets its members in by its own
	// sign-in alone.
	MustSignIn bool
	// IsConnected is true if the account is connected to that sign-in, which is
	// on.
	IsConnected bool
	IsOff       bool // that sign-in is switched off at present

	isVouchedFor bool // by that sign-in, within VouchedTokenLifetime
}

// Visitor is who makes a request: a user, the organization acted for, and the
// role in it as it is now. The zero Visitor is the public.
type Visitor struct {
	User             id.User
	Name, Email      string
	Organization     id.Organization // empty if none is chosen
	OrganizationName string
	OrganizationSlug string
	Role             Role
	Rights           Rights // apart from the role
	// Platform is the role on the platform that counts: None until
	// WithSecondFactor says that the session showed one.
	Platform postgres.Platform
	// Staff is the role on the platform that the user was given.
	Staff           postgres.Platform
	HasSecondFactor bool // an authenticator app or a passkey
	Memberships     []Membership
	// Closed are organizations that the session does not reach, since they let
	// their members in by their own sign-in alone.
	Closed []Membership
	// Within is the organization whose own sign-in began the session, which
	// reaches no other; empty for the account's own means.
	Within id.Organization
	Unread int // notices in the inbox, counted up to UnreadMost
}

// WithSecondFactor returns the visitor of a session that signed in with a
// second factor: a role on the platform counts, as long as the user still has
// one.
func (v Visitor) WithSecondFactor() Visitor {
	if v.HasSecondFactor {
		v.Platform = v.Staff
	}
	return v
}

// UnreadMost is where counting unread notices stops.
const UnreadMost = 100

// SignedIn reports whether there is a user.
func (v Visitor) SignedIn() bool { return v.User != "" }

// Actor is on whose behalf the visitor's transactions run.
func (v Visitor) Actor() postgres.Actor {
	return postgres.Actor{User: v.User, Organization: v.Organization, Platform: v.Platform}
}

// Visitor loads a signed-in user as the user stands now. Of several
// organizations the wanted one is chosen; without a wish, the oldest
// membership. A wish for an organization that the user has left chooses none,
// so that an act meant for one never lands in another. A user who is gone or
// disabled is errs.Unauthenticated. A role on the platform does not count yet,
// and what organizations ask of a session is not asked: see VisitorBy.
func (s *Service) Visitor(ctx context.Context, user id.User, want id.Organization) (Visitor, error) {
	v, err := s.person(ctx, user, "")
	return v.choosing(want), err
}

const visitorQuery = `
SELECT    u.name, u.email, coalesce(p.role, '') AS staff,
          EXISTS (SELECT FROM second_factor f WHERE f.user_id = u.id)
          OR EXISTS (SELECT FROM passkey k WHERE k.user_id = u.id) AS has_second_factor,
          (SELECT count(*)
           FROM   (SELECT FROM inbox_notice WHERE user_id = @user AND read_at IS NULL
                   AND (@within = '' OR of_organization_id = nullif(@within, '')::uuid) LIMIT @unread_most) n) AS unread,
          coalesce(m.organization_id::text, '') AS organization,
          coalesce(o.name, '') AS organization_name, coalesce(o.slug, '') AS organization_slug,
          coalesce(m.role, '') AS role,
          coalesce(role_may(m.role, m.may_submit, m.may_publish, 'submit'), false) AS may_submit,
          coalesce(role_may(m.role, m.may_submit, m.may_publish, 'publish'), false) AS may_publish,
          q.required_at IS NOT NULL AS must_sign_in,
          q.enabled_at IS NOT NULL AND i.user_id IS NOT NULL AS is_connected,
          q.organization_id IS NOT NULL AND q.enabled_at IS NULL AS is_off,
          coalesce(greatest(i.used_at, i.bound_at) > now() - @vouched::interval, false) AS is_vouched_for
FROM      app_user u
LEFT JOIN platform_role p ON p.user_id = u.id
LEFT JOIN membership m ON m.user_id = u.id
LEFT JOIN organization o ON o.id = m.organization_id
LEFT JOIN organization_oidc q ON q.organization_id = m.organization_id
LEFT JOIN oidc_identity i ON i.organization_id = m.organization_id AND i.user_id = u.id AND i.issuer = q.issuer
WHERE     u.id = @user
AND       u.disabled_at IS NULL
ORDER BY  m.created_at, m.organization_id`

// loadVisitor reads a user; within is the organization whose notices alone are
// counted, empty for all.
func loadVisitor(ctx context.Context, q postgres.Querier, user id.User, within id.Organization) (Visitor, error) {
	v := Visitor{User: user}
	rows, err := q.Query(ctx, visitorQuery, pgx.NamedArgs{"user": user, "unread_most": UnreadMost, "vouched": VouchedTokenLifetime, "within": string(within)})
	if err != nil {
		return Visitor{}, err
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		found = true
		var m Membership
		if err := rows.Scan(&v.Name, &v.Email, &v.Staff, &v.HasSecondFactor, &v.Unread, &m.Organization, &m.Name, &m.Slug, &m.Role, &m.Rights.Submit, &m.Rights.Publish,
			&m.MustSignIn, &m.IsConnected, &m.IsOff, &m.isVouchedFor); err != nil {
			return Visitor{}, err
		}
		if m.Organization != "" {
			v.Memberships = append(v.Memberships, m)
		}
	}
	if err := rows.Err(); err != nil {
		return Visitor{}, err
	}
	if !found {
		return Visitor{}, errs.New(errs.Unauthenticated, "Please sign in.")
	}
	return v, nil
}

const roleQuery = `
SELECT role
FROM   membership
WHERE  organization_id = @organization
AND    user_id = @user`

// Require returns the actor's role in the actor's organization, as it is at
// this moment, if may allows it. Who is no member gets errs.NotFound, a member
// without the right errs.Forbidden.
func Require(ctx context.Context, tx pgx.Tx, a postgres.Actor, may func(Role) bool) (Role, error) {
	if a.User == "" {
		return "", errs.New(errs.Unauthenticated, "Please sign in.")
	}
	var role Role
	err := tx.QueryRow(ctx, roleQuery, pgx.NamedArgs{"organization": orNull(a.Organization), "user": a.User}).Scan(&role)
	if err != nil {
		return "", postgres.NotFound(err, "No such organization.")
	}
	if !may(role) {
		return role, errs.New(errs.Forbidden, "Your role in this organization does not allow this. Ask an owner or admin.")
	}
	return role, nil
}

// orNull turns the empty id into NULL.
func orNull[T ~string](v T) any {
	if v == "" {
		return nil
	}
	return string(v)
}
