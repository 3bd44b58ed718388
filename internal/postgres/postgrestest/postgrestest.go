// Package postgrestest gives each test a real Postgres database of its own,
// migrated, opened as the app's role, and dropped at the end.
package postgrestest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that pgtestdb opens
	"github.com/peterldowns/pgtestdb"

	"assay/internal/postgres"
	"assay/internal/postgres/cluster"
)

// Passwords of the test cluster's roles; it listens on loopback only and its
// data is thrown away.
const (
	ownerPassword = "owner-of-a-test"
	appPassword   = "app-of-a-test"
)

// Database is a test's own database.
type Database struct {
	*postgres.DB
	AppURL, OwnerURL, SuperURL string
}

// New returns a database of its own, migrated, opened as assay_app.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	return NewDatabase(t).DB
}

// NewDatabase is New with the addresses of the other roles, for tests of the
// schema itself.
func NewDatabase(t testing.TB) Database {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("test cluster: %v", err)
	}
	made := pgtestdb.Custom(t, pgtestdb.Config{
		DriverName: "pgx", Host: server.host, Port: server.port,
		User: server.user, Password: server.password, Database: "postgres",
		TestRole: &pgtestdb.Role{Username: postgres.OwnerRole, Password: ownerPassword},
	}, schema{server})
	d := Database{
		AppURL:   server.url(postgres.AppRole, appPassword, made.Database),
		OwnerURL: server.url(postgres.OwnerRole, ownerPassword, made.Database),
		SuperURL: server.url(server.user, server.password, made.Database),
	}
	if d.DB, err = postgres.Open(context.Background(), d.AppURL); err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(d.Close)
	return d
}

// server is a Postgres that tests may use as superuser.
type server struct{ host, port, user, password string }

func (s server) url(role, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password), Host: s.host + ":" + s.port, Path: "/" + database}
	return u.String()
}

// shared returns the server of this test binary: the one that
// ASSAY_TEST_DATABASE_URL names (a superuser's address over TCP), else a
// private cluster that ends with the process.
var shared = sync.OnceValues(func() (server, error) {
	if address := os.Getenv("ASSAY_TEST_DATABASE_URL"); address != "" {
		u, err := url.Parse(address)
		if err != nil {
			return server{}, fmt.Errorf("ASSAY_TEST_DATABASE_URL is not an address")
		}
		password, _ := u.User.Password()
		s := server{u.Hostname(), u.Port(), u.User.Username(), password}
		return s, s.bootstrap()
	}
	c, err := start()
	if err != nil {
		return server{}, err
	}
	s := server{c.Host(), strconv.Itoa(c.Port()), cluster.Superuser, c.Password()}
	return s, s.bootstrap()
})

func (s server) bootstrap() error {
	return postgres.Bootstrap(context.Background(), s.url(s.user, s.password, "postgres"), "postgres", ownerPassword, appPassword)
}

// start takes the first free of a few folders: test binaries run side by side,
// and each has a cluster to itself.
func start() (*cluster.Cluster, error) {
	var last error
	for slot := range 24 {
		base := filepath.Join(os.TempDir(), "assay-test", strconv.Itoa(os.Geteuid()), fmt.Sprintf("postgres-%d", slot))
		c, err := cluster.Start(context.Background(), cluster.Options{Base: base, TCP: true, Scratch: true})
		if err == nil {
			return c, nil
		}
		last = err
	}
	return nil, last
}

// schema tells pgtestdb how to make the template: the same migrations as
// everywhere, as the owner.
type schema struct{ server server }

func (schema) Hash() (string, error) { return postgres.SchemaDigest() }

func (m schema) Migrate(ctx context.Context, db *sql.DB, config pgtestdb.Config) error {
	return postgres.Migrate(ctx, m.server.url(postgres.OwnerRole, ownerPassword, config.Database))
}
