package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// deleteListing puts a draft aside.
func (s *Server) deleteListing(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	if err := s.Listings.Delete(r.Context(), s.actor(r), l); err != nil {
		return s.checkAgain(w, r, l, err)
	}
	s.flash(r, "The draft is deleted. You can take it back below.")
	redirect(w, r, "/seller?state=deleted")
	return nil
}

// undeleteListing takes a deleted draft back.
func (s *Server) undeleteListing(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	if err := s.Listings.Undelete(r.Context(), s.actor(r), l); err != nil {
		return err
	}
	s.flash(r, "The draft is back.")
	redirect(w, r, listingURL(l, "check"))
	return nil
}

// askClone says what a copy takes over before it is made.
func (s *Server) askClone(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	d, err := s.Listings.Draft(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	title := titleOf(d.Revision.Claims)
	return s.render(w, r, http.StatusOK, page.Clone(page.CloneView{
		Shell:  s.formShell(r, "Copy "+title, "sell"),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: title, URL: listingURL(l, "check")}, {Label: "Copy"}},
		Title:  title, Action: listingURL(l, "clone"), Back: listingURL(l, "check"),
	}))
}

// cloneListing begins a draft with the claims of another data set.
func (s *Server) cloneListing(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	d, err := s.Listings.Clone(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	s.flash(r, "This is the copy. Change its title first; if you do not need it, delete the draft below.")
	redirect(w, r, listingURL(d.Listing.ID, "check"))
	return nil
}

// submitClaims puts changed claims of a live data set on their way.
func (s *Server) submitClaims(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	waits, err := s.Listings.SubmitClaims(r.Context(), s.actor(r), l)
	if err != nil {
		return s.checkAgain(w, r, l, err)
	}
	if waits {
		s.flash(r, "The changed claims wait for a reviewer. The approved ones stay live until then.")
	} else {
		s.flash(r, "Buyers see the changed claims now.")
	}
	redirect(w, r, listingURL(l, "check"))
	return nil
}

// checkAgain shows the summary with the sentence that says why an act did not
// happen.
func (s *Server) checkAgain(w http.ResponseWriter, r *http.Request, l id.Listing, cause error) error {
	switch errs.KindOf(cause) {
	case errs.Invalid, errs.Conflict:
		return s.checkPage(w, r, l, statusOf(cause), cause)
	}
	return cause
}

// versionParam reads the version in the path and the listing that it belongs
// to.
func (s *Server) versionParam(r *http.Request) (listing.Version, error) {
	v, ok := id.Parse[id.Version](chi.URLParam(r, "version"))
	if !ok {
		return listing.Version{}, errs.New(errs.NotFound, "There is no such version.")
	}
	d, err := s.Listings.Version(r.Context(), s.actor(r), v)
	return d.Version, err
}

// moveVersion answers the form of one act of the seller on a version: said is
// told on the next page.
func (s *Server) moveVersion(said string, act func(r *http.Request, v id.Version) error) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.versionParam(r)
		if err != nil {
			return err
		}
		err = act(r, v.ID)
		if r.PostForm.Get("on") == "version" {
			return s.backOnVersion(w, r, v.ID, said, err)
		}
		if err != nil {
			return s.checkAgain(w, r, v.Listing, err)
		}
		s.flash(r, said)
		redirect(w, r, listingURL(v.Listing, "check"))
		return nil
	}
}

func (s *Server) submitVersion(r *http.Request, v id.Version) error {
	_, err := s.Listings.Submit(r.Context(), s.actor(r), v)
	return err
}

func (s *Server) publishVersion(r *http.Request, v id.Version) error {
	return s.Listings.Publish(r.Context(), s.actor(r), v)
}

func (s *Server) embargoVersion(r *http.Request, v id.Version) error {
	until, err := dayOf(r)
	if err != nil {
		return err
	}
	return s.Listings.Embargo(r.Context(), s.seller(r), v, until)
}

// dayOf reads the day of a form.
func dayOf(r *http.Request) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(r.PostForm.Get("until")))
	if err != nil {
		return time.Time{}, &errs.Error{Kind: errs.Invalid, Field: "until", Message: "Choose the first day on which buyers see it, like 2027-03-01."}
	}
	return day, nil
}

func (s *Server) cancelEmbargo(r *http.Request, v id.Version) error {
	return s.Listings.CancelEmbargo(r.Context(), s.seller(r), v)
}

func (s *Server) planVersion(r *http.Request, v id.Version) error {
	plan := listing.Plan(r.PostForm.Get("plan"))
	var day time.Time
	if plan == listing.OnDay {
		var err error
		if day, err = dayOf(r); err != nil {
			return err
		}
	}
	return s.Listings.PlanPublishing(r.Context(), s.seller(r), v, plan, day)
}

func (s *Server) noteVersion(r *http.Request, v id.Version) error {
	return s.Listings.SetChangeNote(r.Context(), s.seller(r), v, r.PostForm.Get("note"))
}

func (s *Server) withdrawVersion(r *http.Request, v id.Version) error {
	return s.Listings.Withdraw(r.Context(), s.actor(r), v, r.PostForm.Get("reason"))
}
