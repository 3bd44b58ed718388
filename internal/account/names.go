package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

const selectNames = `
SELECT id, name
FROM   app_user
WHERE  id = ANY (@users)`

// Names returns the names of people as far as the actor may see them:
// colleagues, and for the platform everybody. Who left is not among them.
func (s *Service) Names(ctx context.Context, a postgres.Actor, users []id.User) (map[id.User]string, error) {
	names := map[id.User]string{}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectNames, pgx.NamedArgs{"users": users})
		if err != nil {
			return err
		}
		var user id.User
		var name string
		_, err = pgx.ForEachRow(rows, []any{&user, &name}, func() error {
			names[user] = name
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	return names, nil
}

// OrganizationOf returns the organization of a slug, or errs.NotFound, as far
// as the actor may see it: the platform all, others their own.
func (s *Service) OrganizationOf(ctx context.Context, a postgres.Actor, slug string) (o id.Organization, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id FROM organization WHERE slug = @slug`, pgx.NamedArgs{"slug": slug}).Scan(&o)
		return postgres.NotFound(err, "There is no organization of that name.")
	})
	return o, err
}
