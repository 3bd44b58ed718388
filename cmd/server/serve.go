package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"assay/internal/config"
	"assay/internal/job"
)

type serveCommand struct{}

// Run serves pages and works off jobs.
func (serveCommand) Run(ctx context.Context) error { return runConfigured(ctx, true, true) }

type webCommand struct{}

// Run serves pages.
func (webCommand) Run(ctx context.Context) error { return runConfigured(ctx, true, false) }

type workerCommand struct{}

// Run works off jobs.
func (workerCommand) Run(ctx context.Context) error { return runConfigured(ctx, false, true) }

func runConfigured(ctx context.Context, web, workers bool) error {
	c, err := settings()
	if err != nil {
		return err
	}
	if err := c.CheckServing(); err != nil {
		return err
	}
	return run(ctx, c, web, workers, nil)
}

// run is the life of a server process: wire, start, wait, stop in order.
// started is called once everything answers; nil for nothing.
func run(ctx context.Context, c config.Config, web, workers bool, started func(*house) error) error {
	h, err := build(ctx, c, newLog(c))
	if err != nil {
		return err
	}
	defer h.close()
	if workers {
		runner, err := job.NewRunner(h.db.Pool(), h.workers(), job.Options{Audits: c.AuditWorkers, Others: 4, Log: h.log})
		if err != nil {
			return err
		}
		if err := runner.Start(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("start the workers: %w", err)
		}
		defer stopRunner(runner, h.log)
	}
	failed := make(chan error, 1)
	if web {
		stop, err := listen(c, h, failed)
		if err != nil {
			return err
		}
		defer stop()
	}
	if started != nil {
		if err := started(h); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		h.log.Info("stopping")
		return nil
	case err := <-failed:
		return err
	}
}

func stopRunner(r *job.Runner, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		log.Warn("workers did not stop in time", "error", err)
	}
}

// listen answers on the address until stop is called. Uploads are long: only
// headers and idle connections have a time limit.
func listen(c config.Config, h *house, failed chan<- error) (stop func(), err error) {
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: h.web, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug)}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	h.log.Info("listening", "address", l.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	}, nil
}

func newLog(c config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
