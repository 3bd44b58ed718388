package account

import (
	"context"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/seal/reseal"
)

const (
	keysOfPeople = `
SELECT   id::text
FROM     app_user
WHERE    id > @after::uuid
ORDER BY id
LIMIT    500`
	readSecret = `
SELECT secret
FROM   second_factor
WHERE  user_id = @id
FOR    UPDATE`
	writeSecret = `
UPDATE second_factor
SET    secret = @sealed
WHERE  user_id = @id`
)

// Reseal brings the secrets of everybody's authenticator apps under the newest
// key and returns how many were under an older one. Each is exchanged in its
// owner's name: nobody else sees the row.
func (s *Service) Reseal(ctx context.Context) (int, error) {
	return reseal.Table{
		What: "secrets of authenticator apps", Keys: keysOfPeople, Read: readSecret,
		Actor: func(user string) postgres.Actor { return postgres.Actor{User: id.User(user)} },
		Write: func(ctx context.Context, tx pgx.Tx, user string, sealed []byte) error {
			_, err := tx.Exec(ctx, writeSecret, pgx.NamedArgs{"id": user, "sealed": sealed})
			return err
		},
		Owner: func(user string) string { return appLabel(id.User(user)) },
	}.Run(ctx, s.db, s.box)
}
