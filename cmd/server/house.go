package main

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"assay/internal/account"
	"assay/internal/blob"
	"assay/internal/catalog"
	"assay/internal/config"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/web"
)

// house is everything of one process, wired together.
type house struct {
	config   config.Config
	log      *slog.Logger
	db       *postgres.DB
	blobs    *blob.Store
	accounts *account.Service
	web      http.Handler
}

// build opens what the settings name and wires the features.
func build(ctx context.Context, c config.Config, log *slog.Logger) (*house, error) {
	key, err := base64.StdEncoding.DecodeString(c.SecretKey)
	if err != nil {
		return nil, errors.New("ASSAY_SECRET_KEY is not base64")
	}
	h := &house{config: c, log: log}
	if h.db, err = postgres.Open(ctx, c.DatabaseURL); err != nil {
		return nil, err
	}
	if h.blobs, err = blob.Open(ctx, c.BlobURL); err != nil {
		h.db.Close()
		return nil, err
	}
	h.accounts = account.New(h.db, account.Options{PublicURL: c.PublicURL, SecretKey: key})
	h.web = web.New(c, log, web.Services{
		DB: h.db, Sessions: newSessions(c), Visitors: h.accounts,
		Catalog: catalog.NewStore(h.db),
	})
	return h, nil
}

func newSessions(c config.Config) *scs.SessionManager {
	m := scs.New()
	m.IdleTimeout, m.Lifetime = 12*time.Hour, 7*24*time.Hour
	m.Cookie.Name, m.Cookie.HttpOnly, m.Cookie.SameSite = "assay", true, http.SameSiteLaxMode
	if c.Secure() {
		m.Cookie.Name, m.Cookie.Secure = "__Host-assay", true
	}
	return m
}

// workers says what carries out each kind of job.
func (h *house) workers() job.Workers {
	w := job.NewWorkers()
	job.Handle(w, func(context.Context, job.Sweep) error { return nil })
	return w
}

func (h *house) close() {
	h.blobs.Close()
	h.db.Close()
}
