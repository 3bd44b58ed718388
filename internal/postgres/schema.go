package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sort"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	pgxmigrate "github.com/golang-migrate/migrate/v4/database/pgx/v5" // registers pgx5://
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"assay/migrations"
)

// Names of the roles. Owner owns the tables and migrates; App is the server's;
// Log may only append to activity.
const (
	OwnerRole = "assay_owner"
	AppRole   = "assay_app"
	LogRole   = "assay_log"
)

// Bootstrap makes the three roles and the database, as a superuser. It may run
// again: passwords are then set anew.
func Bootstrap(ctx context.Context, superURL, database, ownerPassword, appPassword string) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return fmt.Errorf("connect as superuser: %w", err)
	}
	defer conn.Close(ctx)
	if err := makeRoles(ctx, conn, ownerPassword, appPassword); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&exists); err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	if exists {
		return nil
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize()+" OWNER "+OwnerRole)
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return nil
}

func makeRoles(ctx context.Context, conn *pgx.Conn, ownerPassword, appPassword string) error {
	const ifAbsent = `DO $$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN CREATE ROLE %[1]s; END IF;
	END $$`
	var statements []string
	for _, role := range []string{OwnerRole, AppRole, LogRole} {
		statements = append(statements, fmt.Sprintf(ifAbsent, role))
	}
	statements = append(statements,
		"ALTER ROLE "+OwnerRole+" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD "+literal(ownerPassword),
		"ALTER ROLE "+AppRole+" LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT NOCREATEROLE NOCREATEDB PASSWORD "+literal(appPassword),
		"ALTER ROLE "+LogRole+" NOLOGIN NOSUPERUSER NOBYPASSRLS",
		"GRANT "+LogRole+" TO "+AppRole)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return errors.New("make the database roles: the statement was refused") // its text holds a password
		}
	}
	return nil
}

// literal quotes a string for SQL; with standard_conforming_strings only the
// quote itself is special.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Migrate brings the schema to the newest version, as the owner, then the job
// queue's own tables.
func Migrate(ctx context.Context, ownerURL string) error {
	m, err := migrator(ownerURL)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return fmt.Errorf("migrate: %w", err)
	}
	return migrateJobs(ctx, ownerURL)
}

// MigrateDown takes back all migrations but the job queue's.
func MigrateDown(ownerURL string) error {
	m, err := migrator(ownerURL)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := m.Down(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return fmt.Errorf("migrate down: %w", err)
	}
	return nil
}

func migrator(ownerURL string) (*migrate.Migrate, error) {
	source, err := iofs.New(migrations.FS, ".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	u, err := url.Parse(ownerURL)
	if err != nil {
		return nil, errors.New("the owner's database address is not valid")
	}
	u.Scheme = "pgx5"
	_ = pgxmigrate.DefaultMigrationsTable
	return migrate.NewWithSourceInstance("iofs", source, u.String())
}

func migrateJobs(ctx context.Context, ownerURL string) error {
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return errors.New("the owner's database address is not valid")
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("job tables: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("job tables: %w", err)
	}
	_, err = pool.Exec(ctx, `DO $$ DECLARE t record; BEGIN
		FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
		         AND relname LIKE 'river\_%' AND relkind IN ('r', 'p') LOOP
			EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO assay_app', t.relname);
		END LOOP;
		FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
		         AND relname LIKE 'river\_%' AND relkind = 'S' LOOP
			EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %I TO assay_app', t.relname);
		END LOOP;
	END $$`)
	if err != nil {
		return fmt.Errorf("grant the job tables: %w", err)
	}
	return nil
}

// SchemaDigest names the whole set of migrations: it changes with any of them.
func SchemaDigest() (string, error) {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return "", err
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n", name, len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
