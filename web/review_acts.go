package web

import (
	"net/http"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/review"
)

// onReview answers an act whose form stood on the page of a version under
// review: with that page, where a mistake stands beside its field, or with a
// word and the way to a place.
func (s *Server) onReview(act, said string, place func(*http.Request, id.Version) string, do func(*http.Request, id.Version) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := versionID(r)
		if err != nil {
			return err
		}
		err = do(r, v)
		if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
			return s.reviewPage(w, r, v, http.StatusUnprocessableEntity, reviewTries{act: act, form: r.PostForm, mistakes: mistakes})
		}
		if err != nil {
			return err
		}
		s.flash(r, said)
		redirect(w, r, place(r, v))
		return nil
	}
}

// at is a place on the page of the version.
func at(anchor string) func(*http.Request, id.Version) string {
	return func(_ *http.Request, v id.Version) string { return reviewURL(v) + anchor }
}

func (s *Server) claimReview(r *http.Request, v id.Version) error {
	return s.Reviews.Claim(r.Context(), s.actor(r), v)
}

func (s *Server) releaseReview(r *http.Request, v id.Version) error {
	return s.Reviews.Release(r.Context(), s.actor(r), v)
}

func (s *Server) assignReview(r *http.Request, v id.Version) error {
	to, ok := id.Parse[id.User](r.PostForm.Get("reviewer"))
	if !ok {
		return &errs.Error{Kind: errs.Invalid, Field: "reviewer", Message: "Choose a reviewer."}
	}
	return s.Reviews.Assign(r.Context(), s.actor(r), v, to)
}

func (s *Server) saveChecks(r *http.Request, v id.Version) error {
	return s.Reviews.SaveChecks(r.Context(), s.actor(r), v, checksOf(r.PostForm))
}

func (s *Server) addNote(r *http.Request, v id.Version) error {
	return s.Reviews.AddNote(r.Context(), s.actor(r), v, r.PostForm.Get("internal-note"))
}

// outcomes are the decisions by their words in the form.
var outcomes = map[string]listing.Outcome{
	"approve": listing.Approves, "changes": listing.AsksForChanges, "reject": listing.Rejects,
}

// decideReview records a reviewer's decision about the digests in the form.
func (s *Server) decideReview(w http.ResponseWriter, r *http.Request) error {
	said := map[string]string{
		"approve": "Approved. The seller was told and may publish exactly these files and claims.",
		"changes": "Sent back. The seller was told what to change.",
		"reject":  "Rejected. The seller was told why.",
	}[r.PostForm.Get("decision")]
	toQueue := func(*http.Request, id.Version) string { return "/review" }
	return s.onReview("decision", said, toQueue, func(r *http.Request, v id.Version) error {
		form := r.PostForm
		_, err := s.Reviews.Decide(r.Context(), s.actor(r), review.Decision{
			Version: v, RootDigest: form.Get("root_digest"), ClaimsDigest: form.Get("claims_digest"), Outcome: outcomes[form.Get("decision")],
			Grounds: groundsOf(form), Comment: form.Get("comment")})
		return err
	})(w, r)
}

// judgeAnswer accepts or refuses the answer to one warning, or takes that back.
func (s *Server) judgeAnswer(r *http.Request, v id.Version) error {
	key := r.PostForm.Get("key")
	if r.PostForm.Get("outcome") == "open" {
		return s.Reviews.TakeBack(r.Context(), s.actor(r), v, key)
	}
	err := s.Reviews.Judge(r.Context(), s.actor(r), v, key, r.PostForm.Get("outcome") == "accepted", r.PostForm.Get("note-"+key))
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		var f errs.Fields
		f.Add("note-"+key, mistakes[0].Message)
		return f.Err()
	}
	return err
}

// atAnswer is the place of the warning whose answer was judged.
func (s *Server) atAnswer(r *http.Request, v id.Version) string {
	d, err := s.Listings.Version(r.Context(), s.actor(r), v)
	if err != nil {
		return reviewURL(v)
	}
	return reviewURL(v) + answerAnchor(d, r.PostForm.Get("key"))
}

// suspendVersion takes a live version down.
func (s *Server) suspendVersion(r *http.Request, v id.Version) error {
	err := s.Reviews.Suspend(r.Context(), s.actor(r), v, reasonsOf(r.PostForm["suspend-reason"]), r.PostForm.Get("suspend-comment"))
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		var f errs.Fields
		for _, m := range prefixed(mistakes, "suspend-") {
			f.Add(m.Field, m.Message)
		}
		return f.Err()
	}
	return err
}

// restoreVersion puts a suspended version back on offer.
func (s *Server) restoreVersion(r *http.Request, v id.Version) error {
	return s.Reviews.Restore(r.Context(), s.actor(r), v)
}

// runAuditAgain queues a version whose audit broke through a fault of ours.
func (s *Server) runAuditAgain(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	if err := s.Reviews.RunAgain(r.Context(), s.actor(r), v); err != nil {
		return err
	}
	s.flash(r, "Queued again.")
	redirect(w, r, "/review")
	return nil
}
