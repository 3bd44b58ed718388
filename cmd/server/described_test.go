package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"assay/web/api"
)

// describedAt is where the description says that the API stands.
const describedAt = "https://assay.test"

// description reads the description of the API with a library that is not ours.
var description = sync.OnceValues(func() (validator.Validator, error) {
	a := api.New(api.Services{}, api.Options{PublicURL: describedAt, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	w := httptest.NewRecorder()
	a.Routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	doc, err := libopenapi.NewDocument(w.Body.Bytes())
	if err != nil {
		return nil, err
	}
	v, mistakes := validator.NewValidator(doc)
	if len(mistakes) > 0 {
		return nil, mistakes[0]
	}
	return v, nil
})

// asDescribed holds an answer of the API to its description: status, media type
// and body. path begins after the prefix of the API.
func asDescribed(t testing.TB, method, path string, got reply) {
	t.Helper()
	v, err := description()
	if err != nil {
		t.Fatal(err)
	}
	if got.status >= 400 && method != http.MethodHead && got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %.80s: the refusal %d is %q, no problem of RFC 9457: %.200s", method, path, got.status, got.header.Get("Content-Type"), got.body)
		return
	}
	if got.status == http.StatusNotModified || got.status == http.StatusMethodNotAllowed {
		return // of every operation, or of none
	}
	r, err := http.NewRequest(method, describedAt+api.Prefix+path, nil)
	if err != nil {
		return // an address that cannot be written has no description
	}
	ok, mistakes := v.ValidateHttpResponse(r, &http.Response{
		StatusCode: got.status, Header: got.header, Body: io.NopCloser(bytes.NewReader([]byte(got.body))), Request: r,
	})
	for _, m := range mistakes {
		if strings.Contains(m.Message, "not found") && got.status == http.StatusNotFound {
			return // no operation stands at that address
		}
		t.Errorf("%s %.80s: the answer %d is not as described: %s: %s", method, path, got.status, m.Message, m.Reason)
		for _, s := range m.SchemaValidationErrors {
			t.Errorf("  %s: %s", s.FieldPath, s.Reason)
		}
	}
	if !ok && len(mistakes) == 0 {
		t.Errorf("%s %.80s: the answer %d is not as described", method, path, got.status)
	}
}
