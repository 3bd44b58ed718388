package upload

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"
	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/s3store"

	"assay/internal/id"
	"assay/internal/postgres"
)

// store is a tus store that can also end an upload.
type store interface {
	handler.DataStore
	handler.TerminaterDataStore
}

// openStore returns the tus store that writes to the same place as the object
// store at address: a folder, or an S3 bucket.
func openStore(ctx context.Context, address string) (store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the object store's address is not valid")
	}
	if u.Scheme == "file" {
		return filestore.New(filepath.Join(filepath.FromSlash(u.Path), strings.TrimSuffix(folder, "/"))), nil
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(u.Query().Get("region")))
	if err != nil {
		return nil, fmt.Errorf("settings of the S3 store: %w", err)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		if endpoint := u.Query().Get("endpoint"); endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
		o.UsePathStyle = u.Query().Get("use_path_style") == "true"
	})
	s := s3store.New(u.Host, client)
	s.ObjectPrefix = strings.TrimSuffix(folder, "/")
	return s, nil
}

// Receiver is the tus store of the uploads: it hashes what passes and notes
// how far it came, so that the digest goes on after a restart.
type Receiver struct {
	service *Service
	store   store
}

// NewReceiver returns the tus store at the object store's address.
func (s *Service) NewReceiver(ctx context.Context, address string) (*Receiver, error) {
	inner, err := openStore(ctx, address)
	if err != nil {
		return nil, err
	}
	return &Receiver{s, inner}, nil
}

type actorKey struct{}

// WithActor says on whose behalf the tus calls under ctx write.
func WithActor(ctx context.Context, a postgres.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns on whose behalf the tus calls under ctx write.
func ActorOf(ctx context.Context) postgres.Actor {
	a, _ := ctx.Value(actorKey{}).(postgres.Actor)
	return a
}

// ParseStorageID returns the upload that a tus address names. The S3 store
// appends "+" and a name of its own.
func ParseStorageID(storageID string) (id.Upload, bool) {
	ours, _, _ := strings.Cut(storageID, "+")
	return id.Parse[id.Upload](ours)
}

// NewUpload makes the object that Begin made room for; info.ID is its id.
func (r *Receiver) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	info.MetaData = handler.MetaData{} // names of files stay with their owner
	inner, err := r.store.NewUpload(ctx, info)
	if err != nil {
		return nil, err
	}
	made, err := inner.GetInfo(ctx)
	if err != nil {
		return nil, err
	}
	a := ActorOf(ctx)
	h, err := marshal(sha256.New(), 0)
	if err != nil {
		return nil, err
	}
	ours, _ := ParseStorageID(made.ID)
	err = r.service.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return saveReceived(ctx, tx, a, ours, made.ID, 0, h)
	})
	return &receiving{inner, r, ours}, err
}

// GetUpload opens an upload to go on with it.
func (r *Receiver) GetUpload(ctx context.Context, storageID string) (handler.Upload, error) {
	ours, ok := ParseStorageID(storageID)
	if !ok {
		return nil, handler.ErrNotFound
	}
	inner, err := r.store.GetUpload(ctx, storageID)
	if err != nil {
		return nil, err
	}
	return &receiving{inner, r, ours}, nil
}

type receiving struct {
	handler.Upload
	receiver *Receiver
	id       id.Upload
}

// WriteChunk writes a piece and hashes it on the way. The digest's state is
// saved after the bytes: if we die between, it lags behind, and catches up by
// reading the object.
func (u *receiving) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	s, a := u.receiver.service, ActorOf(ctx)
	var h hashing
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) (err error) {
		h, err = loadHashing(ctx, tx, a, u.id)
		return err
	})
	if err != nil {
		return 0, err
	}
	digest, follows := unmarshal(h)
	if follows = follows && h.Bytes == offset; follows {
		src = io.TeeReader(src, digest)
	}
	n, err := u.Upload.WriteChunk(ctx, offset, src)
	if follows {
		h, err = settle(h, digest, offset, n, err)
	}
	info, infoErr := u.GetInfo(ctx)
	if infoErr != nil {
		return n, infoErr
	}
	saveErr := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		return saveReceived(ctx, tx, a, u.id, info.ID, offset+n, h)
	})
	if err == nil {
		err = saveErr
	}
	return n, err
}

// settle returns the digest's state after n bytes were stored. A store that
// kept fewer bytes than it read leaves the digest ahead: then the old state
// stays, and the end catches up.
func settle(old hashing, digest *counting, offset, n int64, err error) (hashing, error) {
	if digest.n != n {
		return old, err
	}
	h, marshalErr := marshal(digest.Hash, offset+n)
	if marshalErr != nil {
		return old, marshalErr
	}
	return h, err
}

// FinishUpload completes the object in the store, then records it: from here
// on the version is queued for its audit.
func (u *receiving) FinishUpload(ctx context.Context) error {
	if err := u.Upload.FinishUpload(ctx); err != nil {
		return err
	}
	return u.receiver.service.settleUpload(ctx, ActorOf(ctx), u.id)
}

// settleUpload finishes an upload whose bytes are all in the store.
func (s *Service) settleUpload(ctx context.Context, a postgres.Actor, u id.Upload) error {
	var h hashing
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) (err error) {
		h, err = loadHashing(ctx, tx, a, u)
		return err
	})
	if err != nil {
		return err
	}
	sum, err := s.sum(ctx, u, h)
	if err != nil {
		return err
	}
	return s.Finish(ctx, a, u, sum)
}

// sum completes the digest with the bytes that it has not seen.
func (s *Service) sum(ctx context.Context, u id.Upload, h hashing) (string, error) {
	digest, ok := unmarshal(h)
	if !ok {
		digest, h.Bytes = &counting{Hash: sha256.New()}, 0
	}
	size, err := s.blobs.Size(ctx, Key(u))
	if err != nil {
		return "", err
	}
	if h.Bytes < size {
		r, err := s.blobs.Get(ctx, Key(u), h.Bytes)
		if err != nil {
			return "", err
		}
		defer r.Close()
		if _, err := io.Copy(digest, r); err != nil {
			return "", fmt.Errorf("hash the rest of the upload: %w", err)
		}
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// AsTerminatableUpload lets tus end an upload in the store.
func (r *Receiver) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return r.store.AsTerminatableUpload(u.(*receiving).Upload)
}

// counting is a hash that knows how many bytes it took.
type counting struct {
	hash.Hash
	n int64
}

// Write adds p to the digest.
func (c *counting) Write(p []byte) (int, error) {
	n, err := c.Hash.Write(p)
	c.n += int64(n)
	return n, err
}

func marshal(h hash.Hash, n int64) (hashing, error) {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return hashing{}, fmt.Errorf("keep the state of the digest: %w", err)
	}
	return hashing{state, n}, nil
}

func unmarshal(h hashing) (*counting, bool) {
	digest := sha256.New()
	if err := digest.(encoding.BinaryUnmarshaler).UnmarshalBinary(h.State); err != nil {
		return nil, false
	}
	return &counting{Hash: digest}, true
}
