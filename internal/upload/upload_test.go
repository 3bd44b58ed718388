package upload_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/tus/tusd/v2/pkg/handler"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/upload"
)

// desk is a seller with a complete listing and a service to upload to.
type desk struct {
	db       *postgres.DB
	org      accounttest.Org
	actor    postgres.Actor
	listing  id.Listing
	listings *listing.Service
	service  *upload.Service
	receiver *upload.Receiver
	blobs    *blob.Store
	folder   string
}

func newDesk(t *testing.T, limits upload.Limits) desk {
	t.Helper()
	d := desk{db: postgrestest.New(t), folder: t.TempDir()}
	d.org = accounttest.Organization(t, d.db)
	d.actor = d.org.Owner
	d.listing = listingtest.Complete(t, d.db, d.actor).Listing.ID
	d.listings = listingtest.Service(d.db)
	address := "file://" + d.folder
	var err error
	if d.blobs, err = blob.Open(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.blobs.Close() })
	d.service = upload.New(d.db, d.blobs, d.listings, limits, slog.New(slog.DiscardHandler))
	if d.receiver, err = d.service.NewReceiver(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	return d
}

var roomy = upload.Limits{MaxBytes: 1 << 30, QuotaBytes: 1 << 30}

func (d desk) accept(t *testing.T) {
	t.Helper()
	if err := d.service.Accept(t.Context(), d.actor, d.listing, "Ada Example", upload.CurrentAgreement().SHA256); err != nil {
		t.Fatal(err)
	}
}

// begin makes room for size bytes and opens the object.
func (d desk) begin(t *testing.T, size int) (upload.Upload, handler.Upload) {
	t.Helper()
	u, err := d.service.Begin(t.Context(), d.actor, d.listing, int64(size), "", "")
	if err != nil {
		t.Fatal(err)
	}
	w, err := d.receiver.NewUpload(d.ctx(t), handler.FileInfo{ID: string(u.ID), Size: int64(size), MetaData: handler.MetaData{"filename": "Doe_John.zip"}})
	if err != nil {
		t.Fatal(err)
	}
	return u, w
}

func (d desk) ctx(t *testing.T) context.Context { return upload.WithActor(t.Context(), d.actor) }

func (d desk) state(t *testing.T, v id.Version) listing.State {
	t.Helper()
	dossier, err := d.listings.Version(t.Context(), d.actor, v)
	if err != nil {
		t.Fatal(err)
	}
	return dossier.Version.State
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestNothingIsTakenBeforeTheAgreement(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	if _, err := d.service.Begin(t.Context(), d.actor, d.listing, 10, "", ""); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Begin = %v, want Conflict", err)
	}
	if err := d.service.Accept(t.Context(), d.actor, d.listing, "Ada Example", "0000"); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Accept of another text = %v, want Conflict", err)
	}
	if err := d.service.Accept(t.Context(), d.actor, d.listing, "  ", upload.CurrentAgreement().SHA256); len(errs.FieldsOf(err)) != 1 {
		t.Errorf("Accept without a name = %v, want a message at the field", err)
	}
}

func TestAResumedUploadHasTheDigestOfItsBytes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	d.accept(t)
	body := random(3_000_000)
	u, w := d.begin(t, len(body))
	for _, cut := range [][2]int{{0, 1_000_000}, {1_000_000, 1_000_001}, {1_000_001, 3_000_000}} {
		// A new receiver each time, as after a restart of the server.
		again, err := d.service.NewReceiver(t.Context(), "file://"+d.folder)
		if err != nil {
			t.Fatal(err)
		}
		if w, err = again.GetUpload(d.ctx(t), string(u.ID)); err != nil {
			t.Fatal(err)
		}
		if n, err := w.WriteChunk(d.ctx(t), int64(cut[0]), bytes.NewReader(body[cut[0]:cut[1]])); err != nil || int(n) != cut[1]-cut[0] {
			t.Fatalf("WriteChunk = %d, %v", n, err)
		}
	}
	if err := w.FinishUpload(d.ctx(t)); err != nil {
		t.Fatal(err)
	}
	found, err := d.service.Find(t.Context(), d.actor, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if found.State != upload.Finished || found.SHA256 != sum(body) {
		t.Errorf("after the end: %s with digest %s, want finished with %s", found.State, found.SHA256, sum(body))
	}
	if got := d.state(t, found.Version); got != listing.Queued {
		t.Errorf("the version is %s, want queued", got)
	}
}

// broken ends with an error after its bytes, as a cut connection does.
type broken struct{ r io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		err = errors.New("connection reset")
	}
	return n, err
}

func TestBytesBeforeACutConnectionCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	d.accept(t)
	body := random(100_000)
	u, w := d.begin(t, len(body))
	n, _ := w.WriteChunk(d.ctx(t), 0, broken{bytes.NewReader(body[:40_000])})
	info, err := w.GetInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, err = d.receiver.GetUpload(d.ctx(t), string(u.ID))
	if err != nil {
		t.Fatal(err)
	}
	if info, err = w.GetInfo(t.Context()); err != nil || info.Offset != n || n != 40_000 {
		t.Fatalf("offset %d after %d stored bytes, %v", info.Offset, n, err)
	}
	if _, err := w.WriteChunk(d.ctx(t), n, bytes.NewReader(body[n:])); err != nil {
		t.Fatal(err)
	}
	if err := w.FinishUpload(d.ctx(t)); err != nil {
		t.Fatal(err)
	}
	if found, _ := d.service.Find(t.Context(), d.actor, u.ID); found.SHA256 != sum(body) {
		t.Errorf("digest %s, want %s", found.SHA256, sum(body))
	}
}

// A server that dies after the bytes reached the disk and before they were
// noted leaves the digest behind: the sweep finishes by reading the object.
func TestASweepFinishesWhatACrashLeftWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	d.accept(t)
	body := random(200_000)
	u, w := d.begin(t, len(body))
	if _, err := w.WriteChunk(d.ctx(t), 0, bytes.NewReader(body[:50_000])); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(d.folder, "upload", string(u.ID)), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Write(body[50_000:])
	f.Close()
	d.age(t, "updated_at = now() - interval '1 hour'")
	if err := d.service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := d.service.Find(t.Context(), d.actor, u.ID)
	if err != nil || found.State != upload.Finished || found.SHA256 != sum(body) {
		t.Errorf("after the sweep: %+v, %v, want finished with the digest of all bytes", found, err)
	}
}

func (d desk) age(t *testing.T, set string) {
	t.Helper()
	err := d.db.InTx(t.Context(), d.actor, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE upload SET "+set)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnUploadThatWaitsTooLongExpires(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	d.accept(t)
	u, _ := d.begin(t, 1000)
	d.age(t, "expires_at = now() - interval '1 hour'")
	if err := d.service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := d.service.Find(t.Context(), d.actor, u.ID)
	if err != nil || found.State != upload.Expired {
		t.Fatalf("after the sweep: %s, %v, want expired", found.State, err)
	}
	if got := d.state(t, found.Version); got != listing.Draft {
		t.Errorf("the version is %s, want draft", got)
	}
	if _, err := d.blobs.Size(t.Context(), upload.Key(u.ID)); errs.KindOf(err) != errs.NotFound {
		t.Errorf("the object is still there: %v", err)
	}
	d.begin(t, 1000) // and the seller may start again under the same agreement
}

// Objects of a day that no row names are deleted, more of them than one
// statement asks about; those that have a row, or are younger, stay. The store
// is looked through once an hour, not with each sweep.
func TestObjectsWithoutARowAreDeletedOnceAnHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	d.accept(t)
	u, _ := d.begin(t, 1000)
	put := func(key string, age time.Duration) string {
		t.Helper()
		if _, err := d.blobs.Put(t.Context(), key, strings.NewReader("left")); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(d.folder, filepath.FromSlash(key)), at, at); err != nil {
			t.Fatal(err)
		}
		return key
	}
	const day = 24 * time.Hour
	stays := []string{put(upload.Key(u.ID), 2*day), put(upload.Key(u.ID)+".info", 2*day), put(upload.Key(id.New[id.Upload]()), day-time.Hour)}
	goes := []string{put("upload/not-an-id", 2*day), put("upload/not-an-id.info", 2*day)}
	for range 1100 {
		goes = append(goes, put(upload.Key(id.New[id.Upload]()), 2*day))
	}
	check := func(when string, keys []string, isThere bool) {
		t.Helper()
		for _, key := range keys {
			if _, err := d.blobs.Size(t.Context(), key); (err == nil) != isThere || err != nil && errs.KindOf(err) != errs.NotFound {
				t.Fatalf("%s: %s: %v, want it there: %v", when, key, err, isThere)
			}
		}
	}
	sweep := func(s *upload.Service) {
		t.Helper()
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep(d.service)
	check("after the sweep", goes, false)
	check("after the sweep", stays, true)
	late := []string{put("upload/late", 2*day)}
	sweep(d.service)
	check("a sweep within the hour", late, true)
	sweep(upload.New(d.db, d.blobs, d.listings, roomy, slog.New(slog.DiscardHandler)))
	check("the first sweep of another process", late, false)
}

func TestCanceledBytesAreDeletedAndRoomIsFree(t *testing.T) {
	t.Parallel()
	d := newDesk(t, upload.Limits{MaxBytes: 1000, QuotaBytes: 1500})
	d.accept(t)
	u, _ := d.begin(t, 1000)
	if _, err := d.service.Begin(t.Context(), d.actor, d.listing, 1000, "", ""); errs.KindOf(err) != errs.TooLarge && errs.KindOf(err) != errs.Conflict {
		t.Errorf("a second Begin = %v, want a refusal", err)
	}
	if err := d.service.Cancel(t.Context(), d.actor, u.ID); err != nil {
		t.Fatal(err)
	}
	if used, _, err := d.service.Used(t.Context(), d.actor); err != nil || used != 0 {
		t.Errorf("Used = %d, %v, want 0", used, err)
	}
	if _, err := d.service.Begin(t.Context(), d.actor, d.listing, 1001, "", ""); errs.KindOf(err) != errs.TooLarge || !strings.Contains(err.Error(), "limit") {
		t.Errorf("Begin over the limit = %v, want TooLarge that names the limit", err)
	}
}

func TestAStrangersUploadIsNotThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	d.accept(t)
	u, _ := d.begin(t, 1000)
	stranger := accounttest.Organization(t, d.db).Owner
	_, foreign := d.service.Find(t.Context(), stranger, u.ID)
	_, unknown := d.service.Find(t.Context(), stranger, id.New[id.Upload]())
	if errs.KindOf(foreign) != errs.NotFound || foreign.Error() != unknown.Error() {
		t.Errorf("Find: %v for a foreign upload, %v for none; want the same NotFound", foreign, unknown)
	}
	if err := d.service.Cancel(t.Context(), stranger, u.ID); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Cancel = %v, want NotFound", err)
	}
	if err := d.service.Accept(t.Context(), stranger, d.listing, "Eve Example", upload.CurrentAgreement().SHA256); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Accept = %v, want NotFound", err)
	}
	viewer := accounttest.Member(t, d.db, d.org.ID, account.Viewer)
	if _, err := d.service.Begin(t.Context(), viewer, d.listing, 10, "", ""); err == nil {
		t.Error("a viewer began an upload")
	}
}

func parts(files map[string]string, names ...string) func() (upload.Part, error) {
	return func() (upload.Part, error) {
		if len(names) == 0 {
			return upload.Part{}, io.EOF
		}
		name := names[0]
		names = names[1:]
		return upload.Part{Name: name, Body: strings.NewReader(files[name])}, nil
	}
}

func TestThePlainFormKeepsOneFileAsItIsAndPacksSeveral(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.dcm": strings.Repeat("a", 700), "b.csv": "x,y\n", "c.txt": "hello"}
	d := newDesk(t, roomy)
	d.accept(t)
	u, err := d.service.ReceivePlain(t.Context(), d.actor, d.listing, "", parts(files, "a.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	if u.SHA256 != sum([]byte(files["a.dcm"])) || u.State != upload.Finished {
		t.Errorf("one file: %+v, want it as it is", u)
	}

	d = newDesk(t, roomy)
	d.accept(t)
	u, err = d.service.ReceivePlain(t.Context(), d.actor, d.listing, "", parts(files, "a.dcm", "b.csv", "c.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if got := tarNames(t, d.blobs, u.ID); got != "a.dcm:700 b.csv:4 c.txt:5" {
		t.Errorf("the tar holds %q", got)
	}
}

func TestAPlainFormThatBreaksLeavesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, upload.Limits{MaxBytes: 1000, QuotaBytes: 10_000})
	d.accept(t)
	files := map[string]string{"a": "a", "big": strings.Repeat("x", 2000)}
	for name, next := range map[string]func() (upload.Part, error){
		"over the limit":  parts(files, "a", "big"),
		"a single file":   parts(files, "big"),
		"no file":         parts(files),
		"cut on the way":  func() (upload.Part, error) { return upload.Part{}, errors.New("connection reset") },
		"cut in the file": func() (upload.Part, error) { return upload.Part{Name: "a", Body: broken{strings.NewReader("a")}}, nil },
	} {
		if _, err := d.service.ReceivePlain(t.Context(), d.actor, d.listing, "", next); err == nil {
			t.Errorf("%s: went through", name)
		}
	}
	count := 0
	d.blobs.List(t.Context(), "upload/", func(blob.Object) error { count++; return nil })
	if used, _, _ := d.service.Used(t.Context(), d.actor); used != 0 || count != 0 {
		t.Errorf("%d bytes noted and %d objects left, want none", used, count)
	}
}

func TestOneHolderWritesAtATime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, roomy)
	first, _ := upload.NewLocks(d.db).NewLock("u")
	second, _ := upload.NewLocks(d.db).NewLock("u") // as in another process
	asked := make(chan struct{}, 1)
	if err := first.Lock(t.Context(), func() {
		select {
		case asked <- struct{}{}:
		default:
		}
	}); err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() { got <- second.Lock(t.Context(), func() {}) }()
	select {
	case <-asked: // the holder hears that somebody waits
	case err := <-got:
		t.Fatalf("two hold the lock: %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("the holder was not asked")
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("the waiting one: %v", err)
	}
	second.Unlock()
}
