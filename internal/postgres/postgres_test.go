package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestOpenRefusesRolesThatRowSecurityDoesNotBind(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	super, err := pgx.Connect(t.Context(), d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(context.Background())
	const bypass = "bypass_in_a_test"
	if _, err := super.Exec(t.Context(), "CREATE ROLE "+bypass+" LOGIN BYPASSRLS PASSWORD 'x'"); err != nil && !strings.Contains(err.Error(), "already exists") {
		t.Fatal(err)
	}
	bypassURL := strings.Replace(d.AppURL, "assay_app:app-of-a-test", bypass+":x", 1)
	for _, tt := range []struct{ name, url, want string }{
		{"superuser", d.SuperURL, "superuser"},
		{"owner", d.OwnerURL, "owns"},
		{"BYPASSRLS", bypassURL, "BYPASSRLS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, err := postgres.Open(t.Context(), tt.url)
			if err == nil {
				db.Close()
				t.Fatalf("Open as %s went through", tt.name)
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open = %q, want one line that says %q", err, tt.want)
			}
		})
	}
}

func TestEveryTenantTableForcesRowSecurity(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	const loose = `
	SELECT c.relname
	FROM   pg_class c
	JOIN   pg_namespace n ON n.oid = c.relnamespace
	WHERE  n.nspname = 'public'
	AND    c.relkind IN ('r', 'p')
	AND    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
	               AND a.attname IN ('organization_id', 'seller_organization_id', 'buyer_organization_id'))
	AND    NOT (c.relrowsecurity AND c.relforcerowsecurity)`
	expectNone(t, db, loose, "tables with a tenant but without FORCE row-level security")
	const definers = `
	SELECT p.proname FROM pg_proc p
	WHERE  p.pronamespace = 'public'::regnamespace
	AND    p.prosecdef
	AND    p.proname NOT IN ('activity_extend_chain')`
	expectNone(t, db, definers, "SECURITY DEFINER functions outside the list")
	const views = `
	SELECT relname FROM pg_class
	WHERE  relnamespace = 'public'::regnamespace
	AND    (relkind = 'm' OR relkind = 'v' AND NOT coalesce(reloptions::text LIKE '%security_invoker=true%', false))`
	expectNone(t, db, views, "views that run as their owner")
}

func expectNone(t *testing.T, db *postgres.DB, query, what string) {
	t.Helper()
	rows, err := db.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(names) > 0 {
		t.Errorf("%s: %v", what, names)
	}
}

// A pool of two connections, many workers, canceled contexts and panics: no
// transaction ever sees another's actor, no connection keeps one.
func TestPooledConnectionsForgetTheirActor(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	db, err := postgres.Open(t.Context(), d.AppURL+"?pool_max_conns=2")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	perWorker := 2000
	if testing.Short() {
		perWorker = 100
	}
	var wg sync.WaitGroup
	mismatch := make(chan string, 1)
	for worker := range 50 {
		wg.Go(func() {
			for i := range perWorker {
				if text := oneTransaction(db, id.New[id.Organization](), (worker+i)%20); text != "" {
					select {
					case mismatch <- text:
					default:
					}
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case text := <-mismatch:
		t.Fatal(text)
	default:
	}
	conns := db.Pool().AcquireAllIdle(t.Context())
	for _, c := range conns {
		checkEmpty(t, c)
		c.Release()
	}
}

// oneTransaction reads back its own actor; kind 0 is canceled on the way,
// kind 1 panics. It returns what went wrong.
func oneTransaction(db *postgres.DB, want id.Organization, kind int) (wrong string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil && cause != "on purpose" {
			wrong = fmt.Sprint(cause)
		}
	}()
	var got string
	err := db.InTx(ctx, postgres.Actor{Organization: want}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT coalesce(assay_organization()::text, '')").Scan(&got); err != nil {
			return err
		}
		switch kind {
		case 0:
			cancel()
		case 1:
			panic("on purpose")
		}
		return nil
	})
	switch {
	case kind == 0 && err != nil && !errors.Is(err, context.Canceled):
		return "a canceled transaction: " + err.Error()
	case kind != 0 && err != nil:
		return "InTx: " + err.Error()
	case got != string(want):
		return "a transaction saw organization " + got + ", want " + string(want)
	}
	return ""
}

func checkEmpty(t *testing.T, c *pgxpool.Conn) {
	t.Helper()
	var left string
	err := c.QueryRow(t.Context(), `SELECT coalesce(current_setting('assay.user', true), '')
		|| coalesce(current_setting('assay.organization', true), '') || coalesce(current_setting('assay.platform', true), '')`).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	if left != "" {
		t.Errorf("a released connection keeps the actor %q", left)
	}
}

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	d.Close()
	if err := postgres.MigrateDown(d.OwnerURL); err != nil {
		t.Fatalf("down: %v", err)
	}
	conn, err := pgx.Connect(t.Context(), d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var left int
	err = conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace
		AND relkind = 'r' AND relname NOT LIKE 'river\_%' AND relname <> 'schema_migrations'`).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("after down %d tables are left (%v), want 0", left, err)
	}
	if err := postgres.Migrate(t.Context(), d.OwnerURL); err != nil {
		t.Fatalf("up again: %v", err)
	}
}
