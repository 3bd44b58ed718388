package credential_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/credential"
	"assay/internal/credential/credentialtest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// room is an organization with annotators, and a reviewer.
type room struct {
	t        *testing.T
	db       postgrestest.Database
	org      accounttest.Org
	reviewer postgres.Actor
	told     *told
	*credential.Service
}

// told is a catalog that remembers whom it was told of.
type told struct{ of []id.Annotator }

func (c *told) AnnotatorChanged(_ context.Context, _ pgx.Tx, _ id.Organization, a id.Annotator) error {
	c.of = append(c.of, a)
	return nil
}

func newRoom(t *testing.T) *room {
	t.Helper()
	db := postgrestest.NewDatabase(t)
	r := &room{t: t, db: db, org: accounttest.Organization(t, db.DB), reviewer: accounttest.Reviewer(t, db.DB), told: &told{}}
	r.Service = credentialtest.Open(t, db.DB, r.told)
	return r
}

// submitted is a credential that waits, of a person of its own.
func (r *room) submitted(label string) (id.Annotator, id.Credential) {
	r.t.Helper()
	return credentialtest.Submitted(r.t, r.Service, r.org.Owner, credentialtest.Radiologist(label), credentialtest.Facts(inDays(400)))
}

func (r *room) decide(key id.Credential, outcome credential.State) {
	r.t.Helper()
	credentialtest.Decide(r.t, r.Service, r.reviewer, key, outcome)
}

func (r *room) state(key id.Credential) credential.State {
	r.t.Helper()
	c, err := r.Credential(r.t.Context(), r.org.Owner, key)
	if err != nil {
		r.t.Fatal(err)
	}
	return c.State
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

// past runs a statement past all triggers and policies.
func (r *room) past(sql string, args ...any) {
	r.t.Helper()
	c, err := pgx.Connect(r.t.Context(), r.db.SuperURL)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err = c.Exec(r.t.Context(), "SET session_replication_role = replica"); err == nil {
		_, err = c.Exec(r.t.Context(), sql, args...)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// text reads one text past all policies.
func (r *room) text(sql string, args ...any) (s string) {
	r.t.Helper()
	c, err := pgx.Connect(r.t.Context(), r.db.SuperURL)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close(context.Background())
	if err := c.QueryRow(r.t.Context(), sql, args...).Scan(&s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

func inDays(n int) *time.Time {
	t := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, n)
	return &t
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
