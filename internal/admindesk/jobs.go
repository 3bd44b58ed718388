package admindesk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/job"
	"assay/internal/postgres"
)

// KindOfJob is how the jobs of a kind stand.
type KindOfJob struct {
	Kind      string     `db:"kind"`
	Waiting   int        `db:"waiting"` // due, or planned for later
	Running   int        `db:"running"`
	Retryable int        `db:"retryable"` // failed, and tried again
	Discarded int        `db:"discarded"` // failed for good
	Completed int        `db:"completed"` // of the last 24 hours
	Oldest    *time.Time `db:"oldest"`    // since when the first of those due waits
}

const kindsOfJobs = `
SELECT   kind,
         (count(*) FILTER (WHERE state IN ('available', 'pending', 'scheduled')))::int AS waiting,
         (count(*) FILTER (WHERE state = 'running'))::int AS running,
         (count(*) FILTER (WHERE state = 'retryable'))::int AS retryable,
         (count(*) FILTER (WHERE state = 'discarded'))::int AS discarded,
         (count(*) FILTER (WHERE state = 'completed' AND finalized_at > now() - interval '24 hours'))::int AS completed,
         min(scheduled_at) FILTER (WHERE state = 'available') AS oldest
FROM     river_job
GROUP BY kind
ORDER BY kind`

// Hour is how many of something there were in an hour.
type Hour struct {
	From time.Time `db:"hour"`
	N    int       `db:"n"`
	Of   int       `db:"of_all"` // among how many
}

const jobsByHour = `
SELECT    h.hour, count(j.id)::int AS n, count(j.id)::int AS of_all
FROM      generate_series(date_trunc('hour', now()) - interval '23 hours', date_trunc('hour', now()), interval '1 hour') AS h (hour)
LEFT JOIN river_job j ON j.state = 'completed' AND j.kind <> 'sweep'
          AND j.finalized_at >= h.hour AND j.finalized_at < h.hour + interval '1 hour'
GROUP BY  h.hour
ORDER BY  h.hour`

// FailedJob is one that failed at least once and is not finished, or never
// will be. Its arguments are ids only and are left out all the same.
type FailedJob struct {
	ID       int64     `db:"id"`
	Kind     string    `db:"kind"`
	State    string    `db:"state"`
	Attempt  int       `db:"attempt"`
	Most     int       `db:"max_attempts"`
	NextAt   time.Time `db:"scheduled_at"`
	FailedAt time.Time `db:"failed_at"`
	Error    string    `db:"error"`
}

const failedJobs = `
SELECT   id, kind, state::text AS state, attempt::int AS attempt, max_attempts::int AS max_attempts, scheduled_at,
         coalesce((errors[cardinality(errors)] ->> 'at')::timestamptz, created_at) AS failed_at,
         left(coalesce(errors[cardinality(errors)] ->> 'error', ''), 300) AS error
FROM     river_job
WHERE    state IN ('retryable', 'discarded')
ORDER BY (state = 'discarded') DESC, id DESC
LIMIT    50`

// Jobs is the queue.
type Jobs struct {
	Kinds  []KindOfJob
	Hours  []Hour // of finished jobs without sweeps, 24 hours, the oldest first
	Failed []FailedJob
}

// Jobs reads the queue.
func (s *Service) Jobs(ctx context.Context, a postgres.Actor) (j Jobs, err error) {
	err = s.reading(ctx, a, "jobs", func(tx pgx.Tx) error {
		if j.Kinds, err = postgres.Many[KindOfJob](ctx, tx, kindsOfJobs); err != nil {
			return err
		}
		if j.Hours, err = postgres.Many[Hour](ctx, tx, jobsByHour); err != nil {
			return err
		}
		j.Failed, err = postgres.Many[FailedJob](ctx, tx, failedJobs)
		return err
	})
	return j, err
}

// RetryJob lets a job run now; errs.NotFound if there is none.
func (s *Service) RetryJob(ctx context.Context, a postgres.Actor, number int64) error {
	return s.moveJob(ctx, a, number, "job.retry", job.Retry)
}

// CancelJob ends a job that waits; one that runs is asked to stop.
func (s *Service) CancelJob(ctx context.Context, a postgres.Actor, number int64) error {
	return s.moveJob(ctx, a, number, "job.cancel", job.Cancel)
}

// DeleteJob takes a job out of the queue for good; one that runs is
// errs.Conflict.
func (s *Service) DeleteJob(ctx context.Context, a postgres.Actor, number int64) error {
	return s.moveJob(ctx, a, number, "job.delete", job.Delete)
}

// PauseQueue keeps workers from taking jobs of a queue until ResumeQueue.
func (s *Service) PauseQueue(ctx context.Context, a postgres.Actor, queue string) error {
	return s.moveQueue(ctx, a, queue, "queue.pause", job.Pause)
}

// ResumeQueue ends a PauseQueue.
func (s *Service) ResumeQueue(ctx context.Context, a postgres.Actor, queue string) error {
	return s.moveQueue(ctx, a, queue, "queue.resume", job.Resume)
}

func (s *Service) moveQueue(ctx context.Context, a postgres.Actor, queue, verb string, move func(context.Context, pgx.Tx, string) error) error {
	return s.reading(ctx, a, verb, func(tx pgx.Tx) error {
		if err := move(ctx, tx, queue); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: verb, Object: "queue", ObjectID: queue})
	})
}

func (s *Service) moveJob(ctx context.Context, a postgres.Actor, number int64, verb string, move func(context.Context, pgx.Tx, int64) (string, error)) error {
	return s.reading(ctx, a, verb, func(tx pgx.Tx) error {
		kind, err := move(ctx, tx, number)
		if err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: verb, Object: "job", ObjectID: jobID(number), Detail: map[string]string{"kind": kind}})
	})
}

// ParseJob reads the number of a job.
func ParseJob(text string) (int64, error) {
	n, err := parsePositive(text)
	if err != nil {
		return 0, errs.New(errs.NotFound, "There is no such job.")
	}
	return n, nil
}
