package activity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

var admin = postgres.Actor{User: id.New[id.User](), Platform: postgres.Admin}

func record(t *testing.T, db *postgres.DB, organization id.Organization, object string) {
	t.Helper()
	actor := postgres.Actor{User: id.New[id.User](), Organization: organization}
	err := db.InTx(t.Context(), actor, func(tx pgx.Tx) error {
		return activity.Record(t.Context(), tx, activity.Entry{
			Actor: actor, Organization: organization, Verb: "version.publish",
			Object: "version", ObjectID: object, Detail: map[string]string{"from": "approved", "to": "live"},
		})
	})
	if err != nil {
		t.Fatalf("record: %v", err)
	}
}

func TestConcurrentActsMakeOneChain(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				record(t, db, id.New[id.Organization](), "v")
			}
		})
	}
	wg.Wait()
	if rows, err := activity.Verify(t.Context(), db, admin); err != nil || rows != 80 {
		t.Errorf("Verify = %d, %v, want 80 rows and no error", rows, err)
	}
}

func TestVerifyNamesTheFirstRowThatWasTamperedWith(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, sql, want string }{
		{"a changed row", `UPDATE activity SET verb = 'version.reject' WHERE id = (SELECT activity_id FROM activity_chain WHERE number = 3)`, "row 3"},
		{"a deleted link", `DELETE FROM activity_chain WHERE number = 2`, "row 3"},
		{"a cut tail", `DELETE FROM activity_chain WHERE number = 5`, "ends at row 4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.NewDatabase(t)
			for range 5 {
				record(t, db.DB, id.New[id.Organization](), "v")
			}
			super, err := pgx.Connect(t.Context(), db.SuperURL)
			if err != nil {
				t.Fatal(err)
			}
			defer super.Close(context.Background())
			if _, err := super.Exec(t.Context(), "SET session_replication_role = replica; "+tt.sql); err != nil {
				t.Fatal(err)
			}
			_, err = activity.Verify(t.Context(), db.DB, admin)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Verify = %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestNobodyChangesTheRecord(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := id.New[id.Organization]()
	record(t, db, org, "v")
	for _, sql := range []string{
		`UPDATE activity SET verb = 'x.y'`, `DELETE FROM activity`, `TRUNCATE activity CASCADE`,
		`INSERT INTO activity (id, verb, object, object_id) VALUES (gen_random_uuid(), 'a.b', 'c', 'd')`,
		`UPDATE activity_chain SET hash = '\x00'`, `UPDATE activity_head SET number = 0`,
		`SET LOCAL ROLE assay_log; DELETE FROM activity`,
	} {
		err := db.InTx(t.Context(), postgres.Actor{Organization: org}, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil {
			t.Errorf("%s went through", sql)
		}
	}
}

func TestAnActWithoutItsRecordDoesNotHappen(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := id.New[id.Organization]()
	actor := postgres.Actor{Organization: org}
	err := db.InTx(t.Context(), actor, func(tx pgx.Tx) error {
		return activity.Record(t.Context(), tx, activity.Entry{Actor: actor, Organization: org, Verb: "not a verb", Object: "x", ObjectID: "y"})
	})
	if err == nil {
		t.Error("a malformed verb was recorded")
	}
	sentinel := errors.New("the act failed")
	err = db.InTx(t.Context(), actor, func(tx pgx.Tx) error {
		err := activity.Record(t.Context(), tx, activity.Entry{Actor: actor, Organization: org, Verb: "a.b", Object: "x", ObjectID: "y"})
		return errors.Join(err, sentinel)
	})
	if !errors.Is(err, sentinel) {
		t.Fatalf("InTx = %v, want the act's error", err)
	}
	if rows, err := activity.Verify(t.Context(), db, admin); err != nil || rows != 0 {
		t.Errorf("Verify = %d, %v, want an empty chain", rows, err)
	}
}

func TestStrangersSeeNoActs(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	owner, stranger := id.New[id.Organization](), id.New[id.Organization]()
	record(t, db, owner, "v")
	for _, tt := range []struct {
		actor postgres.Actor
		want  int
	}{{postgres.Actor{Organization: owner}, 1}, {postgres.Actor{Organization: stranger}, 0}, {postgres.Actor{}, 0}, {admin, 1}} {
		err := db.InTx(t.Context(), tt.actor, func(tx pgx.Tx) error {
			list, err := activity.Of(t.Context(), tx, "version", "v")
			if err == nil && len(list) != tt.want {
				err = fmt.Errorf("%d acts, want %d", len(list), tt.want)
			}
			return err
		})
		if err != nil {
			t.Errorf("Of as %+v: %v", tt.actor, err)
		}
	}
}
