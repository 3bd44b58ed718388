package blob_test

import (
	"bytes"
	"errors"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"assay/internal/blob"
	"assay/internal/errs"
)

// stores are every kind of store, each behind the same conformance tests.
func stores(t *testing.T) map[string]*blob.Store {
	t.Helper()
	folder, err := blob.Open(t.Context(), "file://"+t.TempDir()+"/new")
	if err != nil {
		t.Fatal(err)
	}
	backend := s3mem.New()
	if err := backend.CreateBucket("assay"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	query := url.Values{"endpoint": {server.URL}, "region": {"us-east-1"}, "use_path_style": {"true"}}
	s3, err := blob.Open(t.Context(), "s3://assay?"+query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close(); s3.Close() })
	return map[string]*blob.Store{"folder": folder, "s3": s3}
}

type failing struct{ after io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.after.Read(p)
	if err == io.EOF {
		err = errors.New("the line was cut")
	}
	return n, err
}

func TestConformance(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			want := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
			if n, err := s.Put(ctx, "a/b", bytes.NewReader(want)); err != nil || n != int64(len(want)) {
				t.Fatalf("Put = %d, %v", n, err)
			}
			for _, offset := range []int64{0, 1, int64(len(want)) - 1} {
				r, err := s.Get(ctx, "a/b", offset)
				if err != nil {
					t.Fatalf("Get from %d: %v", offset, err)
				}
				got, err := io.ReadAll(r)
				r.Close()
				if err != nil || !bytes.Equal(got, want[offset:]) {
					t.Errorf("Get from %d: %d bytes, %v, want %d", offset, len(got), err, int64(len(want))-offset)
				}
			}
			if size, err := s.Size(ctx, "a/b"); err != nil || size != int64(len(want)) {
				t.Errorf("Size = %d, %v", size, err)
			}
			if _, err := s.Put(ctx, "a/half", failing{bytes.NewReader(want)}); err == nil {
				t.Error("Put of a reader that fails went through")
			}
			if _, err := s.Get(ctx, "a/half", 0); errs.KindOf(err) != errs.NotFound {
				t.Errorf("Get of a failed Put = %v, want NotFound", err)
			}
			if _, err := s.PutNew(ctx, "new/one", bytes.NewReader(want)); err != nil {
				t.Errorf("PutNew: %v", err)
			}
			if _, err := s.PutNew(ctx, "new/one", strings.NewReader("other")); errs.KindOf(err) != errs.Conflict {
				t.Errorf("PutNew over an object = %v, want Conflict", err)
			}
			if size, err := s.Size(ctx, "new/one"); err != nil || size != int64(len(want)) {
				t.Errorf("after a refused PutNew the object has %d bytes (%v), want %d", size, err, len(want))
			}
			count := 0
			if err := s.List(ctx, "a/", func(blob.Object) error { count++; return nil }); err != nil || count != 1 {
				t.Errorf("List = %d objects, %v, want 1", count, err)
			}
			for range 2 { // the second time there is nothing left, and no error
				if err := s.Delete(ctx, "a/b"); err != nil {
					t.Errorf("Delete: %v", err)
				}
			}
			if _, err := s.Size(ctx, "a/b"); errs.KindOf(err) != errs.NotFound {
				t.Errorf("Size after Delete = %v, want NotFound", err)
			}
		})
	}
}
