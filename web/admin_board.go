package web

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/admindesk"
	"assay/internal/errs"
	"assay/internal/postgres"
	"assay/web/static"
)

// boardPolicy lets River's own pages set the styles of single elements, which
// their plots need. Scripts, data and styles come from this server alone.
const boardPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// showBoard is River's own view of the queue. Its handler only reads here: what
// its pages ask to change is carried out by boardJobs and boardQueue.
func (s *Server) showBoard(w http.ResponseWriter, r *http.Request) error {
	if s.Board == nil {
		return notFound(w, r)
	}
	w.Header().Set("Content-Security-Policy", boardPolicy)
	r = r.Clone(r.Context())
	for _, part := range []string{"Range", "If-Modified-Since"} { // of a page that is not sent as it lies there
		r.Header.Del(part)
	}
	head := `<meta name="csrf" content="` + html.EscapeString(s.csrfToken(r)) + `"><script src="` + static.URL("river.js") + `"></script>`
	s.Board.ServeHTTP(boardWriter{w, []byte(head)}, r)
	return nil
}

// boardWriter adds to the head of River's page, and says at the last moment that
// no answer is stored: River's file server takes the header back where it falls
// back to its first page.
type boardWriter struct {
	http.ResponseWriter
	head []byte
}

func (w boardWriter) isPage() bool {
	return strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")
}

// WriteHeader sends the headers.
func (w boardWriter) WriteHeader(status int) {
	w.Header().Set("Cache-Control", "no-store")
	if w.isPage() {
		w.Header().Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends the headers if they are not sent yet, and a piece of the body; a
// page comes in one piece.
func (w boardWriter) Write(piece []byte) (int, error) {
	w.Header().Set("Cache-Control", "no-store")
	if !w.isPage() {
		return w.ResponseWriter.Write(piece)
	}
	open := []byte("<head>")
	if _, err := w.ResponseWriter.Write(bytes.Replace(piece, open, append(open, w.head...), 1)); err != nil {
		return 0, err
	}
	return len(piece), nil
}

// boardJobs carries out what River's pages ask to do with jobs, as the admin and
// with a record of each.
func (s *Server) boardJobs(act func(context.Context, postgres.Actor, int64) error) http.HandlerFunc {
	return s.boardAct(func(r *http.Request) error {
		var asked struct {
			IDs []string `json:"ids"`
		}
		body := http.MaxBytesReader(nil, r.Body, 64<<10)
		if err := json.NewDecoder(body).Decode(&asked); err != nil || len(asked.IDs) == 0 {
			return errs.New(errs.Invalid, "Choose the jobs.")
		}
		for _, text := range asked.IDs {
			number, err := admindesk.ParseJob(text)
			if err == nil {
				err = act(r.Context(), s.actor(r), number)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// boardQueue carries out what River's pages ask to do with a queue.
func (s *Server) boardQueue(act func(context.Context, postgres.Actor, string) error) http.HandlerFunc {
	return s.boardAct(func(r *http.Request) error { return act(r.Context(), s.actor(r), chi.URLParam(r, "name")) })
}

// boardAct answers River's script. It takes a fresh proof of who the admin is,
// and says where that is given.
func (s *Server) boardAct(act func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var err error
		if s.provedAgo(r) > account.ProofLifetime {
			s.sessions.Put(r.Context(), sessionProofNext, adminBoardPath+"/")
			w.Header().Set("X-Prove", securityPath+"/again")
			err = errs.New(errs.Forbidden, "Show your second factor again, then try once more.")
		} else {
			err = act(r)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err == nil {
			json.NewEncoder(w).Encode(map[string]string{"status": "ok"})
			return
		}
		if errs.KindOf(err) == errs.Internal {
			s.log.Error("request failed", "route", routeOf(r), "request", requestID(r), "error", err.Error())
		}
		w.WriteHeader(statusOf(err))
		json.NewEncoder(w).Encode(map[string]string{"message": errs.MessageOf(err)})
	}
}
