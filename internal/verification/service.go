package verification

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// Service is the one way to write verification.
type Service struct {
	db    *postgres.DB
	vault *vault.Service
	look  *Looker
	now   func() time.Time
}

// New returns a service that keeps papers in v and proves domains by look.
func New(db *postgres.DB, v *vault.Service, look *Looker, now func() time.Time) *Service {
	return &Service{db, v, look, now}
}

const noSuchRequest = "There is no such request for verification."

func requireReviewer(a postgres.Actor) error {
	if a.User == "" || (a.Platform != postgres.Reviewer && a.Platform != postgres.Admin) {
		return errs.New(errs.NotFound, noSuchRequest)
	}
	return nil
}

// record writes an act into the log of activity.
func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, verb, object, objectID string, detail map[string]string) error {
	return activity.Record(ctx, tx, activity.Entry{
		Actor: a, Organization: org, Verb: verb, Object: object, ObjectID: objectID, Detail: detail,
	})
}
