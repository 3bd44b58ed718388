package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"assay/internal/audit/synth"
	"assay/internal/errs"
	"assay/web/page"
)

// sample is a small set to try the audit on, made at its first use and kept.
type sample struct {
	synth.Sample
	zip func() ([]byte, error)
	tag func() string // for caches
}

// samples are all samples by name; names are their order on the page.
var samples, sampleNames = newSamples()

func newSamples() (map[string]sample, []string) {
	all, names := map[string]sample{}, []string{}
	for _, s := range synth.Samples() {
		zip := sync.OnceValues(s.Zip)
		all[s.Name] = sample{s, zip, sync.OnceValue(func() string {
			b, _ := zip()
			sum := sha256.Sum256(b)
			return `"` + hex.EncodeToString(sum[:8]) + `"`
		})}
		names = append(names, s.Name)
	}
	return all, names
}

// sampleOf is the sample that the address of r names.
func sampleOf(r *http.Request) (sample, error) {
	s, ok := samples[chi.URLParam(r, "name")]
	if !ok {
		return s, errs.New(errs.NotFound, "There is no such sample.")
	}
	return s, nil
}

// sampleViews are the samples on the page of the free audit.
func (s *Server) sampleViews() []page.LQSSample {
	var list []page.LQSSample
	for _, name := range sampleNames {
		v := page.LQSSample{Name: name, Title: samples[name].Title, Text: samples[name].Shows, URL: "/lqs/samples/" + name + ".zip"}
		if s.Free != nil {
			v.Action = "/lqs/samples/" + name
		}
		list = append(list, v)
	}
	return list
}

// sendSample sends the archive of a sample.
func (s *Server) sendSample(w http.ResponseWriter, r *http.Request) error {
	of, err := sampleOf(r)
	if err != nil {
		return err
	}
	zip, err := of.zip()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", of.tag())
	if strings.Contains(r.Header.Get("If-None-Match"), of.tag()) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Length", strconv.Itoa(len(zip)))
	attach(w, "application/zip", of.Name+".zip")
	s.write(w, r, zip)
	return nil
}

// auditSample audits a sample on the server, as if a visitor had sent it.
func (s *Server) auditSample(w http.ResponseWriter, r *http.Request) error {
	of, err := sampleOf(r)
	if err != nil {
		return err
	}
	if s.Free == nil {
		return errs.New(errs.NotFound, "This server takes no files without an account.")
	}
	if err := s.Free.Room(r.Context()); err != nil {
		return s.busy(w, r, err)
	}
	zip, err := of.zip()
	if err != nil {
		return err
	}
	token, err := s.Free.Receive(r.Context(), bytes.NewReader(zip), "sample.zip")
	if err != nil {
		return s.busy(w, r, err)
	}
	redirect(w, r, freeURL(token))
	return nil
}
