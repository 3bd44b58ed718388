// Package blob keeps the bytes of submissions and documents in an object
// store: a folder by default, any S3-compatible store when configured. Keys
// are made by us; names of people's files never become keys.
package blob

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3://
	"gocloud.dev/gcerrors"

	"assay/internal/errs"
)

// Store is an object store.
type Store struct {
	bucket *blob.Bucket
	folder string // of a store in a folder; else empty
}

// Open opens the store at address: file:///folder (made if absent) or
// s3://bucket?region=…&endpoint=….
func Open(ctx context.Context, address string) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the object store's address is not valid")
	}
	if u.Scheme == "file" {
		return openFolder(filepath.FromSlash(u.Path))
	}
	bucket, err := blob.OpenBucket(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	return &Store{bucket: bucket}, nil
}

func openFolder(folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	return &Store{bucket, folder}, nil
}

// Close releases the store.
func (s *Store) Close() error { return s.bucket.Close() }

// Put writes an object whole, or not at all: a reader that fails leaves
// nothing. It returns the number of bytes.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	return s.put(ctx, key, r, false)
}

// PutNew is Put for an object that is never written over: it returns
// errs.Conflict if there is one of that key.
func (s *Store) PutNew(ctx context.Context, key string, r io.Reader) (int64, error) {
	n, err := s.put(ctx, key, r, true)
	if code := gcerrors.Code(err); code == gcerrors.FailedPrecondition || code == gcerrors.AlreadyExists {
		return n, errs.Wrap(errs.Conflict, "There is a file of that name in the store.", err)
	}
	return n, err
}

func (s *Store) put(ctx context.Context, key string, r io.Reader, isNew bool) (int64, error) {
	ctx, cancel := context.WithCancel(ctx) // canceled before Close, the write is dropped
	defer cancel()
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream", IfNotExist: isNew})
	if err != nil {
		return 0, fmt.Errorf("write object: %w", err)
	}
	n, err := io.Copy(w, r)
	if err != nil {
		cancel()
		w.Close()
		return n, fmt.Errorf("write object: %w", err)
	}
	if err := w.Close(); err != nil {
		return n, fmt.Errorf("write object: %w", err)
	}
	return n, nil
}

// Get opens an object from offset to its end. It returns errs.NotFound if
// there is none.
func (s *Store) Get(ctx context.Context, key string, offset int64) (io.ReadCloser, error) {
	r, err := s.bucket.NewRangeReader(ctx, key, offset, -1, nil)
	if err != nil {
		return nil, kind(err)
	}
	return r, nil
}

// Size returns the bytes of an object, or errs.NotFound.
func (s *Store) Size(ctx context.Context, key string) (int64, error) {
	a, err := s.bucket.Attributes(ctx, key)
	if err != nil {
		return 0, kind(err)
	}
	return a.Size, nil
}

// Stat returns what List says of an object, or errs.NotFound.
func (s *Store) Stat(ctx context.Context, key string) (Object, error) {
	a, err := s.bucket.Attributes(ctx, key)
	if err != nil {
		return Object{}, kind(err)
	}
	return Object{key, a.Size, a.ModTime}, nil
}

// Delete removes an object; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete object: %w", err)
	}
	return nil
}

// Object is one row of a List.
type Object struct {
	Key   string
	Bytes int64
	At    time.Time // last written
}

// Objects a page of List. A folder is walked from its beginning for each page,
// so its pages are large; S3 gives at most 1,000 at once.
const (
	pageOfFolder = 50_000
	pageOfBucket = 1000
)

// List calls visit for each object whose key starts with prefix, in the order
// of their keys.
func (s *Store) List(ctx context.Context, prefix string, visit func(Object) error) error {
	size := pageOfBucket
	if s.folder != "" {
		size = pageOfFolder
	}
	for token := blob.FirstPageToken; len(token) > 0; {
		page, next, err := s.bucket.ListPage(ctx, token, size, &blob.ListOptions{Prefix: prefix})
		if err != nil {
			return fmt.Errorf("list objects: %w", err)
		}
		for _, o := range page {
			if o.IsDir || strings.HasSuffix(o.Key, ".attrs") {
				continue
			}
			if err := visit(Object{o.Key, o.Size, o.ModTime}); err != nil {
				return err
			}
		}
		token = next
	}
	return nil
}

// Room is the room on the disk of a store, in bytes.
type Room struct {
	Free  int64 // for this process
	Total int64
}

// Room returns the room on the store's disk; ok is false for a store that does
// not say, such as S3.
func (s *Store) Room() (r Room, ok bool, err error) {
	if s.folder == "" {
		return Room{}, false, nil
	}
	return roomOf(s.folder)
}

func kind(err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return errs.Wrap(errs.NotFound, "This file is not in the store.", err)
	}
	return fmt.Errorf("object store: %w", err)
}
