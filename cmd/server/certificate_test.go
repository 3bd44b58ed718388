package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/audit/certificate"
	"assay/internal/audit/synth"
	"assay/internal/id"
	"assay/internal/postgres"
)

// The whole way: a data set goes live through the real pipeline, a buyer
// downloads certificate, keys and list, and the real lqs holds the files
// against them; the platform suspends the version, and the buyer learns it.
func TestABuyerVerifiesWhatWentLiveAndLearnsThatItWasSuspended(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	seller := r.join(t, "seller@example.org", "Seller", postgres.None)
	reviewer := r.join(t, "reviewer@example.org", "", postgres.Reviewer)
	r.papers(t, seller, true)
	r.verified(t, reviewer, seller.Organization)
	people := cast{"seller": {Name: "Test Seller", user: seller.User, org: seller.Organization}, "reviewer": {user: reviewer.User, platform: postgres.Reviewer}}
	spec := series(synth.CT, 7, 1)
	l := r.submitted(t, people, seller, chestCT(), demoVersion{series: spec, goal: toLive})
	d, err := r.listings.Draft(t.Context(), seller, l)
	if err != nil {
		t.Fatal(err)
	}
	slug := d.Listing.Slug

	folder := t.TempDir()
	lqs := filepath.Join(folder, "lqs")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", lqs, "assay/cmd/lqs").CombinedOutput(); err != nil {
		t.Fatalf("build lqs: %v\n%s", err, out)
	}
	files, err := synth.Series(spec[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := filepath.Join(folder, "files", filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	buyer := newCaller(t, "buyer", r.url, 77)
	download := func(path, name string) {
		t.Helper()
		got := buyer.get(t, path)
		if got.status != http.StatusOK {
			t.Fatalf("GET %s: %d", path, got.status)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(got.body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(list string) (int, string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), lqs, "verify", "cert.json", "files", "--key", "keys.json", "--revocations", list)
		cmd.Dir, cmd.Env = folder, append(cmd.Environ(), "XDG_CONFIG_HOME="+folder)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), out.String()
	}
	download("/datasets/"+slug+"/certificate.json", "cert.json")
	download("/.well-known/assay-keys.json", "keys.json")
	download("/.well-known/assay-revocations.json", "before.json")
	if code, out := verify("before.json"); code != 0 || !strings.Contains(out, "Verified.") {
		t.Fatalf("lqs verify: exit %d\n%s", code, out)
	}
	if badge := buyer.get(t, "/badge/"+slug+".svg"); strings.Contains(badge.body, "not certified") {
		t.Error("the badge of a live data set is gray")
	}

	version := id.Version(r.newest(t, seller, l))
	if err := r.listings.Suspend(t.Context(), reviewer, version, "A reader found a name in a header."); err != nil {
		t.Fatal(err)
	}
	if badge := buyer.get(t, "/badge/"+slug+".svg"); !strings.Contains(badge.body, "not certified") {
		t.Error("the badge of a suspended data set is not gray")
	}
	cert, err := os.ReadFile(filepath.Join(folder, "cert.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.ReadUnverified(cert)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; { // until a sweep has signed the list
		download("/.well-known/assay-revocations.json", "after.json")
		if code, out := verify("after.json"); code == 5 && strings.Contains(out, "the platform suspended this version") {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("a minute after the suspension of %s: exit %d\n%s", c.ID, code, out)
		}
		time.Sleep(time.Second)
	}
	if code, out := verify("before.json"); code != 6 {
		t.Errorf("with the list from before: exit %d, want 6\n%s", code, out)
	}
	if got := buyer.get(t, "/.well-known/assay-keys.json"); strings.Contains(r.log.String(), "CAgICAgI") || strings.Contains(got.body, "CAgICAgI") {
		t.Error("the signing key stands in a log line or in the file of public keys")
	}
}
