package upload

import (
	"context"
	"fmt"
	"io"

	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Protocol returns the handler of the tus protocol for uploads whose addresses
// are path followed by their storage id. Begin is asked for room before an upload
// that comes by POST; nil if none does. No page and no program downloads by it.
//
// It panics if the settings, which are constant, are wrong.
func (r *Receiver) Protocol(path string, begin func(handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error)) *handler.UnroutedHandler {
	composer := handler.NewStoreComposer()
	composer.UseCore(r)
	composer.UseTerminater(r)
	composer.UseLocker(NewLocks(r.service.db))
	h, err := handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, BasePath: path, MaxSize: r.service.limits.MaxBytes,
		DisableDownload: true, DisableConcatenation: true, Cors: &handler.CorsConfig{Disable: true},
		Logger:                  slog.New(slog.NewTextHandler(io.Discard, nil)),
		PreUploadCreateCallback: begin,
	})
	if err != nil {
		panic("upload: the settings of the tus handler are constant: " + err.Error())
	}
	return h
}

// Opening is what begins an upload.
type Opening struct {
	SizeBytes   int64
	Fingerprint string // as Upload.Fingerprint
	ChangeNote  string
}

// Open makes room for an upload as Begin does, and the object that its bytes go
// to; they follow by the tus protocol.
func (r *Receiver) Open(ctx context.Context, a postgres.Actor, l id.Listing, o Opening) (Upload, error) {
	u, err := r.service.Begin(ctx, a, l, o.SizeBytes, o.Fingerprint, o.ChangeNote)
	if err != nil {
		return Upload{}, err
	}
	if _, err := r.NewUpload(WithActor(ctx, a), handler.FileInfo{ID: string(u.ID), Size: o.SizeBytes}); err != nil {
		return Upload{}, fmt.Errorf("open upload %s: %w", u.ID, err)
	}
	return r.service.Find(ctx, a, u.ID)
}
