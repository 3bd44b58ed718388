package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// intros say what each step is about.
var intros = map[listing.Step]string{
	listing.StepBasics:           "What the data set is, in words that buyers search for.",
	listing.StepLicense:          "Under which terms you offer it.",
	listing.StepRights:           "What a buyer may do, use by use, and which clause says so. Re-identifying a person is never allowed and is no question here.",
	listing.StepDeidentification: "How identifiers were removed. The audit holds the files against what you say here.",
	listing.StepConsent:          "On which ground the data of the patients may be shared.",
	listing.StepLabels:           "Where the labels come from.",
	listing.StepAnnotators:       "Who made the labels, and how well they agreed.",
	listing.StepCoverage:         "Where the data was acquired, and on which devices.",
	listing.StepDemographics:     "Whom the data set covers.",
	listing.StepSplits:           "How it is divided for training and testing.",
	listing.StepCaveats:          "What a careful buyer should know before asking.",
}

func listingURL(l id.Listing, part string) string {
	return "/seller/listings/" + string(l) + "/" + part
}

// showNewListing is the first step of a data set that does not exist yet.
func (s *Server) showNewListing(w http.ResponseWriter, r *http.Request) error {
	return s.newListingPage(w, r, http.StatusOK, url.Values{}, nil)
}

func (s *Server) newListingPage(w http.ResponseWriter, r *http.Request, status int, values url.Values, mistakes []errs.FieldError) error {
	view := page.ListingEditView{
		Shell:  s.formShell(r, errorTitle("List a data set", mistakes), "sell"),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: "List a data set"}},
		Title:  "List a data set", Intro: "Describing it takes about ten minutes. Drafts are kept at each step, and only your organization sees them.",
		Steps: newSteps(), Errors: mistakes, Action: "/seller/listings", Later: true,
		Sections: askStep(listing.StepBasics, asker{values: values, mistakes: mistakes}, 0),
	}
	return s.render(w, r, status, page.ListingEdit(view))
}

func newSteps() []ui.Step {
	list := []ui.Step{}
	for i, term := range listing.Steps {
		state := ""
		if i == 0 {
			state = "current"
		}
		list = append(list, ui.Step{Label: term.Label, State: state})
	}
	return append(list, ui.Step{Label: "Check"})
}

// createListing keeps the basics of a new data set.
func (s *Server) createListing(w http.ResponseWriter, r *http.Request) error {
	later := r.PostForm.Get("do") == "later"
	claims, err := listing.Claims{}.WithForm(listing.StepBasics, r.PostForm)
	if err == nil && !later {
		err = claims.Missing(listing.StepBasics)
	}
	var d listing.Description
	if err == nil {
		d, err = s.Listings.Create(r.Context(), s.actor(r), claims.Basics)
	}
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		return s.newListingPage(w, r, http.StatusUnprocessableEntity, r.PostForm, mistakes)
	}
	if err != nil {
		return err
	}
	s.afterSave(w, r, d.Listing.ID, listing.StepBasics, later)
	return nil
}

func (s *Server) afterSave(w http.ResponseWriter, r *http.Request, l id.Listing, step listing.Step, later bool) {
	switch next, ok := step.Next(); {
	case later:
		s.flash(r, "Saved. The draft waits for you here.")
		redirect(w, r, "/seller")
	case ok:
		redirect(w, r, listingURL(l, string(next)))
	default:
		redirect(w, r, listingURL(l, "check"))
	}
}

// stepParam reads the listing and the step in the path.
func stepParam(r *http.Request) (id.Listing, listing.Step, error) {
	l, err := listingParam(r)
	if err != nil {
		return "", "", err
	}
	step, ok := listing.ParseStep(chi.URLParam(r, "step"))
	if !ok {
		return "", "", errs.New(errs.NotFound, "There is no page at this address.")
	}
	return l, step, nil
}

// showStep asks the questions of one step. rows=N shows blank rows of a
// repeated part up to N.
func (s *Server) showStep(w http.ResponseWriter, r *http.Request) error {
	l, step, err := stepParam(r)
	if err != nil {
		return err
	}
	d, err := s.Listings.Draft(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	rows, _ := strconv.Atoi(r.URL.Query().Get("rows"))
	view, err := s.stepView(r, d, step, d.Revision.Claims.Form(step), nil, min(max(rows, 0), 50))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.ListingEdit(view))
}

func (s *Server) stepView(r *http.Request, d listing.Description, step listing.Step, values url.Values, mistakes []errs.FieldError, rows int) (page.ListingEditView, error) {
	a := asker{values: values, mistakes: mistakes}
	if step == listing.StepAnnotators {
		var err error
		if a.readers, err = s.readerOptions(r); err != nil {
			return page.ListingEditView{}, err
		}
	}
	l, claims := d.Listing.ID, d.Revision.Claims
	view := page.ListingEditView{
		Shell:  s.formShell(r, errorTitle(step.Label()+": "+titleOf(claims), mistakes), "sell"),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: titleOf(claims), URL: listingURL(l, "check")}, {Label: step.Label()}},
		Title:  step.Label(), Intro: intros[step], Steps: stepLinks(d, string(step)), Errors: mistakes,
		Action: listingURL(l, string(step)), Token: d.Revision.Token(), Later: true,
		Sections: askStep(step, a, rows), Said: saidOf(d, step),
	}
	if len(mistakes) == 0 {
		for _, gap := range claims.Gaps(time.Now()) {
			if gap.Step == step && !gap.Missing {
				view.Warnings = append(view.Warnings, gap.Message)
			}
		}
	}
	return view, nil
}

// readerOptions are the annotators of the organization to choose from.
func (s *Server) readerOptions(r *http.Request) ([]ui.Option, error) {
	list, err := s.Credentials.Labels(r.Context(), s.actor(r))
	if err != nil {
		return nil, err
	}
	var options []ui.Option
	for _, a := range list {
		_, standing := standingOf(a, time.Now())
		options = append(options, ui.Option{Value: string(a.ID), Label: a.Label, Help: professionLabel(a.Role) + ". " + standing + "."})
	}
	return options, nil
}

// errorTitle tells in the title of the window that a form came back.
func errorTitle(title string, mistakes []errs.FieldError) string {
	if len(mistakes) > 0 {
		return "Error: " + title
	}
	return title
}

func titleOf(c listing.Claims) string {
	if c.Basics.Title == "" {
		return "Untitled data set"
	}
	return c.Basics.Title
}

// saidOf tells who made the claims of a step and when.
func saidOf(d listing.Description, step listing.Step) string {
	a := d.Revision.Claims.AssertedAt(step)
	if a.At.IsZero() {
		return ""
	}
	return "Claimed by " + lowerFirst(listing.AssertedBys.Label(a.By)) + ", " + ui.DateTime(a.At)
}

// stepLinks lists the steps with how far each is; current is a step or check.
func stepLinks(d listing.Description, current string) []ui.Step {
	claims, l := d.Revision.Claims, d.Listing.ID
	clash := map[listing.Step]bool{}
	open := map[listing.Step]bool{}
	for _, gap := range claims.Gaps(time.Now()) {
		if gap.Missing {
			open[gap.Step] = true
		} else {
			clash[gap.Step] = true
		}
	}
	var list []ui.Step
	for _, term := range listing.Steps {
		step := ui.Step{Label: term.Label, URL: listingURL(l, string(term.Value)), State: "done"}
		switch {
		case string(term.Value) == current:
			step.State = "current"
		case clash[term.Value]:
			step.State = "error"
		case open[term.Value]:
			step.State = ""
		case term.Value == listing.StepAnnotators && len(claims.Labels.Provenance) == 0:
			step.State = "" // whether they are asked for depends on the labels
		}
		list = append(list, step)
	}
	check := ui.Step{Label: "Check", URL: listingURL(l, "check")}
	if current == "check" {
		check.State = "current"
	}
	return append(list, check)
}

// saveStep keeps the answers of one step.
func (s *Server) saveStep(w http.ResponseWriter, r *http.Request) error {
	l, step, err := stepParam(r)
	if err != nil {
		return err
	}
	d, err := s.Listings.Draft(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	do, add := r.PostForm.Get("do"), r.PostForm.Get("add")
	values := listing.Compact(step, r.PostForm, r.PostForm.Get("remove"))
	if do == "fill" && step == listing.StepRights {
		if err := fillRights(values, r.PostForm.Get("known")); err != nil {
			return s.stepAgain(w, r, l, step, values, err, 0)
		}
	}
	claims, err := d.Revision.Claims.WithForm(step, values)
	stays := add != "" || r.PostForm.Get("remove") != "" || do == "fill"
	if err == nil {
		d, err = s.Listings.SaveStep(r.Context(), s.actor(r), l, listing.Save{
			Step: step, Token: r.PostForm.Get("token"), Claims: claims, Finish: !stays && do != "later"})
	}
	rows := 0
	if add != "" {
		rows = listing.Rows(values, add) + 1
	}
	if err != nil {
		return s.stepAgain(w, r, l, step, values, err, rows)
	}
	if stays {
		redirect(w, r, stayURL(l, step, add, r.PostForm.Get("remove"), rows))
		return nil
	}
	s.afterSave(w, r, l, step, do == "later")
	return nil
}

// stayURL leads back to the row that was added, or to the part of which one
// was removed.
func stayURL(l id.Listing, step listing.Step, add, removed string, rows int) string {
	back := listingURL(l, string(step))
	for _, name := range step.Groups() {
		switch {
		case add == name:
			return fmt.Sprintf("%s?rows=%d#%s-%d", back, rows, name, rows-1)
		case strings.HasPrefix(removed, name+"-"):
			return back + "#" + name + "-more"
		}
	}
	return back
}

// stepAgain shows a step with the answers as they were given: 422 with what is
// wrong, or 409 if somebody else has saved meanwhile.
func (s *Server) stepAgain(w http.ResponseWriter, r *http.Request, l id.Listing, step listing.Step, values url.Values, cause error, rows int) error {
	mistakes := errs.FieldsOf(cause)
	if len(mistakes) == 0 && errs.KindOf(cause) != errs.Conflict {
		return cause
	}
	current, err := s.Listings.Draft(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	view, err := s.stepView(r, current, step, values, mistakes, rows)
	if err != nil {
		return err
	}
	if len(mistakes) > 0 {
		view.Token = r.PostForm.Get("token")
		return s.render(w, r, http.StatusUnprocessableEntity, page.ListingEdit(view))
	}
	view.Conflict = errs.MessageOf(cause)
	return s.render(w, r, http.StatusConflict, page.ListingEdit(view))
}

// fillRights answers the first part as a known license does.
func fillRights(values url.Values, spdx string) error {
	terms, ok := license.KnownBySPDX(spdx)
	if !ok {
		var f errs.Fields
		f.Add("known", "Choose a license.")
		return f.Err()
	}
	for use, cell := range terms.Cells {
		for part, value := range map[string]string{"verdict": string(cell.Verdict), "clause": cell.Clause, "condition": cell.Condition} {
			values.Set(listing.Field("grant", 0, string(use)+"-"+part), value)
		}
	}
	return nil
}
