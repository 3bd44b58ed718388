package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/web/page"
	"assay/web/ui"
)

// certificateAge is after how many years a certificate is shown as out of date.
const certificateAge = 1

// certified returns the certificate of what is on offer at an address, and why
// it is out of date, empty if it is not. Anything else is errs.NotFound; e is
// then the tombstone of what had one, if there is.
func (s *Server) certified(r *http.Request) (e catalog.Entry, c certificate.Certificate, stale string, err error) {
	e, err = s.Catalog.Get(r.Context(), chi.URLParam(r, "slug"))
	if err == nil && (e.State != catalog.Live || e.Detail.Certificate == "") {
		err = errs.New(errs.NotFound, "There is no certificate at this address.")
	}
	if err != nil {
		return e, c, "", err
	}
	// It is our own row; what was signed is not checked again for each reader.
	if c, err = certificate.ReadUnverified([]byte(e.Detail.Certificate)); err != nil {
		return catalog.Entry{}, c, "", fmt.Errorf("certificate of %s: %w", e.Slug, err)
	}
	return e, c, staleness(c, time.Now()), nil
}

func staleness(c certificate.Certificate, now time.Time) string {
	switch {
	case c.RulesVersion != audit.RulesVersion:
		return "The audit went by rules " + c.RulesVersion + "; today it goes by " + audit.RulesVersion + "."
	case now.After(c.AuditedAt.AddDate(certificateAge, 0, 0)):
		return "The audit is more than a year old."
	}
	return ""
}

// showCertificate says what the certificate says and how to check it.
func (s *Server) showCertificate(w http.ResponseWriter, r *http.Request) error {
	e, c, stale, err := s.certified(r)
	if wasCertified(e) {
		return s.showBuriedCertificate(w, r, e)
	}
	if errs.KindOf(err) == errs.NotFound {
		return errs.New(errs.NotFound, "There is no certificate at this address.")
	}
	if err != nil {
		return err
	}
	address := s.config.PublicURL + "/datasets/" + e.Slug + "/certificate"
	badge := "/badge/" + e.Slug + ".svg"
	file := certificateFile(e)
	view := page.CertificateView{
		Shell:  s.shell(r, "Audit certificate: "+e.Title, "datasets"),
		Crumbs: []ui.Crumb{{Label: "Data sets", URL: "/datasets"}, {Label: e.Title, URL: "/datasets/" + e.Slug}, {Label: "Audit certificate"}},
		Title:  e.Title, Stale: stale, Lines: certificateLines(c), Digest: c.RootDigest, KeyID: c.KeyID,
		DownloadURL: "/datasets/" + e.Slug + "/certificate.json", BadgeURL: badge, BadgeText: badgeOf(&c, stale).Alt(),
		Fetch:    "curl -fsSO " + s.config.PublicURL + keysPath + "\ncurl -fsSO " + s.config.PublicURL + revocationsPath,
		Verify:   "lqs verify " + file + " FOLDER --key assay-keys.json --revocations assay-revocations.json",
		Markdown: "[![Assay audit](" + s.config.PublicURL + badge + ")](" + address + ")",
		HTML:     `<a href="` + address + `"><img src="` + s.config.PublicURL + badge + `" alt="Assay audit"></a>`,
	}
	view.Shell.Canonical, view.Shell.Print = address, address
	return s.render(w, r, http.StatusOK, page.Certificate(view))
}

// wasCertified reports whether e is the tombstone of what had a certificate,
// which is taken back.
func wasCertified(e catalog.Entry) bool {
	return e.State != "" && e.State != catalog.Live && e.Detail.Certificate != ""
}

func (s *Server) showBuriedCertificate(w http.ResponseWriter, r *http.Request, e catalog.Entry) error {
	view := page.CertificateView{Shell: s.shell(r, "Audit certificate: "+e.Title, "datasets"), Title: e.Title, By: ownerOf(e), Tombstone: tombstoneOf(e),
		Crumbs: []ui.Crumb{{Label: "Data sets", URL: "/datasets"}, {Label: e.Title, URL: "/datasets/" + e.Slug}, {Label: "Audit certificate"}}}
	view.Shell.NoIndex = true
	return s.render(w, r, tombstoneStatus(e), page.Certificate(view))
}

func certificateFile(e catalog.Entry) string { return e.Slug + ".certificate.json" }

func certificateLines(c certificate.Certificate) []ui.Pair {
	outcome := "Passed: nothing to answer"
	if c.Verdict == audit.Flagged {
		outcome = "Flagged: every warning was answered by the seller, and a reviewer accepted the answer"
	}
	return []ui.Pair{
		{Term: "Data set", Value: fmt.Sprintf("%s, version %d", c.Title, c.Version)},
		{Term: "Files", Value: ui.Plural(c.Files, "file", "files") + ", " + ui.Bytes(c.Bytes)},
		{Term: "Outcome", Value: outcome},
		{Term: "Findings", Value: "No blocker, " + ui.Plural(c.Warnings, "warning", "warnings") + ", " + ui.Plural(c.Infos, "remark", "remarks")},
		{Term: "Not checked", Value: ui.Plural(c.NotChecked, "kind of thing", "kinds of thing") + ", named in the report"},
		{Term: "Audited", Value: ui.DateTime(c.AuditedAt)},
		{Term: "Issued", Value: ui.DateTime(c.IssuedAt)},
		{Term: "Issuer", Value: c.Issuer},
		{Term: "Rules", Value: c.RulesVersion},
		{Term: "Number", Value: c.ID},
	}
}

// downloadCertificate sends the signed file, byte for byte.
func (s *Server) downloadCertificate(w http.ResponseWriter, r *http.Request) error {
	e, _, _, err := s.certified(r)
	if wasCertified(e) {
		return sendTombstone(w, e, tombstoneOf(e))
	}
	if errs.KindOf(err) == errs.NotFound {
		return errs.New(errs.NotFound, "There is no certificate at this address.")
	}
	if err != nil {
		return err
	}
	attach(w, "application/json", certificateFile(e))
	s.write(w, r, []byte(e.Detail.Certificate))
	return nil
}

// Where verifiers look for keys and revocations.
const (
	keysPath        = "/.well-known/assay-keys.json"
	revocationsPath = "/.well-known/assay-revocations.json"
)

func (s *Server) sendKeys(w http.ResponseWriter, r *http.Request) error {
	file, err := s.Notary.KeysFile(r.Context())
	if err != nil {
		return err
	}
	return s.sendPublicJSON(w, r, file)
}

func (s *Server) sendRevocations(w http.ResponseWriter, r *http.Request) error {
	file, err := s.Notary.RevocationsFile(r.Context())
	if err != nil {
		return err
	}
	return s.sendPublicJSON(w, r, file)
}

// plainly is handle for routes without a session, which programs ask: a
// failure is a line of text.
func (s *Server) plainly(h handlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		s.log.Info("request failed", "status", statusOf(err), "route", routeOf(r), "request", requestID(r), "error", err.Error())
		http.Error(w, errs.MessageOf(err), statusOf(err))
	}
}

// manifestPage is how many files are read from the database at once.
const manifestPage = 5000

// downloadManifest sends the list of files of an own version, in the text that
// the root digest is of: a seller hands it on with the files, so that a buyer
// can tell which of them differ.
func (s *Server) downloadManifest(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	if d.Version.RootDigest == "" {
		return errs.New(errs.NotFound, "The files of this version are not known yet.")
	}
	var m audit.Manifest
	for after := ""; ; after = m[len(m)-1].Path {
		files, err := s.Listings.Files(r.Context(), s.actor(r), d.Version.ID, after, manifestPage)
		if err != nil {
			return err
		}
		for _, f := range files {
			m = append(m, audit.ManifestEntry{Path: f.Path, SizeBytes: f.SizeBytes, SHA256: f.SHA256})
		}
		if len(files) < manifestPage {
			break
		}
	}
	attach(w, "text/plain; charset=utf-8", fmt.Sprintf("manifest-%s-version-%d.txt", d.Listing.Slug, d.Version.Number))
	w.Header().Set("Cache-Control", "no-store")
	s.sent(r, m.WriteText(w))
	return nil
}
