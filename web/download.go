package web

import (
	"cmp"
	"encoding/csv"
	"io"
	"mime"
	"net/http"
	"strconv"

	"assay/internal/audit/finding"
)

// attach heads an answer that is a file to save, by a name of ours.
func attach(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// keepPrivate keeps the answer out of every cache, and what was sought out of
// the address that another page is told.
func keepPrivate(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store, private")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// fewMinutes is how long a cache may keep what everybody sees alike.
const fewMinutes = "public, max-age=300"

func (s *Server) sendPublicJSON(w http.ResponseWriter, r *http.Request, file []byte) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", fewMinutes)
	s.write(w, r, file)
	return nil
}

// sendPrivate hands a document out as a download: it is a stranger's file, which
// no browser may show as part of this site.
func (s *Server) sendPrivate(w http.ResponseWriter, r *http.Request, name string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", policy+"; sandbox")
	s.write(w, r, body)
	return nil
}

// sendTable sends rows as a table for spreadsheets, as they come.
func (s *Server) sendTable(w http.ResponseWriter, r *http.Request, name string, heads []string, each func(row func(...string) error) error) error {
	keepPrivate(w)
	attach(w, "text/csv; charset=utf-8", name)
	return s.exported(r, writeTable(w, heads, each))
}

// writeTable writes rows as comma-separated values in which no cell is a
// formula.
func writeTable(w io.Writer, heads []string, each func(row func(...string) error) error) error {
	out := csv.NewWriter(w)
	row := func(cells ...string) error {
		safe := make([]string, len(cells))
		for i, c := range cells {
			safe[i] = finding.Cell(c)
		}
		return out.Write(safe)
	}
	err := cmp.Or(row(heads...), each(row))
	out.Flush()
	return cmp.Or(err, out.Error())
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, body []byte) {
	_, err := w.Write(body)
	s.sent(r, err)
}

// sent ends an answer whose length or first bytes are out: if it did not arrive
// whole, the client went away.
func (s *Server) sent(r *http.Request, err error) {
	if err != nil {
		s.log.Debug("client went away", "route", routeOf(r), "error", err)
	}
}

// exported ends a download that is read while it is sent. One that broke off
// must not look whole: the connection is cut.
func (s *Server) exported(r *http.Request, err error) error {
	if err != nil {
		s.log.Error("export broke off", "route", routeOf(r), "request", requestID(r), "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
