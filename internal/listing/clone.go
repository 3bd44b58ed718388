package listing

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// mostTitle is how many characters a title has at most.
const mostTitle = 120

// copyTitle names a copy.
func copyTitle(title string) string {
	runes := []rune("Copy of " + title)
	return strings.TrimSpace(string(runes[:min(len(runes), mostTitle)]))
}

// Clone begins a new draft with the claims of a listing: its newest ones, sent
// or not. Each subject that says something is asserted anew, by the actor and
// now. Versions, files, reports, approvals, days and the address stay with the
// listing. Undo is Delete of the draft.
func (s *Service) Clone(ctx context.Context, a postgres.Actor, of id.Listing) (Description, error) {
	var d Description
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
			return err
		}
		original, err := s.describe(ctx, tx, a.Organization, of)
		if err != nil {
			return err
		}
		claims := original.Revision.Claims.assertedAnew(Assertion{BySeller, a.User, second(s.now())})
		claims.Basics.Title = copyTitle(claims.Basics.Title)
		if err := stillLinked(ctx, tx, a.Organization, &claims); err != nil {
			return err
		}
		l := Listing{ID: id.New[id.Listing](), Organization: a.Organization, Kind: Hosted, Slug: newSlug(claims.Basics.Title)}
		_, err = tx.Exec(ctx, insertListing, pgx.NamedArgs{
			"id": l.ID, "organization": l.Organization, "slug": l.Slug, "user": string(a.User)})
		if err != nil {
			return fmt.Errorf("insert: %w", err)
		}
		if err := addClaims(ctx, tx, l, 1, claims, a.User); err != nil {
			return fmt.Errorf("claims: %w", err)
		}
		err = s.record(ctx, tx, a, l.Organization, "listing.clone", "listing", string(l.ID), map[string]string{
			"of": string(of), "claims_digest": original.Revision.Digest})
		if err != nil {
			return err
		}
		d, err = s.describe(ctx, tx, l.Organization, l.ID)
		return err
	})
	if err != nil {
		return Description{}, fmt.Errorf("listing %s: clone: %w", of, err)
	}
	return d, nil
}

// assertedAnew returns the claims with by as who makes each subject that says
// something.
func (c Claims) assertedAnew(by Assertion) Claims {
	anew(&c.Basics, by)
	anew(&c.License, by)
	anew(&c.Deidentification, by)
	anew(&c.Reports, by)
	anew(&c.Consent, by)
	anew(&c.Labels, by)
	anew(&c.Annotators, by)
	anew(&c.Coverage, by)
	anew(&c.Devices, by)
	anew(&c.Demographics, by)
	anew(&c.Splits, by)
	anew(&c.Caveats, by)
	return c
}

func anew[T any, P subject[T]](s P, by Assertion) {
	if *s.assertion() != (Assertion{}) {
		*s.assertion() = by
	}
}
