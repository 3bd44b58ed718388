package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/audit/synth"
	"assay/internal/postgres"
	"assay/internal/upload"
)

// cutLine stands between a program and the server. The first PATCH stops after
// some bytes and hangs, as a line that goes dead does.
type cutLine struct {
	server *httputil.ReverseProxy
	after  int64
	cut    atomic.Bool
	dead   chan struct{} // closed when the line went dead
	gone   chan struct{} // closed when its caller has gone
}

// ServeHTTP passes a request on.
func (c *cutLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPatch && c.cut.CompareAndSwap(false, true) {
		r.Body = &dying{r.Body, c.after, c}
	}
	c.server.ServeHTTP(w, r)
}

type dying struct {
	io.ReadCloser
	left int64
	line *cutLine
}

// Read gives bytes until none are left, then waits for the caller to go away.
func (d *dying) Read(p []byte) (int, error) {
	if d.left == 0 {
		close(d.line.dead)
		<-d.line.gone
		return 0, io.ErrUnexpectedEOF
	}
	n, err := d.ReadCloser.Read(p[:min(int64(len(p)), d.left)])
	d.left -= int64(n)
	return n, err
}

func TestTheCommandLineGoesOnWithAnUploadThatWasKilled(t *testing.T) {
	t.Parallel()
	lqs := filepath.Join(t.TempDir(), "lqs")
	if out, err := exec.Command("go", "build", "-o", lqs, "assay/cmd/lqs").CombinedOutput(); err != nil {
		t.Fatalf("build lqs: %v\n%s", err, out)
	}
	r := startServer(t)
	owner := r.join(t, "shell@example.org", "Shell", postgres.None)
	d, err := r.describe(t.Context(), owner, chestCT())
	if err != nil {
		t.Fatal(err)
	}
	_, secret := r.apiToken(t, owner)
	target, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	line := &cutLine{server: httputil.NewSingleHostReverseProxy(target), after: 5000, dead: make(chan struct{}), gone: make(chan struct{})}
	proxy := httptest.NewServer(line)
	defer proxy.Close()

	home, set := t.TempDir(), filepath.Join(t.TempDir(), "set")
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 9, Slices: 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		at := filepath.Join(set, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := func(input string, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
		cmd := exec.CommandContext(t.Context(), lqs, args...)
		cmd.Env = []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "PATH=" + os.Getenv("PATH")}
		cmd.Stdin = strings.NewReader(input)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		return cmd, &out, &errs
	}

	login, out, errs := command(secret+"\n", "login", proxy.URL, "--token-stdin")
	if err := login.Run(); err != nil || !strings.Contains(out.String(), "for Shell (owner)") {
		t.Fatalf("login: %v\n%s%s", err, out, errs)
	}
	kept, err := filepath.Glob(filepath.Join(home, "*", "credentials.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("credentials: %v, %v", kept, err)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the credentials have mode %v, %v; want 0600", info.Mode(), err)
	}

	refused, _, errs := command("", "upload", string(d), set)
	if err := refused.Run(); err == nil || !strings.Contains(errs.String(), upload.CurrentAgreement().SHA256) {
		t.Errorf("without the agreement: %v\n%s", err, errs)
	}
	args := []string{"upload", string(d), set, "--wait", "--name", "Nora Field", "--agreement", upload.CurrentAgreement().SHA256}
	killed, _, _ := command("", args...)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-line.dead:
	case <-time.After(time.Minute):
		t.Fatal("no bytes were sent within a minute")
	}
	killed.Process.Kill()
	killed.Wait()
	close(line.gone)
	waitReceived(t, r, owner, string(d))

	again, out, errs := command("", args...)
	err = again.Run()
	if !strings.Contains(errs.String(), "Going on with the upload") || !strings.Contains(out.String(), r.config.PublicURL+"/seller/versions/") {
		t.Errorf("the second run: %v\n%s%s", err, out, errs)
	}
	p := &robot{newCaller(t, "reader", r.url, 66), secret}
	var versions apiList[apiVersion]
	p.want(t, 200, &versions, "GET", "/listings/"+string(d)+"/versions", nil)
	if len(versions.Items) != 1 {
		t.Fatalf("%d versions, want 1", len(versions.Items))
	}
	v := p.waitAudited(t, versions.Items[0].ID)
	code := map[string]int{"passed": 0, "flagged": 1, "failed": 2, "unrecognized": 4}[v.Audit.Verdict]
	if got := again.ProcessState.ExitCode(); got != code {
		t.Errorf("exit %d for the verdict %s, want %d", got, v.Audit.Verdict, code)
	}
	p.want(t, 200, nil, "GET", "/versions/"+versions.Items[0].ID+"/report", nil)
	whoami, out, _ := command("", "whoami")
	if err := whoami.Run(); err != nil || !strings.Contains(out.String(), string(account.WriteUploads)) || strings.Contains(out.String(), secret) {
		t.Errorf("whoami: %v\n%s", err, out)
	}
}

// waitReceived waits until some, but not all, bytes are kept and nobody holds
// the upload.
func waitReceived(t *testing.T, r *running, a postgres.Actor, l string) {
	t.Helper()
	c := r.super(t)
	for range 300 {
		var received, size int64
		err := c.QueryRow(t.Context(), `SELECT u.received_bytes, u.size_bytes FROM upload u JOIN version v ON v.id = u.version_id WHERE v.listing_id = $1`, l).Scan(&received, &size)
		if err != nil {
			t.Fatal(err)
		}
		if received > 0 {
			if received >= size {
				t.Fatalf("all %d bytes arrived before the program was killed", size)
			}
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("nothing of the killed upload was kept")
}
