package upload

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// worker is whose behalf the sweep runs on.
var worker = postgres.Actor{Platform: postgres.Worker}

// orphanAge is how old an object without a row must be to be swept: a plain
// form writes its object before its row.
const orphanAge = 24 * time.Hour

// Sweep puts right what a crash or a closed tab left behind: uploads whose
// bytes are all there are finished, those that waited too long expire, and
// objects that belong to nothing are deleted.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.finishWhole(ctx), s.expire(ctx), s.deleteLeftovers(ctx), s.deleteOrphans(ctx))
}

func (s *Service) listForSweep(ctx context.Context, where string) (found []Upload, err error) {
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		found, err = list(ctx, tx, where)
		return err
	})
	return found, err
}

// finishWhole finishes uploads whose last byte was stored but not recorded.
func (s *Service) finishWhole(ctx context.Context) error {
	open, err := s.listForSweep(ctx, `state = 'receiving' AND updated_at < now() - interval '20 seconds'`)
	for _, u := range open {
		size, sizeErr := s.blobs.Size(ctx, Key(u.ID))
		if sizeErr != nil || size != u.SizeBytes {
			continue // bytes are missing, or the store shows the object only when it is whole
		}
		err = errors.Join(err, s.settleUpload(ctx, worker, u.ID))
	}
	return err
}

func (s *Service) expire(ctx context.Context) error {
	old, err := s.listForSweep(ctx, `state = 'receiving' AND expires_at < now()`)
	for _, u := range old {
		err = errors.Join(err, s.end(ctx, worker, u.ID, Expired))
	}
	return err
}

func (s *Service) deleteLeftovers(ctx context.Context) error {
	ended, err := s.listForSweep(ctx, `state IN ('canceled', 'expired') AND deleted_at IS NULL`)
	for _, u := range ended {
		err = errors.Join(err, s.deleteObject(ctx, worker, u))
	}
	return err
}

func (s *Service) deleteOrphans(ctx context.Context) error {
	return s.blobs.List(ctx, folder, func(o blob.Object) error {
		if time.Since(o.At) < orphanAge {
			return nil
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(o.Key, folder), ".")
		u, ok := id.Parse[id.Upload](name)
		if ok {
			if _, err := s.Find(ctx, worker, u); errs.KindOf(err) != errs.NotFound {
				return err
			}
		}
		return s.blobs.Delete(ctx, o.Key)
	})
}
