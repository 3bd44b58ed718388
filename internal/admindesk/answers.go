package admindesk

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/postgres"
)

// Bounds of Answers.
const (
	answersEvery = time.Minute
	// mostErrors is how many server errors a process keeps between two writes;
	// the counts hold the others.
	mostErrors = 100
	// answersKept is how long counts and errors are kept.
	answersKept = 7 * 24 * time.Hour
)

// Answers counts how requests were answered, by route and class of status.
// Each process counts in memory and adds what it has to the database every
// minute, beside the requests; a crash loses at most a minute.
type Answers struct {
	db  *postgres.DB
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	counted map[answered]int64
	failed  []ServerError

	stop, done chan struct{}
}

type answered struct {
	minute time.Time
	route  string
	class  string
}

// ServerError is an answer of 500 or above.
type ServerError struct {
	Request string    `db:"request_id"`
	At      time.Time `db:"at"`
	Method  string    `db:"method"`
	Route   string    `db:"route"` // the pattern
	Status  int       `db:"status"`
}

// NewAnswers counts until Close; now is the clock, time.Now outside tests.
func NewAnswers(db *postgres.DB, log *slog.Logger, now func() time.Time) *Answers {
	c := &Answers{db: db, log: log, now: now, counted: map[answered]int64{}, stop: make(chan struct{}), done: make(chan struct{})}
	go c.run()
	return c
}

// Count notes an answer. It never waits for the database. Routes are patterns,
// of which there are as many as the program has.
func (c *Answers) Count(request, method, route string, status int) {
	class := classOf(status)
	if class == "" {
		return
	}
	now := c.now().UTC()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counted[answered{now.Truncate(time.Minute), route, class}]++
	if class == "5xx" && len(c.failed) < mostErrors {
		c.failed = append(c.failed, ServerError{request, now, method, route, status})
	}
}

func classOf(status int) string {
	switch status / 100 {
	case 0, 2: // nothing written is 200
		return "2xx"
	case 3:
		return "3xx"
	case 4:
		return "4xx"
	case 5:
		return "5xx"
	}
	return ""
}

func (c *Answers) run() {
	defer close(c.done)
	tick := time.NewTicker(answersEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := c.Flush(context.Background()); err != nil {
				c.log.Warn("counts of answers were not written", "error", err)
			}
		case <-c.stop:
			return
		}
	}
}

const addAnswers = `
INSERT INTO answer_count (minute, route, class, n)
SELECT   *
FROM     unnest(@minutes::timestamptz[], @routes::text[], @classes::text[], @counts::bigint[])
ORDER BY 1, 2, 3
ON CONFLICT (minute, route, class) DO UPDATE
SET      n = answer_count.n + excluded.n`

const addError = `
INSERT INTO server_error (request_id, at, method, route, status)
VALUES (@request, @at, @method, @route, @status)
ON CONFLICT DO NOTHING`

const forgetAnswers = `
DELETE FROM answer_count
WHERE minute < @before`

const forgetErrors = `
DELETE FROM server_error
WHERE at < @before`

// Flush adds what was counted to the database and forgets what is old. What
// could not be written is lost: these are figures, not a record.
func (c *Answers) Flush(ctx context.Context) error {
	c.mu.Lock()
	counted, failed := c.counted, c.failed
	c.counted, c.failed = map[answered]int64{}, nil
	c.mu.Unlock()
	if len(counted) == 0 {
		return nil
	}
	var minutes []time.Time
	var routes, classes []string
	var counts []int64
	for k, n := range counted {
		minutes, routes, classes, counts = append(minutes, k.minute), append(routes, k.route), append(classes, k.class), append(counts, n)
	}
	before := pgx.NamedArgs{"before": c.now().Add(-answersKept)}
	return c.db.InTx(ctx, postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, addAnswers, pgx.NamedArgs{"minutes": minutes, "routes": routes, "classes": classes, "counts": counts})
		if err != nil {
			return err
		}
		for _, f := range failed {
			_, err := tx.Exec(ctx, addError, pgx.NamedArgs{"request": f.Request, "at": f.At, "method": f.Method, "route": f.Route, "status": f.Status})
			if err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, forgetAnswers, before); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, forgetErrors, before)
		return err
	})
}

// Close writes what is left and ends the counting.
func (c *Answers) Close(ctx context.Context) error {
	close(c.stop)
	<-c.done
	return c.Flush(ctx)
}

// Traffic is how requests of the last 24 hours were answered.
type Traffic struct {
	Classes []Count       // by class of status
	Hours   []Hour        // answers of 500 and above among all, 24 hours, the oldest first
	Routes  []FailedRoute // with the most of them
	Errors  []ServerError // the newest, at most 50
}

// FailedRoute is a route that failed.
type FailedRoute struct {
	Route string `db:"route"`
	N     int    `db:"n"`
	Of    int    `db:"of_all"`
}

const answersByClass = `
SELECT   class AS what, sum(n)::int AS n
FROM     answer_count
WHERE    minute > now() - interval '24 hours'
GROUP BY class
ORDER BY class`

const errorsByHour = `
SELECT    h.hour, coalesce(sum(a.n) FILTER (WHERE a.class = '5xx'), 0)::int AS n, coalesce(sum(a.n), 0)::int AS of_all
FROM      generate_series(date_trunc('hour', now()) - interval '23 hours', date_trunc('hour', now()), interval '1 hour') AS h (hour)
LEFT JOIN answer_count a ON a.minute >= h.hour AND a.minute < h.hour + interval '1 hour'
GROUP BY  h.hour
ORDER BY  h.hour`

const errorsByRoute = `
SELECT   route, (sum(n) FILTER (WHERE class = '5xx'))::int AS n, sum(n)::int AS of_all
FROM     answer_count
WHERE    minute > now() - interval '24 hours'
GROUP BY route
HAVING   sum(n) FILTER (WHERE class = '5xx') > 0
ORDER BY 2 DESC, route
LIMIT    20`

const newestErrors = `
SELECT   request_id, at, method, route, status
FROM     server_error
ORDER BY at DESC
LIMIT    50`

// Traffic reads what all processes have counted.
func (s *Service) Traffic(ctx context.Context, a postgres.Actor) (t Traffic, err error) {
	err = s.reading(ctx, a, "answers", func(tx pgx.Tx) error {
		if t.Classes, err = postgres.Many[Count](ctx, tx, answersByClass); err != nil {
			return err
		}
		if t.Hours, err = postgres.Many[Hour](ctx, tx, errorsByHour); err != nil {
			return err
		}
		if t.Routes, err = postgres.Many[FailedRoute](ctx, tx, errorsByRoute); err != nil {
			return err
		}
		t.Errors, err = postgres.Many[ServerError](ctx, tx, newestErrors)
		return err
	})
	return t, err
}
