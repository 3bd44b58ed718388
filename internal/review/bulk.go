package review

import (
	"context"
	"fmt"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// BulkAct is what is done to several items at once.
type BulkAct string

// Acts on several items.
const (
	BulkClaim   BulkAct = "claim"
	BulkRelease BulkAct = "release"
	BulkReturn  BulkAct = "return"  // ask for changes, with one reason for all
	BulkSuspend BulkAct = "suspend" // take offers down, with one reason for all
)

// BulkActs is the vocabulary of BulkAct.
var BulkActs = listing.Vocabulary[BulkAct]{
	{Value: BulkClaim, Label: "Assign to me"},
	{Value: BulkRelease, Label: "Release"},
	{Value: BulkReturn, Label: "Ask for changes"},
	{Value: BulkSuspend, Label: "Suspend offers"},
}

// NeedsReason reports whether an act takes a reason.
func (b BulkAct) NeedsReason() bool { return b == BulkReturn || b == BulkSuspend }

// mostBulk is how many items one order holds.
const mostBulk = 100

// Selected is one item of an order, with the digests that the reviewer has
// seen.
type Selected struct {
	Version      id.Version
	Title        string
	Number       int
	State        listing.State
	RootDigest   string
	ClaimsDigest string
}

// Order is one act on several items, each in a transaction of its own.
type Order struct {
	Act     BulkAct
	Items   []Selected
	Reason  Reason
	Comment string
}

// Done is what became of one item; Err is nil if the act was done.
type Done struct {
	Selected
	Err error
}

// Select reads the items of an order before it is carried out, those that
// there are.
func (s *Service) Select(ctx context.Context, a postgres.Actor, versions []id.Version) ([]Selected, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	if len(versions) > mostBulk {
		return nil, errs.Newf(errs.Invalid, "Choose at most %d at once.", mostBulk)
	}
	list := make([]Selected, 0, len(versions))
	for _, v := range versions {
		d, err := s.listings.Version(ctx, a, v)
		if errs.KindOf(err) == errs.NotFound || err == nil && d.Version.SubmittedAt == nil {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("select: %w", err)
		}
		claims := d.Claims
		if d.Amendment != nil && d.Version.State != listing.InReview {
			claims = *d.Amendment
		}
		list = append(list, Selected{Version: v, Title: claims.Claims.Basics.Title, Number: d.Version.Number, State: d.Version.State,
			RootDigest: d.Version.RootDigest, ClaimsDigest: claims.Digest})
	}
	return list, nil
}

// errNotTried is what became of the items after a fault of ours.
var errNotTried = errs.New(errs.Unavailable, "Not tried: something went wrong on our side at the one before. Try it again.")

// Bulk carries out an order and says of each item what became of it: one that
// is refused keeps none of the others back. A fault of ours ends the order; it
// is returned together with the list, in which what was done before stands as
// done. Mistakes in the order itself are errs.Fields with the fields act, items,
// reason and comment.
func (s *Service) Bulk(ctx context.Context, a postgres.Actor, o Order) ([]Done, error) {
	if err := mustReview(a); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	list := make([]Done, len(o.Items))
	var fault error
	for i, item := range o.Items {
		if fault != nil {
			list[i] = Done{item, errNotTried}
			continue
		}
		list[i] = Done{item, s.act(ctx, a, o, item)}
		if err := list[i].Err; err != nil && errs.KindOf(err) == errs.Internal {
			fault = fmt.Errorf("bulk: item %d of %d: %w", i+1, len(o.Items), err)
		}
	}
	return list, fault
}

func (o Order) check() error {
	var f errs.Fields
	if !BulkActs.Has(o.Act) {
		f.Add("act", "Choose what to do.")
	}
	if n := len(o.Items); n == 0 || n > mostBulk {
		f.Addf("items", "Choose 1 to %d data sets.", mostBulk)
	}
	if o.Act.NeedsReason() {
		if o.Reason == "" {
			f.Add("reason", "Pick a reason; each seller reads it.")
		} else {
			checkGrounds(&f, Because(o.Reason), o.Comment, true, nil)
		}
	}
	return f.Err()
}

func (s *Service) act(ctx context.Context, a postgres.Actor, o Order, item Selected) error {
	switch o.Act {
	case BulkClaim:
		return s.Claim(ctx, a, item.Version)
	case BulkRelease:
		return s.Release(ctx, a, item.Version)
	case BulkSuspend:
		return s.Suspend(ctx, a, item.Version, []Reason{o.Reason}, o.Comment)
	}
	_, err := s.Decide(ctx, a, Decision{Version: item.Version, RootDigest: item.RootDigest, ClaimsDigest: item.ClaimsDigest,
		Outcome: listing.AsksForChanges, Grounds: Because(o.Reason), Comment: o.Comment, general: true})
	return err
}
