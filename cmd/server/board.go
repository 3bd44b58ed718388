package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"riverqueue.com/riverui"

	"assay/internal/postgres"
)

// newBoard is River's own pages of the queue, at a path of our server. They
// run until ctx ends.
func newBoard(ctx context.Context, db *postgres.DB, path string) (http.Handler, error) {
	quiet := slog.New(slog.DiscardHandler)
	client, err := river.NewClient(riverpgxv5.New(db.Pool()), &river.Config{Logger: quiet})
	if err != nil {
		return nil, fmt.Errorf("pages of the queue: %w", err)
	}
	board, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(client, nil), Prefix: path, Logger: quiet, JobListHideArgsByDefault: true,
	})
	if err != nil {
		return nil, fmt.Errorf("pages of the queue: %w", err)
	}
	if err := board.Start(ctx); err != nil {
		return nil, fmt.Errorf("pages of the queue: %w", err)
	}
	return board, nil
}
