package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"assay/internal/errs"
	"assay/internal/upload"
)

// stage copies the object to local disk and checks that it is what arrived:
// size and SHA-256 as noted while it streamed in. The name on disk is ours.
func (r *run) stage(ctx context.Context, folder string) (*os.File, error) {
	object, err := r.blobs.Get(ctx, upload.Key(r.upload.ID), 0)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	f, err := os.OpenFile(filepath.Join(folder, "submission"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	if err := r.copyChecked(ctx, f, object); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (r *run) copyChecked(ctx context.Context, f *os.File, object io.Reader) error {
	digest := sha256.New()
	reader := &renewing{ctx: ctx, r: io.LimitReader(object, r.upload.SizeBytes+1), run: r}
	n, err := io.Copy(io.MultiWriter(f, digest), reader)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); n != r.upload.SizeBytes || sum != r.upload.SHA256 {
		return errs.New(errs.Internal, "the object in the store is not the one that was uploaded")
	}
	return nil
}
