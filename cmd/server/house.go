package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay/internal/account"
	"assay/internal/account/idempotency"
	"assay/internal/account/privacy"
	"assay/internal/account/sso"
	"assay/internal/activity"
	"assay/internal/admindesk"
	"assay/internal/agreement"
	"assay/internal/audit"
	"assay/internal/blob"
	"assay/internal/catalog"
	"assay/internal/config"
	"assay/internal/credential"
	"assay/internal/fence"
	"assay/internal/freeaudit"
	"assay/internal/ingest"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/mail"
	"assay/internal/moderation"
	"assay/internal/notary"
	"assay/internal/notice"
	"assay/internal/outbound"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/internal/sellerdesk"
	"assay/internal/storage"
	"assay/internal/upload"
	"assay/internal/vault"
	"assay/internal/verification"
	"assay/web"
)

// house is everything of one process, wired together.
type house struct {
	config     config.Config
	log        *slog.Logger
	db         *postgres.DB
	blobs      *blob.Store
	accounts   *account.Service
	privacy    *privacy.Service
	sso        *sso.Service
	vault      *vault.Service
	verify     *verification.Service
	readers    *credential.Service
	mails      *mail.Sender
	notices    *notice.Service
	agreements *agreement.Service
	notary     *notary.Service
	acts       *activity.Service
	listings   *listing.Service
	flags      *moderation.Service
	uploads    *upload.Service
	pool       *fence.Pool
	programs   *fence.Tools
	audits     *ingest.Service
	reviews    *review.Service
	free       *freeaudit.Service
	views      *catalog.Views
	answers    *admindesk.Answers
	storage    *storage.Service
	web        http.Handler
}

// version is the program's, for reports.
const version = "0.1.0"

// build opens what the settings name and wires the features.
func build(ctx context.Context, c config.Config, log *slog.Logger) (*house, error) {
	h := &house{config: c, log: log}
	if err := h.open(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// withHouse runs do in the house that the environment names, for a command that
// serves nothing. with may change the settings first; nil for nothing.
func withHouse(ctx context.Context, with func(*config.Config), do func(h *house) error) error {
	c, err := settings()
	if err != nil {
		return err
	}
	if err := c.CheckServing(); err != nil {
		return err
	}
	if with != nil {
		with(&c)
	}
	h, err := build(ctx, c, newLog(c))
	if err != nil {
		return err
	}
	defer h.close()
	return do(h)
}

func (h *house) open(ctx context.Context) (err error) {
	c := h.config
	key, err := base64.StdEncoding.DecodeString(c.SecretKey)
	if err != nil {
		return errors.New("ASSAY_SECRET_KEY is not base64")
	}
	if h.db, err = postgres.Open(ctx, c.DatabaseURL); err != nil {
		return err
	}
	if h.blobs, err = blob.Open(ctx, c.BlobURL); err != nil {
		return err
	}
	old := c.FormerSecretKeys()
	keys, err := vaultKeys(c, append([][]byte{key}, old...))
	if err != nil {
		return err
	}
	h.vault = vault.New(h.db, h.blobs, keys, time.Now)
	h.verify = verification.New(h.db, h.vault, verification.NewLooker(outbound.Exceptions{}), time.Now)
	h.readers = credential.New(h.db, h.vault, catalog.Publisher{}, credential.Options{SecretKey: key, OldSecretKeys: old})
	h.accounts = account.New(h.db, account.Options{PublicURL: c.PublicURL, SecretKey: key, OldSecretKeys: old})
	h.privacy = privacy.New(h.db, h.blobs, key, old...)
	if h.sso, err = sso.New(h.db, sso.Options{PublicURL: c.PublicURL, SecretKey: key, OldSecretKeys: old}); err != nil {
		return err
	}
	if h.mails, err = mail.NewSender(h.db, mail.Options{SMTPURL: c.SMTPURL, From: c.MailFrom, Keep: c.Demo}); err != nil {
		return err
	}
	h.agreements = agreement.New(h.db)
	h.notices = notice.New(h.db, notice.Options{PublicURL: c.PublicURL, SecretKey: key})
	h.notary = notary.New(h.db, c.CertificateKey(), strings.TrimSuffix(c.PublicURL, "/"))
	if err := h.notary.Begin(ctx); err != nil {
		return err
	}
	h.acts = activity.New(h.db, h.blobs, h.notary, strings.TrimSuffix(c.PublicURL, "/"))
	h.listings = listing.New(h.db, catalog.Publisher{}, time.Now).Notifying(review.Letters{}).Certifying(h.notary)
	h.flags = moderation.New(h.db, h.listings, key, time.Now)
	h.uploads = upload.New(h.db, h.blobs, h.listings, upload.Limits{MaxBytes: c.MaxUploadBytes, QuotaBytes: c.QuotaBytes}, h.log)
	h.reviews = review.New(h.db, h.listings, time.Now)
	receiver, err := h.uploads.NewReceiver(ctx, c.BlobURL)
	if err != nil {
		return err
	}
	if err := h.openAudits(key, old); err != nil {
		return err
	}
	h.views = catalog.NewViews(h.db, h.log, time.Now)
	h.answers = admindesk.NewAnswers(h.db, h.log, time.Now)
	h.storage = storage.New(h.db, h.blobs, time.Now)
	return h.openWeb(ctx, receiver)
}

// openWeb makes the pages and the API over all that is open.
func (h *house) openWeb(ctx context.Context, receiver *upload.Receiver) error {
	board, err := newBoard(ctx, h.db, "/admin/river")
	if err != nil {
		return err
	}
	h.web = web.New(h.config, h.log, web.Services{
		DB: h.db, Sessions: web.NewSessions(account.NewSessionStore(h.db), h.config.Secure()), Accounts: h.accounts, Privacy: h.privacy, SSO: h.sso,
		Catalog: catalog.NewStore(h.db), Listings: h.listings, Uploads: h.uploads, Receiver: receiver, Audits: h.audits,
		Reviews: h.reviews, Moderation: h.flags, Notary: h.notary, Free: h.free, Verification: h.verify, Credentials: h.readers, Notices: h.notices, Agreements: h.agreements, Acts: h.acts,
		Views: h.views, Desk: sellerdesk.New(h.db, time.Now), Admin: admindesk.New(h.db, time.Now), Storage: h.storage, Answers: h.answers, Board: board, Environ: os.Environ(),
		FormTime: 3 * time.Second,
	})
	return nil
}

// openAudits starts the fence and makes the folder in which submissions are
// staged.
func (h *house) openAudits(secret []byte, old [][]byte) (err error) {
	scratch, err := filepath.Abs(filepath.Join(h.config.Var, "scratch"))
	if err == nil {
		err = os.MkdirAll(scratch, 0o700)
	}
	if err != nil {
		return fmt.Errorf("ASSAY_VAR: %w", err)
	}
	if h.pool, err = fence.New(fence.Config{Children: h.config.AuditChildren, Scratch: scratch}); err != nil {
		return err
	}
	if h.programs, err = fence.NewTools(fence.ToolsConfig{Processes: h.config.AuditChildren, Scratch: scratch}); err != nil {
		return err
	}
	h.audits = ingest.New(h.db, h.blobs, h.listings, ingest.Options{
		Version: version, Scratch: scratch, Inspect: h.pool.Inspect, Parallel: h.pool.Parallel(), Space: fence.NewScratch(scratch), Tools: h.programs.Audit(),
		Limits: audit.Limits{FileBytes: h.config.MaxFileBytes, ArchiveEntries: h.config.MaxEntries, SetTime: time.Duration(h.config.AuditHours) * time.Hour}, SecretKey: secret, OldSecretKeys: old,
	}, h.log)
	h.free = freeaudit.New(h.db, h.blobs, freeaudit.Options{
		Version: version, Scratch: scratch, Inspect: h.pool.Inspect, Parallel: h.pool.Parallel(), Space: fence.NewScratch(scratch), Tools: h.programs.Audit(),
	}, h.log)
	return nil
}

// workers says what carries out each kind of job.
func (h *house) workers() job.Workers {
	w := job.NewWorkers()
	job.Handle(w, h.audits.Audit)
	job.Handle(w, h.audits.Reaudit)
	job.Handle(w, h.audits.QueueReaudits)
	job.Handle(w, h.free.Work)
	job.Handle(w, h.mails.Send)
	job.Handle(w, h.notices.Deliver)
	job.Handle(w, h.notices.Digest)
	job.Handle(w, h.verify.CheckDomain)
	job.Handle(w, h.privacy.Gather)
	job.Handle(w, h.storage.Measure)
	job.Handle(w, h.storage.DeleteOrphans)
	job.Handle(w, h.sweep)
	job.Handle(w, h.publishActs)
	return w
}

// sweep puts right what a crash left behind.
func (h *house) sweep(ctx context.Context, _ job.Sweep) error {
	_, err := h.listings.PublishDue(ctx, postgres.Actor{Platform: postgres.Worker})
	return errors.Join(err, h.uploads.Sweep(ctx), h.audits.Sweep(ctx), h.free.Sweep(ctx), h.flags.Sweep(ctx), h.accounts.Sweep(ctx), h.privacy.Sweep(ctx), idempotency.NewStore(h.db).Sweep(ctx), h.vault.Sweep(ctx), h.verify.Sweep(ctx), h.readers.Sweep(ctx), h.reviews.Sweep(ctx),
		h.notices.Sweep(ctx), h.mails.Sweep(ctx), h.certify(ctx))
}

// vaultKeys are the keys that the settings name, the one that seals first.
// Those derived from the secret keys always open, so that a key may be set
// later.
func vaultKeys(c config.Config, secrets [][]byte) (keys []vault.Key, err error) {
	for _, k := range c.VaultKeys() {
		key, err := vault.NewKey(k)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	for _, secret := range secrets {
		key, err := vault.KeyFrom(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// publishActs publishes the head of the record of acts.
func (h *house) publishActs(ctx context.Context, _ job.PublishActivity) error {
	err := h.acts.Publish(ctx)
	var f *activity.Fault
	if errors.As(err, &f) {
		h.log.Error("the record of acts does not fit its chain: run server activity verify", "row", f.Number, "reason", f.Reason)
	}
	return err
}

// certify issues the certificates that are missing, because a process without
// the key published or a key was taken back, and tells of those taken back.
func (h *house) certify(ctx context.Context) error {
	versions, err := h.notary.Missing(ctx)
	failed := []error{err}
	for _, v := range versions {
		failed = append(failed, h.listings.ShowAgain(ctx, postgres.Actor{Platform: postgres.Worker}, v))
	}
	return errors.Join(append(failed, h.notary.PublishRevocations(ctx))...)
}

func (h *house) close() {
	if h.views != nil {
		if err := h.views.Close(context.Background()); err != nil {
			h.log.Warn("the last views were not written", "error", err)
		}
	}
	if h.answers != nil {
		if err := h.answers.Close(context.Background()); err != nil {
			h.log.Warn("the last counts of answers were not written", "error", err)
		}
	}
	if h.pool != nil {
		h.pool.Close()
	}
	if h.blobs != nil {
		h.blobs.Close()
	}
	if h.db != nil {
		h.db.Close()
	}
}
