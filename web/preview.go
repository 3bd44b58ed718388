package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/web/ui"
)

// pictures are the frames in which text was found, by the rules that found it.
func (s *Server) pictures(ctx context.Context, a postgres.Actor, d listing.Dossier, url string) (map[string][]ui.Picture, error) {
	if s.Audits == nil || d.Report == nil {
		return nil, nil
	}
	list, err := s.Audits.Previews(ctx, a, d.Report.ID)
	if err != nil {
		return nil, err
	}
	byRule := map[string][]ui.Picture{}
	for _, p := range list {
		picture := ui.Picture{
			URL: fmt.Sprintf("%s/previews/%d", url, p.Number), File: p.Path, Width: p.Width, Height: p.Height,
			Where: p.Source, Place: "all frames in one",
		}
		if p.Frame > 0 {
			picture.Place = "frame " + ui.Number(p.Frame)
		}
		for _, rule := range p.Rules {
			byRule[rule] = append(byRule[rule], picture)
		}
	}
	return byRule, nil
}

// sendOwnPreview sends a picture of an own version.
func (s *Server) sendOwnPreview(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	return s.sendPreview(w, r, s.seller(r), d)
}

// sendReviewedPreview is sendOwnPreview for a reviewer.
func (s *Server) sendReviewedPreview(w http.ResponseWriter, r *http.Request) error {
	d, err := s.reviewedVersion(r)
	if err != nil {
		return err
	}
	return s.sendPreview(w, r, s.actor(r), d)
}

func (s *Server) sendPreview(w http.ResponseWriter, r *http.Request, a postgres.Actor, d listing.Dossier) error {
	number, err := strconv.Atoi(chi.URLParam(r, "preview"))
	if err != nil || number < 1 || number > 1000 || d.Report == nil || s.Audits == nil {
		return errs.New(errs.NotFound, "There is no such picture.")
	}
	image, err := s.Audits.PreviewImage(r.Context(), a, d.Report.ID, number)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Length", strconv.Itoa(len(image)))
	h.Set("Cache-Control", "no-store")
	s.write(w, r, image)
	return nil
}
