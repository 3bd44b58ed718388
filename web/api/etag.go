package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// etagOf names one state of what an answer shows.
func etagOf(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:16]) + `"`, nil
}

// names reports whether a header of entity tags names one, or any by "*".
//
// Source: RFC 9110 Section 13.1.
func names(header, etag string) bool {
	list := strings.Split(header, ",")
	return slices.ContainsFunc(list, func(s string) bool {
		s = strings.TrimSpace(s)
		return s == "*" || s == etag
	})
}

// ReadInput is what asks for something that may not have changed.
type ReadInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"An ETag that the caller has: if it still holds, the answer is 304 without a body."`
}

// fresh returns an answer of 304 if the caller has the present state.
func (in ReadInput) fresh(etag string) error {
	if in.IfNoneMatch == "" || !names(strings.ReplaceAll(in.IfNoneMatch, "W/", ""), etag) {
		return nil
	}
	return notModified{}
}

// notModified is the answer to somebody who has the present state.
type notModified struct{}

// Error names the answer.
func (notModified) Error() string { return "not modified" }

// GetStatus returns 304.
func (notModified) GetStatus() int { return http.StatusNotModified }

// ChangeInput is what changes something that others may change too.
type ChangeInput struct {
	IfMatch string `header:"If-Match" doc:"The ETag of what the change was made from; required. If somebody else changed it meanwhile, the answer is 412 and nothing is changed."`
}

// unchanged returns a problem unless the caller knows the present state.
func (in ChangeInput) unchanged(etag string) error {
	switch {
	case in.IfMatch == "":
		return newProblem(http.StatusPreconditionRequired, "Send the ETag of what you read as If-Match, so that nobody’s change is overwritten.")
	case !names(in.IfMatch, etag):
		return errChanged()
	}
	return nil
}

func errChanged() *Problem {
	return newProblem(http.StatusPreconditionFailed, "Somebody changed this meanwhile. Read it again, then send your change with its new ETag.")
}
