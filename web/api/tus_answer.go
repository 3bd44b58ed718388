package api

import (
	"bytes"
	"net/http"
	"strings"

	"assay/internal/errs"
)

// tusVersion is the version of the protocol that is spoken.
const tusVersion = "1.0.0"

// tusRefusals are what the library calls its refusals, in our words. What is not
// here is a fault of ours, or a sentence of package upload that follows the
// name of our own.
var tusRefusals = map[string]struct {
	status int
	detail string
}{
	"ERR_UNSUPPORTED_VERSION":  {http.StatusPreconditionFailed, "Send Tus-Resumable: 1.0.0; no other version of the protocol is spoken."},
	"ERR_INVALID_CONTENT_TYPE": {http.StatusUnsupportedMediaType, "Send the bytes as Content-Type: application/offset+octet-stream."},
	"ERR_INVALID_OFFSET":       {http.StatusBadRequest, "Send Upload-Offset, a whole number of bytes from 0."},
	"ERR_MISMATCHED_OFFSET":    {http.StatusConflict, "The upload is not at that offset. Ask by HEAD how far it came, and go on from there."},
	"ERR_UPLOAD_SIZE_EXCEEDED": {http.StatusRequestEntityTooLarge, "These are more bytes than the upload was begun with."},
	"ERR_MAX_SIZE_EXCEEDED":    {http.StatusRequestEntityTooLarge, "These are more bytes than an upload may have."},
	"ERR_UPLOAD_NOT_FOUND":     {http.StatusNotFound, "There is no such upload."},
	"ERR_UPLOAD_LOCKED":        {http.StatusLocked, "Another request writes to this upload. Try again in a moment."},
	"ERR_LOCK_TIMEOUT":         {http.StatusLocked, "Another request writes to this upload. Try again in a moment."},
	"ERR_UPLOAD_INTERRUPTED":   {http.StatusConflict, "Another request went on with this upload. Ask by HEAD how far it came."},
	"ERR_UPLOAD_STOPPED":       {http.StatusConflict, "This upload was given up."},
	"ERR_UNEXPECTED_EOF":       {http.StatusBadRequest, "The connection broke while the bytes arrived. Ask by HEAD how far it came."},
	"ERR_READ_TIMEOUT":         {http.StatusServiceUnavailable, "No byte came for a while. Ask by HEAD how far it came."},
	"ERR_CONNECTION_RESET":     {http.StatusServiceUnavailable, "The connection broke while the bytes arrived. Ask by HEAD how far it came."},
	"ERR_SERVER_SHUTDOWN":      {http.StatusServiceUnavailable, "The server restarts. Ask by HEAD in a moment how far the upload came."},
}

// ownRefusal is the name under which package web hands its refusals to the
// library.
const ownRefusal = "ERR_ASSAY"

// AnswerTus has the library of the tus protocol answer a request; refuse is
// called instead where it refuses, with a status and a sentence, so that nothing
// of what broke on our side is told. Statuses are those after which clients of
// the protocol try again where that helps: 409, 423 and from 500.
func AnswerTus(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc, refuse func(status int, detail string)) {
	if !speaksTus(w, r, refuse) {
		return
	}
	answer := &tusAnswer{ResponseWriter: w}
	serve(answer, r)
	if answer.status == 0 {
		return
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Upload-Offset", "Upload-Length"} {
		w.Header().Del(name)
	}
	refuse(answer.refusal())
}

// speaksTus sets the headers that the protocol asks for on every answer, and
// refuses a request of another version. To give an upload up takes none, so that
// people can do it by hand.
//
// Source: tus resumable upload protocol 1.0.0, Tus-Resumable and Tus-Version.
func speaksTus(w http.ResponseWriter, r *http.Request, refuse func(status int, detail string)) bool {
	w.Header().Set("Tus-Resumable", tusVersion)
	given := r.Header.Get("Tus-Resumable")
	if given == tusVersion || given == "" && r.Method == http.MethodDelete {
		return true
	}
	w.Header().Set("Tus-Version", tusVersion)
	refused := tusRefusals["ERR_UNSUPPORTED_VERSION"]
	refuse(refused.status, refused.detail)
	return false
}

// tusAnswer lets answers pass and keeps refusals back.
type tusAnswer struct {
	http.ResponseWriter
	status int // of the refusal; 0 for none
	text   bytes.Buffer
}

// WriteHeader sends a status that is no refusal.
func (a *tusAnswer) WriteHeader(status int) {
	if status >= 400 {
		a.status = status
		return
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write sends p, or keeps it if it belongs to a refusal.
func (a *tusAnswer) Write(p []byte) (int, error) {
	if a.status != 0 {
		return a.text.Write(p)
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap gives the library the deadlines of the connection.
func (a *tusAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// refusal is the refusal in our words.
func (a *tusAnswer) refusal() (status int, detail string) {
	name, text, _ := strings.Cut(strings.TrimSpace(a.text.String()), ": ")
	if known, ok := tusRefusals[name]; ok {
		return known.status, known.detail
	}
	switch {
	case name == ownRefusal:
		return a.status, text
	case name == "" && a.status < 500: // to HEAD the library says no more
		return a.status, http.StatusText(a.status)
	}
	return http.StatusInternalServerError, errs.MessageOf(errs.New(errs.Internal, ""))
}
