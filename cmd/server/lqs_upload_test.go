package main

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
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
	down   atomic.Bool   // nothing passes
	dead   chan struct{} // closed when the line went dead
	gone   chan struct{} // closed when its caller has gone
}

// ServeHTTP passes a request on.
func (c *cutLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.down.Load() {
		panic(http.ErrAbortHandler)
	}
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

// shell is a person at a shell with lqs, a data set of theirs, and a folder of
// files.
type shell struct {
	t               *testing.T
	lqs, home, set  string
	r               *running
	owner           postgres.Actor
	listing, secret string
	line            *cutLine
	server          string // through the line
	agreement       []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	s := &shell{t: t, lqs: filepath.Join(t.TempDir(), "lqs"), home: t.TempDir(), set: filepath.Join(t.TempDir(), "set"), r: startServer(t)}
	if out, err := exec.Command("go", "build", "-o", s.lqs, "assay/cmd/lqs").CombinedOutput(); err != nil {
		t.Fatalf("build lqs: %v\n%s", err, out)
	}
	s.owner = s.r.join(t, "shell@example.org", "Shell", postgres.None)
	l, err := s.r.describe(t.Context(), s.owner, chestCT())
	if err != nil {
		t.Fatal(err)
	}
	s.listing = string(l)
	_, s.secret = s.r.apiToken(t, s.owner)
	target, err := url.Parse(s.r.url)
	if err != nil {
		t.Fatal(err)
	}
	s.line = &cutLine{server: httputil.NewSingleHostReverseProxy(target), after: 5000, dead: make(chan struct{}), gone: make(chan struct{})}
	proxy := httptest.NewServer(s.line)
	t.Cleanup(proxy.Close)
	s.server = proxy.URL
	s.agreement = []string{"--name", "Nora Field", "--agreement", upload.CurrentAgreement().SHA256}
	s.writeSet(9)
	return s
}

// writeSet fills the folder with a made series.
func (s *shell) writeSet(seed uint64) {
	s.t.Helper()
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: seed, Slices: 4})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range files {
		at := filepath.Join(s.set, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(at, f.Data, 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *shell) command(input string, args ...string) (cmd *exec.Cmd, out, errs *bytes.Buffer) {
	cmd, out, errs = exec.CommandContext(s.t.Context(), s.lqs, args...), &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Env = []string{"HOME=" + s.home, "XDG_CONFIG_HOME=" + s.home, "PATH=" + os.Getenv("PATH")}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), out, errs
	return cmd, out, errs
}

// run returns the exit code and what was printed.
func (s *shell) run(args ...string) (code int, out, errs string) {
	s.t.Helper()
	cmd, stdout, stderr := s.command("", args...)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func (s *shell) login() {
	s.t.Helper()
	login, out, errs := s.command(s.secret+"\n", "login", s.server, "--token-stdin")
	if err := login.Run(); err != nil || !strings.Contains(out.String(), "for Shell (owner)") {
		s.t.Fatalf("login: %v\n%s%s", err, out, errs)
	}
}

// kill begins an upload and kills the program once the line has gone dead.
func (s *shell) kill(args ...string) {
	s.t.Helper()
	killed, _, _ := s.command("", args...)
	if err := killed.Start(); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.line.dead:
	case <-time.After(2 * time.Minute):
		s.t.Fatal("no bytes were sent within two minutes")
	}
	killed.Process.Kill()
	killed.Wait()
	close(s.line.gone)
	waitReceived(s.t, s.r, s.owner, s.listing)
}

// kept are the files in which lqs keeps uploads.
func (s *shell) kept() []string {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.home, ".local", "state", "assay", "uploads", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

func (s *shell) robot(number int) *robot {
	return &robot{newCaller(s.t, "reader", s.r.url, number), s.secret}
}

func TestTheCommandLineGoesOnWithAnUploadThatWasKilled(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.login()
	kept, err := filepath.Glob(filepath.Join(s.home, "*", "credentials.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("credentials: %v, %v", kept, err)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the credentials have mode %v, %v; want 0600", info.Mode(), err)
	}
	if code, _, errs := s.run("upload", s.listing, s.set); code != 3 || !strings.Contains(errs, upload.CurrentAgreement().SHA256) {
		t.Errorf("without the agreement: exit %d\n%s", code, errs)
	}
	if code, _, errs := s.run("upload"); code != 3 || !strings.Contains(errs, "no upload is kept") {
		t.Errorf("nothing to go on with: exit %d\n%s", code, errs)
	}
	s.kill(append([]string{"upload", s.listing, s.set, "--wait"}, s.agreement...)...)

	state := s.kept()
	if len(state) != 1 {
		t.Fatalf("uploads kept: %v", state)
	}
	text, err := os.ReadFile(state[0])
	if err != nil || strings.Contains(string(text), s.secret) || strings.Contains(string(text), "Nora") {
		t.Errorf("what is kept holds a secret or a name: %s, %v", text, err)
	}
	if info, err := os.Stat(state[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state has mode %v, %v; want 0600", info.Mode(), err)
	}

	code, out, errs := s.run("upload", "--wait", "--json")
	var printed apiVersion
	if err := json.Unmarshal([]byte(out), &printed); err != nil || !strings.HasPrefix(printed.URL, s.r.config.PublicURL+"/seller/versions/") {
		t.Errorf("printed %q: %v", out, err)
	}
	if !strings.Contains(errs, "Going on with the upload of "+s.set) || strings.ContainsAny(errs, "\r\x1b") {
		t.Errorf("the second run says %q", errs)
	}
	if left := s.kept(); len(left) != 0 {
		t.Errorf("kept after the end: %v", left)
	}
	p := s.robot(66)
	var versions apiList[apiVersion]
	p.want(t, 200, &versions, "GET", "/listings/"+s.listing+"/versions", nil)
	if len(versions.Items) != 1 || versions.Items[0].ID != printed.ID {
		t.Fatalf("versions %+v, want the one that was printed", versions.Items)
	}
	v := p.waitAudited(t, versions.Items[0].ID)
	if want := map[string]int{"passed": 0, "flagged": 1, "failed": 2, "unrecognized": 4}[v.Audit.Verdict]; code != want {
		t.Errorf("exit %d for the verdict %s, want %d", code, v.Audit.Verdict, want)
	}
	p.want(t, 200, nil, "GET", "/versions/"+versions.Items[0].ID+"/report", nil)
	if code, out, _ := s.run("whoami"); code != 0 || !strings.Contains(out, string(account.WriteUploads)) || strings.Contains(out, s.secret) {
		t.Errorf("whoami: exit %d\n%s", code, out)
	}
	if code, _, errs := s.run(append([]string{"upload", s.listing, s.set}, s.agreement...)...); code != 3 || !strings.Contains(errs, "Say what changed since version 1") || !strings.Contains(errs, "--note") {
		t.Errorf("a second version without a note: exit %d\n%s", code, errs)
	}
}

// What can stand in the way of going on is said with what to do about it, and
// nothing of other files is sent.
func TestTheCommandLineSaysWhyAnUploadDoesNotGoOn(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.login()
	s.kill(append([]string{"upload", s.listing, s.set}, s.agreement...)...)
	p := s.robot(67)
	received := func() int64 {
		var under apiList[apiUpload]
		p.want(t, 200, &under, "GET", "/listings/"+s.listing+"/uploads", nil)
		if len(under.Items) == 0 {
			return -1
		}
		return under.Items[0].ReceivedBytes
	}
	before := received()
	refused := func(name, says string, args ...string) {
		t.Helper()
		code, out, errs := s.run(args...)
		if code != 3 || out != "" || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, says %q\n%s", name, code, errs, out)
		}
		if strings.Contains(errs, s.secret) {
			t.Errorf("%s: the token is printed", name)
		}
		if now := received(); now != before {
			t.Errorf("%s: %d bytes at the server, %d before", name, now, before)
		}
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.CopyFS(other, os.DirFS(s.set)); err != nil {
		t.Fatal(err)
	}
	refused("another folder", "an upload of "+s.set+" to this data set is under way", "upload", s.listing, other)
	refused("a folder that is not there", "no such file", "upload", s.listing, filepath.Join(other, "none"))
	refused("another data set", "no upload of this data set is kept", "upload", "0193d2b2-1111-7222-8333-444455556666")

	var one string
	filepath.WalkDir(s.set, func(at string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			one = at
		}
		return err
	})
	info, err := os.Stat(one)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(one, time.Time{}, info.ModTime().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	refused("a file that changed", "has changed since the upload was begun", "upload")
	refused("a file that changed, by name", "has changed since the upload was begun", "upload", s.listing, s.set)
	if err := os.Chtimes(one, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}

	s.line.down.Store(true)
	refused("no network", "no answer from the server", "whoami")
	s.line.down.Store(false)
	credentials, _ := filepath.Glob(filepath.Join(s.home, "*", "credentials.json"))
	if err := os.Chmod(credentials[0], 0o644); err != nil {
		t.Fatal(err)
	}
	refused("a token that others may read", "chmod 600", "upload")
	if err := os.Chmod(credentials[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.r.super(t).Exec(t.Context(), `UPDATE api_token SET created_at = now() - interval '2 days', expires_at = now() - interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := s.run("upload"); code != 3 || !strings.Contains(errs, "lqs login") || len(s.kept()) != 1 {
		t.Errorf("a token that has ended: exit %d, kept %v\n%s", code, s.kept(), errs)
	}
	_, s.secret = s.r.apiToken(t, s.owner)
	s.login()
	p.secret = s.secret

	if code, out, errs := s.run("upload", "--cancel", "--json"); code != 0 || !strings.Contains(out, `"canceled":true`) || len(s.kept()) != 0 || received() != -1 {
		t.Errorf("cancel: exit %d, kept %v\n%s%s", code, s.kept(), out, errs)
	}
	if code, _, errs := s.run("upload", "--cancel", s.listing); code != 3 || !strings.Contains(errs, "no upload of this data set is under way") {
		t.Errorf("cancel again: exit %d\n%s", code, errs)
	}
}

// An upload that was given up elsewhere is not begun anew by itself.
func TestTheCommandLineForgetsAnUploadThatIsGone(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.login()
	s.kill(append([]string{"upload", s.listing, s.set}, s.agreement...)...)
	p := s.robot(68)
	var under apiList[apiUpload]
	p.want(t, 200, &under, "GET", "/listings/"+s.listing+"/uploads", nil)
	p.want(t, 204, nil, "DELETE", path(t, under.Items[0].URL), nil)
	if code, _, errs := s.run("upload"); code != 3 || !strings.Contains(errs, "no longer at the server") || len(s.kept()) != 0 {
		t.Errorf("exit %d, kept %v\n%s", code, s.kept(), errs)
	}
	if code, _, errs := s.run(append([]string{"upload", s.listing, s.set, "--wait"}, s.agreement...)...); code > 2 {
		t.Errorf("sent anew: exit %d\n%s", code, errs)
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
