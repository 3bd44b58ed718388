package api

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

func TestABugCostsOneRequest(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := chi.NewRouter()
	r.Use(numbered, RecoverPanics(slog.New(slog.NewTextHandler(&log, nil)), answerProblem))
	r.Get("/bug/{name}", func(http.ResponseWriter, *http.Request) { panic(fmt.Errorf("no patient %s", "Quillara")) })
	r.Get("/gone", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	r.Get("/well", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "well") })
	server := httptest.NewServer(r)
	defer server.Close()
	for _, tt := range []struct {
		path   string
		status int // 0 for no answer
		kind   string
	}{{"/bug/Quillara", 500, problemType}, {"/well", 200, "text/plain; charset=utf-8"}, {"/gone", 0, ""}, {"/well", 200, "text/plain; charset=utf-8"}} {
		a, err := http.Get(server.URL + tt.path)
		if (err != nil) != (tt.status == 0) {
			t.Fatalf("%s: %v", tt.path, err)
		}
		if err != nil {
			continue
		}
		a.Body.Close()
		if a.StatusCode != tt.status || a.Header.Get("Content-Type") != tt.kind {
			t.Errorf("%s: %d as %s, want %d as %s", tt.path, a.StatusCode, a.Header.Get("Content-Type"), tt.status, tt.kind)
		}
	}
	if text := log.String(); strings.Contains(text, "Quillara") || strings.Count(text, "msg=panic") != 1 || !strings.Contains(text, "/bug/{name}") || !strings.Contains(text, "recover_test.go") {
		t.Errorf("the log, want one line that says where and quotes nothing:\n%s", text)
	}
}
