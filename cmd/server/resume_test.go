package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"assay/internal/postgres"
	"assay/internal/upload"
	"assay/web/webtest"
)

// bigFile writes random bytes that take a browser long enough to be stopped in
// the middle, and returns their digest.
func bigFile(t *testing.T, bytes int64) (path, digest string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "big.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(f, sum), rand.NewChaCha8([32]byte{3}), bytes); err != nil {
		t.Fatal(err)
	}
	return path, hex.EncodeToString(sum.Sum(nil))
}

func TestAClosedTabLosesNothing(t *testing.T) {
	r := startServer(t)
	owner := r.join(t, "seller@example.org", "Flow Imaging", postgres.None)
	l, err := r.describe(t.Context(), owner, chestCT())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.uploads.Accept(t.Context(), owner, l, "Nora Field", upload.CurrentAgreement().SHA256); err != nil {
		t.Fatal(err)
	}
	path, digest := bigFile(t, 256<<20)

	seller := visitor{webtest.Start(t).Visitor(t, r.url), t, true, ""}
	seller.signIn("seller@example.org")
	page := "/seller/listings/" + string(l) + "/upload"
	seller.Go(page)
	seller.Attach("pick-files", path)
	seller.WaitFor("the first bytes on their way", `document.getElementById("upload-bar").value > 33554432`, time.Minute)
	seller.Go("/guides") // as good as closing the tab
	under, err := r.uploads.UnderWay(t.Context(), owner, l)
	if err != nil {
		t.Fatalf("the upload was over before the tab was closed: %v", err)
	}
	seller.Go(page)
	seller.WantText("main", "An upload is under way")
	seller.Attach("pick-files", path)
	seller.WaitFor("the version's page after the upload", `location.pathname.startsWith("/seller/versions/")`, 2*time.Minute)

	done, err := r.uploads.Find(t.Context(), owner, under.ID)
	if err != nil || done.State != upload.Finished || done.SHA256 != digest {
		t.Errorf("the upload: %s with digest %s (%v), want the one that was begun, finished with %s", done.State, done.SHA256, err, digest)
	}
}
