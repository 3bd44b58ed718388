package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Right is a step that a role allows by default and that an owner may give to
// one member, or take from one, apart from the role.
type Right string

// Rights. Who describes a data set and who answers for its release can so be
// different people.
const (
	Submits   Right = "submit"  // sends versions to review
	Publishes Right = "publish" // puts versions on offer, plans that, withdraws them
)

// AllRights returns the rights in the order of the way to live.
func AllRights() []Right { return []Right{Submits, Publishes} }

// Label says the right in words.
func (r Right) Label() string {
	if r == Publishes {
		return "Publish"
	}
	return "Submit"
}

// Help says in a sentence what the right allows.
func (r Right) Help() string {
	if r == Publishes {
		return "Put approved versions and changed claims on offer, now or on a day, and withdraw what is live."
	}
	return "Send audited versions to review."
}

// ByDefault reports whether a role has the right if nobody said otherwise.
func (r Right) ByDefault(role Role) bool {
	if r == Publishes {
		return role.CanManage()
	}
	return role.CanEdit()
}

// Rights says which rights a member has.
type Rights struct{ Submit, Publish bool }

// Has reports whether r is among them.
func (h Rights) Has(r Right) bool {
	if r == Publishes {
		return h.Publish
	}
	return h.Submit
}

const rightQuery = `
SELECT member_may(@organization, @right)`

// Require returns errs.Forbidden unless the actor is a member of the actor's
// organization with the right, as it is at this moment. Who is no member gets
// errs.NotFound.
func (r Right) Require(ctx context.Context, tx pgx.Tx, a postgres.Actor) error {
	if _, err := Require(ctx, tx, a, Role.CanRead); err != nil {
		return err
	}
	var may bool
	if err := tx.QueryRow(ctx, rightQuery, pgx.NamedArgs{"organization": orNull(a.Organization), "right": r}).Scan(&may); err != nil {
		return fmt.Errorf("right to %s: %w", r, err)
	}
	if !may {
		return errs.Newf(errs.Forbidden, "You do not have the right to %s in this organization. Ask an owner of it.", r)
	}
	return nil
}

// mayGive returns errs.Forbidden if a role has a right by default that the
// actor does not hold: nobody gives what they have not got.
func mayGive(ctx context.Context, tx pgx.Tx, a postgres.Actor, role Role) error {
	for _, r := range AllRights() {
		if !r.ByDefault(role) {
			continue
		}
		if err := r.Require(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

const updateRights = `
UPDATE membership
SET    may_submit = @submit,
       may_publish = @publish
WHERE  organization_id = @organization
AND    user_id = @user`

// SetRights gives a member the rights named and takes the others away, apart
// from the member's role; it holds from the member's next request on. Only an
// owner does this, and an owner always has both (errs.Conflict).
func (s *Service) SetRights(ctx context.Context, a postgres.Actor, user id.User, want Rights) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := Require(ctx, tx, a, Role.CanOwn); err != nil {
			return err
		}
		role, err := memberRole(ctx, tx, a.Organization, user)
		if err != nil {
			return err
		}
		if role == Owner {
			return errs.New(errs.Conflict, "An owner has every right. Change the role first.")
		}
		stored := func(r Right) *bool { // NULL is what the role says
			if has := want.Has(r); has != r.ByDefault(role) {
				return &has
			}
			return nil
		}
		_, err = tx.Exec(ctx, updateRights, pgx.NamedArgs{"organization": a.Organization, "user": user,
			"submit": stored(Submits), "publish": stored(Publishes)})
		if err != nil {
			return fmt.Errorf("set rights: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "member.set_rights", "user", string(user),
			map[string]string{"submit": fmt.Sprint(want.Submit), "publish": fmt.Sprint(want.Publish)})
	})
}

const rightsQuery = `
SELECT member_may(@organization, 'submit'), member_may(@organization, 'publish')`

// RightsOf returns the rights of the actor in the actor's organization, as they
// are at this moment; none for who is no member.
func RightsOf(ctx context.Context, tx pgx.Tx, a postgres.Actor) (h Rights, err error) {
	err = tx.QueryRow(ctx, rightsQuery, pgx.NamedArgs{"organization": orNull(a.Organization)}).Scan(&h.Submit, &h.Publish)
	if err != nil {
		return Rights{}, fmt.Errorf("rights: %w", err)
	}
	return h, nil
}
