package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"time"

	"assay/internal/account/idempotency"
	"assay/internal/errs"
)

const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotency-Replayed"
	// maxBodyBytes bounds the JSON of a request. Files go another way.
	maxBodyBytes = 1 << 20
	// carryFor is how long a request with a key may take. It is longer than any
	// operation needs.
	carryFor = time.Minute
)

// repeated are the headers that belong to an answer and are sent again with it.
var repeated = []string{"Content-Type", "Location", "ETag", "Link"}

// once gives a POST that carries a key one effect: the same request sent again
// gets the answer of the first. A request that was refused before it had any
// effect may be mended and sent under the same key. It is carried out to its end
// although its sender hangs up: what is kept for 24 hours is never the answer to
// a broken line.
func (a *API) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get(keyHeader)
		if r.Method != http.MethodPost || key == "" {
			next.ServeHTTP(w, r)
			return
		}
		request, err := requestOf(w, r, key)
		var earlier *idempotency.Answer
		if err == nil {
			earlier, err = a.Requests.Begin(r.Context(), request)
		}
		switch {
		case err != nil:
			a.problemOf(r.Context(), err).write(w, r)
		case earlier != nil:
			w.Header().Set(replayedHeader, "true")
			send(w, *earlier)
		default:
			answer, err := a.carryOut(request, next, w, r)
			if err != nil {
				a.problemOf(r.Context(), err).write(w, r)
				return
			}
			send(w, answer)
		}
	})
}

// requestOf reads the body and names the request by all that decides what it
// does.
func requestOf(w http.ResponseWriter, r *http.Request, key string) (idempotency.Request, error) {
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Second)) // not every writer can
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return idempotency.Request{}, errs.Newf(errs.TooLarge, "The body is larger than %d MiB.", maxBodyBytes>>20)
	case err != nil:
		return idempotency.Request{}, errs.Wrap(errs.Invalid, "The connection broke while the body arrived.", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	b := bearerOf(r.Context())
	sum := sha256.Sum256([]byte(r.Method + " " + r.URL.RequestURI() + "\n" + r.Header.Get("If-Match") + "\n" + string(body)))
	return idempotency.Request{Actor: b.Actor(), Token: b.Token, Key: key, SHA256: hex.EncodeToString(sum[:])}, nil
}

// carryOut has the request answered and keeps the answer, whether or not its
// sender is still there.
func (a *API) carryOut(request idempotency.Request, next http.Handler, w http.ResponseWriter, r *http.Request) (idempotency.Answer, error) {
	rec := &recorder{header: http.Header{}}
	acting, stop := context.WithTimeout(context.WithoutCancel(r.Context()), a.carryFor)
	defer stop()
	next.ServeHTTP(rec, r.WithContext(acting))
	wasCutOff := acting.Err() != nil
	answer := idempotency.Answer{Status: rec.status, Header: map[string]string{}, Body: rec.body.Bytes()}
	for name, values := range rec.header {
		w.Header()[name] = values
	}
	for _, name := range repeated {
		if value := rec.header.Get(name); value != "" {
			answer.Header[name] = value
		}
	}
	if answer.Body == nil {
		answer.Body = []byte{}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 10*time.Second)
	defer cancel()
	switch {
	case wasCutOff && answer.Status >= 500: // nobody can tell how far it came
		return answer, nil
	case hadNoEffect(answer.Status):
		return answer, a.Requests.Release(ctx, request)
	}
	return answer, a.Requests.Finish(ctx, request, answer)
}

// hadNoEffect reports whether a status says that a request was refused before
// anything was done. 503 says that a retry may succeed.
func hadNoEffect(status int) bool {
	return status == http.StatusServiceUnavailable || status >= 400 && status < 500 && status != http.StatusConflict
}

func send(w http.ResponseWriter, a idempotency.Answer) {
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.Status)
	w.Write(a.Body)
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers of the answer.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the first status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write keeps p.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}
