package sso

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/seal/reseal"
)

const (
	keysOfOrganizations = `
SELECT   id::text
FROM     organization
WHERE    id > @after::uuid
ORDER BY id
LIMIT    500`
	readSecret = `
SELECT client_secret
FROM   organization_oidc
WHERE  organization_id = @id
FOR    UPDATE`
	writeSecret = `
UPDATE organization_oidc
SET    client_secret = @sealed
WHERE  organization_id = @id`
	readEnabled = `
SELECT enabled_at
FROM   organization_oidc
WHERE  organization_id = @id`
	// keepEnabled puts back what the guard of the table takes away with each
	// change of the secret, where the domain is still proved.
	keepEnabled = `
UPDATE organization_oidc o
SET    enabled_at = @at
WHERE  o.organization_id = @id
AND    EXISTS (SELECT FROM domain_proof p
               WHERE p.organization_id = o.organization_id AND p.domain = o.domain AND p.proved_at IS NOT NULL)`
)

// Reseal brings the clients' secrets of all organizations under the newest key
// and returns how many were under an older one. Each is exchanged in its
// organization's name; sign-in by it goes on.
func (s *Service) Reseal(ctx context.Context) (int, error) {
	return reseal.Table{
		What: "secrets of organizations' sign-in", Keys: keysOfOrganizations, Read: readSecret, Write: exchangeSecret,
		Actor: func(org string) postgres.Actor { return postgres.Actor{Organization: id.Organization(org)} },
		Owner: func(org string) string { return org },
	}.Run(ctx, s.db, s.box)
}

func exchangeSecret(ctx context.Context, tx pgx.Tx, org string, sealed []byte) error {
	var enabled *time.Time
	if err := tx.QueryRow(ctx, readEnabled, pgx.NamedArgs{"id": org}).Scan(&enabled); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, writeSecret, pgx.NamedArgs{"id": org, "sealed": sealed}); err != nil {
		return err
	}
	if enabled == nil {
		return nil
	}
	_, err := tx.Exec(ctx, keepEnabled, pgx.NamedArgs{"id": org, "at": enabled})
	return err
}
