package main

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/upload"
	"assay/web/webtest"
)

// libraryFiles zips the real DICOM files that suyashkumar/dicom ships for its
// own tests, from the module cache.
func libraryFiles(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/suyashkumar/dicom").Output()
	if err != nil {
		t.Skipf("the module cache is not to be had: %v", err)
	}
	found, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "*.dcm"))
	if len(found) == 0 {
		t.Skip("the module ships no DICOM files")
	}
	path := filepath.Join(t.TempDir(), "library.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for _, name := range found {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		entry, err := w.Create(filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		entry.Write(data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// corpusSet is a set of the wider corpus, empty where it is not to be had.
func corpusSet(name string) string {
	if folder := os.Getenv("ASSAY_CORPUS"); folder != "" {
		return filepath.Join(folder, "sets", name)
	}
	return ""
}

func TestRealFilesGetTheirReportInABrowser(t *testing.T) {
	r := startServer(t)
	owner := r.join(t, "seller@example.org", "Flow Imaging", postgres.None)
	seller := visitor{webtest.Start(t).Visitor(t, r.url), t, true, ""}
	seller.signIn("seller@example.org")
	for _, tt := range []struct {
		name, path string
		failed     bool
		says       string
	}{
		{"files of a DICOM library, with identifiers", libraryFiles(t), true, "PatientName"},
		{"a clean series of the corpus", corpusSet("clean_ct_series.zip"), false, ""},
		{"a series of the corpus with names of files", corpusSet("phi_in_filenames.zip"), true, "name-in-path"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.path == "" {
				t.Skip("ASSAY_CORPUS is not set")
			}
			l, err := r.describe(t.Context(), owner, chestCT())
			if err != nil {
				t.Fatal(err)
			}
			if err := r.uploads.Accept(t.Context(), owner, l, "Nora Field", upload.CurrentAgreement().SHA256); err != nil {
				t.Fatal(err)
			}
			seller.Go("/seller/listings/" + string(l) + "/upload")
			seller.Attach("pick-files", tt.path)
			seller.WaitFor("the version's page after the upload", `location.pathname.startsWith("/seller/versions/")`, time.Minute)
			seller.waitForReport()
			seller.Check()
			state := latestState(t, r, owner, l)
			if failed := state == listing.AuditFailed; failed != tt.failed {
				t.Errorf("the version is %s", state)
			}
			seller.WantText("main", tt.says)
		})
	}
}

func latestState(t *testing.T, r *running, owner postgres.Actor, l id.Listing) listing.State {
	t.Helper()
	versions, err := r.listings.Versions(t.Context(), owner, l)
	if err != nil || len(versions) != 1 {
		t.Fatalf("%d versions, %v", len(versions), err)
	}
	return versions[0].State
}
