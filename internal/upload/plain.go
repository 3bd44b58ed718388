package upload

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Part is one file of a plain form.
type Part struct {
	Name string // as the browser gave it; it becomes the path within the submission
	Body io.Reader
}

// ReceivePlain takes the files of a plain form in: next returns one after the
// other and io.EOF at the end. One file is kept as it is, several become one
// tar. The version is queued for its audit at the end. Nothing is kept if the
// stream breaks.
func (s *Service) ReceivePlain(ctx context.Context, a postgres.Actor, l id.Listing, note string, next func() (Part, error)) (Upload, error) {
	if err := s.mayReceive(ctx, a, l); err != nil {
		return Upload{}, err
	}
	r, _, err := Join(next, s.limits.MaxBytes)
	if err != nil {
		return Upload{}, err
	}
	defer r.Close()
	return s.keep(ctx, a, l, note, r)
}

// Join makes one stream of the files of a form, of at most limit bytes each: one
// file as it is, with its name, or several as one tar. Files are kept on local
// disk until the stream is closed.
func Join(next func() (Part, error), limit int64) (r io.ReadCloser, name string, err error) {
	first, err := spool(next, limit)
	if err == io.EOF {
		return nil, "", errs.New(errs.Invalid, "No file arrived. Choose a zip, a tar or a DICOM file.")
	}
	if err != nil {
		return nil, "", err
	}
	second, err := spool(next, limit)
	if err != nil && err != io.EOF {
		first.discard()
		return nil, "", err
	}
	if second == nil {
		return first, first.name, nil
	}
	pr, pw := io.Pipe()
	go func() {
		pw.CloseWithError(pack(pw, []*spooled{first, second}, next, limit))
		first.discard()
		second.discard()
	}()
	return pr, "", nil
}

// mayReceive refuses before the first byte what would be refused after the
// last.
func (s *Service) mayReceive(ctx context.Context, a postgres.Actor, l id.Listing) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := s.mayBegin(ctx, tx, a, l, 1); err != nil {
			return err
		}
		_, err := underWay(ctx, tx, a, l)
		if err == nil {
			return errs.New(errs.Conflict, "Another upload for this data set is under way. Resume it, or cancel it first.")
		}
		if errs.KindOf(err) != errs.NotFound {
			return err
		}
		return nil
	})
}

// keep streams r into the store, then records upload and version at once.
func (s *Service) keep(ctx context.Context, a postgres.Actor, l id.Listing, note string, r io.Reader) (Upload, error) {
	u := Upload{ID: id.New[id.Upload](), Organization: a.Organization, User: a.User, State: Receiving, ExpiresAt: time.Now().Add(keptFor)}
	digest := sha256.New()
	limited := &limitedReader{r: r, left: s.limits.MaxBytes, limit: s.limits.MaxBytes}
	size, err := s.blobs.Put(ctx, Key(u.ID), io.TeeReader(limited, digest))
	if err != nil {
		return Upload{}, err
	}
	u.SizeBytes = size
	err = s.begin(ctx, a, l, &u, note)
	if err == nil {
		err = s.Finish(ctx, a, u.ID, hex.EncodeToString(digest.Sum(nil)))
	}
	if err != nil {
		return Upload{}, errors.Join(err, s.blobs.Delete(context.WithoutCancel(ctx), Key(u.ID)))
	}
	return s.Find(ctx, a, u.ID)
}

// spooled is a file of the form on local disk, since a tar needs its size
// before its bytes.
type spooled struct {
	name string
	size int64
	file *os.File
}

func (f *spooled) discard() {
	f.file.Close()
	os.Remove(f.file.Name())
}

// Read reads the file.
func (f *spooled) Read(p []byte) (int, error) { return f.file.Read(p) }

// Close deletes the file.
func (f *spooled) Close() error {
	f.discard()
	return nil
}

// spool reads the next file to disk; io.EOF if there is none.
func spool(next func() (Part, error), limit int64) (*spooled, error) {
	part, err := next()
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "assay-form-")
	if err != nil {
		return nil, fmt.Errorf("keep a file of the form: %w", err)
	}
	f := &spooled{name: part.Name, file: file}
	if f.size, err = io.Copy(file, &limitedReader{r: part.Body, left: limit, limit: limit}); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.discard()
		return nil, err
	}
	return f, nil
}

// pack writes the files as a tar: those spooled, then all that follow.
func pack(w io.Writer, spooledFiles []*spooled, next func() (Part, error), limit int64) error {
	tw := tar.NewWriter(w)
	add := func(f *spooled) error {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: f.size, Mode: 0o644, Format: tar.FormatPAX}
		if err := tw.WriteHeader(h); err != nil {
			return errs.Wrap(errs.Invalid, "The name of a file cannot be kept in an archive. Rename it and try again.", err)
		}
		_, err := io.Copy(tw, f.file)
		return err
	}
	for _, f := range spooledFiles {
		if err := add(f); err != nil {
			return err
		}
	}
	for {
		f, err := spool(next, limit)
		if err == io.EOF {
			return tw.Close()
		}
		if err != nil {
			return err
		}
		err = add(f)
		f.discard()
		if err != nil {
			return err
		}
	}
}

// limitedReader fails, rather than ends, past its limit.
type limitedReader struct {
	r           io.Reader
	left, limit int64
}

// Read passes bytes on until the limit is crossed.
func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errs.Newf(errs.TooLarge, "The upload is larger than the limit of %s.", audit.FormatBytes(l.limit))
	}
	return n, err
}
