package web

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// showSeller is a seller's desk.
func (s *Server) showSeller(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Listings.List(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	v := s.visitor(r)
	view := page.SellerView{Shell: s.formShell(r, "Your data sets", "sell"), Owner: v.OrganizationName, CanEdit: v.Role.CanEdit()}
	groups := map[string]*page.SellerGroup{}
	for _, o := range list {
		task := deskTask(o)
		if o.Listing.DeletedAt != nil {
			view.Deleted = append(view.Deleted, task)
			continue
		}
		if task.Next != "" && v.Role.CanEdit() {
			view.ToDo = append(view.ToDo, task)
		}
		title := deskGroup(o)
		if groups[title] == nil {
			groups[title] = &page.SellerGroup{Title: title}
		}
		groups[title].Rows = append(groups[title].Rows, task)
	}
	for _, title := range deskGroups {
		if g := groups[title]; g != nil {
			view.Groups = append(view.Groups, *g)
		}
	}
	return s.render(w, r, http.StatusOK, page.Seller(view))
}

// deskGroups are the headings of the desk, in its order.
var deskGroups = []string{"Drafts", "On their way", "Live", "No longer on offer"}

func deskGroup(o listing.Overview) string {
	if o.Newest == nil {
		return "Drafts"
	}
	if o.Live != nil && o.Newest.ID == o.Live.ID {
		return "Live"
	}
	switch o.Newest.State {
	case listing.Draft, listing.AuditFailed, listing.ChangesRequested, listing.Rejected:
		if o.Live != nil {
			return "Live"
		}
		return "Drafts"
	case listing.Withdrawn, listing.Suspended, listing.Superseded:
		return "No longer on offer"
	}
	return "On their way"
}

// deskTask says what a data set waits for. Next is set if it waits for the
// seller.
func deskTask(o listing.Overview) page.SellerTask {
	l, gaps := o.Listing.ID, o.Revision.Claims.Gaps(time.Now())
	task := page.SellerTask{
		Title: titleOf(o.Revision.Claims), URL: listingURL(l, "check"), State: stateTag(o.Newest, o.Listing.DeletedAt != nil),
		Since: "since " + ui.Date(o.Listing.UpdatedAt), Restore: listingURL(l, "undelete"),
	}
	if o.Newest == nil || o.Newest.State == listing.Draft {
		if len(gaps) > 0 {
			task.What = ui.Plural(len(gaps), "answer", "answers") + " still needed"
			task.Label, task.Next = "Go on", listingURL(l, string(gaps[0].Step))
			return task
		}
		task.What, task.Label, task.Next = "Described, no files yet", "Send files", uploadURL(l)
		return task
	}
	v := *o.Newest
	task.What, task.Since = waitingText(&v), "since "+ui.Date(v.UpdatedAt)
	switch v.State {
	case listing.Uploading:
		task.Label, task.Next = "Go on with the upload", uploadURL(l)
	case listing.AuditFailed:
		task.Label, task.Next = "See what to mend", versionURL(v.ID)
	case listing.Flagged:
		task.Label, task.Next = "Answer the warnings", versionURL(v.ID)
	case listing.Passed:
		task.Label, task.Next = "Send to review", task.URL
		if len(gaps) > 0 {
			task.What = ui.Plural(len(gaps), "answer", "answers") + " still needed"
			task.Label, task.Next = "Go on", listingURL(l, string(gaps[0].Step))
		}
	case listing.ChangesRequested, listing.Rejected:
		task.Label, task.Next = "Read the reason", task.URL
	case listing.Approved:
		task.Label, task.Next = "Publish", task.URL
	}
	return task
}

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
	redirect(w, r, "/seller")
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
	until, err := time.Parse(time.DateOnly, r.PostForm.Get("until"))
	if err != nil {
		return &errs.Error{Kind: errs.Invalid, Field: "until", Message: "Choose the first day on which buyers see it."}
	}
	return s.Listings.Embargo(r.Context(), s.actor(r), v, until)
}

func (s *Server) withdrawVersion(r *http.Request, v id.Version) error {
	return s.Listings.Withdraw(r.Context(), s.actor(r), v, r.PostForm.Get("reason"))
}
