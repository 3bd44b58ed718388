package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
)

// ClaimsRevision is what a seller says of a data set, and what is still missing.
type ClaimsRevision struct {
	Listing  id.Listing     `json:"listing" format:"uuid" example:"0193d2b2-1111-7222-8333-444455556666" doc:"Of which data set."`
	Revision int            `json:"revision" example:"3" doc:"Number of this revision, from 1."`
	Digest   string         `json:"digest" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"SHA-256 of the claims in canonical form."`
	Frozen   bool           `json:"frozen" doc:"Whether they were submitted: a change then begins a new revision."`
	Claims   listing.Claims `json:"claims" doc:"The claims, a part for each subject. asserted says who claimed it and when."`
	Gaps     []Gap          `json:"gaps" nullable:"false" doc:"What keeps a version from being submitted."`
}

// ClaimParts are some of the claims.
type ClaimParts struct {
	Basics           listing.Basics           `json:"basics,omitzero" doc:"Of the part basics."`
	License          listing.License          `json:"license,omitzero" doc:"Of the parts license and, as grants, rights."`
	Deidentification listing.Deidentification `json:"deidentification,omitzero" doc:"Of the part deidentification."`
	Reports          listing.Reports          `json:"reports,omitzero" doc:"Of the part deidentification: reports and notes."`
	Consent          listing.Consent          `json:"consent,omitzero" doc:"Of the part consent."`
	Labels           listing.Labels           `json:"labels,omitzero" doc:"Of the part labels."`
	Annotators       listing.Annotators       `json:"annotators,omitzero" doc:"Of the part annotators."`
	Coverage         listing.Coverage         `json:"coverage,omitzero" doc:"Of the part coverage."`
	Devices          listing.Devices          `json:"devices,omitzero" doc:"Of the part coverage: what it was acquired on."`
	Demographics     listing.Demographics     `json:"demographics,omitzero" doc:"Of the part demographics."`
	Splits           listing.Splits           `json:"splits,omitzero" doc:"Of the part splits."`
	Caveats          listing.Caveats          `json:"caveats,omitzero" doc:"Of the part caveats."`
}

// claims returns the parts as claims, of which the others are empty.
func (p ClaimParts) claims() listing.Claims { return listing.Claims(p) }

// Gap is an answer that is missing or contradicts another.
type Gap struct {
	Step    listing.Step `json:"step" example:"license" doc:"Part of the description."`
	Field   string       `json:"field" example:"tier" doc:"The answer in question."`
	Message string       `json:"message" example:"Choose a tier." doc:"What to do about it."`
	Missing bool         `json:"missing" doc:"Whether it is missing; else it contradicts another answer."`
}

func claimsOf(d listing.Description) ClaimsRevision {
	r := d.Revision
	c := ClaimsRevision{Listing: d.Listing.ID, Revision: r.Number, Digest: r.Digest, Frozen: r.FrozenAt != nil, Claims: r.Claims, Gaps: []Gap{}}
	for _, g := range r.Claims.Gaps(time.Now()) {
		c.Gaps = append(c.Gaps, Gap{g.Step, g.Field, g.Message, g.Missing})
	}
	return c
}

type claimsOutput struct {
	ETag string `header:"ETag" doc:"Names this state; send it as If-Match with a change."`
	Body ClaimsRevision
}

func newClaimsOutput(d listing.Description, err error) (*claimsOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &claimsOutput{Body: claimsOf(d)}
	out.ETag, err = etagOf(out.Body)
	return out, err
}

func (a *API) claims() {
	type getInput struct {
		ListingPath
		ReadInput
	}
	register(a, account.ReadListings, huma.Operation{
		OperationID: "get-claims", Method: http.MethodGet, Path: "/listings/{listing}/claims", Tags: []string{tagListings},
		Summary: "Read the claims of a data set", Description: "The newest revision, with what is still missing before a version can be submitted.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, b account.Bearer, in *getInput) (*claimsOutput, error) {
		l, err := in.id()
		if err != nil {
			return nil, err
		}
		out, err := newClaimsOutput(a.Listings.Draft(ctx, b.Actor(), l))
		if err == nil {
			err = in.fresh(out.ETag)
		}
		return out, err
	})

	type putInput struct {
		ListingPath
		ChangeInput
		Step string `path:"step" example:"license" doc:"Part of the description that is replaced." enum:"basics,license,rights,deidentification,consent,labels,annotators,coverage,demographics,splits,caveats"`
		Body ClaimParts
	}
	register(a, account.WriteListings, huma.Operation{
		OperationID: "put-claims", Method: http.MethodPut, Path: "/listings/{listing}/claims/{step}", Tags: []string{tagListings},
		Summary:     "Answer one part of the description",
		Description: "Takes the subjects of that part from the claims that are sent, and leaves the others as they are. Who asserted an answer and when is noted by us; what is sent as asserted is not read.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusUnprocessableEntity},
	}, func(ctx context.Context, b account.Bearer, in *putInput) (*claimsOutput, error) {
		l, err := in.id()
		if err != nil {
			return nil, err
		}
		step, ok := listing.ParseStep(in.Step)
		if !ok {
			return nil, errs.New(errs.NotFound, "The description has no such part.")
		}
		before, err := a.Listings.Draft(ctx, b.Actor(), l)
		present, err := newClaimsOutput(before, err)
		if err != nil {
			return nil, err
		}
		if err := in.unchanged(present.ETag); err != nil {
			return nil, err
		}
		c, err := read(in.Body.claims(), step)
		if err != nil {
			return nil, err
		}
		return newClaimsOutput(a.save(ctx, b, before, step, c))
	})
}
