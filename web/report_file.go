package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/errs"
	"assay/internal/listing"
)

// reportFilter is the filter of the address; one by file looks in the whole
// report, whose findings name every place.
func (s *Server) reportFilter(r *http.Request, d listing.Dossier) (reportFilter, error) {
	f := readReportFilter(r.URL)
	if f.file == "" || d.Report == nil {
		return f, nil
	}
	whole, complete, err := s.wholeReport(r.Context(), d)
	if err != nil {
		return f, err
	}
	f.places = map[string]bool{}
	for _, x := range whole.Findings {
		if namesFile(x, f.file) {
			f.places[x.Key()] = true
		}
	}
	f.note = "Names of files are looked for in every place of every finding."
	if !complete {
		f.note = "Names of files are looked for in the first places of each finding only."
	}
	return f, nil
}

// mostReport bounds a whole report that is read into memory, in bytes.
const mostReport = 64 << 20

// wholeReport reads the report with all places of each finding. Without one in
// the object store, or with one that is too large, it is the report of the
// database, which has the first places, and complete is false.
func (s *Server) wholeReport(ctx context.Context, d listing.Dossier) (r audit.Report, complete bool, err error) {
	body, whole, err := s.openReport(ctx, d)
	if err != nil {
		return r, false, err
	}
	defer body.Close()
	if err = json.NewDecoder(io.LimitReader(body, mostReport)).Decode(&r); err == nil {
		return r, whole, nil
	}
	return r, false, json.Unmarshal(d.Report.Body, &r)
}

// openReport opens the whole report, or the one of the database if there is no
// other.
func (s *Server) openReport(ctx context.Context, d listing.Dossier) (body io.ReadCloser, whole bool, err error) {
	if s.Audits != nil {
		body, err = s.Audits.Report(ctx, d.Report.ID)
		if err == nil || errs.KindOf(err) != errs.NotFound {
			return body, true, err
		}
	}
	return io.NopCloser(bytes.NewReader(d.Report.Body)), false, nil
}

var errNoReport = errs.New(errs.NotFound, "This version has no report yet.")

// downloadReport sends the whole report, with every place of every finding.
func (s *Server) downloadReport(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	return s.sendReport(w, r, d)
}

// downloadFindings sends the findings as a table.
func (s *Server) downloadFindings(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	return s.sendFindings(w, r, d)
}

func (s *Server) reviewedVersion(r *http.Request) (listing.Dossier, error) {
	v, err := versionID(r)
	if err != nil {
		return listing.Dossier{}, err
	}
	it, err := s.Reviews.Item(r.Context(), s.actor(r), v)
	return it.Dossier, err
}

// downloadReviewed is downloadReport for a reviewer.
func (s *Server) downloadReviewed(w http.ResponseWriter, r *http.Request) error {
	d, err := s.reviewedVersion(r)
	if err != nil {
		return err
	}
	return s.sendReport(w, r, d)
}

// downloadReviewedFindings is downloadFindings for a reviewer.
func (s *Server) downloadReviewedFindings(w http.ResponseWriter, r *http.Request) error {
	d, err := s.reviewedVersion(r)
	if err != nil {
		return err
	}
	return s.sendFindings(w, r, d)
}

func attachReport(w http.ResponseWriter, d listing.Dossier, kind, ending string) {
	attach(w, kind, fmt.Sprintf("report-%s-version-%d.%s", d.Listing.Slug, d.Version.Number, ending))
	w.Header().Set("Cache-Control", "no-store")
}

func (s *Server) sendReport(w http.ResponseWriter, r *http.Request, d listing.Dossier) error {
	if d.Report == nil {
		return errNoReport
	}
	body, _, err := s.openReport(r.Context(), d)
	if err != nil {
		return err
	}
	defer body.Close()
	attachReport(w, d, "application/json", "json")
	_, err = io.Copy(w, body)
	s.sent(r, err)
	return nil
}

func (s *Server) sendFindings(w http.ResponseWriter, r *http.Request, d listing.Dossier) error {
	if d.Report == nil {
		return errNoReport
	}
	report, _, err := s.wholeReport(r.Context(), d)
	if err != nil {
		return err
	}
	attachReport(w, d, "text/csv; charset=utf-8", "csv")
	s.sent(r, writeFindings(w, report.Findings))
	return nil
}

var findingColumns = []string{"rule", "severity", "hipaa", "action", "attribute", "shape", "places", "message", "fix", "file", "frame", "offset"}

// writeFindings writes one row a place; a finding without places has one row.
func writeFindings(w io.Writer, list []finding.Finding) error {
	return writeTable(w, findingColumns, func(row func(...string) error) error {
		for _, f := range list {
			places := f.Locations
			if len(places) == 0 {
				places = []finding.Location{{}}
			}
			for _, at := range places {
				err := row(f.Rule, string(f.Severity), strings.Join(f.HIPAA, " "), f.Action, f.Path, f.Shape, strconv.Itoa(f.Count),
					f.Message, f.Fix, at.File, positive(int64(at.Frame)), positive(at.Offset))
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func positive(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
