package notary

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/audit/certificate"
	"assay/internal/errs"
	"assay/internal/postgres"
)

// grace is how long a key counts after it was replaced, for the transactions
// that were under way.
const grace = time.Minute

const retireOthers = `
UPDATE certificate_key
SET    valid_until = clock_timestamp() + @grace
WHERE  key_id <> @key
AND    valid_until IS NULL`

const insertKey = `
INSERT INTO certificate_key (key_id, public_key)
VALUES (@key, @public)
ON CONFLICT (key_id) DO NOTHING`

// Begin makes the public key of this process the current one, and publishes a
// first revocation list. The key before it stays served with its end. A key
// that was replaced before is refused: otherwise the end that others were told
// would not hold.
func (s *Service) Begin(ctx context.Context) error {
	if s.key == nil {
		return nil
	}
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		keys, err := readKeys(ctx, tx)
		if err != nil {
			return err
		}
		if k, known := keys.Find(s.keyID()); known {
			if !k.Until.IsZero() {
				return fmt.Errorf("this key was replaced on %s and never signs again: set ASSAY_SIGNING_KEY to a new one", k.Until.Format(time.DateOnly))
			}
			return nil
		}
		args := pgx.NamedArgs{"key": s.keyID(), "public": []byte(s.key.Public().(ed25519.PublicKey)), "grace": grace}
		if _, err := tx.Exec(ctx, retireOthers, args); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, insertKey, args)
		return err
	})
	if postgres.IsUnique(err, "certificate_key_one_current") {
		err = errors.New("two processes started with different keys at once: give all the same ASSAY_SIGNING_KEY")
	}
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	return s.PublishRevocations(ctx)
}

const isCurrent = `
SELECT EXISTS (SELECT 1 FROM certificate_key WHERE key_id = @key AND valid_until IS NULL)`

// isCurrent reports whether the key of this process may sign.
func (s *Service) isCurrent(ctx context.Context, q postgres.Querier) (current bool, err error) {
	err = q.QueryRow(ctx, isCurrent, pgx.NamedArgs{"key": s.keyID()}).Scan(&current)
	return current, err
}

// Seal signs v as a file of a schema that is not a certificate's. It returns nil
// if this process has no key, or one that was replaced.
func (s *Service) Seal(ctx context.Context, q postgres.Querier, schema string, v any) ([]byte, error) {
	if s.key == nil {
		return nil, nil
	}
	if current, err := s.isCurrent(ctx, q); err != nil || !current {
		return nil, err
	}
	return certificate.Seal(schema, v, s.key)
}

const selectKeys = `
SELECT   key_id, public_key, valid_from, valid_until, revoked_at
FROM     certificate_key
ORDER BY valid_from DESC, key_id`

func readKeys(ctx context.Context, q postgres.Querier) (certificate.Keys, error) {
	rows, err := q.Query(ctx, selectKeys)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k certificate.Key, err error) {
		var public []byte
		var until, revoked *time.Time
		err = row.Scan(&k.ID, &public, &k.From, &until, &revoked)
		k.Public = public
		if until != nil {
			k.Until = *until
		}
		if revoked != nil {
			k.RevokedAt = *revoked
		}
		return k, err
	})
}

// Keys returns every public key that ever signed here, the current one first.
func (s *Service) Keys(ctx context.Context) (keys certificate.Keys, err error) {
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		keys, err = readKeys(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("public keys: %w", err)
	}
	return keys, nil
}

// KeysFile returns the file of public keys that the site serves.
func (s *Service) KeysFile(ctx context.Context) ([]byte, error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return nil, err
	}
	return certificate.WriteKeys(s.issuer, keys)
}

const revokeKey = `
UPDATE certificate_key
SET    valid_until = coalesce(valid_until, clock_timestamp()),
       revoked_at = coalesce(revoked_at, clock_timestamp())
WHERE  key_id = @key`

const revokeCertificates = `
UPDATE audit_certificate
SET    revoked_at = clock_timestamp(), revoked_reason = 'key_revoked'
WHERE  key_id = @key
AND    revoked_at IS NULL`

// RevokeKey takes a key back that somebody else may have: nothing it signed
// counts any more, and every certificate of it is taken back. The next sweep
// with another key issues new ones.
func (s *Service) RevokeKey(ctx context.Context, keyID string) (certificates int64, err error) {
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, revokeKey, pgx.NamedArgs{"key": keyID})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "There is no key with that id.")
		}
		if tag, err = tx.Exec(ctx, revokeCertificates, pgx.NamedArgs{"key": keyID}); err != nil {
			return err
		}
		certificates = tag.RowsAffected()
		return activity.Record(ctx, tx, activity.Entry{Actor: worker, Verb: "certificate_key.revoke", Object: "certificate_key", ObjectID: keyID})
	})
	if err != nil {
		return 0, fmt.Errorf("revoke key: %w", err)
	}
	return certificates, nil
}
