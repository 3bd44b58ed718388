package privacy_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/privacy"
	"assay/internal/blob"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

const (
	password = "four lanterns over the river"
	secret   = "0123456789abcdef0123456789abcdef"
)

// room is a database with accounts and the service under test.
type room struct {
	testing.TB
	postgrestest.Database
	accounts *account.Service
	privacy  *privacy.Service
	blobs    *blob.Store
	conn     *pgx.Conn // of a superuser
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{TB: t, Database: postgrestest.NewDatabase(t)}
	var err error
	if r.blobs, err = blob.Open(t.Context(), "file://"+t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.blobs.Close() })
	if r.conn, err = pgx.Connect(t.Context(), r.SuperURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.conn.Close(context.Background()) })
	r.accounts = account.New(r.DB, account.Options{PublicURL: "https://assay.test", SecretKey: []byte(secret)})
	r.privacy = privacy.New(r.DB, r.blobs, []byte(secret))
	return r
}

// super runs a statement that no part of the program may run.
func (r *room) super(sql string, args ...any) {
	r.Helper()
	if _, err := r.conn.Exec(context.Background(), sql, args...); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

// count runs a query that counts.
func (r *room) count(sql string, args ...any) (n int) {
	r.Helper()
	if err := r.conn.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
	return n
}

// comes lets the day of an erasure come.
func (r *room) comes(user id.User) {
	r.Helper()
	r.super(`UPDATE account_erasure SET asked_at = asked_at - interval '15 days', due_at = due_at - interval '15 days' WHERE user_id = $1`, string(user))
}

// person makes a user who has a password.
func (r *room) person(email string) postgres.Actor {
	r.Helper()
	ctx := context.Background()
	if err := r.accounts.Register(ctx, account.Registration{Name: "Ada Lovelace", Email: email, Password: password}); err != nil {
		r.Fatal(err)
	}
	var user id.User
	err := r.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, email); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT id FROM app_user WHERE email = $1`, email).Scan(&user)
	})
	if err != nil {
		r.Fatal(err)
	}
	r.super(`UPDATE app_user SET email_confirmed_at = now() WHERE id = $1`, string(user))
	return postgres.Actor{User: user}
}
