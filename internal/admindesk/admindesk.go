package admindesk

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/postgres"
)

// Service is the one way to read the desk.
type Service struct {
	db  *postgres.DB
	now func() time.Time
}

// New returns a service over db; now is the clock, time.Now outside tests.
func New(db *postgres.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

// reading runs fn for an admin of the platform.
func (s *Service) reading(ctx context.Context, a postgres.Actor, what string, fn func(tx pgx.Tx) error) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
	if err := s.db.InTx(ctx, a, fn); err != nil {
		return fmt.Errorf("admin desk: %s: %w", what, err)
	}
	return nil
}
