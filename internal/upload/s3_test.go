package upload_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"assay/internal/blob"
	"assay/internal/listing"
	"assay/internal/upload"
)

// newS3Desk is newDesk over an S3-compatible store; reopen gives the receiver
// of a restarted server.
func newS3Desk(t *testing.T) (d desk, reopen func() *upload.Receiver) {
	t.Helper()
	d = newDesk(t, roomy)
	backend := s3mem.New()
	if err := backend.CreateBucket("assay"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	query := url.Values{"endpoint": {server.URL}, "region": {"us-east-1"}, "use_path_style": {"true"}}
	address := "s3://assay?" + query.Encode()
	blobs, err := blob.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	d.blobs = blobs
	d.service = upload.New(d.db, blobs, d.listings, roomy, slog.New(slog.DiscardHandler))
	reopen = func() *upload.Receiver {
		r, err := d.service.NewReceiver(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	d.receiver = reopen()
	return d, reopen
}

func TestAnUploadToAnS3StoreGoesOnAfterARestart(t *testing.T) {
	d, reopen := newS3Desk(t)
	d.accept(t)
	body := random(13_000_000)
	u, w := d.begin(t, len(body))
	info, err := w.GetInfo(d.ctx(t))
	if err != nil {
		t.Fatal(err)
	}
	// Pieces smaller and larger than the 5 MiB of a part of S3.
	for _, cut := range [][2]int{{0, 1_000_000}, {1_000_000, 7_500_001}, {7_500_001, 7_500_002}, {7_500_002, 13_000_000}} {
		if w, err = reopen().GetUpload(d.ctx(t), info.ID); err != nil {
			t.Fatal(err)
		}
		now, err := w.GetInfo(d.ctx(t))
		if err != nil || now.Offset != int64(cut[0]) {
			t.Fatalf("the upload stands at %d (%v), want %d", now.Offset, err, cut[0])
		}
		if n, err := w.WriteChunk(d.ctx(t), int64(cut[0]), bytes.NewReader(body[cut[0]:cut[1]])); err != nil || int(n) != cut[1]-cut[0] {
			t.Fatalf("WriteChunk of %v = %d, %v", cut, n, err)
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
	r, err := d.blobs.Get(t.Context(), upload.Key(u.ID), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stored, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(stored, body) {
		t.Errorf("the store gives %d bytes back (%v), not those that were sent", len(stored), err)
	}
}
