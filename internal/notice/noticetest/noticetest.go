// Package noticetest delivers notices in tests, where no worker runs.
package noticetest

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// URL is what links in delivered mail begin with.
const URL = "https://assay.test"

const waiting = `
SELECT   id::text
FROM     notice_event
WHERE    delivered_at IS NULL
ORDER BY created_at, id`

// Deliver delivers every event that waits, oldest first, and returns how many:
// inboxes and the outbox of mail hold them afterwards.
func Deliver(t testing.TB, db *postgres.DB) int {
	t.Helper()
	return DeliverBy(t, db, notice.New(db, notice.Options{PublicURL: URL, SecretKey: []byte("a key of thirty-two bytes or more")}))
}

// DeliverBy is Deliver by a service of the caller's own.
func DeliverBy(t testing.TB, db *postgres.DB, s *notice.Service) int {
	t.Helper()
	ctx := t.Context()
	var events []id.Notice
	err := db.InTx(ctx, postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) (err error) {
		events, err = postgres.Values[id.Notice](ctx, tx, waiting)
		return err
	})
	if err != nil {
		t.Fatalf("noticetest: %v", err)
	}
	for _, e := range events {
		if err := s.Deliver(ctx, job.DeliverNotice{Notice: e}); err != nil {
			t.Fatalf("noticetest: %v", err)
		}
	}
	return len(events)
}
