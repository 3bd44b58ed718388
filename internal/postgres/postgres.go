package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/internal/errs"
	"assay/internal/id"
)

// Platform is a role that reaches across organizations.
type Platform string

// Platform roles. None is the ordinary user's.
const (
	None     Platform = ""
	Reviewer Platform = "reviewer" // sees what was submitted, decides on it
	Admin    Platform = "admin"    // runs the platform
	Worker   Platform = "worker"   // background sweeps that no user asked for
)

// Actor is on whose behalf a transaction runs. The zero Actor is the public.
type Actor struct {
	User         id.User
	Organization id.Organization
	Platform     Platform
}

// Querier is what a store's helpers need: a transaction or a pool.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// DB is a pool of connections of the app's role.
type DB struct{ pool *pgxpool.Pool }

// Open connects and refuses a role that row-level security does not bind: a
// superuser, one with BYPASSRLS, or one that owns tables.
func Open(ctx context.Context, url string) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database address is not valid") // its text may hold a password
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := refusePowerfulRole(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return &DB{pool}, nil
}

const roleQuery = `
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT FROM pg_class c
               JOIN   pg_namespace n ON n.oid = c.relnamespace
               WHERE  n.nspname = 'public'
               AND    c.relkind IN ('r', 'p')
               AND    pg_has_role(r.oid, c.relowner, 'MEMBER'))
FROM   pg_roles r
WHERE  r.rolname = current_user`

func refusePowerfulRole(ctx context.Context, q Querier) error {
	var name string
	var super, bypass, owner bool
	if err := q.QueryRow(ctx, roleQuery).Scan(&name, &super, &bypass, &owner); err != nil {
		return fmt.Errorf("ask the database for its role: %w", err)
	}
	switch {
	case super:
		return fmt.Errorf("the database role %s is a superuser, which row-level security does not bind: connect as assay_app", name)
	case bypass:
		return fmt.Errorf("the database role %s has BYPASSRLS: connect as assay_app", name)
	case owner:
		return fmt.Errorf("the database role %s owns Assay's tables: connect as assay_app", name)
	}
	return nil
}

// Close ends all connections.
func (db *DB) Close() { db.pool.Close() }

// Pool returns the connections themselves, for libraries that keep tables of
// their own (job queue, sessions). Tenant rows are out of reach through it.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

const setActor = `
SELECT set_config('assay.user', $1, true),
       set_config('assay.organization', $2, true),
       set_config('assay.platform', $3, true)`

// InTx runs fn in one transaction on behalf of a. It is the one place that
// says who acts: the three settings end with the transaction. An error or a
// panic of fn rolls everything back.
func (db *DB) InTx(ctx context.Context, a Actor, fn func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setActor, string(a.User), string(a.Organization), string(a.Platform)); err != nil {
			return fmt.Errorf("set the actor: %w", err)
		}
		return fn(tx)
	})
}

// LookFor names the one row that the rest of a transaction may see by a key that
// its caller holds: an address, or the hash of a secret. Policies read it; it
// ends with the transaction.
func LookFor(ctx context.Context, tx pgx.Tx, key string) error {
	_, err := tx.Exec(ctx, `SELECT set_config('assay.key', $1, true)`, key)
	return err
}

// NotFound gives pgx.ErrNoRows the kind errs.NotFound and the given sentence;
// other errors pass unchanged.
func NotFound(err error, message string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.New(errs.NotFound, message)
	}
	return err
}

// IsUnique reports whether err is a second row where the named constraint
// allows one.
func IsUnique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == constraint
}

// IsRefused reports whether the database itself refused the act: a check, a
// trigger's exception or a policy.
func IsRefused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "23514" || pg.Code == "P0001" || pg.Code == "42501")
}
