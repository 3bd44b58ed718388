package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/moderation"
	"assay/web/page"
	"assay/web/ui"
)

func takedownURL(org id.Organization) string { return "/review/takedown/" + string(org) }

// showTakedown lists what a seller has on offer, to take several down.
func (s *Server) showTakedown(w http.ResponseWriter, r *http.Request) error {
	return s.takedownPage(w, r, http.StatusOK, nil)
}

func sellerID(r *http.Request) (id.Organization, error) {
	org, ok := id.Parse[id.Organization](chi.URLParam(r, "seller"))
	if !ok {
		return "", errs.New(errs.NotFound, "There is no such seller.")
	}
	return org, nil
}

func (s *Server) takedownPage(w http.ResponseWriter, r *http.Request, status int, mistakes []errs.FieldError) error {
	org, err := sellerID(r)
	if err != nil {
		return err
	}
	seller, offers, err := s.Moderation.Offers(r.Context(), s.actor(r), org)
	if err != nil {
		return err
	}
	view := page.TakedownView{Shell: s.formShell(r, "Take down: "+seller, "review"), Seller: seller, Action: takedownURL(org), Comment: r.PostForm.Get("comment"), Errors: mistakes}
	chosen := map[string]bool{}
	for _, v := range r.PostForm["version"] {
		chosen[v] = true
	}
	for _, o := range offers {
		view.Offers = append(view.Offers, ui.Option{Value: string(o.Version), Label: o.Title, Help: fmt.Sprintf("Version %d", o.Number), Selected: chosen[string(o.Version)]})
	}
	for _, t := range moderation.Reasons {
		view.Reasons = append(view.Reasons, ui.Option{Value: string(t.Value), Label: t.Label, Selected: r.PostForm.Get("reason") == string(t.Value)})
	}
	return s.render(w, r, status, page.Takedown(view))
}

// takeDown suspends several data sets of one seller.
func (s *Server) takeDown(w http.ResponseWriter, r *http.Request) error {
	org, err := sellerID(r)
	if err != nil {
		return err
	}
	t := moderation.Takedown{Organization: org, Reason: moderation.Reason(r.PostForm.Get("reason")), Comment: r.PostForm.Get("comment")}
	for _, v := range r.PostForm["version"] {
		t.Versions = append(t.Versions, id.Version(v))
	}
	down, left, err := s.Moderation.TakeDown(r.Context(), s.actor(r), t)
	if list := errs.FieldsOf(err); len(list) > 0 {
		return s.takedownPage(w, r, http.StatusUnprocessableEntity, list)
	}
	if err != nil && down == 0 {
		return err
	}
	words := ui.Plural(down, "data set is", "data sets are") + " suspended. Buyers read the reason in their place, and the seller was told."
	if err != nil { // what was done before the fault is told all the same
		s.log.Error("takedown broke off", "route", routeOf(r), "request", requestID(r), "error", err)
		words += " Then something went wrong on our side. Not suspended: " + strings.Join(left, ", ") + ". Try those again."
	} else if len(left) > 0 {
		words += " Not suspended, because they had moved on: " + strings.Join(left, ", ") + "."
	}
	s.flash(r, words)
	redirect(w, r, takedownURL(org))
	return nil
}
