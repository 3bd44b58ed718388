package account_test

import (
	"encoding/hex"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// The secret was sealed by the code before package seal. It moves to a newer
// key, and nobody but its owner sees the row meanwhile.
func TestSecretsOfAppsMoveToANewKey(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	const sealed = "3e19d7ec53cda85aeaa7b0aa40b08ffee45f37b1243d0531db39e797b4c8d1c0af534e1cd4e547ebd7251a9d"
	secret, err := hex.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	user := id.User("018f3a5e-0000-7000-8000-000000000001")
	super, err := pgx.Connect(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(t.Context())
	if _, err := super.Exec(t.Context(), `INSERT INTO app_user (id, name, email) VALUES ($1, 'Ada', 'ada@example.org')`, string(user)); err != nil {
		t.Fatal(err)
	}
	if _, err := super.Exec(t.Context(), `INSERT INTO second_factor (user_id, secret) VALUES ($1, $2)`, string(user), secret); err != nil {
		t.Fatal(err)
	}
	older, newer := []byte("a key of thirty-two bytes, or so"), []byte("another key of thirty-two bytes.")
	both := account.New(db.DB, account.Options{PublicURL: "https://assay.test", SecretKey: newer, OldSecretKeys: [][]byte{older}})
	for _, want := range []int{1, 0} {
		if n, err := both.Reseal(t.Context()); n != want || err != nil {
			t.Errorf("Reseal = %d, %v, want %d", n, err, want)
		}
	}
	for name, n := range map[string]int{"newer": 0, "older": -1} {
		key := map[string][]byte{"newer": newer, "older": older}[name]
		got, err := account.New(db.DB, account.Options{PublicURL: "https://assay.test", SecretKey: key}).Reseal(t.Context())
		if (err == nil) != (n == 0) {
			t.Errorf("with the %s key alone: %d, %v", name, got, err)
		}
	}
	for _, a := range []postgres.Actor{{Platform: postgres.Worker}, {Platform: postgres.Admin}} {
		var n int
		err := db.DB.InTx(t.Context(), a, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), `SELECT count(*) FROM second_factor`).Scan(&n) })
		if err != nil || n != 0 {
			t.Errorf("%s sees %d rows, %v", a.Platform, n, err)
		}
	}
}
