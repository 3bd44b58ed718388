package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/unicode/norm"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// NewOrganization is what its founder states.
type NewOrganization struct {
	Name   string
	IsDemo bool // marks a seller of the demo
}

const insertOrganization = `
INSERT INTO organization (id, slug, name, is_demo)
VALUES (@id, @slug, @name, @demo)
ON CONFLICT (slug) DO NOTHING`

const insertMembership = `
INSERT INTO membership (organization_id, user_id, role)
VALUES (@organization, @user, @role)`

// CreateOrganization founds an organization; the founder is its owner.
func (s *Service) CreateOrganization(ctx context.Context, founder id.User, o NewOrganization) (id.Organization, error) {
	o.Name = strings.TrimSpace(o.Name)
	var form errs.Fields
	checkName(&form, "name", o.Name)
	if err := form.Err(); err != nil {
		return "", err
	}
	org := id.New[id.Organization]()
	a := postgres.Actor{User: founder, Organization: org}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := addOrganization(ctx, tx, org, o); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertMembership, pgx.NamedArgs{"organization": org, "user": founder, "role": Owner})
		if err != nil {
			return fmt.Errorf("organization: %w", err)
		}
		return record(ctx, tx, a, org, "organization.create", "organization", string(org), nil)
	})
	return org, err
}

// addOrganization takes the first free slug of the name.
func addOrganization(ctx context.Context, tx pgx.Tx, org id.Organization, o NewOrganization) error {
	base := slugOf(o.Name)
	for _, slug := range []string{base, base + "-" + string(org)[28:]} {
		tag, err := tx.Exec(ctx, insertOrganization, pgx.NamedArgs{"id": org, "slug": slug, "name": o.Name, "demo": o.IsDemo})
		if err != nil {
			return fmt.Errorf("organization: %w", err)
		}
		if tag.RowsAffected() == 1 {
			return nil
		}
	}
	return errs.New(errs.Conflict, "This name is taken. Please try again.")
}

// slugOf turns a name into lower-case letters, digits and hyphens.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if slug := strings.Trim(b.String(), "-"); slug != "" {
		return slug
	}
	return "organization"
}

const renameOrganization = `
UPDATE organization
SET    name = @name
WHERE  id = @organization`

// RenameOrganization changes the name that others see; its slug stays.
func (s *Service) RenameOrganization(ctx context.Context, a postgres.Actor, name string) error {
	name = strings.TrimSpace(name)
	var form errs.Fields
	checkName(&form, "name", name)
	if err := form.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, renameOrganization, pgx.NamedArgs{"organization": a.Organization, "name": name}); err != nil {
			return fmt.Errorf("organization: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "organization.rename", "organization", string(a.Organization), nil)
	})
}

// Member is a user of an organization.
type Member struct {
	User  id.User   `db:"user_id"`
	Name  string    `db:"name"`
	Email string    `db:"email"`
	Role  Role      `db:"role"`
	Since time.Time `db:"created_at"`

	MaySubmit  bool `db:"may_submit"`
	MayPublish bool `db:"may_publish"`
}

// Rights are what the member may do apart from the role.
func (m Member) Rights() Rights { return Rights{m.MaySubmit, m.MayPublish} }

const listMembers = `
SELECT   m.user_id, u.name, u.email, m.role, m.created_at,
         role_may(m.role, m.may_submit, m.may_publish, 'submit') AS may_submit,
         role_may(m.role, m.may_submit, m.may_publish, 'publish') AS may_publish
FROM     membership m
JOIN     app_user u ON u.id = m.user_id
WHERE    m.organization_id = @organization
ORDER BY array_position(ARRAY['owner', 'admin', 'editor', 'viewer'], m.role), u.name, m.user_id`

// Members returns who belongs to the actor's organization, owners first.
func (s *Service) Members(ctx context.Context, a postgres.Actor) ([]Member, error) {
	var list []Member
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanRead); err != nil {
			return err
		}
		var err error
		list, err = MembersOf(ctx, tx, a.Organization)
		return err
	})
	return list, err
}

// MembersOf returns who belongs to an organization as far as the transaction's
// actor may see it, owners first.
func MembersOf(ctx context.Context, q postgres.Querier, org id.Organization) ([]Member, error) {
	rows, err := q.Query(ctx, listMembers, pgx.NamedArgs{"organization": org})
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Member])
}

const lockMember = `
SELECT role
FROM   membership
WHERE  organization_id = @organization
AND    user_id = @user
FOR    UPDATE`

// updateRole lets a right that was taken from a member stay taken, unless the
// member becomes an owner; one that was given ends with the role.
const updateRole = `
UPDATE membership
SET    role = @role,
       may_submit = CASE WHEN @role <> 'owner' AND may_submit IS FALSE THEN false END,
       may_publish = CASE WHEN @role <> 'owner' AND may_publish IS FALSE THEN false END
WHERE  organization_id = @organization
AND    user_id = @user`

// SetRole changes a member's role; it holds from the member's next request
// on. Owners are made and unmade by owners only, and one always stays
// (errs.Conflict). Nobody gives a role with a right that they do not hold.
func (s *Service) SetRole(ctx context.Context, a postgres.Actor, user id.User, role Role) error {
	if _, ok := ParseRole(string(role)); !ok {
		return &errs.Error{Kind: errs.Invalid, Field: "role", Message: "Choose a role."}
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		before, err := requireOver(ctx, tx, a, user)
		if err != nil {
			return err
		}
		if role == Owner || before == Owner {
			if _, err := Require(ctx, tx, a, Role.CanOwn); err != nil {
				return err
			}
		}
		if err := mayGive(ctx, tx, a, role); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, updateRole, pgx.NamedArgs{"organization": a.Organization, "user": user, "role": role})
		if err != nil {
			return fmt.Errorf("set role: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "member.set_role", "user", string(user),
			map[string]string{"from": string(before), "to": string(role)})
	})
	return keepsOwner(err)
}

// requireOver checks that the actor manages the organization and returns the
// role of the member acted on, locked.
func requireOver(ctx context.Context, tx pgx.Tx, a postgres.Actor, user id.User) (Role, error) {
	if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
		return "", err
	}
	return memberRole(ctx, tx, a.Organization, user)
}

func memberRole(ctx context.Context, tx pgx.Tx, org id.Organization, user id.User) (role Role, err error) {
	if _, ok := id.Parse[id.User](string(user)); !ok {
		return "", errs.New(errs.NotFound, "No such member.")
	}
	err = tx.QueryRow(ctx, lockMember, pgx.NamedArgs{"organization": org, "user": user}).Scan(&role)
	return role, postgres.NotFound(err, "No such member.")
}

const deleteMember = `
DELETE FROM membership
WHERE organization_id = @organization
AND   user_id = @user`

// RemoveMember takes a member out of the organization, from the member's next
// request on. Everyone may leave; the last owner stays (errs.Conflict).
func (s *Service) RemoveMember(ctx context.Context, a postgres.Actor, user id.User) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		role, err := roleToRemove(ctx, tx, a, user)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, deleteMember, pgx.NamedArgs{"organization": a.Organization, "user": user})
		if err != nil {
			return fmt.Errorf("remove member: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "member.remove", "user", string(user), map[string]string{"role": string(role)})
	})
	return keepsOwner(err)
}

func roleToRemove(ctx context.Context, tx pgx.Tx, a postgres.Actor, user id.User) (Role, error) {
	if user == a.User {
		if _, err := Require(ctx, tx, a, Role.CanRead); err != nil {
			return "", err
		}
		return memberRole(ctx, tx, a.Organization, user)
	}
	role, err := requireOver(ctx, tx, a, user)
	if err == nil && role == Owner {
		_, err = Require(ctx, tx, a, Role.CanOwn)
	}
	return role, err
}

// keepsOwner turns the database's refusal to leave an organization without an
// owner into a sentence.
func keepsOwner(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "membership_keeps_owner" {
		return errs.New(errs.Conflict, "An organization keeps at least one owner. Make somebody else an owner first.")
	}
	return err
}
