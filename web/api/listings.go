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

// Listing is a data set of the organization.
type Listing struct {
	ID          id.Listing `json:"id" format:"uuid" example:"0193d2b2-1111-7222-8333-444455556666" doc:"Identifier."`
	Slug        string     `json:"slug" example:"chest-ct-with-lung-nodule-masks-k3f9q1" doc:"Last part of its public address, final once it was submitted."`
	Basics      Basics     `json:"basics" doc:"What it is, by the newest claims."`
	Revision    int        `json:"claims_revision" example:"3" doc:"Number of the newest revision of its claims."`
	Digest      string     `json:"claims_digest" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"SHA-256 of the newest claims in canonical form."`
	CreatedAt   time.Time  `json:"created_at" doc:"When it was begun."`
	UpdatedAt   time.Time  `json:"updated_at" doc:"When it was last changed."`
	SubmittedAt *time.Time `json:"submitted_at,omitempty" doc:"When a version was first submitted; absent while only the seller sees it."`
	DeletedAt   *time.Time `json:"deleted_at,omitempty" doc:"When the draft was put aside; it can be taken back."`
	URL         string     `json:"url" format:"uri" example:"https://assay.example/seller/listings/0193d2b2-1111-7222-8333-444455556666/check" doc:"The seller’s page."`
}

func (a *API) listingOf(d listing.Description) Listing {
	l, r := d.Listing, d.Revision
	return Listing{
		ID: l.ID, Slug: l.Slug, Basics: basicsOf(r.Claims.Basics), Revision: r.Number, Digest: r.Digest,
		CreatedAt: l.CreatedAt.UTC(), UpdatedAt: l.UpdatedAt.UTC(), SubmittedAt: inUTC(l.SubmittedAt), DeletedAt: inUTC(l.DeletedAt),
		URL: a.site("/seller/listings/" + string(l.ID) + "/check"),
	}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// ListingPath names a listing in the path.
type ListingPath struct {
	Listing string `path:"listing" example:"0193d2b2-1111-7222-8333-444455556666" doc:"Identifier of the listing."`
}

// id reads the listing in the path; anything else is none.
func (p ListingPath) id() (id.Listing, error) {
	l, ok := id.Parse[id.Listing](p.Listing)
	if !ok {
		return "", errs.New(errs.NotFound, "There is no such data set.")
	}
	return l, nil
}

type listingOutput struct {
	ETag string `header:"ETag" doc:"Names this state; send it as If-Match with a change."`
	Body Listing
}

func (a *API) listingOutput(d listing.Description, err error) (*listingOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &listingOutput{Body: a.listingOf(d)}
	out.ETag, err = etagOf(out.Body)
	return out, err
}

func (a *API) listings() {
	register(a, account.ReadListings, huma.Operation{
		OperationID: "list-listings", Method: http.MethodGet, Path: "/listings", Tags: []string{tagListings},
		Summary: "List the organization’s data sets", Description: "The last begun first, deleted drafts among them.", Errors: []int{http.StatusUnprocessableEntity},
	}, a.listListings)

	type createInput struct {
		Body Basics
	}
	type created struct {
		Location string `header:"Location" doc:"Address of the new listing."`
		ETag     string `header:"ETag" doc:"Names this state; send it as If-Match with a change."`
		Body     Listing
	}
	register(a, account.WriteListings, huma.Operation{
		OperationID: "create-listing", Method: http.MethodPost, Path: "/listings", Tags: []string{tagListings}, DefaultStatus: http.StatusCreated,
		Summary: "Begin a data set", Description: "A title is needed; the other answers may come later. Nobody but the organization sees it until a version is submitted.",
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, func(ctx context.Context, b account.Bearer, in *createInput) (*created, error) {
		if in.Body.Title == nil || *in.Body.Title == "" {
			return nil, &errs.Error{Kind: errs.Invalid, Field: "body.title", Message: "Give the data set a title."}
		}
		c, err := read(listing.Claims{Basics: in.Body.onto(listing.Basics{})}, listing.StepBasics)
		if err != nil {
			return nil, err
		}
		d, err := a.Listings.Create(ctx, b.Actor(), c.Basics)
		out, err := a.listingOutput(d, inBody(err))
		if err != nil {
			return nil, err
		}
		return &created{a.url("/listings/" + string(d.Listing.ID)), out.ETag, out.Body}, nil
	})

	type getInput struct {
		ListingPath
		ReadInput
	}
	register(a, account.ReadListings, huma.Operation{
		OperationID: "get-listing", Method: http.MethodGet, Path: "/listings/{listing}", Tags: []string{tagListings},
		Summary: "Read a data set", Description: "One of the token’s organization, by its newest claims.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, b account.Bearer, in *getInput) (*listingOutput, error) {
		l, err := in.id()
		if err != nil {
			return nil, err
		}
		out, err := a.listingOutput(a.Listings.Draft(ctx, b.Actor(), l))
		if err == nil {
			err = in.fresh(out.ETag)
		}
		return out, err
	})

	register(a, account.WriteListings, huma.Operation{
		OperationID: "update-listing", Method: http.MethodPatch, Path: "/listings/{listing}", Tags: []string{tagListings},
		Summary: "Change what a data set is", Description: "What is left out stays. Claims that are under review or live are not touched: the change begins a new revision.",
		Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusUnprocessableEntity},
	}, a.updateListing)
}

func (a *API) listListings(ctx context.Context, b account.Bearer, in *PageInput) (*listOutput[Listing], error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	before := id.Listing("")
	if after != "" {
		var ok bool
		if before, ok = id.Parse[id.Listing](after); !ok {
			return nil, errBadCursor
		}
	}
	list, err := a.Listings.Page(ctx, b.Actor(), before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	var out listOutput[Listing]
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Body.NextCursor = cursorOf(string(list[in.Limit-1].Listing.ID))
	}
	out.Body.Items = make([]Listing, len(list))
	for i, d := range list {
		out.Body.Items[i] = a.listingOf(d)
	}
	out.Link = a.linkTo("/listings", in.Limit, out.Body.NextCursor)
	return &out, nil
}

type updateInput struct {
	ListingPath
	ChangeInput
	Body Basics
}

func (a *API) updateListing(ctx context.Context, b account.Bearer, in *updateInput) (*listingOutput, error) {
	l, err := in.id()
	if err != nil {
		return nil, err
	}
	before, err := a.Listings.Draft(ctx, b.Actor(), l)
	present, err := a.listingOutput(before, err)
	if err != nil {
		return nil, err
	}
	if err := in.unchanged(present.ETag); err != nil {
		return nil, err
	}
	c, err := read(listing.Claims{Basics: in.Body.onto(before.Revision.Claims.Basics)}, listing.StepBasics)
	if err != nil {
		return nil, err
	}
	return a.listingOutput(a.save(ctx, b, before, listing.StepBasics, c))
}

// save keeps the answers of one step that were made from the claims before.
func (a *API) save(ctx context.Context, b account.Bearer, before listing.Description, step listing.Step, c listing.Claims) (listing.Description, error) {
	d, err := a.Listings.SaveStep(ctx, b.Actor(), before.Listing.ID, listing.Save{Step: step, Token: before.Revision.Token(), Claims: c})
	if errs.KindOf(err) == errs.Conflict {
		now, again := a.Listings.Draft(ctx, b.Actor(), before.Listing.ID)
		if again == nil && now.Revision.Token() != before.Revision.Token() {
			return d, errChanged()
		}
	}
	return d, inBody(err)
}
