package privacy

import (
	"assay/internal/blob"
	"assay/internal/postgres"
	"context"
	"errors"
	"time"
)

// Kept is how long an export can be downloaded.
const Kept = 7 * 24 * time.Hour

// Service gathers exports and erases accounts.
type Service struct {
	db     *postgres.DB
	blobs  *blob.Store
	secret []byte
	old    [][]byte
}

// New returns a service over db. Exports are sealed with keys derived from
// secret and lie in blobs; old secrets, which it replaced, open theirs.
func New(db *postgres.DB, blobs *blob.Store, secret []byte, old ...[]byte) *Service {
	return &Service{db: db, blobs: blobs, secret: secret, old: old}
}

var worker = postgres.Actor{Platform: postgres.Worker}

// Sweep asks again for exports whose job was lost, deletes those that are over,
// and erases the accounts whose day has come.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.askAgain(ctx), s.deleteOld(ctx), s.eraseDue(ctx))
}
