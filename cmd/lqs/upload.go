package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay/internal/audit"
)

type uploadCmd struct {
	Listing   string `arg:"" help:"Identifier of the data set: the part of its page's address after /seller/listings/."`
	Path      string `arg:"" help:"A folder, a file, or an archive (zip, tar, tar.gz, tar.zst)."`
	Name      string `placeholder:"FULL NAME" help:"Your full name, under the upload agreement."`
	Agreement string `placeholder:"SHA256" help:"Digest of the upload agreement that you have read and accept; lqs upload prints text and digest if it is missing."`
	Note      string `help:"What changed since the version before."`
	Wait      bool   `help:"Wait for the audit and exit as lqs audit does: 0 passed, 1 flagged, 2 failed, 4 nothing recognized."`
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
	files, err := newStream(u.Path)
	if err != nil {
		return err
	}
	remote, err := u.begin(ctx, c, s, files)
	if err != nil {
		return asUsage(err)
	}
	if err := sendAll(ctx, c, s, files, remote); err != nil {
		return err
	}
	var v remoteVersion
	body, err := u.version(ctx, c, s, remote.Version, &v)
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
		return one, usageError{errors.New("another upload of this data set is under way, of other files. Finish it, or cancel it on the upload page")}
	}
	body := map[string]any{"size_bytes": files.size, "fingerprint": files.fingerprint, "change_note": u.Note}
	if u.Agreement != "" {
		body["agreement"] = map[string]string{"sha256": u.Agreement, "name": u.Name}
	}
	var begun remoteUpload
	_, err := c.send(ctx, "POST", at, body, &begun, map[string]string{"Idempotency-Key": "upload-" + files.fingerprint + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)})
	var r *refusal
	if errors.As(err, &r) && r.status == http.StatusConflict && u.Agreement == "" {
		u.showAgreement(ctx, c, s)
	}
	return begun, err
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

// sendAll sends what the server does not have, from where it is; a broken
// connection is taken up again.
func sendAll(ctx context.Context, c *client, s *streams, files *stream, remote remoteUpload) error {
	u, err := url.Parse(remote.URL)
	if err != nil {
		return errors.New("the server named no address to send to")
	}
	at, ok := strings.CutPrefix(u.Path, "/api/v1")
	if !ok {
		return errors.New("the server named an address outside of its API")
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
			return errors.Join(fmt.Errorf("the upload stopped: %w. What arrived is kept for a week: run the same command again to go on", err), ctx.Err())
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
