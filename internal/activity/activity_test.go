package activity_test

import (
	"errors"
	"fmt"
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
	if c, err := newService(t, db).Verify(t.Context(), admin, nil); err != nil || c.Rows != 80 {
		t.Errorf("Verify = %+v, %v, want 80 rows and no error", c, err)
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
		`UPDATE activity_chain SET hash = '\x00'`, `DELETE FROM activity_chain`, `TRUNCATE activity_chain`,
		`INSERT INTO activity_chain (number, activity_id, row_hash, hash) SELECT 2, activity_id, row_hash, hash FROM activity_chain`,
		`UPDATE activity_head SET number = 0`, `DELETE FROM activity_head`, `TRUNCATE activity_head`,
		`DELETE FROM activity_published`, `TRUNCATE activity_published`, `UPDATE activity_published SET hash = '\x00'`,
		`SET LOCAL ROLE assay_log; DELETE FROM activity`, `SET LOCAL ROLE assay_log; UPDATE activity SET verb = 'x.y'`,
		`SET LOCAL ROLE assay_log; TRUNCATE activity CASCADE`,
		`SET LOCAL ROLE assay_log; INSERT INTO activity_chain (number, activity_id, row_hash, hash) VALUES (2, gen_random_uuid(), sha256(''), sha256(''))`,
		`SET LOCAL ROLE assay_log; UPDATE activity_head SET number = 0`,
		`SET LOCAL ROLE assay_log; INSERT INTO activity (id, verb, object, object_id, at) VALUES (gen_random_uuid(), 'a.b', 'c', 'd', '2020-01-01')`,
		`SET LOCAL ROLE assay_owner`, `SET LOCAL session_replication_role = replica`, `ALTER TABLE activity DISABLE TRIGGER ALL`,
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
	if c, err := newService(t, db).Verify(t.Context(), admin, nil); err != nil || c.Rows != 0 {
		t.Errorf("Verify = %+v, %v, want an empty chain", c, err)
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
