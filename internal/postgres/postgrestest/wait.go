package postgrestest

import (
	"testing"
	"time"

	"assay/internal/postgres"
)

const blocked = `
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`

// AwaitLock returns once somebody waits for a lock of the database, or done is
// closed: what was started beside a test has then come as far as it can.
func AwaitLock(t testing.TB, db *postgres.DB, done <-chan struct{}) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		var waits bool
		if err := db.Pool().QueryRow(t.Context(), blocked).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		if waits {
			return
		}
		select {
		case <-done:
			return
		case <-deadline:
			t.Fatal("nobody waits for a lock")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
