package job_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestAJobRunsOnlyIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	done := make(chan id.Version, 2)
	w := job.NewWorkers()
	job.Handle(w, func(_ context.Context, a job.AuditVersion) error { done <- a.Version; return nil })
	job.Handle(w, func(context.Context, job.Sweep) error { return nil })
	job.Handle(w, func(context.Context, job.SendDigests) error { return nil })
	runner, err := job.NewRunner(db.Pool(), w, job.Options{Audits: 1, Others: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer runner.Stop(context.Background())

	rolledBack := errors.New("no")
	insert := func(v id.Version, result error) {
		err := db.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error {
			return errors.Join(job.Insert(t.Context(), tx, job.AuditVersion{Version: v}), result)
		})
		if !errors.Is(err, result) {
			t.Fatalf("InTx = %v, want %v", err, result)
		}
	}
	lost, kept := id.New[id.Version](), id.New[id.Version]()
	insert(lost, rolledBack)
	insert(kept, nil)

	select {
	case got := <-done:
		if got != kept {
			t.Errorf("the job of %s ran, want %s", got, kept)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("no job ran")
	}
}
