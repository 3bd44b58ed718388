package credential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/seal"
	"assay/internal/vault"
)

// Catalog is told of an annotator for whom more or less counts than before, in
// the transaction that makes it so. An error undoes the whole act.
type Catalog interface {
	AnnotatorChanged(ctx context.Context, tx pgx.Tx, org id.Organization, annotator id.Annotator) error
}

// Service is the one way to write annotators and credentials.
type Service struct {
	db      *postgres.DB
	vault   *vault.Service
	catalog Catalog
	box     seal.Box
	now     func() time.Time
}

// Options are what a Service needs besides its neighbors.
type Options struct {
	// SecretKey seals names and numbers, by a key derived from it; OldSecretKeys
	// open what they sealed before.
	SecretKey     []byte
	OldSecretKeys [][]byte
	Now           func() time.Time // time.Now if nil
}

// New returns a service that keeps evidence in v.
func New(db *postgres.DB, v *vault.Service, catalog Catalog, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db, v, catalog, seal.New("assay annotator", o.SecretKey, o.OldSecretKeys...), o.Now}
}

// unseal returns what was sealed for a row; what was erased is empty.
func (s *Service) unseal(sealed []byte, row string) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := s.box.Open(sealed, row)
	if err != nil {
		return "", fmt.Errorf("a name or number: %w", err)
	}
	return string(plain), nil
}

const (
	noSuchAnnotator  = "There is no such annotator."
	noSuchCredential = "There is no such credential."
)

// mayManage lets owners and admins of the actor's organization pass.
func mayManage(a postgres.Actor) vault.Ask {
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := account.Require(ctx, tx, a, account.Role.CanManage)
		return err
	}
}

func requireReviewer(a postgres.Actor) error {
	if a.User == "" || (a.Platform != postgres.Reviewer && a.Platform != postgres.Admin) {
		return errs.New(errs.NotFound, noSuchCredential)
	}
	return nil
}

const lockAnnotators = `
SELECT annotators_lock(@organization)`

// lock makes checks, removals and publishing of an organization wait for each
// other.
func lock(ctx context.Context, tx pgx.Tx, org id.Organization) error {
	if _, err := tx.Exec(ctx, lockAnnotators, pgx.NamedArgs{"organization": org}); err != nil {
		return fmt.Errorf("annotators: %w", err)
	}
	return nil
}

// changed tells the catalog of an annotator, after lock.
func (s *Service) changed(ctx context.Context, tx pgx.Tx, org id.Organization, annotator id.Annotator) error {
	if s.catalog == nil {
		return nil
	}
	return s.catalog.AnnotatorChanged(ctx, tx, org, annotator)
}

// record writes an act into the log of activity. Detail never holds a name, a
// number or a label.
func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, verb, object, objectID string, detail map[string]string) error {
	return activity.Record(ctx, tx, activity.Entry{
		Actor: a, Organization: org, Verb: verb, Object: object, ObjectID: objectID, Detail: detail,
	})
}

// refusedBy reports whether the database refused a statement for a rule.
func refusedBy(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == constraint
}
