package credential

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"assay/internal/seal/reseal"
)

const (
	keysOfNames = `
SELECT   id::text
FROM     annotator
WHERE    id > @after::uuid
AND      removed_at IS NULL
ORDER BY id
LIMIT    500`
	readName = `
SELECT name_sealed
FROM   annotator
WHERE  id = @id
FOR    UPDATE`
	writeName = `
UPDATE annotator
SET    name_sealed = @sealed
WHERE  id = @id`
	keysOfNumbers = `
SELECT   id::text
FROM     credential
WHERE    id > @after::uuid
AND      length(number_sealed) > 0
ORDER BY id
LIMIT    500`
	readNumber = `
SELECT number_sealed
FROM   credential
WHERE  id = @id
FOR    UPDATE`
	writeNumber = `
UPDATE credential
SET    number_sealed = @sealed
WHERE  id = @id`
)

// sealedValues are what this package seals: each for its own row.
func sealedValues() []reseal.Table {
	self := func(id string) string { return id }
	write := func(sql string) func(context.Context, pgx.Tx, string, []byte) error {
		return func(ctx context.Context, tx pgx.Tx, id string, sealed []byte) error {
			_, err := tx.Exec(ctx, sql, pgx.NamedArgs{"id": id, "sealed": sealed})
			return err
		}
	}
	return []reseal.Table{
		{What: "names of annotators", Keys: keysOfNames, Read: readName, Write: write(writeName), Owner: self},
		{What: "numbers of credentials", Keys: keysOfNumbers, Read: readNumber, Write: write(writeNumber), Owner: self},
	}
}

// Reseal brings names and numbers of every organization under the newest secret
// and returns how many were under an older one.
func (s *Service) Reseal(ctx context.Context) (n int, err error) {
	for _, t := range sealedValues() {
		done, failed := t.Run(ctx, s.db, s.box)
		n, err = n+done, errors.Join(err, failed)
	}
	return n, err
}
