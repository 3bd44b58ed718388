package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

const (
	// VouchedLifetime is how long a session lasts that an organization's own
	// sign-in began: who leaves the organization's directory is out by then.
	VouchedLifetime = 12 * time.Hour
	// VouchedTokenLifetime is how long after the last such sign-in the tokens of
	// a member work, where the organization asks for it.
	VouchedTokenLifetime = 30 * 24 * time.Hour
)

// Means are what a session began by: a password or passkey of the account's
// own, with the factor that was shown, or an organization's own sign-in.
type Means struct {
	Factor       Factor
	Organization id.Organization // whose own sign-in it was; empty for the account's own
}

// VisitorBy is Visitor for a session that began by the means: with them come
// the role on the platform and the organizations that the session reaches.
func (s *Service) VisitorBy(ctx context.Context, user id.User, want id.Organization, by Means) (Visitor, error) {
	v, err := s.person(ctx, user, by.Organization)
	if err != nil {
		return Visitor{}, err
	}
	if by.Factor != NoFactor {
		v = v.WithSecondFactor()
	}
	if by.Organization != "" {
		return v.within(by.Organization), nil
	}
	v = v.withoutClosed(by.Factor != NoFactor).choosing(want)
	if len(v.Closed) > 0 {
		v.Unread, err = s.unreadWithout(ctx, v)
	}
	return v, err
}

const countUnread = `
SELECT count(*)
FROM   (SELECT FROM inbox_notice
        WHERE  user_id = @user
        AND    read_at IS NULL
        AND    (of_organization_id IS NULL OR of_organization_id <> ALL (@without::uuid[]))
        LIMIT  @most) n`

// unreadWithout counts the notices that the session may read.
func (s *Service) unreadWithout(ctx context.Context, v Visitor) (n int, err error) {
	err = s.db.InTx(ctx, postgres.Actor{User: v.User}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, countUnread, pgx.NamedArgs{"user": v.User, "without": v.ClosedIDs(), "most": UnreadMost}).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("visitor: unread: %w", err)
	}
	return n, nil
}

// ClosedIDs are the organizations that the session does not reach.
func (v Visitor) ClosedIDs() []id.Organization {
	var list []id.Organization
	for _, m := range v.Closed {
		list = append(list, m.Organization)
	}
	return list
}

// person loads a user who works for no organization yet.
func (s *Service) person(ctx context.Context, user id.User, within id.Organization) (v Visitor, err error) {
	err = s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		v, err = loadVisitor(ctx, tx, user, within)
		return err
	})
	if err != nil {
		return Visitor{}, fmt.Errorf("visitor: %w", err)
	}
	return v, nil
}

// within narrows the visitor of a session that an organization's own sign-in
// began: it reaches that organization alone, since whoever runs that sign-in
// could open it, and nothing once the sign-in is off or no longer connected to
// the account. A role on the platform does not count.
func (v Visitor) within(org id.Organization) Visitor {
	v.Within, v.Platform, v.Staff = org, postgres.None, postgres.None
	v.Memberships = slices.DeleteFunc(v.Memberships, func(m Membership) bool { return m.Organization != org || !m.IsConnected })
	return v.choosing("")
}

// withoutClosed leaves out organizations whose members come in by their own
// sign-in. An owner has a way back in: a second factor of the account's own,
// shown in this session.
func (v Visitor) withoutClosed(hasShownFactor bool) Visitor {
	open := []Membership{}
	for _, m := range v.Memberships {
		if m.MustSignIn && !(m.Role == Owner && hasShownFactor && v.HasSecondFactor) {
			v.Closed = append(v.Closed, m)
			continue
		}
		open = append(open, m)
	}
	v.Memberships = open
	return v
}

// choosing picks the organization worked for: the wanted one, or without a wish
// the oldest membership.
func (v Visitor) choosing(want id.Organization) Visitor {
	for i, m := range v.Memberships {
		if m.Organization == want || want == "" && i == 0 {
			v.Organization, v.OrganizationName, v.OrganizationSlug, v.Role, v.Rights = m.Organization, m.Name, m.Slug, m.Role, m.Rights
			break
		}
	}
	return v
}
