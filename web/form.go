package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"strings"

	"assay/internal/errs"
)

const (
	// maxFormBytes bounds an ordinary form. Uploads have routes of their own.
	maxFormBytes = 1 << 20
	// maxMultipartBytes bounds a form that carries a document.
	maxMultipartBytes = 24 << 20
	// tokenField is the form field, tokenHeader the header of scripts.
	tokenField  = "csrf"
	tokenHeader = "X-CSRF-Token"
	sessionCSRF = "csrf"
)

// csrfToken returns the session's token, made on first use.
func (s *Server) csrfToken(r *http.Request) string {
	if token := s.sessions.GetString(r.Context(), sessionCSRF); token != "" {
		return token
	}
	random := make([]byte, 24)
	rand.Read(random)
	token := base64.RawURLEncoding.EncodeToString(random)
	s.sessions.Put(r.Context(), sessionCSRF, token)
	return token
}

// checkToken refuses a request that changes something and does not carry the
// session's token. A route that streams its body sends it as a header.
func (s *Server) checkToken(w http.ResponseWriter, r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	given := r.Header.Get(tokenHeader)
	if given == "" {
		if streams(r) {
			return nil // its handler checks the first field of the stream
		}
		if err := parseForm(w, r); err != nil {
			return err
		}
		given = r.PostForm.Get(tokenField)
	}
	return s.matchToken(r, given)
}

// matchToken returns errs.Forbidden unless given is the session's token.
func (s *Server) matchToken(r *http.Request, given string) error {
	want := s.sessions.GetString(r.Context(), sessionCSRF)
	if want == "" || subtle.ConstantTimeCompare([]byte(given), []byte(want)) != 1 {
		return errs.New(errs.Forbidden, "This form is too old or came from another page. Go back, reload the page and send it again.")
	}
	return nil
}

// streams reports whether a request's body is read as a stream by its handler,
// which then checks the token itself: a multipart upload, whose path ends in
// "/files" and whose first field is the token.
func streams(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && kind == "multipart/form-data" && strings.HasSuffix(r.URL.Path, "/files")
}

// parseForm reads the body within its limit; r.PostForm holds the values.
func parseForm(w http.ResponseWriter, r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, maxMultipartBytes)
		err = r.ParseMultipartForm(1 << 20)
	} else {
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
		err = r.ParseForm()
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return errs.Newf(errs.TooLarge, "This form is larger than %d MiB. Go back, your browser has kept what you typed, and send less text or a smaller document.", big.Limit>>20)
	}
	if err != nil {
		return errs.Wrap(errs.Invalid, "This form could not be read. Go back, reload the page and send it again.", err)
	}
	keepText(r.PostForm)
	keepText(r.Form)
	return nil
}
