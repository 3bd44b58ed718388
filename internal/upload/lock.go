package upload

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/tus/tusd/v2/pkg/handler"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Locks lets one request at a time write to an upload, whichever of several
// web processes it reaches. A hold is a row that its holder renews, so that
// one of a process that died is free again after lockTime, and so that a slow
// upload keeps no connection of the database.
type Locks struct{ pool *pgxpool.Pool }

// NewLocks returns locks held in db.
func NewLocks(db *postgres.DB) *Locks { return &Locks{db.Pool()} }

const (
	lockTime  = 12 * time.Second
	lockRenew = 2 * time.Second
	lockRetry = 200 * time.Millisecond
)

// NewLock returns an unlocked lock of one upload.
func (l *Locks) NewLock(storageID string) (handler.Lock, error) {
	return &rowLock{pool: l.pool, storage: storageID, holder: id.New[string]()}, nil
}

type rowLock struct {
	pool            *pgxpool.Pool
	storage, holder string
	stop            context.CancelFunc
	done            sync.WaitGroup
}

const takeLock = `
INSERT INTO upload_lock (storage_id, holder, held_until)
VALUES ($1, $2, now() + $3)
ON CONFLICT (storage_id) DO UPDATE
SET    holder = excluded.holder, held_until = excluded.held_until, wanted = false
WHERE  upload_lock.held_until < now()`

// Lock waits for the lock until ctx ends. The holder is asked to let go: a
// browser that comes back after its connection broke must not wait for the
// old request.
func (l *rowLock) Lock(ctx context.Context, requestUnlock func()) error {
	for {
		tag, err := l.pool.Exec(ctx, takeLock, l.storage, l.holder, lockTime)
		if err != nil {
			return handler.ErrLockTimeout
		}
		if tag.RowsAffected() == 1 {
			l.keep(requestUnlock)
			return nil
		}
		if _, err := l.pool.Exec(ctx, `UPDATE upload_lock SET wanted = true WHERE storage_id = $1`, l.storage); err != nil {
			return handler.ErrLockTimeout
		}
		select {
		case <-ctx.Done():
			return handler.ErrLockTimeout
		case <-time.After(lockRetry):
		}
	}
}

// keep renews the hold until Unlock, and passes on that somebody waits.
func (l *rowLock) keep(requestUnlock func()) {
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	l.done.Go(func() {
		tick := time.NewTicker(lockRenew)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			var wanted bool
			err := l.pool.QueryRow(ctx, `UPDATE upload_lock SET held_until = now() + $3 WHERE storage_id = $1 AND holder = $2 RETURNING wanted`,
				l.storage, l.holder, lockTime).Scan(&wanted)
			if ctx.Err() == nil && (err != nil || wanted) {
				requestUnlock()
			}
		}
	})
}

// Unlock lets the lock go.
func (l *rowLock) Unlock() error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	l.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := l.pool.Exec(ctx, `DELETE FROM upload_lock WHERE storage_id = $1 AND holder = $2`, l.storage, l.holder)
	return err // a hold that could not be deleted ends by its time
}
