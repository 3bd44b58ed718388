package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

// sampleNumber reads the number of a picture in the path.
func sampleNumber(r *http.Request) (int, error) {
	n, err := strconv.Atoi(chi.URLParam(r, "sample"))
	if err != nil || n < 1 || n > ingest.MaxSamples {
		return 0, errs.New(errs.NotFound, "There is no such picture.")
	}
	return n, nil
}

// frameOf says in words what a picture shows.
func frameOf(modality, plane string) string {
	switch {
	case modality == "":
		return "An image of the set"
	case plane == "":
		return fmt.Sprintf("Frame of a %s series", modality)
	}
	return fmt.Sprintf("Frame of a %s series, %s", modality, plane)
}

// publicSamples are the pictures of a listing that buyers see now.
func (s *Server) publicSamples(r *http.Request, e catalog.Entry) (*page.PublicSamplesView, error) {
	if e.Kind != catalog.Hosted || e.State != catalog.Live {
		return nil, nil
	}
	list, err := s.Catalog.Samples(r.Context(), e.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	view := &page.PublicSamplesView{Digest: list[0].RootDigest}
	for i, x := range list {
		what, count := frameOf(x.Modality, x.Plane), fmt.Sprintf("%d of %d", i+1, len(list))
		view.List = append(view.List, page.SampleView{
			URL: fmt.Sprintf("/datasets/%s/samples/%d.png", e.Slug, x.Number), Width: x.Width, Height: x.Height,
			Alt: fmt.Sprintf("%s, chosen by the seller, checked by the audit, %s", what, count), Caption: count + " · " + what,
		})
	}
	return view, nil
}

// sendPublicSample sends a picture that buyers see. Each use is asked for
// again, so that a hidden one is gone at once.
func (s *Server) sendPublicSample(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	n, err := sampleNumber(r)
	if err != nil {
		return err
	}
	image, digest, err := s.Catalog.SampleImage(r.Context(), chi.URLParam(r, "slug"), n)
	if err != nil {
		return err
	}
	tag := `"` + digest + `"`
	h.Set("Cache-Control", "public, no-cache")
	h.Set("ETag", tag)
	h.Set("Content-Security-Policy", policy+"; sandbox")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	s.sendPNG(w, r, image)
	return nil
}

func (s *Server) sendPNG(w http.ResponseWriter, r *http.Request, image []byte) {
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(image)))
	s.write(w, r, image)
}

// sendOwnSample sends a picture that is offered of an own version.
func (s *Server) sendOwnSample(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	return s.sendOffered(w, r, s.seller(r), d.Version.ID)
}

// sendReviewedSample is sendOwnSample for a reviewer.
func (s *Server) sendReviewedSample(w http.ResponseWriter, r *http.Request) error {
	d, err := s.reviewedVersion(r)
	if err != nil {
		return err
	}
	return s.sendOffered(w, r, s.actor(r), d.Version.ID)
}

func (s *Server) sendOffered(w http.ResponseWriter, r *http.Request, a postgres.Actor, v id.Version) error {
	n, err := sampleNumber(r)
	if err != nil {
		return err
	}
	if s.Audits == nil {
		return errs.New(errs.NotFound, "There is no such picture.")
	}
	image, err := s.Audits.SampleImage(r.Context(), a, v, n)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	s.sendPNG(w, r, image)
	return nil
}

// chooseSamples keeps which pictures the seller shows to buyers.
func (s *Server) chooseSamples(w http.ResponseWriter, r *http.Request) error {
	v, err := s.versionParam(r)
	if err != nil {
		return err
	}
	var numbers []int
	for _, text := range r.PostForm["sample"] {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = 0 // is offered by no audit
		}
		numbers = append(numbers, n)
	}
	err = s.Audits.ClearSamples(r.Context(), s.seller(r), v.ID, numbers)
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		return s.versionPage(w, r, http.StatusUnprocessableEntity, versionTries{mistakes: mistakes})
	}
	if err != nil {
		return err
	}
	said := "The choice is saved. Buyers see no picture of this version."
	if n := len(numbers); n > 0 {
		said = fmt.Sprintf("The choice is saved: %s for buyers.", ui.Plural(n, "picture", "pictures"))
	}
	s.flash(r, said)
	redirect(w, r, versionURL(v.ID)+"#samples")
	return nil
}

// refuseSample keeps a picture from buyers, for a reviewer.
func (s *Server) refuseSample(r *http.Request, v id.Version) error {
	number, err := strconv.Atoi(r.PostForm.Get("number"))
	if err != nil || s.Audits == nil {
		return errs.New(errs.NotFound, "There is no such picture.")
	}
	return s.Audits.RefuseSample(r.Context(), s.actor(r), v, number, r.PostForm.Get("sample-reason-"+strconv.Itoa(number)))
}

// samplesView are the pictures offered of a version; nil if its audit looked
// for none.
func (s *Server) samplesView(r *http.Request, a postgres.Actor, d listing.Dossier, url string) (*page.SamplesView, error) {
	if s.Audits == nil || d.Report == nil {
		return nil, nil
	}
	set, err := s.Audits.Samples(r.Context(), a, d.Version.ID)
	if err != nil || !set.Sought {
		return nil, err
	}
	view := &page.SamplesView{CSRF: s.formShell(r, "", "").CSRF}
	shown := 0
	for _, x := range set.List {
		n := strconv.Itoa(x.Number)
		one := page.SampleView{
			Number: x.Number, Value: n, URL: url + "/samples/" + n, Width: x.Width, Height: x.Height,
			Alt: frameOf(x.Modality, x.Plane) + ", picture " + n, Place: x.Path, Shown: x.ClearedAt != nil, Refused: x.RefusedReason,
		}
		if x.Frame > 1 {
			one.Place += ", frame " + ui.Number(x.Frame)
		}
		if one.Shown && one.Refused == "" {
			shown++
		}
		view.List = append(view.List, one)
	}
	view.Text = samplesText(len(set.List), shown, d.Version.State)
	for _, l := range set.Left {
		view.Left = append(view.Left, ui.Pair{Term: l.Why, Value: ui.Plural(l.Count, "file", "files")})
	}
	if d.Version.State != listing.Live {
		return view, nil
	}
	e, err := s.Catalog.Get(r.Context(), d.Listing.Slug)
	if err == nil && e.SamplesHiddenAt != nil {
		view.Hidden = ui.Date(*e.SamplesHiddenAt)
	}
	if errs.KindOf(err) == errs.NotFound {
		err = nil
	}
	return view, err
}

// samplesText says what buyers see.
func samplesText(offered, shown int, state listing.State) string {
	text := fmt.Sprintf("The audit offers %s that buyers may see.", ui.Plural(offered, "picture", "pictures"))
	switch {
	case offered == 0:
		return "The audit offers no picture of this version that buyers may see."
	case shown == 0:
		return text + " All are private."
	case state == listing.Live:
		return text + fmt.Sprintf(" Buyers see %d.", shown)
	case state == listing.Withdrawn, state == listing.Superseded, state == listing.Suspended:
		return text + " This version is not on offer: buyers see none."
	}
	return text + fmt.Sprintf(" Once it is live, they see %d.", shown)
}

// sellersSamples is samplesView with the form that chooses.
func (s *Server) sellersSamples(r *http.Request, d listing.Dossier, tries versionTries) (*page.SamplesView, error) {
	view, err := s.samplesView(r, s.seller(r), d, versionURL(d.Version.ID))
	if view == nil || err != nil {
		return nil, err
	}
	right := account.Submits
	if d.Version.State == listing.Live {
		right = account.Publishes
	}
	if s.visitor(r).Rights.Has(right) {
		view.Choose = versionURL(d.Version.ID) + "/samples"
	}
	view.Error = ui.FieldErrorOf(tries.mistakes, "sample")
	return view, nil
}

// reviewersSamples is samplesView with the form that refuses.
func (s *Server) reviewersSamples(r *http.Request, d listing.Dossier, own bool, tries reviewTries) (*page.SamplesView, error) {
	view, err := s.samplesView(r, s.actor(r), d, reviewURL(d.Version.ID))
	if view == nil || err != nil {
		return nil, err
	}
	if !own {
		view.Refuse = reviewURL(d.Version.ID) + "/samples"
	}
	form, mistakes := tries.of("samples")
	for i := range view.List {
		x := &view.List[i]
		name := "sample-reason-" + strconv.Itoa(x.Number)
		x.Field, x.Error = strings.TrimSpace(form.Get(name)), ui.FieldErrorOf(mistakes, name)
	}
	return view, nil
}
