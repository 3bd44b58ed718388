package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const invitationLifetime = 7 * 24 * time.Hour

// maxOpenInvitations bounds how many mails an organization sends to strangers.
const maxOpenInvitations = 50

// Invitation is an offer of a role to an address.
type Invitation struct {
	ID        id.Invitation `db:"id"`
	Email     string        `db:"email"`
	Role      Role          `db:"role"`
	InvitedBy string        `db:"invited_by"` // a name; empty if the inviter has left
	CreatedAt time.Time     `db:"created_at"`
	ExpiresAt time.Time     `db:"expires_at"`
	IsExpired bool          `db:"is_expired"`
}

const countInvitations = `
SELECT count(*)
FROM   invitation
WHERE  organization_id = @organization
AND    created_at > now() - interval '1 day'`

const revokeOpen = `
UPDATE invitation
SET    revoked_at = now()
WHERE  organization_id = @organization
AND    email = @email
AND    accepted_at IS NULL
AND    revoked_at IS NULL`

const insertInvitation = `
INSERT INTO invitation (id, organization_id, email, role, token_hash, invited_by, expires_at)
VALUES (@id, @organization, @email, @role, @hash, @user, now() + @lifetime::interval)`

const invitationNames = `
SELECT (SELECT name FROM organization WHERE id = @organization),
       (SELECT name FROM app_user WHERE id = @user),
       EXISTS (SELECT 1
               FROM   membership m
               JOIN   app_user u ON u.id = m.user_id
               WHERE  m.organization_id = @organization
               AND    u.email = @email)`

// Invite mails an offer of a role in the actor's organization. A second one to
// the same address replaces the first. Whether the address has an account
// makes no difference.
func (s *Service) Invite(ctx context.Context, a postgres.Actor, email string, role Role) (id.Invitation, error) {
	email = NormalizeEmail(email)
	var form errs.Fields
	checkEmail(&form, email)
	if _, ok := ParseRole(string(role)); !ok {
		form.Add("role", "Choose a role.")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	invitation := id.New[id.Invitation]()
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		may := Role.CanManage
		if role == Owner {
			may = Role.CanOwn
		}
		if _, err := Require(ctx, tx, a, may); err != nil {
			return err
		}
		if err := mayGive(ctx, tx, a, role); err != nil {
			return err
		}
		args := pgx.NamedArgs{
			"id": invitation, "organization": a.Organization, "user": a.User,
			"email": email, "role": role, "lifetime": invitationLifetime,
		}
		var count int
		if err := tx.QueryRow(ctx, countInvitations, args).Scan(&count); err != nil {
			return fmt.Errorf("invite: %w", err)
		}
		if count >= maxOpenInvitations {
			return errs.Newf(errs.Conflict, "An organization sends at most %d invitations a day. Try again tomorrow.", maxOpenInvitations)
		}
		return s.invite(ctx, tx, a, args)
	})
	return invitation, err
}

func (s *Service) invite(ctx context.Context, tx pgx.Tx, a postgres.Actor, args pgx.NamedArgs) error {
	var organization, inviter string
	var isMember bool
	if err := tx.QueryRow(ctx, invitationNames, args).Scan(&organization, &inviter, &isMember); err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	if isMember {
		return &errs.Error{Kind: errs.Invalid, Field: "email", Message: "This person is a member already. Change the role in the list of members."}
	}
	if _, err := tx.Exec(ctx, revokeOpen, args); err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	token, hash := newToken()
	args["hash"] = hash
	if _, err := tx.Exec(ctx, insertInvitation, args); err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	role, email := args["role"].(Role), args["email"].(string)
	err := record(ctx, tx, a, a.Organization, "invitation.send", "invitation", string(args["id"].(id.Invitation)),
		map[string]string{"role": string(role)})
	if err != nil {
		return err
	}
	return enqueue(ctx, tx, s.invitationLetter(email, token, organization, inviter, role))
}

const listInvitations = `
SELECT    i.id, i.email, i.role, coalesce(u.name, '') AS invited_by, i.created_at, i.expires_at,
          i.expires_at <= now() AS is_expired
FROM      invitation i
LEFT JOIN app_user u ON u.id = i.invited_by
WHERE     i.organization_id = @organization
AND       i.accepted_at IS NULL
AND       i.revoked_at IS NULL
ORDER BY  i.created_at DESC, i.id DESC`

// Invitations returns the offers that nobody has taken up, newest first.
func (s *Service) Invitations(ctx context.Context, a postgres.Actor) ([]Invitation, error) {
	var list []Invitation
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) (err error) {
		if _, err = Require(ctx, tx, a, Role.CanManage); err != nil {
			return err
		}
		list, err = postgres.Many[Invitation](ctx, tx, listInvitations, pgx.NamedArgs{"organization": a.Organization})
		return err
	})
	return list, err
}

const revokeInvitation = `
UPDATE invitation
SET    revoked_at = now()
WHERE  id = @id
AND    organization_id = @organization
AND    accepted_at IS NULL
AND    revoked_at IS NULL`

// RevokeInvitation takes an offer back.
func (s *Service) RevokeInvitation(ctx context.Context, a postgres.Actor, invitation id.Invitation) error {
	if _, ok := id.Parse[id.Invitation](string(invitation)); !ok {
		return errs.New(errs.NotFound, "No such invitation.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanManage); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, revokeInvitation, pgx.NamedArgs{"id": invitation, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("revoke: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "No such invitation.")
		}
		return record(ctx, tx, a, a.Organization, "invitation.revoke", "invitation", string(invitation), nil)
	})
}

// Offer is an invitation as its holder sees it.
type Offer struct {
	ID               id.Invitation   `db:"id"`
	Organization     id.Organization `db:"organization_id"`
	OrganizationName string          `db:"organization_name"`
	Email            string          `db:"email"`
	Role             Role            `db:"role"`
}

const offerQuery = `
SELECT i.id, i.organization_id, o.name AS organization_name, i.email, i.role
FROM   invitation i
JOIN   organization o ON o.id = i.organization_id
WHERE  i.token_hash = @hash
AND    i.accepted_at IS NULL
AND    i.revoked_at IS NULL
AND    i.expires_at > now()`

// Offer returns the invitation that a mailed token belongs to. One that is
// accepted, revoked, expired or unknown is errs.NotFound.
func (s *Service) Offer(ctx context.Context, token string) (Offer, error) {
	return offerOf(ctx, s.db, InvitationHash(token))
}

// InvitationHash is what is kept of a mailed token.
func InvitationHash(token string) string { return hashToken(token) }

func offerOf(ctx context.Context, db *postgres.DB, hash string) (Offer, error) {
	var o Offer
	err := db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) (err error) {
		if err = postgres.LookFor(ctx, tx, hash); err != nil {
			return err
		}
		o, err = postgres.One[Offer](ctx, tx, offerQuery, pgx.NamedArgs{"hash": hash})
		return err
	})
	return o, postgres.NotFound(err, "This invitation was used, taken back, or has expired. Ask for a new one.")
}

// isInvited reports whether token is an invitation to email.
func (s *Service) isInvited(ctx context.Context, email, token string) (bool, error) {
	if token == "" {
		return false, nil
	}
	o, err := s.Offer(ctx, token)
	if errs.KindOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil && o.Email == email, err
}

const acceptInvitation = `
UPDATE invitation
SET    accepted_at = now(), accepted_by = @user
WHERE  id = @id
AND    organization_id = @organization
AND    token_hash = @hash
AND    accepted_at IS NULL
AND    revoked_at IS NULL
AND    expires_at > now()`

const joinOrganization = `
INSERT INTO membership (organization_id, user_id, role)
VALUES (@organization, @user, @role)
ON CONFLICT (organization_id, user_id) DO NOTHING`

// Accept takes an invitation up for the signed-in user, whose address must be
// the invited one (errs.Forbidden). Who is a member already keeps the role.
func (s *Service) Accept(ctx context.Context, user id.User, token string) (id.Organization, error) {
	o, err := s.Offer(ctx, token)
	if err != nil {
		return "", err
	}
	email, err := s.email(ctx, user)
	if err != nil {
		return "", err
	}
	if email != o.Email {
		return "", errs.New(errs.Forbidden, "This invitation is for another e-mail address than yours. Sign in with that address, or ask for an invitation to this one.")
	}
	a := postgres.Actor{User: user, Organization: o.Organization}
	return o.Organization, s.db.InTx(ctx, a, func(tx pgx.Tx) error { return accept(ctx, tx, a, o, InvitationHash(token)) })
}

// accept takes an offer up; of two at once only one succeeds.
func accept(ctx context.Context, tx pgx.Tx, a postgres.Actor, o Offer, hash string) error {
	args := pgx.NamedArgs{"id": o.ID, "organization": o.Organization, "user": a.User, "hash": hash, "role": o.Role}
	tag, err := tx.Exec(ctx, acceptInvitation, args)
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "This invitation was used, taken back, or has expired. Ask for a new one.")
	}
	if _, err := tx.Exec(ctx, joinOrganization, args); err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	return record(ctx, tx, a, o.Organization, "invitation.accept", "invitation", string(o.ID), map[string]string{"role": string(o.Role)})
}
