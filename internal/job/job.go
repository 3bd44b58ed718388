// Package job is the work that outlives a request: what kinds there are, how
// one is put in the queue within the transaction that wants it, and the
// workers that carry it out. The queue is River, in Postgres.
//
// Arguments hold identifiers only, since rows of the queue are read by
// operators. A job may run more than once: its worker asks the database what
// is still to do.
package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"assay/internal/errs"
	"assay/internal/id"
)

// Queues. Audits are long, so they have workers of their own.
const (
	queueDefault = river.QueueDefault
	queueAudit   = "audit"
	queueFree    = "free_audit"
	queueReaudit = "reaudit"
)

// AuditVersion audits the files of a version, on behalf of the user who
// submitted them.
type AuditVersion struct {
	Organization id.Organization `json:"organization"`
	User         id.User         `json:"user"`
	Version      id.Version      `json:"version"`
}

// Kind names the job in the queue.
func (AuditVersion) Kind() string { return "audit_version" }

// InsertOpts sends audits to their own workers.
func (AuditVersion) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueAudit, MaxAttempts: 5}
}

// FreeAudit audits what a visitor without an account has sent.
type FreeAudit struct {
	ID id.FreeAudit `json:"id"`
}

// Kind names the job in the queue.
func (FreeAudit) Kind() string { return "free_audit" }

// InsertOpts keeps free audits from those of sellers, and tries once more.
func (FreeAudit) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueFree, MaxAttempts: 2}
}

// SendMail sends one message of the outbox.
type SendMail struct {
	Outbox string `json:"outbox"`
}

// Kind names the job in the queue.
func (SendMail) Kind() string { return "send_mail" }

// InsertOpts lets a mail be tried for half a day, after which its sweep asks
// again, and keeps one job a mail.
func (SendMail) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 12, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// DeliverNotice brings one event to the people whom it concerns.
type DeliverNotice struct {
	Notice id.Notice `json:"notice"`
}

// Kind names the job in the queue.
func (DeliverNotice) Kind() string { return "deliver_notice" }

// InsertOpts lets a delivery be tried for half a day, and keeps one job an
// event: asking again for one that still waits does nothing.
func (DeliverNotice) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 12, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// ExportAccount gathers what is kept about a person.
type ExportAccount struct {
	Export id.Export `json:"export"`
}

// Kind names the job in the queue.
func (ExportAccount) Kind() string { return "export_account" }

// InsertOpts keeps one job an export.
func (ExportAccount) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 5, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// SendDigests mails what waits for the mail of the day. It runs by the clock.
type SendDigests struct{}

// Kind names the job in the queue.
func (SendDigests) Kind() string { return "send_digests" }

// InsertOpts keeps at most one waiting.
func (SendDigests) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished(), ByPeriod: digestsEvery}}
}

// digestsEvery is how often SendDigests runs: so late may a digest be.
const digestsEvery = 5 * time.Minute

// unfinished are the states of a job that has still to run, or runs.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// CheckDomain looks whether an organization holds its domain.
type CheckDomain struct {
	Organization id.Organization `json:"organization"`
}

// Kind names the job in the queue.
func (CheckDomain) Kind() string { return "check_domain" }

// InsertOpts tries a look thrice: what it does not find is no error.
func (CheckDomain) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// Sweep looks for what a crash left behind: audits without a worker, expired
// uploads, orphaned objects. It runs by the clock.
type Sweep struct{}

// Kind names the job in the queue.
func (Sweep) Kind() string { return "sweep" }

// InsertOpts keeps at most one sweep waiting.
func (Sweep) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished(), ByPeriod: sweepEvery}}
}

// sweepEvery is how often Sweep runs.
const sweepEvery = 15 * time.Second

// PublishActivity publishes the head of the record of acts. It runs by the
// clock.
type PublishActivity struct{}

// Kind names the job in the queue.
func (PublishActivity) Kind() string { return "publish_activity" }

// InsertOpts keeps at most one waiting; the next hour tries again.
func (PublishActivity) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished(), ByPeriod: publishEvery}}
}

// publishEvery is how often PublishActivity runs.
const publishEvery = time.Hour

// ReauditVersion audits a live version again, by new rules.
type ReauditVersion struct {
	Reaudit id.Reaudit `json:"reaudit"`
}

// Kind names the job in the queue.
func (ReauditVersion) Kind() string { return "reaudit_version" }

// InsertOpts keeps them behind everything else.
func (ReauditVersion) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueReaudit, Priority: 4, MaxAttempts: 3}
}

// QueueReaudits looks for live versions that older rules audited. It runs by
// the clock.
type QueueReaudits struct{}

// Kind names the job in the queue.
func (QueueReaudits) Kind() string { return "queue_reaudits" }

// InsertOpts keeps at most one waiting.
func (QueueReaudits) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished(), ByPeriod: reauditsEvery}}
}

// reauditsEvery is how often QueueReaudits runs.
const reauditsEvery = 10 * time.Minute

// MeasureStorage measures what the platform keeps. It runs by the clock, and
// when an admin asks.
type MeasureStorage struct{}

// Kind names the job in the queue.
func (MeasureStorage) Kind() string { return "measure_storage" }

// InsertOpts keeps at most one waiting: asking again for one that runs does
// nothing.
func (MeasureStorage) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByState: unfinished()}}
}

// MeasureStorageEvery is how often MeasureStorage runs by the clock.
const MeasureStorageEvery = 6 * time.Hour

// DeleteOrphans deletes the objects that an admin chose and no row names.
type DeleteOrphans struct {
	Cleanup id.Cleanup `json:"cleanup"`
}

// Kind names the job in the queue.
func (DeleteOrphans) Kind() string { return "delete_orphans" }

// InsertOpts keeps one job a cleanup.
func (DeleteOrphans) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 12, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// Later is the error of a job that steps back: it is tried again then, and this
// try does not count.
func Later(by time.Duration) error { return river.JobSnooze(by) }

var inserter = func() *river.Client[pgx.Tx] {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic("job: an insert-only client needs no set-up: " + err.Error())
	}
	return client
}()

// Insert puts a job in the queue, in the transaction that wants it: it runs
// only if that commits.
func Insert(ctx context.Context, tx pgx.Tx, args river.JobArgs) error {
	if _, err := inserter.InsertTx(ctx, tx, args, nil); err != nil {
		return fmt.Errorf("queue %s: %w", args.Kind(), err)
	}
	return nil
}

// Workers is the set of functions that carry jobs out, one a kind.
type Workers struct{ set *river.Workers }

// NewWorkers returns an empty set.
func NewWorkers() Workers { return Workers{river.NewWorkers()} }

// Handle says what carries out jobs of kind T. An error means "try again
// later"; its text must hold no identifier, since the queue keeps it.
func Handle[T river.JobArgs](w Workers, do func(ctx context.Context, args T) error) {
	river.AddWorker(w.set, river.WorkFunc(func(ctx context.Context, j *river.Job[T]) error {
		return do(ctx, j.Args)
	}))
}

// Runner takes jobs from the queue until stopped.
type Runner struct{ client *river.Client[pgx.Tx] }

// Options says how many jobs run side by side.
type Options struct {
	Audits int // at least 1
	Others int // at least 1
	Log    *slog.Logger
}

// rescueAfter is how long a job may run before it is taken for one of a
// process that died, and given to another. A mail takes half a minute at most;
// an audit that runs on is left alone by its second worker, since Sweep knows
// its lease.
const rescueAfter = 5 * time.Minute

// NewRunner prepares the workers on a pool.
func NewRunner(pool *pgxpool.Pool, w Workers, o Options) (*Runner, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Logger:     o.Log,
		Workers:    w.set,
		JobTimeout: -1, // an audit takes as long as its files need; it has limits of its own
		Queues: map[string]river.QueueConfig{
			queueDefault: {MaxWorkers: o.Others},
			queueAudit:   {MaxWorkers: o.Audits},
			queueFree:    {MaxWorkers: 1},
			queueReaudit: {MaxWorkers: 1},
		},
		RescueStuckJobsAfter: rescueAfter,
		PeriodicJobs: []*river.PeriodicJob{every(sweepEvery, Sweep{}), every(digestsEvery, SendDigests{}), every(publishEvery, PublishActivity{}), every(reauditsEvery, QueueReaudits{}),
			every(MeasureStorageEvery, MeasureStorage{})},
		FetchPollInterval: time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("job workers: %w", err)
	}
	return &Runner{client}, nil
}

// every puts a job into the queue at the start and then by the clock.
func every(period time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(period),
		func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

// Start begins to take jobs; ctx ends them hard.
func (r *Runner) Start(ctx context.Context) error { return r.client.Start(ctx) }

// Stop waits for running jobs until ctx ends, then cancels them.
func (r *Runner) Stop(ctx context.Context) error {
	if err := r.client.Stop(ctx); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return r.client.StopAndCancel(hard)
}

// Retry lets a job run now, whatever its state, and returns its kind.
func Retry(ctx context.Context, tx pgx.Tx, number int64) (kind string, err error) {
	return move(inserter.JobRetryTx(ctx, tx, number))
}

// Cancel ends a job that waits, asks one that runs to stop, and returns its
// kind. One that is finished stays as it is.
func Cancel(ctx context.Context, tx pgx.Tx, number int64) (kind string, err error) {
	return move(inserter.JobCancelTx(ctx, tx, number))
}

// Delete takes a job out of the queue for good and returns its kind. One that
// runs is errs.Conflict.
func Delete(ctx context.Context, tx pgx.Tx, number int64) (kind string, err error) {
	return move(inserter.JobDeleteTx(ctx, tx, number))
}

func move(row *rivertype.JobRow, err error) (string, error) {
	switch {
	case errors.Is(err, rivertype.ErrNotFound):
		return "", errs.New(errs.NotFound, "There is no such job.")
	case errors.Is(err, rivertype.ErrJobRunning):
		return "", errs.New(errs.Conflict, "The job runs. Cancel it before you delete it.")
	case err != nil:
		return "", err
	}
	return row.Kind, nil
}

// Pause keeps workers from taking jobs of a queue until Resume; those that run
// go on.
func Pause(ctx context.Context, tx pgx.Tx, queue string) error {
	return queueMoved(queue, func() error { return inserter.QueuePauseTx(ctx, tx, queue, nil) })
}

// Resume ends a Pause.
func Resume(ctx context.Context, tx pgx.Tx, queue string) error {
	return queueMoved(queue, func() error { return inserter.QueueResumeTx(ctx, tx, queue, nil) })
}

func queueMoved(queue string, move func() error) error {
	none := errs.New(errs.NotFound, "There is no such queue.")
	if queue == "*" { // by which River means every queue
		return none
	}
	err := move()
	if errors.Is(err, rivertype.ErrNotFound) {
		return none
	}
	return err
}
