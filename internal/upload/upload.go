package upload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/audit"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Versions moves a version along its lifecycle, within the transaction that
// records the upload.
type Versions interface {
	// StartVersion makes a version of a listing and moves it to uploading.
	StartVersion(ctx context.Context, tx pgx.Tx, a postgres.Actor, l id.Listing, note string) (listing.Version, error)
	// Queue moves uploading to queued.
	Queue(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error
	// CancelUpload moves uploading back to draft: canceled by the seller, or
	// expired if the actor is a worker.
	CancelUpload(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error
}

// Limits bound what an organization may send. All are in bytes.
type Limits struct {
	MaxBytes   int64 // of one upload
	QuotaBytes int64 // of all that an organization keeps, unless it was given other room
}

// keptFor is how long an unfinished upload waits for its next byte.
const keptFor = 7 * 24 * time.Hour

// State of an upload.
type State string

// States of an upload. Only Receiving changes.
const (
	Receiving State = "receiving" // bytes are missing
	Finished  State = "finished"  // all bytes are there, hashed, and queued for the audit
	Canceled  State = "canceled"  // given up by the seller
	Expired   State = "expired"   // waited too long for its next byte
)

// Upload is the way of one version's bytes into the store.
type Upload struct {
	ID            id.Upload       `db:"id"`
	Organization  id.Organization `db:"organization_id"`
	Version       id.Version      `db:"version_id"`
	User          id.User         `db:"user_id"`
	State         State           `db:"state"`
	StorageID     string          `db:"storage_id"`  // the last part of its tus address; empty for a plain form
	Fingerprint   string          `db:"fingerprint"` // digest of names, sizes and times; tells the same files again
	SizeBytes     int64           `db:"size_bytes"`
	ReceivedBytes int64           `db:"received_bytes"`
	SHA256        string          `db:"sha256"`
	ExpiresAt     time.Time       `db:"expires_at"`
}

// Service takes uploads in.
type Service struct {
	db       *postgres.DB
	blobs    *blob.Store
	versions Versions
	limits   Limits
	log      *slog.Logger
	orphans  struct {
		sync.Mutex
		lookedAt time.Time // when this process last looked for objects without a row
	}
}

// New returns a service over db that keeps bytes in blobs.
func New(db *postgres.DB, blobs *blob.Store, versions Versions, limits Limits, log *slog.Logger) *Service {
	return &Service{db: db, blobs: blobs, versions: versions, limits: limits, log: log}
}

// Limits returns the limits, for the page that tells them beforehand.
func (s *Service) Limits() Limits { return s.limits }

// folder is where in the store uploads lie.
const folder = "upload/"

// Key names the object of an upload in the store.
func Key(u id.Upload) string { return folder + string(u) }

var fingerprintForm = regexp.MustCompile(`^[0-9a-f]{0,64}$`)

// Begin makes room for sizeBytes of a new version of a listing, with a note of
// what changed. It returns errs.Invalid without the accepted agreement,
// errs.TooLarge over the limit or the quota, errs.Conflict if the listing takes
// no files now.
func (s *Service) Begin(ctx context.Context, a postgres.Actor, l id.Listing, sizeBytes int64, fingerprint, note string) (Upload, error) {
	if sizeBytes <= 0 {
		return Upload{}, errs.New(errs.Invalid, "The upload is empty. Choose at least one file.")
	}
	if !fingerprintForm.MatchString(fingerprint) {
		fingerprint = ""
	}
	u := Upload{ID: id.New[id.Upload](), Organization: a.Organization, User: a.User, State: Receiving,
		Fingerprint: fingerprint, SizeBytes: sizeBytes, ExpiresAt: time.Now().Add(keptFor)}
	return u, s.begin(ctx, a, l, &u, note)
}

// begin makes the version and the upload's row.
func (s *Service) begin(ctx context.Context, a postgres.Actor, l id.Listing, u *Upload, note string) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := s.mayBegin(ctx, tx, a, l, u.SizeBytes); err != nil {
			return err
		}
		v, err := s.versions.StartVersion(ctx, tx, a, l, note)
		if err != nil {
			return err
		}
		u.Version = v.ID
		return insert(ctx, tx, *u)
	})
	if postgres.IsUnique(err, "upload_one_a_version") {
		return errs.New(errs.Conflict, "Another upload for this data set is under way. Resume it, or cancel it first.")
	}
	return err
}

func (s *Service) mayBegin(ctx context.Context, tx pgx.Tx, a postgres.Actor, l id.Listing, sizeBytes int64) error {
	if sizeBytes > s.limits.MaxBytes {
		return errs.Newf(errs.TooLarge, "The upload is %s; the limit is %s. Split the data set into several listings or ask us.", audit.FormatBytes(sizeBytes), audit.FormatBytes(s.limits.MaxBytes))
	}
	accepted, err := hasAccepted(ctx, tx, a, l)
	if err != nil {
		return err
	}
	if !accepted {
		return errs.New(errs.Conflict, "Accept the upload agreement first.")
	}
	used, err := storedBytes(ctx, tx, a)
	if err != nil {
		return err
	}
	quota, err := s.quota(ctx, tx, a)
	if err != nil {
		return err
	}
	if used+sizeBytes > quota {
		return errs.Newf(errs.TooLarge, "Your organization keeps %s of its %s; this upload of %s does not fit. Withdraw an old version or ask us for more room.", audit.FormatBytes(used), audit.FormatBytes(quota), audit.FormatBytes(sizeBytes))
	}
	return nil
}

// Find returns an upload of the actor's organization by its id.
func (s *Service) Find(ctx context.Context, a postgres.Actor, u id.Upload) (found Upload, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		found, err = find(ctx, tx, a, u)
		return err
	})
	return found, err
}

// UnderWay returns the unfinished upload of a listing, or errs.NotFound.
func (s *Service) UnderWay(ctx context.Context, a postgres.Actor, l id.Listing) (found Upload, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		found, err = underWay(ctx, tx, a, l)
		return err
	})
	return found, err
}

// Used returns the bytes that the organization keeps, and how many it may.
func (s *Service) Used(ctx context.Context, a postgres.Actor) (n, quota int64, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if n, err = storedBytes(ctx, tx, a); err == nil {
			quota, err = s.quota(ctx, tx, a)
		}
		return err
	})
	return n, quota, err
}

// Finish records that all bytes are there and queues the audit, in one
// transaction. Called again it does nothing.
func (s *Service) Finish(ctx context.Context, a postgres.Actor, u id.Upload, sha256 string) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		found, err := lock(ctx, tx, a, u)
		if err != nil {
			return err
		}
		switch found.State {
		case Finished:
			return nil
		case Canceled, Expired:
			return errs.New(errs.Conflict, "This upload was given up. Start a new one.")
		}
		if err := markFinished(ctx, tx, found, sha256); err != nil {
			return err
		}
		if err := s.versions.Queue(ctx, tx, a, found.Version); err != nil {
			return err
		}
		audit := job.AuditVersion{Organization: found.Organization, User: found.User, Version: found.Version}
		if err := job.Insert(ctx, tx, audit); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: found.Organization, Verb: "upload.finish",
			Object: "version", ObjectID: string(found.Version), Detail: map[string]string{"sha256": sha256, "bytes": fmt.Sprint(found.SizeBytes)}})
	})
}

// Cancel gives an unfinished upload up: its bytes are deleted and the version
// is a draft again.
func (s *Service) Cancel(ctx context.Context, a postgres.Actor, u id.Upload) error {
	return s.end(ctx, a, u, Canceled)
}

// Discard gives up the finished upload of a version that is a draft again, in
// the caller's transaction. Its object is deleted by the next sweep.
func Discard(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version) error {
	found, err := lockFinished(ctx, tx, a, v)
	if err != nil {
		return err
	}
	if err := markEnded(ctx, tx, found, Canceled); err != nil {
		return err
	}
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: found.Organization, Verb: "upload." + string(Canceled),
		Object: "version", ObjectID: string(v)})
}

func (s *Service) end(ctx context.Context, a postgres.Actor, u id.Upload, state State) error {
	var found Upload
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) (err error) {
		if found, err = lock(ctx, tx, a, u); err != nil {
			return err
		}
		if found.State != Receiving {
			return errs.New(errs.Conflict, "This upload already ended.")
		}
		if err := markEnded(ctx, tx, found, state); err != nil {
			return err
		}
		if err := s.versions.CancelUpload(ctx, tx, a, found.Version); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: found.Organization, Verb: "upload." + string(state),
			Object: "version", ObjectID: string(found.Version)})
	})
	if err != nil {
		return err
	}
	return s.deleteObject(ctx, a, found)
}

// deleteObject removes what an ended upload left in the store; the sweep tries
// again if this fails.
func (s *Service) deleteObject(ctx context.Context, a postgres.Actor, u Upload) error {
	err := errors.Join(s.blobs.Delete(ctx, Key(u.ID)), s.blobs.Delete(ctx, Key(u.ID)+".info"), s.blobs.Delete(ctx, Key(u.ID)+".part"))
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error { return markDeleted(ctx, tx, u) })
}
