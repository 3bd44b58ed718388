package activity_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/postgres/postgrestest"
)

// rebuild makes the chain anew over whatever rows there are, as somebody would
// who may write everything in the database.
const rebuild = `
DO $$
DECLARE
    r        record;
    previous bytea := '';
    n        bigint := 0;
BEGIN
    UPDATE activity_chain SET number = number + 1000000;
    FOR r IN SELECT c.number AS old, activity_row_hash(a) AS own FROM activity_chain c JOIN activity a ON a.id = c.activity_id ORDER BY c.number LOOP
        n := n + 1;
        previous := sha256(previous || r.own);
        UPDATE activity_chain SET number = n, row_hash = r.own, hash = previous, scheme = 2 WHERE number = r.old;
    END LOOP;
    UPDATE activity_head SET number = n, hash = previous;
END $$;`

// relist makes the table of published heads fit a chain that was made anew.
const relist = `
UPDATE activity_published p SET hash = c.hash, file = 'forged' FROM activity_chain c WHERE c.number = p.number;`

const (
	rows = 110
	// actOf is the act of a row, by its number.
	actOf = `(SELECT activity_id FROM activity_chain WHERE number = %d)`
)

// tamper is one way to forge the record.
type tamper struct {
	name string
	// do returns the statements for row n, or for rows n and m behind it, and
	// the fault that Verify must name.
	do func(n, m int64) (sql string, want activity.Fault)
}

// changed are values for each column of a row that is changed.
var changed = []struct{ column, value string }{
	{"at", "at + interval '1 microsecond'"}, {"organization_id", "gen_random_uuid()"}, {"user_id", "gen_random_uuid()"},
	{"platform", "platform || 'x'"}, {"verb", "verb || 'x'"}, {"object", "object || ' '"}, {"object_id", "object_id || 'x'"},
	{"detail", `detail || '{"to": "forged"}'`},
}

func tampers() []tamper {
	update := func(column, value string, n int64) string {
		return fmt.Sprintf(`UPDATE activity SET %s = %s WHERE id = `+actOf+`;`, column, value, n)
	}
	swap := func(n, m int64) string {
		return fmt.Sprintf(`
		CREATE TEMP TABLE swapped ON COMMIT DROP AS SELECT number, activity_id FROM activity_chain WHERE number IN (%[1]d, %[2]d);
		UPDATE activity_chain SET activity_id = gen_random_uuid() WHERE number = %[1]d;
		UPDATE activity_chain SET activity_id = (SELECT activity_id FROM swapped WHERE number = %[1]d) WHERE number = %[2]d;
		UPDATE activity_chain SET activity_id = (SELECT activity_id FROM swapped WHERE number = %[2]d) WHERE number = %[1]d;`, n, m)
	}
	remove := func(n int64) string {
		return fmt.Sprintf(`DELETE FROM activity WHERE id = `+actOf+`; DELETE FROM activity_chain WHERE number = %[1]d;`, n)
	}
	insert := func(n int64) string {
		return fmt.Sprintf(`
		UPDATE activity_chain SET number = number + 1000000 WHERE number >= %[1]d;
		INSERT INTO activity (id, verb, object, object_id) VALUES ('00000000-0000-4000-8000-00000000f0f0', 'grant.make', 'grant', 'forged');
		INSERT INTO activity_chain (number, activity_id, row_hash, hash) VALUES (%[1]d, '00000000-0000-4000-8000-00000000f0f0', sha256(''), sha256(''));`, n)
	}
	cut := func(n int64) string {
		return fmt.Sprintf(`
		DELETE FROM activity WHERE id IN (SELECT activity_id FROM activity_chain WHERE number > %[1]d);
		DELETE FROM activity_chain WHERE number > %[1]d;`, n)
	}
	list := []tamper{
		{"the id of an act", func(n, _ int64) (string, activity.Fault) {
			return update("id", "gen_random_uuid()", n), activity.Fault{Number: n, Reason: activity.Missing}
		}},
		{"the act of a link", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`UPDATE activity_chain SET activity_id = gen_random_uuid() WHERE number = %d`, n), activity.Fault{Number: n, Reason: activity.Missing}
		}},
		{"the number of a link", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`UPDATE activity_chain SET number = number + 1000 WHERE number = %d`, n), activity.Fault{Number: n, Reason: activity.Missing}
		}},
		{"the hash of a link", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`UPDATE activity_chain SET hash = sha256(hash) WHERE number = %d`, n), activity.Fault{Number: n, Reason: activity.Changed}
		}},
		{"the hash of a row", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`UPDATE activity_chain SET row_hash = sha256(hash) WHERE number = %d`, n), activity.Fault{Number: n, Reason: activity.Changed}
		}},
		{"the scheme of a link", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`UPDATE activity_chain SET scheme = 1 WHERE number = %d`, n), activity.Fault{Number: n, Reason: activity.Changed}
		}},
		{"an act deleted", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`DELETE FROM activity WHERE id = `+actOf, n), activity.Fault{Number: n, Reason: activity.Missing}
		}},
		{"a link deleted", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`DELETE FROM activity_chain WHERE number = %d`, n), orCut(n)
		}},
		{"a row deleted", func(n, _ int64) (string, activity.Fault) { return remove(n), orCut(n) }},
		{"a row deleted, all made anew", func(n, _ int64) (string, activity.Fault) { return remove(n) + rebuild + relist, orCut(n) }},
		{"two rows swapped", func(n, m int64) (string, activity.Fault) {
			return swap(n, m), activity.Fault{Number: n, Reason: activity.Swapped, Other: m}
		}},
		{"two rows swapped, all made anew", func(n, m int64) (string, activity.Fault) {
			return swap(n, m) + rebuild + relist, activity.Fault{Number: n, Reason: activity.Swapped, Other: m}
		}},
		{"a row put in, all made anew", func(n, _ int64) (string, activity.Fault) {
			return insert(n) + rebuild + relist, activity.Fault{Number: n, Reason: activity.Inserted}
		}},
		{"an act put in without a link", func(int64, int64) (string, activity.Fault) {
			return `INSERT INTO activity (id, verb, object, object_id) VALUES ('00000000-0000-4000-8000-00000000f0f0', 'grant.make', 'grant', 'forged')`,
				activity.Fault{Number: rows + 1, Reason: activity.Unlinked, Act: "00000000-0000-4000-8000-00000000f0f0"}
		}},
		{"the tail cut", func(n, _ int64) (string, activity.Fault) {
			return cut(n), activity.Fault{Number: n + 1, Reason: activity.Cut}
		}},
		{"the tail cut, all made anew", func(n, _ int64) (string, activity.Fault) {
			return cut(n) + rebuild + relist + fmt.Sprintf(`DELETE FROM activity_published WHERE number > %d`, n), activity.Fault{Number: n + 1, Reason: activity.Cut}
		}},
		{"the head of the database", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`UPDATE activity_head SET hash = (SELECT hash FROM activity_chain WHERE number = %d)`, n), activity.Fault{Number: rows, Reason: activity.HeadDiffers}
		}},
		{"the number of the database's head", func(n, _ int64) (string, activity.Fault) {
			return fmt.Sprintf(`UPDATE activity_head SET number = %d`, n), activity.Fault{Number: n + 1, Reason: activity.HeadDiffers}
		}},
		{"a listed head", func(int64, int64) (string, activity.Fault) {
			return `UPDATE activity_published SET hash = sha256(hash) WHERE number = 60`, activity.Fault{Number: 60, Reason: activity.HeadDiffers}
		}},
		{"a listed head taken off", func(int64, int64) (string, activity.Fault) {
			return `DELETE FROM activity_published WHERE number = 60`, activity.Fault{Number: 60, Reason: activity.HeadDiffers}
		}},
	}
	for _, c := range changed {
		list = append(list,
			tamper{c.column + " changed", func(n, _ int64) (string, activity.Fault) {
				return update(c.column, c.value, n), activity.Fault{Number: n, Reason: activity.Changed}
			}},
			tamper{c.column + " changed, all made anew", func(n, _ int64) (string, activity.Fault) {
				return update(c.column, c.value, n) + rebuild + relist, activity.Fault{Number: n, Reason: activity.Changed}
			}})
	}
	return list
}

// orCut is a row that is gone: behind the last there is none that shows the
// gap.
func orCut(n int64) activity.Fault {
	if n == rows {
		return activity.Fault{Number: n, Reason: activity.Cut}
	}
	return activity.Fault{Number: n, Reason: activity.Missing}
}

// TestTampering forges the record 1,000 times, as a superuser without
// triggers: each time Verify must name the first bad row and what is wrong
// with it.
func TestTampering(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	blobs := newBlobs(t)
	s := activity.New(d.DB, blobs, signer{key(1)}, issuer)
	recordMany(t, d.DB, 60)
	publish(t, s)
	recordMany(t, d.DB, rows-60)
	publish(t, s)
	keys, err := signer{key(1)}.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn := super(t, d)
	random := rand.New(rand.NewPCG(6, 22))
	list := tampers()
	const tries = 1000
	found := 0
	for i := range tries {
		way := list[i%len(list)]
		n := 1 + random.Int64N(rows-1)
		sql, want := way.do(n, n+1+random.Int64N(rows-n))
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "SET LOCAL session_replication_role = replica;"+sql); err != nil {
			t.Fatalf("%s at row %d: %v", way.name, n, err)
		}
		_, err = activity.VerifyIn(t.Context(), tx, blobs, keys)
		var got *activity.Fault
		if errors.As(err, &got) && *got == want && errs.KindOf(err) == errs.Conflict {
			found++
		} else {
			t.Errorf("%s at row %d: Verify = %v, want %v", way.name, n, err, &want)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("found %d of %d forgeries in %d ways, with the first bad row named", found, tries, len(list))
	if c, err := activity.VerifyIn(t.Context(), mustBegin(t, conn), blobs, keys); err != nil || c.Rows != rows || c.Heads != 2 || c.Unsigned != 0 {
		t.Errorf("Verify of the record as it is = %+v, %v", c, err)
	}
}

func mustBegin(t *testing.T, conn *pgx.Conn) pgx.Tx {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback(t.Context()) })
	return tx
}
