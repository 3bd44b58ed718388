package freeaudit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
)

// Sentences of failures.
const (
	brokenReason  = "The audit could not be finished: a fault on our side. Your files were deleted. Try again, or use the command line."
	largeReason   = "The report became larger than we keep here. Audit the files on the command line: it has no such limit."
	maxReportByte = 32 << 20
)

// errDeleted says that the holder has deleted the audit under way.
var errDeleted = errors.New("the audit was deleted")

// Work carries out one job. Files are deleted whatever comes of them; what
// another worker does or has done is left alone.
func (s *Service) Work(ctx context.Context, j job.FreeAudit) error {
	var a Audit
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		a, err = take(ctx, tx, j.ID)
		return err
	})
	if errs.KindOf(err) == errs.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	report, err := s.audit(ctx, a)
	if ctx.Err() != nil {
		return ctx.Err() // the server stops; the sweep gives it to another
	}
	if !errors.Is(err, errDeleted) {
		if err != nil {
			s.log.Error("free audit broke", "audit", j.ID, "error", err)
		}
		err = s.store(ctx, a, report, err)
	} else {
		err = nil
	}
	return errors.Join(err, s.blobs.Delete(ctx, key(j.ID)))
}

func (s *Service) audit(ctx context.Context, a Audit) (*audit.Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var latest atomic.Pointer[audit.Progress]
	var beating sync.WaitGroup
	beating.Go(func() { s.beat(ctx, a, &latest, cancel) })
	defer beating.Wait()
	defer cancel(nil)
	f, err := s.stage(ctx, a)
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	report, err := audit.RunFile(ctx, "file"+a.Extension, f, a.SizeBytes, audit.Options{
		Version: s.options.Version, Limits: s.options.Limits.Audit, Inspect: s.options.Inspect, Parallel: s.options.Parallel,
		Scratch: s.options.Space, Tools: s.options.Tools, Scoring: &audit.Scoring{Seed: 1},
		Now:      time.Now().UTC().Truncate(24 * time.Hour),
		Progress: func(p audit.Progress) { latest.Store(&p) },
	})
	if err != nil {
		err = cmp.Or(context.Cause(ctx), err)
	}
	return report, err
}

// beat tells every second that the audit lives and how far it is, and ends it
// once its holder has deleted it. A database that does not answer is no reason
// to end it.
func (s *Service) beat(ctx context.Context, a Audit, latest *atomic.Pointer[audit.Progress], end context.CancelCauseFunc) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		p := latest.Load()
		if p == nil {
			p = &audit.Progress{}
		}
		if err := s.renew(ctx, a, *p); errors.Is(err, errDeleted) {
			end(err)
		} else if err != nil && ctx.Err() == nil {
			s.log.Warn("progress of a free audit is not noted", "audit", a.ID, "error", err)
		}
	}
}

func (s *Service) renew(ctx context.Context, a Audit, p audit.Progress) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		there, err := renew(ctx, tx, a.ID, p)
		if err == nil && !there {
			err = errDeleted
		}
		return err
	})
}

// stage copies the object to local disk, under a name of ours.
func (s *Service) stage(ctx context.Context, a Audit) (*os.File, error) {
	object, err := s.blobs.Get(ctx, key(a.ID), 0)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	f, err := os.CreateTemp(s.options.Scratch, scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(object, a.SizeBytes+1))
	if err == nil && n != a.SizeBytes {
		err = errs.New(errs.Internal, "the object in the store is not the one that came")
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, fmt.Errorf("stage: %w", err)
	}
	return f, nil
}

// scratchPrefix starts the names of staged files.
const scratchPrefix = "free-"

// store keeps the result, or why there is none.
func (s *Service) store(ctx context.Context, a Audit, r *audit.Report, cause error) error {
	var quality, report bytes.Buffer
	state, reason := Done, ""
	if cause != nil {
		state, reason = Failed, brokenReason
	} else if err := errors.Join(r.Quality.WriteJSON(&quality), r.WriteJSON(&report)); err != nil {
		state, reason = Failed, brokenReason
	} else if max(quality.Len(), report.Len()) > maxReportByte {
		state, reason = Failed, largeReason
	}
	if state == Failed {
		quality.Reset()
		report.Reset()
	}
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		return finish(ctx, tx, a.ID, state, reason, quality.Bytes(), report.Bytes())
	})
}

// orphanAge is how old an object that no audit waits for must be to be deleted:
// its row is written after it.
const orphanAge = 15 * time.Minute

// Sweep deletes what is over an hour old, gives audits whose worker died to
// another one, and deletes what crashes left behind.
func (s *Service) Sweep(ctx context.Context) error {
	var over []id.FreeAudit
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		if over, err = expired(ctx, tx); err != nil {
			return err
		}
		dead, err := silent(ctx, tx)
		if err != nil {
			return err
		}
		for _, a := range dead {
			ended, err := restart(ctx, tx, a)
			if err != nil {
				return err
			}
			if ended {
				over = append(over, a)
			}
		}
		return nil
	})
	if err != nil {
		over = nil // the rows stay, so the objects must
	}
	for _, a := range over {
		err = errors.Join(err, s.blobs.Delete(ctx, key(a)))
	}
	return errors.Join(err, s.sweepObjects(ctx), s.sweepScratch())
}

// restart queues an audit once more, or ends it after too many attempts.
func restart(ctx context.Context, tx pgx.Tx, a id.FreeAudit) (ended bool, err error) {
	var attempt int
	if err := tx.QueryRow(ctx, `SELECT attempt FROM free_audit WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": a}).Scan(&attempt); err != nil {
		return false, fmt.Errorf("restart a free audit: %w", err)
	}
	if attempt >= maxAttempts {
		return true, finish(ctx, tx, a, Failed, brokenReason, nil, nil)
	}
	return false, job.Insert(ctx, tx, job.FreeAudit{ID: a})
}

// sweepObjects deletes objects that no audit waits for.
func (s *Service) sweepObjects(ctx context.Context) error {
	var old []id.FreeAudit
	err := s.blobs.List(ctx, prefix, func(o blob.Object) error {
		if a, ok := id.Parse[id.FreeAudit](strings.TrimPrefix(o.Key, prefix)); ok && time.Since(o.At) > orphanAge {
			old = append(old, a)
		}
		return nil
	})
	if err != nil || len(old) == 0 {
		return err
	}
	var wanted map[id.FreeAudit]bool
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		wanted, err = waiting(ctx, tx, old)
		return err
	})
	if err != nil {
		return err
	}
	for _, a := range old {
		if !wanted[a] {
			err = errors.Join(err, s.blobs.Delete(ctx, key(a)))
		}
	}
	return err
}

// sweepScratch deletes staged files that no audit can still read.
func (s *Service) sweepScratch() error {
	entries, err := os.ReadDir(s.options.Scratch)
	if err != nil {
		return fmt.Errorf("scratch folder: %w", err)
	}
	oldest := time.Now().Add(-s.options.Limits.Audit.SetTime - Lifetime)
	for _, e := range entries {
		info, infoErr := e.Info()
		if infoErr == nil && strings.HasPrefix(e.Name(), scratchPrefix) && info.ModTime().Before(oldest) {
			err = errors.Join(err, os.Remove(s.options.Scratch+string(os.PathSeparator)+e.Name()))
		}
	}
	return err
}
