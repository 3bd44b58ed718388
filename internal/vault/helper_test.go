package vault_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/vault"
	"assay/internal/vault/vaulttest"
)

const pdf = vaulttest.PDF

// room is a vault with an organization that keeps documents in it.
type room struct {
	t        *testing.T
	db       postgrestest.Database
	folder   string
	blobs    *blob.Store
	org      accounttest.Org
	reviewer postgres.Actor
	now      time.Time
	*vault.Service
}

func newRoom(t *testing.T) *room {
	t.Helper()
	db := postgrestest.NewDatabase(t)
	r := &room{t: t, db: db, folder: t.TempDir(), org: accounttest.Organization(t, db.DB), reviewer: accounttest.Reviewer(t, db.DB), now: time.Now()}
	r.blobs = vaulttest.Blobs(t, r.folder)
	r.use(vaulttest.Key(t, 1))
	return r
}

// use opens the vault with these keys.
func (r *room) use(keys ...vault.Key) {
	r.Service = vault.New(r.db.DB, r.blobs, keys, func() time.Time { return r.now })
}

func anyone(context.Context, pgx.Tx) error                { return nil }
func reader(context.Context, pgx.Tx, vault.Version) error { return nil }

// put keeps a document.
func (r *room) put(in vault.Incoming) vault.Version {
	r.t.Helper()
	if in.Kind == "" {
		in.Kind = vault.IRBApproval
	}
	if in.Content == nil {
		in.Content = strings.NewReader(pdf)
	}
	v, err := r.Put(r.t.Context(), r.org.Owner, in, anyone, nil)
	if err != nil {
		r.t.Fatalf("Put: %v", err)
	}
	return v
}

// open reads a document as its owner.
func (r *room) open(ref vault.Ref) (string, error) {
	_, body, err := r.Open(r.t.Context(), r.org.Owner, ref, reader)
	return string(body), err
}

// as runs a statement on behalf of an actor and returns the rows it touched.
func (r *room) as(a postgres.Actor, sql string, args ...any) (n int64, err error) {
	err = r.db.InTx(r.t.Context(), a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(r.t.Context(), sql, args...)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

// super runs a statement as a superuser.
func (r *room) super(sql string, args ...any) {
	r.t.Helper()
	r.asSuper("origin", sql, args...)
}

// superReplica runs a statement past all triggers.
func (r *room) superReplica(sql string, args ...any) {
	r.t.Helper()
	r.asSuper("replica", sql, args...)
}

func (r *room) asSuper(role, sql string, args ...any) {
	r.t.Helper()
	c, err := pgx.Connect(r.t.Context(), r.db.SuperURL)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(r.t.Context(), "SET session_replication_role = "+role); err != nil {
		r.t.Fatal(err)
	}
	if _, err := c.Exec(r.t.Context(), sql, args...); err != nil {
		r.t.Fatal(err)
	}
}

// objects are the objects of the store by their path.
func (r *room) objects() map[string]string {
	r.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(r.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		found[path] = string(body)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

type benchRoom struct {
	vault *vault.Service
	owner postgres.Actor
}

func newBenchRoom(b *testing.B) benchRoom {
	b.Helper()
	db := postgrestest.New(b)
	return benchRoom{vaulttest.Open(b, db), accounttest.Organization(b, db).Owner}
}
