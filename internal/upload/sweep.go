package upload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/blob"
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

// Of orphans: how often each process looks for them, since it lists every
// object, and how many objects one statement asks about.
const (
	orphansEvery = time.Hour
	orphansAtOne = 1000
)

// deleteOrphans looks through the store for objects without a row, once each
// orphansEvery.
func (s *Service) deleteOrphans(ctx context.Context) error {
	s.orphans.Lock()
	defer s.orphans.Unlock()
	if time.Since(s.orphans.lookedAt) < orphansEvery {
		return nil
	}
	var old []string
	ask := func() error {
		orphans, err := s.withoutRow(ctx, old)
		for _, key := range orphans {
			err = errors.Join(err, s.blobs.Delete(ctx, key))
		}
		old = old[:0]
		return err
	}
	err := s.blobs.List(ctx, folder, func(o blob.Object) error {
		if time.Since(o.At) < orphanAge {
			return nil
		}
		if old = append(old, o.Key); len(old) < orphansAtOne {
			return nil
		}
		return ask()
	})
	if err == nil {
		err = ask()
	}
	if err == nil {
		s.orphans.lookedAt = time.Now()
	}
	return err
}

const knownUploads = `
SELECT id
FROM   upload
WHERE  id = ANY (@ids)`

// withoutRow returns those of keys whose object belongs to no upload.
func (s *Service) withoutRow(ctx context.Context, keys []string) (orphans []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var ids []id.Upload
	for _, key := range keys {
		if u, ok := uploadOf(key); ok {
			ids = append(ids, u)
		}
	}
	known := map[id.Upload]bool{}
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		list, err := postgres.Values[id.Upload](ctx, tx, knownUploads, pgx.NamedArgs{"ids": ids})
		for _, u := range list {
			known[u] = true
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("objects without a row: %w", err)
	}
	for _, key := range keys {
		if u, ok := uploadOf(key); !ok || !known[u] {
			orphans = append(orphans, key)
		}
	}
	return orphans, nil
}

// uploadOf returns the upload that an object's key names.
func uploadOf(key string) (id.Upload, bool) {
	name, _, _ := strings.Cut(strings.TrimPrefix(key, folder), ".")
	return id.Parse[id.Upload](name)
}
