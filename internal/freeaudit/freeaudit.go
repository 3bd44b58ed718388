package freeaudit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/archive"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Lifetime is how long a result is kept after its files came.
const Lifetime = time.Hour

// Retry is after how long a visitor who was turned away may try again.
const Retry = 2 * time.Minute

// ErrBusy says that too many audits wait.
var ErrBusy = errs.New(errs.Unavailable, "Too many audits wait at the moment. Try again in two minutes, or audit in your browser or on the command line, where nobody waits.")

// TooLarge says that files are larger than the limit.
func TooLarge(limit int64) error {
	return errs.Newf(errs.TooLarge, "The files are larger than %s, the limit without an account. Audit them in your browser or on the command line: neither has this limit.", audit.FormatBytes(limit))
}

// Limits bound what visitors send.
type Limits struct {
	Bytes   int64 // of one sending
	Waiting int   // audits that wait or run at once
	Audit   audit.Limits
}

// DefaultLimits hold unless configured otherwise.
func DefaultLimits() Limits {
	return Limits{Bytes: 200 << 20, Waiting: 20, Audit: audit.Limits{
		Files: 20_000, FileBytes: 200 << 20, SetBytes: 2 << 30, ReadFrames: 100, SetTime: 10 * time.Minute, Crashes: 10,
	}}
}

// Options say how audits run.
type Options struct {
	Version  string // of the program, for the report
	Scratch  string // folder for staged objects
	Inspect  audit.InspectFunc
	Parallel int
	Space    archive.Scratch
	Tools    audit.Tools
	Limits   Limits // DefaultLimits if zero
}

// Service keeps and audits what visitors send.
type Service struct {
	db      *postgres.DB
	blobs   *blob.Store
	options Options
	log     *slog.Logger
}

// New returns a service that stages in o.Scratch.
func New(db *postgres.DB, blobs *blob.Store, o Options, log *slog.Logger) *Service {
	if o.Limits.Bytes == 0 {
		o.Limits = DefaultLimits()
	}
	return &Service{db, blobs, o, log}
}

// Limits returns what holds.
func (s *Service) Limits() Limits { return s.options.Limits }

// State is where an audit is.
type State string

// States; done and failed last until the row expires.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Audit is one sending and what came of it.
type Audit struct {
	ID         id.FreeAudit
	State      State
	Extension  string
	SizeBytes  int64
	Stage      string
	FilesDone  int
	FilesTotal int
	Reason     string
	Quality    []byte // lqs-report/1, once done
	Report     []byte // assay-report/1, once done
	CreatedAt  time.Time
	ExpiresAt  time.Time
	Before     int `db:"-"` // audits that wait before this one
}

// worker is on whose behalf rows are made and audits run: a visitor is nobody.
var worker = postgres.Actor{Platform: postgres.Worker}

// prefix starts the keys of objects.
const prefix = "free/"

func key(a id.FreeAudit) string { return prefix + string(a) }

// Room returns ErrBusy if too many audits wait. Ask before the first byte.
func (s *Service) Room(ctx context.Context) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error { return room(ctx, tx, s.options.Limits.Waiting) })
}

// Receive keeps the bytes of r, of a file of that name or of several in one
// archive if there is none, queues their audit and returns the secret of its
// link. It returns ErrBusy, and keeps nothing, if too many wait.
func (s *Service) Receive(ctx context.Context, r io.Reader, name string) (token string, err error) {
	a := Audit{ID: id.New[id.FreeAudit](), Extension: extension(name)}
	limited := &io.LimitedReader{R: r, N: s.options.Limits.Bytes + 1}
	if a.SizeBytes, err = s.blobs.Put(ctx, key(a.ID), limited); err != nil {
		return "", err
	}
	if a.SizeBytes > s.options.Limits.Bytes {
		err = TooLarge(s.options.Limits.Bytes)
	} else {
		token, err = s.queue(ctx, a)
	}
	if err != nil {
		return "", errors.Join(err, s.blobs.Delete(context.WithoutCancel(ctx), key(a.ID)))
	}
	return token, nil
}

func (s *Service) queue(ctx context.Context, a Audit) (token string, err error) {
	var secret [32]byte
	rand.Read(secret[:])
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	return token, s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if err := room(ctx, tx, s.options.Limits.Waiting); err != nil {
			return err
		}
		if err := insert(ctx, tx, a, hashOf(token)); err != nil {
			return err
		}
		return job.Insert(ctx, tx, job.FreeAudit{ID: a.ID})
	})
}

// extension returns the ending of a name if it is one that tells kinds of text
// apart, and nothing else of the name: an ending of somebody's own may say who
// it is about.
func extension(name string) string {
	if ext := strings.ToLower(path.Ext(name)); slices.Contains(endings, ext) {
		return ext
	}
	return ""
}

// endings are those of text, whose content does not always say what it is.
var endings = []string{
	".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xml", ".yaml", ".yml", ".md", ".html", ".hl7", ".names", ".data", ".obj", ".nrrd", ".mhd",
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Find returns the audit behind a link, or errs.NotFound if there is none any
// more.
func (s *Service) Find(ctx context.Context, token string) (a Audit, err error) {
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, hashOf(token)); err != nil {
			return err
		}
		a, err = find(ctx, tx, hashOf(token))
		return err
	})
	if err == nil && a.State == Queued {
		err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			a.Before, err = before(ctx, tx, a)
			return err
		})
	}
	return a, err
}

// Delete deletes the audit behind a link with its files. One that is gone is
// no error.
func (s *Service) Delete(ctx context.Context, token string) error {
	var gone []id.FreeAudit
	err := s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, hashOf(token)); err != nil {
			return err
		}
		var err error
		gone, err = remove(ctx, tx, hashOf(token))
		return err
	})
	for _, a := range gone {
		err = errors.Join(err, s.blobs.Delete(ctx, key(a)))
	}
	return err
}
