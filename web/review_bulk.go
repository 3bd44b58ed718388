package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/review"
	"assay/web/page"
	"assay/web/ui"
)

// sessionBulk keeps what became of the last order until it is shown.
const sessionBulk = "bulk"

// bulkTexts say what an act does.
var bulkTexts = map[review.BulkAct]string{
	review.BulkClaim:   "These reviews become yours, as far as nobody has them.",
	review.BulkRelease: "These reviews are for everybody again, as far as you have them.",
	review.BulkReturn:  "Each of these goes back to its seller with the reason below. The decision is about the files and claims that wait now.",
	review.BulkSuspend: "Each of these goes off the catalog at once. Buyers and the seller read the reason.",
}

// askBulk asks before one act is done to several data sets; nothing changes
// yet.
func (s *Server) askBulk(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	act := review.BulkAct(q.Get("act"))
	if act == "" {
		act = review.BulkClaim // of nothing: the page says how to choose
	}
	if !review.BulkActs.Has(act) {
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
	var versions []id.Version
	for _, text := range q["item"] {
		if v, ok := id.Parse[id.Version](text); ok {
			versions = append(versions, v)
		}
	}
	items, err := s.Reviews.Select(r.Context(), s.actor(r), versions)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Bulk(s.bulkView(r, review.Order{Act: act, Items: items}, nil)))
}

func (s *Server) bulkView(r *http.Request, o review.Order, mistakes []errs.FieldError) page.BulkView {
	word := review.BulkActs.Label(o.Act)
	view := page.BulkView{
		Shell: s.deskShell(r, word), Crumbs: []ui.Crumb{{Label: "Review", URL: "/review"}, {Label: word}}, Act: string(o.Act), Word: word,
		Text: bulkTexts[o.Act], Reason: string(o.Reason), Comment: o.Comment, Errors: mistakes,
		CommentHelp: "Each seller reads it. Never quote a patient’s details.",
	}
	for _, i := range o.Items {
		view.Items = append(view.Items, page.BulkItem{Key: strings.Join([]string{string(i.Version), i.RootDigest, i.ClaimsDigest}, ":"),
			Title: i.Title, Version: fmt.Sprintf("version %d", i.Number), State: string(i.State)})
	}
	if o.Act.NeedsReason() {
		view.Reasons = optionsOf(review.Reasons)
	}
	return view
}

// doBulk carries out an order.
func (s *Server) doBulk(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	order := review.Order{Act: review.BulkAct(form.Get("act")), Reason: review.Reason(form.Get("reason")), Comment: form.Get("comment")}
	var err error
	if order.Items, err = s.selected(r, form["item"]); err != nil {
		return err
	}
	done, err := s.Reviews.Bulk(r.Context(), s.actor(r), order)
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 && len(order.Items) > 0 && review.BulkActs.Has(order.Act) {
		return s.render(w, r, http.StatusUnprocessableEntity, page.Bulk(s.bulkView(r, order, mistakes)))
	}
	if err != nil && len(done) == 0 {
		return err
	}
	if err != nil { // what was done before the fault is shown all the same
		s.log.Error("order broke off", "route", routeOf(r), "request", requestID(r), "error", err)
	}
	rows := make([]page.BulkDoneRow, len(done))
	for i, x := range done {
		rows[i] = page.BulkDoneRow{Title: x.Title, URL: reviewURL(x.Version), Version: fmt.Sprintf("version %d", x.Number)}
		if x.Err != nil {
			rows[i].Why = errs.MessageOf(x.Err)
		}
	}
	kept, err := json.Marshal(bulkDone{review.BulkActs.Label(order.Act), rows})
	if err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionBulk, string(kept))
	redirect(w, r, "/review/bulk/done")
	return nil
}

// bulkDone is what became of an order.
type bulkDone struct {
	Word string
	Rows []page.BulkDoneRow
}

// selected reads the items of the form, with the digests that were seen.
func (s *Server) selected(r *http.Request, keys []string) ([]review.Selected, error) {
	seen := map[id.Version][2]string{}
	var versions []id.Version
	for _, key := range keys {
		parts := strings.Split(key, ":")
		v, ok := id.Parse[id.Version](parts[0])
		if !ok || len(parts) != 3 {
			continue
		}
		versions = append(versions, v)
		seen[v] = [2]string{parts[1], parts[2]}
	}
	items, err := s.Reviews.Select(r.Context(), s.actor(r), versions)
	for i := range items {
		items[i].RootDigest, items[i].ClaimsDigest = seen[items[i].Version][0], seen[items[i].Version][1]
	}
	return items, err
}

// showBulkDone says what became of the last order.
func (s *Server) showBulkDone(w http.ResponseWriter, r *http.Request) error {
	var kept bulkDone
	if err := json.Unmarshal([]byte(s.sessions.GetString(r.Context(), sessionBulk)), &kept); err != nil {
		redirect(w, r, "/review")
		return nil
	}
	view := page.BulkDoneView{Shell: s.deskShell(r, kept.Word), Crumbs: []ui.Crumb{{Label: "Review", URL: "/review"}, {Label: kept.Word}}, Word: kept.Word, Rows: kept.Rows}
	for _, x := range kept.Rows {
		if x.Why == "" {
			view.Done++
		}
	}
	return s.render(w, r, http.StatusOK, page.BulkDone(view))
}
