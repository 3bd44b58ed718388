package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"assay/internal/audit/synth"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/internal/upload"
)

// goal is how far the seed brings a version of a demo listing.
type goal int

const (
	toReport goal = iota // as far as its audit leads
	toReview             // warnings answered, submitted, waiting for a reviewer
	toLive               // approved and published
)

// demoSet is a hosted listing of the demo.
type demoSet struct {
	seller   string // of the cast
	claims   listing.Claims
	versions []demoVersion
	checked  bool // two of its readers were checked
	licensed bool // its commercial terms were reviewed
}

// demoVersion is one submission: series made by code, sent as one zip.
type demoVersion struct {
	note   string
	series []synth.Spec
	labels labels // nil for none
	goal   goal
}

// seedSets brings every demo listing through the real pipeline: agreement,
// upload, audit behind the fence, answers, review, publishing.
func (h *house) seedSets(ctx context.Context, people cast) error {
	if err := h.verifySellers(ctx, people); err != nil {
		return err
	}
	for _, set := range demoSets() {
		actor := people[set.seller].actor()
		there, err := h.isThere(ctx, actor, set.claims.Basics.Title)
		if err != nil {
			return err
		}
		if there {
			continue // from an earlier start
		}
		if set.checked {
			if set.claims.Annotators.Groups[0].Linked, err = h.demoReaders(ctx, actor, people["reviewer"].actor()); err != nil {
				return err
			}
		}
		l, err := h.describe(ctx, actor, set.claims)
		if err != nil {
			return err
		}
		for _, v := range set.versions {
			if err := h.submitDemo(ctx, people, actor, l, v); err != nil {
				return fmt.Errorf("%s: %w", set.claims.Basics.Title, err)
			}
		}
		if set.licensed {
			if err := h.licenseDemo(ctx, people, people[set.seller], l); err != nil {
				return fmt.Errorf("%s: commercial terms: %w", set.claims.Basics.Title, err)
			}
		}
		tell("demo data set: " + set.claims.Basics.Title)
	}
	return nil
}

// isThere reports whether the seller has a listing of that title.
func (h *house) isThere(ctx context.Context, a postgres.Actor, title string) (bool, error) {
	list, err := h.listings.List(ctx, a)
	if err != nil {
		return false, err
	}
	for _, o := range list {
		if o.Revision.Claims.Basics.Title == title {
			return true, nil
		}
	}
	return false, nil
}

// describe answers every step of a new listing.
func (h *house) describe(ctx context.Context, a postgres.Actor, claims listing.Claims) (id.Listing, error) {
	d, err := h.listings.Create(ctx, a, claims.Basics)
	if err != nil {
		return "", err
	}
	for _, step := range listing.Steps {
		d, err = h.listings.SaveStep(ctx, a, d.Listing.ID, listing.Save{Step: step.Value, Token: d.Revision.Token(), Claims: claims, Finish: true})
		if err != nil {
			return "", err
		}
	}
	return d.Listing.ID, nil
}

func (h *house) submitDemo(ctx context.Context, people cast, a postgres.Actor, l id.Listing, v demoVersion) error {
	u, err := h.sendDemo(ctx, people, a, l, v)
	if err != nil {
		return err
	}
	d, err := h.waitForAudit(ctx, a, u.Version)
	if err != nil || v.goal == toReport {
		return err
	}
	if d.Version.State != listing.Passed && d.Version.State != listing.Flagged {
		return fmt.Errorf("the audit led to %s", d.Version.State)
	}
	for _, key := range d.Report.WarningKeys {
		if err := h.listings.AnswerFinding(ctx, a, u.Version, key, "Checked by our data steward: this value is part of the imaging protocol and names nobody."); err != nil {
			return err
		}
	}
	if err := h.clearDemo(ctx, a, u.Version); err != nil {
		return err
	}
	submitted, err := h.listings.Submit(ctx, a, u.Version)
	if err != nil || v.goal == toReview {
		return err
	}
	if submitted.State == listing.InReview {
		if err := h.approveDemo(ctx, people, u.Version); err != nil {
			return err
		}
	}
	return h.listings.Publish(ctx, a, u.Version)
}

// mostDemoSamples is how many pictures the demo's sellers show of a version.
const mostDemoSamples = 6

// clearDemo shows buyers the first pictures that the audit offers. Without a
// program that reads text it offers none.
func (h *house) clearDemo(ctx context.Context, a postgres.Actor, v id.Version) error {
	set, err := h.audits.Samples(ctx, a, v)
	if err != nil {
		return err
	}
	var numbers []int
	for _, s := range set.List[:min(len(set.List), mostDemoSamples)] {
		numbers = append(numbers, s.Number)
	}
	return h.audits.ClearSamples(ctx, a, v, numbers)
}

func (h *house) sendDemo(ctx context.Context, people cast, a postgres.Actor, l id.Listing, v demoVersion) (upload.Upload, error) {
	files, err := v.files()
	if err != nil {
		return upload.Upload{}, err
	}
	zip, err := synth.Zip(files)
	if err != nil {
		return upload.Upload{}, err
	}
	name := "Demo Seller"
	for _, p := range people {
		if p.user == a.User {
			name = p.Name
		}
	}
	if err := h.uploads.Accept(ctx, a, l, name, upload.CurrentAgreement().SHA256); err != nil {
		return upload.Upload{}, err
	}
	sent := false
	return h.uploads.ReceivePlain(ctx, a, l, v.note, func() (upload.Part, error) {
		if sent {
			return upload.Part{}, io.EOF
		}
		sent = true
		return upload.Part{Name: "submission.zip", Body: bytes.NewReader(zip)}, nil
	})
}

// files are the series and their labels.
func (v demoVersion) files() ([]synth.File, error) {
	var files []synth.File
	for _, spec := range v.series {
		made, err := synth.Series(spec)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	if v.labels == nil {
		return files, nil
	}
	labels, err := v.labels(v.series, files)
	return append(files, labels...), err
}

// waitForAudit waits until a worker has audited the version.
func (h *house) waitForAudit(ctx context.Context, a postgres.Actor, v id.Version) (listing.Dossier, error) {
	for {
		d, err := h.listings.Version(ctx, a, v)
		if err != nil {
			return d, err
		}
		switch d.Version.State {
		case listing.Uploading, listing.Queued, listing.Auditing:
		default:
			return d, nil
		}
		select {
		case <-ctx.Done():
			return d, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// approveDemo accepts every answer, by a second person too where it is about
// identifiers, answers the checklist and approves what was submitted.
func (h *house) approveDemo(ctx context.Context, people cast, v id.Version) error {
	reviewer := people["reviewer"].actor()
	it, err := h.reviews.Item(ctx, reviewer, v)
	if err != nil {
		return err
	}
	d := it.Dossier
	for _, answer := range d.Answers {
		if answer.Outcome != "accepted" {
			if err := h.reviews.Judge(ctx, reviewer, v, answer.Key, true, ""); err != nil {
				return err
			}
		}
		if d.Report.IsAboutIdentifiers(answer.Key) && answer.ConfirmedBy == "" {
			if err := h.reviews.Judge(ctx, people["second"].actor(), v, answer.Key, true, ""); err != nil {
				return err
			}
		}
	}
	checks := review.Answers{RootDigest: d.Version.RootDigest, ClaimsDigest: it.Claims.Digest}
	for _, c := range it.Checklist {
		checks.Given = append(checks.Given, review.Checked{Item: c.Item, Verdict: "yes"})
	}
	if err := h.reviews.SaveChecks(ctx, reviewer, v, checks); err != nil {
		return err
	}
	_, err = h.reviews.Decide(ctx, reviewer, review.Decision{Version: v, RootDigest: d.Version.RootDigest,
		ClaimsDigest: it.Claims.Digest, Outcome: listing.Approves})
	return err
}
