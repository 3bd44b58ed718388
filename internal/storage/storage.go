package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Service measures, tells admins what was found, and deletes orphans.
type Service struct {
	db    *postgres.DB
	blobs *blob.Store
	now   func() time.Time
}

// New returns a service; now is the clock, time.Now outside tests.
func New(db *postgres.DB, blobs *blob.Store, now func() time.Time) *Service {
	return &Service{db, blobs, now}
}

// worker is the platform's own actor.
var worker = postgres.Actor{Platform: postgres.Worker}

// reading runs fn for an admin of the platform; for others there is nothing.
func (s *Service) reading(ctx context.Context, a postgres.Actor, what string, fn func(tx pgx.Tx) error) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
	if err := s.db.InTx(ctx, a, fn); err != nil {
		return fmt.Errorf("storage: %s: %w", what, err)
	}
	return nil
}

// Ask puts a measurement into the queue. One that waits or runs already is
// enough.
func (s *Service) Ask(ctx context.Context, a postgres.Actor) error {
	return s.reading(ctx, a, "ask", func(tx pgx.Tx) error {
		if err := job.Insert(ctx, tx, job.MeasureStorage{}); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: "storage.measure", Object: "storage", ObjectID: "all"})
	})
}
