// Package reseal brings sealed values of the database under the newest secret
// of the settings, so that the ones before can be destroyed.
//
// Each value is read, sealed anew and written in a transaction of its own, with
// its row locked: interrupted, a run leaves every value readable, and the next
// one finds what is left. A value that opens under no secret stays as it is and
// is told of at the end.
package reseal

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/postgres"
	"assay/internal/seal"
)

// Table says where values of one kind lie.
type Table struct {
	What string // in words: "names of annotators"
	// Keys lists ids after @after in their order, some hundred at a time, as the
	// worker: of rows that may hold a value.
	Keys string
	// Actor is who may change the row of an id; the worker if nil.
	Actor func(id string) postgres.Actor
	// Read selects the value of the row @id and locks the row.
	Read string
	// Write puts a value in place of the one that was read.
	Write func(ctx context.Context, tx pgx.Tx, id string, sealed []byte) error
	// Owner says for whom the value of an id is sealed.
	Owner func(id string) string
}

var worker = postgres.Actor{Platform: postgres.Worker}

// first comes before each id.
const first = "00000000-0000-0000-0000-000000000000"

// Run seals anew what lies under older secrets of the box and returns how many
// values that were.
func (t Table) Run(ctx context.Context, db *postgres.DB, b seal.Box) (n int, err error) {
	broken := 0
	for after := first; ; {
		keys, err := t.keys(ctx, db, after)
		if err != nil {
			return n, fmt.Errorf("%s: %w", t.What, err)
		}
		if len(keys) == 0 {
			break
		}
		for _, key := range keys {
			renewed, err := t.renew(ctx, db, b, key)
			switch {
			case errors.Is(err, seal.ErrBroken):
				broken++
			case err != nil:
				return n, fmt.Errorf("%s: %w", t.What, err)
			case renewed:
				n++
			}
		}
		after = keys[len(keys)-1]
	}
	if broken > 0 {
		return n, fmt.Errorf("%s: %d open under no secret of the settings", t.What, broken)
	}
	return n, nil
}

func (t Table) keys(ctx context.Context, db *postgres.DB, after string) (list []string, err error) {
	err = db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err = postgres.Values[string](ctx, tx, t.Keys, pgx.NamedArgs{"after": after})
		return err
	})
	return list, err
}

// renew reports whether the value of an id was sealed anew.
func (t Table) renew(ctx context.Context, db *postgres.DB, b seal.Box, key string) (renewed bool, err error) {
	a := worker
	if t.Actor != nil {
		a = t.Actor(key)
	}
	err = db.InTx(ctx, a, func(tx pgx.Tx) error {
		var sealed []byte
		err := tx.QueryRow(ctx, t.Read, pgx.NamedArgs{"id": key}).Scan(&sealed)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && len(sealed) == 0 {
			return nil // it has none, or was erased
		}
		if err != nil {
			return err
		}
		fresh, err := b.Renew(sealed, t.Owner(key))
		if err != nil || fresh == nil {
			return err
		}
		renewed = true
		return t.Write(ctx, tx, key, fresh)
	})
	return renewed && err == nil, err
}
