package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"assay/internal/audit/synth"
	"assay/internal/id"
	"assay/internal/listing"
)

// work is one submission on its way from a draft to a live listing.
type work struct {
	*victim
	number  int
	random  *rand.Rand
	pack    []byte
	listing id.Listing
	upload  string // path of its resumable upload
	acked   int    // bytes that the server said it has
	version id.Version
	live    bool
}

func (w *work) fail(format string, args ...any) {
	w.t.Errorf("submission %d: "+format, append([]any{w.number}, args...)...)
}

func (w *work) run(ctx context.Context) {
	claims := followUpCT()
	claims.Basics.Title = fmt.Sprintf("Submission %d of a test", w.number)
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: uint64(w.number) + 1, Slices: 8})
	if err == nil {
		w.pack, err = synth.Zip(files)
	}
	if err != nil {
		w.fail("%v", err)
		return
	}
	w.turn <- struct{}{} // a few at a time
	r := &running{house: w.house}
	w.listing = r.draft(w.t, w.seller)
	sent := w.send(ctx)
	<-w.turn
	if !sent || !w.waitAudited(ctx) {
		return
	}
	w.publish(ctx)
}

// send uploads with as many breaks as come.
func (w *work) send(ctx context.Context) bool {
	w.in[sending].Add(1)
	defer w.in[sending].Add(-1)
	if w.number%5 == 4 {
		return w.sendForm(ctx)
	}
	for w.upload == "" {
		if err := w.begin(ctx); err != nil && !w.pause(ctx, "begin: "+err.Error()) {
			return false
		}
	}
	broke := true
	for {
		if broke {
			offset, ok := w.ask(ctx)
			if !ok {
				return false
			}
			if offset < w.acked {
				w.fail("the server has %d bytes and had acknowledged %d", offset, w.acked)
				return false
			}
			w.acked, broke = offset, false
		}
		if w.acked == len(w.pack) {
			return true
		}
		piece := w.pack[w.acked:min(len(w.pack), w.acked+8<<10+w.random.IntN(64<<10))]
		got, err := w.caller.sendTus(ctx, w.upload, w.acked, &throttled{bytes.NewReader(piece)})
		if err != nil || got.status != http.StatusNoContent {
			broke = true
			if !w.pause(ctx, "piece") {
				return false
			}
			continue
		}
		offset, err := strconv.Atoi(got.header.Get("Upload-Offset"))
		if err != nil || offset != w.acked+len(piece) {
			w.fail("offset %q after %d bytes more than %d", got.header.Get("Upload-Offset"), len(piece), w.acked)
			return false
		}
		w.acked = offset
		w.victim.acked.Add(int64(len(piece)))
	}
}

// sendForm sends the plain form until the server has taken it in: a break
// leaves nothing, unless it came after the last byte.
func (w *work) sendForm(ctx context.Context) bool {
	for {
		versions, err := w.house.listings.Versions(ctx, w.seller, w.listing)
		if err == nil && len(versions) > 0 && versions[0].State != listing.Draft && versions[0].State != listing.Uploading {
			w.acked = len(w.pack)
			w.victim.acked.Add(int64(len(w.pack)))
			return true
		}
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		m.WriteField("csrf", w.caller.token)
		if part, err := m.CreateFormFile("file", "set.zip"); err == nil {
			part.Write(w.pack)
		}
		m.Close()
		w.caller.try(ctx, http.MethodPost, "/seller/listings/"+string(w.listing)+"/upload/files", &throttled{&b}, map[string]string{"Content-Type": m.FormDataContentType()})
		if !w.pause(ctx, "plain form") {
			return false
		}
	}
}

// throttled reads as a slow line does.
type throttled struct{ r io.Reader }

// Read gives a little after a pause.
func (s *throttled) Read(p []byte) (int, error) {
	time.Sleep(2 * time.Millisecond)
	return s.r.Read(p[:min(len(p), 4<<10)])
}

// begin begins the upload, or finds the one that a broken request began.
func (w *work) begin(ctx context.Context) error {
	u, err := w.house.uploads.UnderWay(ctx, w.seller, w.listing)
	page := "/seller/listings/" + string(w.listing)
	switch {
	case err == nil && u.StorageID != "":
		w.upload = "/seller/uploads/" + u.StorageID
		return nil
	case err == nil: // it has a row and no object yet: give it up, as the page offers
		form := url.Values{"csrf": {w.caller.token}}
		r, err := w.caller.try(ctx, http.MethodPost, page+"/upload/cancel", strings.NewReader(form.Encode()), formKind)
		if err == nil && r.status != http.StatusSeeOther {
			err = fmt.Errorf("cancel: status %d", r.status)
		}
		return err
	}
	w.upload, err = w.caller.beginTus(ctx, page, len(w.pack))
	return err
}

// ask asks how many bytes the server has.
func (w *work) ask(ctx context.Context) (int, bool) {
	for {
		r, err := w.caller.try(ctx, http.MethodHead, w.upload, nil, map[string]string{"Tus-Resumable": "1.0.0"})
		if err == nil && r.status == http.StatusOK {
			w.resumed.Add(1)
			offset, err := strconv.Atoi(r.header.Get("Upload-Offset"))
			return offset, err == nil
		}
		if !w.pause(ctx, "ask") {
			return 0, false
		}
	}
}

// pause waits before another try; it is false if the test's time is over.
func (w *work) pause(ctx context.Context, what string) bool {
	select {
	case <-ctx.Done():
		w.fail("no time left: %s", what)
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}

func (w *work) state(ctx context.Context) (listing.State, error) {
	versions, err := w.house.listings.Versions(ctx, w.seller, w.listing)
	if err != nil || len(versions) == 0 {
		return "", fmt.Errorf("%d versions, %w", len(versions), err)
	}
	w.version = versions[0].ID
	return versions[0].State, nil
}

func (w *work) waitAudited(ctx context.Context) bool {
	w.in[auditing].Add(1)
	defer w.in[auditing].Add(-1)
	for {
		state, err := w.state(ctx)
		switch {
		case err != nil:
			w.fail("%v", err)
			return false
		case state == listing.Passed || state == listing.Flagged:
			return true
		case state != listing.Uploading && state != listing.Queued && state != listing.Auditing:
			w.fail("its audit led to %s", state)
			return false
		}
		if !w.pause(ctx, "still "+string(state)) {
			return false
		}
	}
}

// publish submits, has a reviewer approve and publishes, each through the
// server and as often as it takes.
func (w *work) publish(ctx context.Context) {
	w.in[publishing].Add(1)
	defer w.in[publishing].Add(-1)
	for {
		state, err := w.state(ctx)
		step := ""
		switch {
		case err != nil:
		case state == listing.Live:
			w.live = true
			return
		case state == listing.Flagged:
			err = w.answer(ctx)
			step = "submit"
		case state == listing.Passed:
			step = "submit"
		case state == listing.InReview:
			err = w.house.approveDemo(ctx, w.people, w.version)
		case state == listing.Approved:
			step = "publish"
		default:
			w.fail("on its way to publishing it became %s", state)
			return
		}
		if err != nil {
			w.fail("in state %s: %v", state, err)
			return
		}
		if step != "" {
			form := url.Values{"csrf": {w.caller.token}}
			w.caller.try(ctx, http.MethodPost, "/seller/versions/"+string(w.version)+"/"+step, strings.NewReader(form.Encode()), formKind)
		}
		if ctx.Err() != nil {
			w.fail("no time left in state %s", state)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (w *work) answer(ctx context.Context) error {
	d, err := w.house.listings.Version(ctx, w.seller, w.version)
	if err != nil {
		return err
	}
	for _, key := range d.Report.WarningKeys {
		if err := w.house.listings.AnswerFinding(ctx, w.seller, w.version, key, "Checked: part of the protocol, names nobody."); err != nil {
			return err
		}
	}
	return nil
}

// check holds the object in the store against what was sent.
func (w *work) check() {
	if !w.live {
		w.fail("it is not live")
		return
	}
	sum := sha256.Sum256(w.pack)
	want := hex.EncodeToString(sum[:])
	c := (&running{database: w.database}).super(w.t)
	var name, kept string
	err := c.QueryRow(w.t.Context(), `SELECT id::text, sha256 FROM upload WHERE version_id = $1 AND state = 'finished'`, w.version).Scan(&name, &kept)
	if err != nil || w.upload != "" && !strings.HasSuffix(w.upload, "/"+name) {
		w.fail("its upload is %s, not %s: %v", name, w.upload, err)
	}
	object, err := os.ReadFile(strings.TrimPrefix(w.config.BlobURL, "file://") + "/upload/" + name)
	if err != nil {
		w.fail("%v", err)
	}
	if sum := sha256.Sum256(object); hex.EncodeToString(sum[:]) != want {
		w.fail("the object in the store is not what was sent: %d bytes of %d", len(object), len(w.pack))
	}
	var finished, published, shown int
	err = c.QueryRow(w.t.Context(), `
SELECT (SELECT count(*) FROM version_event WHERE version_id = $1 AND event = 'finish_upload'),
       (SELECT count(*) FROM version_event WHERE version_id = $1 AND event = 'publish'),
       (SELECT count(*) FROM catalog_listing WHERE id = $2)`, w.version, w.listing).Scan(&finished, &published, &shown)
	if err != nil {
		w.fail("%v", err)
	}
	if kept != want || finished != 1 || published != 1 || shown != 1 {
		w.fail("sha256 %s, want %s; finished %d times, published %d times, shown %d times; want 1 each", kept, want, finished, published, shown)
	}
}
