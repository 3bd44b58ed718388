package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Many runs a query and returns its rows as structs, filled by the names of the
// columns; nil for no row. The args are those of Querier.Query, as a rule one
// pgx.NamedArgs. Errors are pgx's own: the caller says what was read.
func Many[T any](ctx context.Context, q Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// One is Many for the one row that a query has to find: it returns
// pgx.ErrNoRows (see NotFound) for none and pgx.ErrTooManyRows for several.
func One[T any](ctx context.Context, q Querier, sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var none T
		return none, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
}

// Values is Many for a query of one column.
func Values[T any](ctx context.Context, q Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}
