package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"assay/internal/audit"
)

type uploadCmd struct {
	Listing   string `arg:"" optional:"" help:"Identifier of the data set: the part of its page's address after /seller/listings/. Left out, the upload that was interrupted goes on."`
	Path      string `arg:"" optional:"" help:"A folder, a file, or an archive (zip, tar, tar.gz, tar.zst). Left out, what the interrupted upload was begun with."`
	Name      string `placeholder:"FULL NAME" help:"Your full name, under the upload agreement."`
	Agreement string `placeholder:"SHA256" help:"Digest of the upload agreement that you have read and accept; lqs upload prints text and digest if it is missing."`
	Note      string `help:"What changed since the version before; a second or later version needs it."`
	Wait      bool   `help:"Wait for the audit and exit as lqs audit does: 0 passed, 1 flagged, 2 failed, 4 nothing recognized."`
	Cancel    bool   `help:"Give the interrupted upload up: what arrived is deleted at the server."`
	JSON      bool   `name:"json" help:"Print the version as JSON."`
}

// pieceBytes is how much is sent in one request.
const pieceBytes = 16 << 20

// tries is how often in a row a piece may fail before the program gives up; what
// arrived is kept for a week.
const tries = 8

type remoteUpload struct {
	URL, Version, Fingerprint string
	SizeBytes                 int64 `json:"size_bytes"`
}

type remoteVersion struct {
	State, URL string
	Number     int
	Audit      *struct {
		Verdict            audit.Verdict
		Blockers, Warnings int
	}
}

// Run sends the files, or the rest of them, and prints where the version is.
func (u *uploadCmd) Run(ctx context.Context, s *streams) error {
	c, err := savedClient()
	if err != nil {
		return err
	}
	if u.Cancel {
		return u.cancel(ctx, c, s)
	}
	p, files, err := u.plan(ctx, c, s)
	if err != nil {
		return asUsage(err)
	}
	if files != nil {
		if err := sendAll(ctx, c, s, files, p.remote()); err != nil {
			return u.stopped(p, err)
		}
	}
	if err := p.forget(); err != nil {
		return err
	}
	var v remoteVersion
	body, err := u.version(ctx, c, s, p.Version, &v)
	if err != nil {
		return err
	}
	if u.JSON {
		fmt.Fprintf(s.out, "%s\n", body)
	} else {
		fmt.Fprintln(s.out, printable(v.URL))
	}
	if !u.Wait {
		return nil
	}
	if v.Audit == nil {
		return fmt.Errorf("the version is %s, without a report", printable(v.State))
	}
	fmt.Fprintf(s.err, "%s: %d blockers, %d warnings\n", printable(string(v.Audit.Verdict)), v.Audit.Blockers, v.Audit.Warnings)
	return exitOf(v.Audit.Verdict)
}

// plan says what is sent and where: the rest of an upload that was interrupted,
// or all of one that it begins. Without files all of it has arrived, and only the
// answer was lost.
func (u *uploadCmd) plan(ctx context.Context, c *client, s *streams) (pending, *stream, error) {
	if u.Path == "" {
		p, err := chosen(c.Server, u.Listing)
		if err != nil {
			return p, nil, err
		}
		if p.isFinished(ctx, c) {
			return p, nil, nil
		}
		files, err := p.files()
		if err != nil {
			return p, nil, err
		}
		fmt.Fprintf(s.err, "Going on with the upload of %s.\n", printable(p.Path))
		return p, files, nil
	}
	files, err := newStream(u.Path)
	if err != nil {
		return pending{}, nil, err
	}
	if p, ok := findPending(c.Server, u.Listing); ok && p.Fingerprint == files.fingerprint && p.isFinished(ctx, c) {
		return p, nil, nil
	}
	remote, err := u.begin(ctx, c, s, files)
	if err != nil {
		return pending{}, nil, err
	}
	at, err := filepath.Abs(u.Path)
	if err != nil {
		return pending{}, nil, err
	}
	p := pending{Server: c.Server, Listing: u.Listing, Path: at, URL: remote.URL, Version: remote.Version,
		Fingerprint: files.fingerprint, SizeBytes: files.size, BegunAt: time.Now().UTC().Truncate(time.Second)}
	return p, files, p.save()
}

// isFinished reports whether the server has all bytes.
func (p pending) isFinished(ctx context.Context, c *client) bool {
	at, err := p.remote().path()
	if err != nil {
		return false
	}
	var one struct{ State string }
	_, err = c.ask(ctx, http.MethodGet, at, nil, nil, &one)
	return err == nil && one.State == "finished"
}

// files reads again what an upload was begun with. What has changed since does
// not fit what arrived.
func (p pending) files() (*stream, error) {
	files, err := newStream(p.Path)
	if err != nil {
		return nil, err
	}
	if files.fingerprint != p.Fingerprint || files.size != p.SizeBytes {
		return nil, usageError{fmt.Errorf("what %s holds has changed since the upload was begun (names, sizes or times). Put it back, or give the upload up: lqs upload --cancel %s",
			printable(p.Path), printable(p.Listing))}
	}
	return files, nil
}

// stopped says what becomes of an upload that did not come to its end.
func (u *uploadCmd) stopped(p pending, err error) error {
	var r *refusal
	switch {
	case !errors.As(err, &r):
		return err
	case r.status == http.StatusNotFound, r.status == http.StatusGone:
		if err := p.forget(); err != nil {
			return err
		}
		return usageError{fmt.Errorf("the upload is no longer at the server: it was finished or given up elsewhere, or no byte came for a week. To send the files anew: lqs upload %s %s",
			printable(p.Listing), printable(p.Path))}
	case r.status == http.StatusUnauthorized:
		return usageError{fmt.Errorf("%w. What arrived is kept: run lqs login with another token, then lqs upload again", err)}
	}
	return err
}

// cancel gives up the upload that is kept, or that the server says is under way.
func (u *uploadCmd) cancel(ctx context.Context, c *client, s *streams) error {
	p, err := chosen(c.Server, u.Listing)
	if err != nil && u.Listing != "" { // begun on another machine
		var under struct{ Items []remoteUpload }
		if _, asked := c.ask(ctx, "GET", "/listings/"+url.PathEscape(u.Listing)+"/uploads", nil, nil, &under); asked != nil {
			return asUsage(asked)
		}
		if len(under.Items) == 0 {
			return usageError{errors.New("no upload of this data set is under way")}
		}
		p, err = pending{Server: c.Server, Listing: u.Listing, URL: under.Items[0].URL, Version: under.Items[0].Version}, nil
	}
	if err != nil {
		return err
	}
	at, err := p.remote().path()
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, http.MethodDelete, at, nil, map[string]string{"Tus-Resumable": "1.0.0"}, nil)
	var r *refusal
	if errors.As(err, &r) && r.status == http.StatusNotFound {
		err = nil // it is gone already
	}
	if err != nil {
		return asUsage(err)
	}
	if err := p.forget(); err != nil {
		return err
	}
	if u.JSON {
		return json.NewEncoder(s.out).Encode(map[string]any{"canceled": true, "listing": p.Listing, "version": p.Version})
	}
	fmt.Fprintln(s.out, "The upload is given up. What arrived is deleted, and the version is a draft again.")
	return nil
}

// asUsage makes a refusal of what was asked for a mistake of the call.
func asUsage(err error) error {
	var r *refusal
	if errors.As(err, &r) && r.status < 500 {
		return usageError{err}
	}
	return err
}

// begin finds the upload of the same files that is under way, or begins one.
func (u *uploadCmd) begin(ctx context.Context, c *client, s *streams, files *stream) (remoteUpload, error) {
	var under struct{ Items []remoteUpload }
	at := "/listings/" + url.PathEscape(u.Listing) + "/uploads"
	if _, err := c.ask(ctx, "GET", at, nil, nil, &under); err != nil {
		return remoteUpload{}, err
	}
	if len(under.Items) > 0 { // a listing has at most one under way
		one := under.Items[0]
		if one.Fingerprint == files.fingerprint && one.SizeBytes == files.size {
			fmt.Fprintln(s.err, "Going on with the upload that is under way.")
			return one, nil
		}
		return one, usageError{u.otherUpload(c)}
	}
	body := map[string]any{"size_bytes": files.size, "fingerprint": files.fingerprint, "change_note": u.Note}
	if u.Agreement != "" {
		body["agreement"] = map[string]string{"sha256": u.Agreement, "name": u.Name}
	}
	var begun remoteUpload
	_, err := c.send(ctx, "POST", at, body, &begun, map[string]string{"Idempotency-Key": "upload-" + files.fingerprint + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)})
	var r *refusal
	switch {
	case errors.As(err, &r) && r.status == http.StatusConflict && u.Agreement == "":
		u.showAgreement(ctx, c, s)
	case errors.As(err, &r) && r.status == http.StatusUnprocessableEntity && u.Note == "":
		err = fmt.Errorf("%w\n  Say it by --note \"WHAT CHANGED\"", err)
	}
	return begun, err
}

// otherUpload says why the files are not sent: others are under way, or the same
// ones as they were before.
func (u *uploadCmd) otherUpload(c *client) error {
	p, ok := findPending(c.Server, u.Listing)
	at, err := filepath.Abs(u.Path)
	switch {
	case ok && err == nil && p.Path == at:
		return fmt.Errorf("what %s holds has changed since the upload was begun (names, sizes or times). Put it back, or give the upload up: lqs upload --cancel %s", printable(at), printable(u.Listing))
	case ok:
		return fmt.Errorf("an upload of %s to this data set is under way. Finish it: lqs upload %s. Or give it up: lqs upload --cancel %s", printable(p.Path), printable(u.Listing), printable(u.Listing))
	}
	return fmt.Errorf("another upload of this data set is under way, of other files. Finish it where it was begun, or give it up: lqs upload --cancel %s", printable(u.Listing))
}

// showAgreement prints the text that has to be accepted.
func (u *uploadCmd) showAgreement(ctx context.Context, c *client, s *streams) {
	var text struct{ SHA256, Text string }
	if _, err := c.ask(ctx, "GET", "/upload-agreement", nil, nil, &text); err != nil {
		return
	}
	for line := range strings.Lines(text.Text) {
		fmt.Fprintln(s.err, printable(strings.TrimRight(line, "\n")))
	}
	fmt.Fprintf(s.err, "\nIf you accept it, add --agreement %s --name \"YOUR FULL NAME\".\n", printable(text.SHA256))
}

// path is where the bytes go, after the prefix of the API: of the address only
// this counts, so that the token goes to no other server.
func (r remoteUpload) path() (string, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return "", errors.New("the server named no address to send to")
	}
	at, ok := strings.CutPrefix(u.Path, "/api/v1")
	if !ok {
		return "", errors.New("the server named an address outside of its API")
	}
	return at, nil
}

// sendAll sends what the server does not have, from where it is; a broken
// connection is taken up again.
func sendAll(ctx context.Context, c *client, s *streams, files *stream, remote remoteUpload) error {
	at, err := remote.path()
	if err != nil {
		return err
	}
	line, failed, offset := newProgress(s.err), 0, int64(-1)
	defer line.done()
	began := time.Now()
	for offset < files.size {
		if offset < 0 {
			offset, err = arrived(ctx, c, at)
		}
		if err == nil && offset < files.size {
			offset, err = sendPiece(ctx, c, files, at, offset)
		}
		if err == nil {
			failed = 0
			line.say(fmt.Sprintf("%s of %s sent, %s", audit.FormatBytes(offset), audit.FormatBytes(files.size), time.Since(began).Round(time.Second)))
			continue
		}
		if failed++; failed > tries || !mayRetry(err) || ctx.Err() != nil {
			return errors.Join(fmt.Errorf("the upload stopped: %w. What arrived is kept for a week: run lqs upload again to go on", err), ctx.Err())
		}
		offset = -1 // ask anew
		select {
		case <-ctx.Done():
		case <-time.After(min(time.Duration(1<<failed)*250*time.Millisecond, 30*time.Second)):
		}
	}
	return nil
}

// mayRetry reports whether a failure may pass: the connection broke, the server
// is busy, or the offset was another.
func mayRetry(err error) bool {
	var r *refusal
	return !errors.As(err, &r) || r.status >= 500 || r.status == http.StatusConflict || r.status == http.StatusTooManyRequests || r.status == http.StatusLocked
}

// arrived asks how many bytes the server has.
func arrived(ctx context.Context, c *client, at string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	res, err := c.ask(ctx, http.MethodHead, at, nil, map[string]string{"Tus-Resumable": "1.0.0"}, nil)
	if err != nil {
		return -1, err
	}
	return strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64)
}

// sendPiece sends the next bytes and returns the new offset.
func sendPiece(ctx context.Context, c *client, files *stream, at string, offset int64) (int64, error) {
	body := files.from(offset)
	defer body.Close()
	n := min(pieceBytes, files.size-offset)
	res, err := c.ask(ctx, http.MethodPatch, at, io.LimitReader(body, n), map[string]string{"Tus-Resumable": "1.0.0",
		"Upload-Offset": strconv.FormatInt(offset, 10), "Content-Type": "application/offset+octet-stream"}, nil)
	if err != nil {
		return -1, err
	}
	return strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64)
}

// version reads the version, and with --wait until its audit is over.
func (u *uploadCmd) version(ctx context.Context, c *client, s *streams, id string, v *remoteVersion) (body json.RawMessage, err error) {
	etag := ""
	for {
		header := map[string]string{}
		if etag != "" {
			header["If-None-Match"] = etag
		}
		res, err := c.ask(ctx, "GET", "/versions/"+url.PathEscape(id), nil, header, &body)
		if err != nil {
			return nil, err
		}
		if res.StatusCode == http.StatusOK {
			etag = res.Header.Get("ETag")
			if err := json.Unmarshal(body, v); err != nil {
				return nil, err
			}
		}
		if !u.Wait || v.State != "uploading" && v.State != "queued" && v.State != "auditing" {
			return body, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(2 * time.Second):
		}
	}
}
