package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
)

// Version is a set of files of a data set on its way to live.
type Version struct {
	ID           id.Version    `json:"id" format:"uuid" example:"0193d2b3-2222-7333-8444-555566667777" doc:"Identifier."`
	Listing      id.Listing    `json:"listing" format:"uuid" example:"0193d2b2-1111-7222-8333-444455556666" doc:"Of which data set."`
	Number       int           `json:"number" example:"2" doc:"From 1."`
	State        listing.State `json:"state" example:"passed" doc:"Where it stands: draft, uploading, queued, auditing, audit_failed, audit_error, passed, flagged, in_review, changes_requested, rejected, approved, embargoed, live, superseded, suspended or withdrawn."`
	Reason       string        `json:"reason,omitempty" doc:"Why it was moved to this state, where that needs a reason."`
	ChangeNote   string        `json:"change_note,omitempty" example:"Two studies added." doc:"What changed since the version before."`
	RootDigest   string        `json:"root_digest,omitempty" example:"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" doc:"Digest of its files; absent until they are audited."`
	EmbargoUntil *time.Time    `json:"embargo_until,omitempty" doc:"First day on which it is live."`
	CreatedAt    time.Time     `json:"created_at" doc:"When it was begun."`
	UpdatedAt    time.Time     `json:"updated_at" doc:"When it last moved."`
	SubmittedAt  *time.Time    `json:"submitted_at,omitempty" doc:"When it was sent to review."`
	LiveAt       *time.Time    `json:"live_at,omitempty" doc:"When it went live."`
	Audit        *Audit        `json:"audit,omitempty" doc:"What its newest audit concluded; only where one version is read, and absent until then."`
	URL          string        `json:"url" format:"uri" example:"https://assay.example/seller/versions/0193d2b3-2222-7333-8444-555566667777" doc:"The seller’s page."`
}

// Audit is a report in short.
type Audit struct {
	Verdict      string    `json:"verdict" enum:"passed,flagged,failed,unrecognized" example:"flagged" doc:"What the audit concluded."`
	Blockers     int       `json:"blockers" example:"0" doc:"Findings that keep it from being published."`
	Warnings     int       `json:"warnings" example:"2" doc:"Findings that the seller answers."`
	RulesVersion string    `json:"rules_version" example:"2026-11" doc:"By which rules."`
	At           time.Time `json:"at" doc:"When it finished."`
}

func (a *API) versionOf(v listing.Version) Version {
	return Version{
		ID: v.ID, Listing: v.Listing, Number: v.Number, State: v.State, Reason: v.Reason, ChangeNote: v.ChangeNote, RootDigest: v.RootDigest,
		EmbargoUntil: inUTC(v.EmbargoUntil), CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(), SubmittedAt: inUTC(v.SubmittedAt), LiveAt: inUTC(v.LiveAt),
		URL: a.site("/seller/versions/" + string(v.ID)),
	}
}

// VersionPath names a version in the path.
type VersionPath struct {
	Version string `path:"version" example:"0193d2b3-2222-7333-8444-555566667777" doc:"Identifier of the version."`
}

func (a *API) ownVersion(ctx context.Context, b account.Bearer, p VersionPath) (listing.Dossier, error) {
	v, ok := id.Parse[id.Version](p.Version)
	if !ok {
		return listing.Dossier{}, errs.New(errs.NotFound, "There is no such version.")
	}
	return a.Listings.Version(ctx, b.Actor(), v)
}

type versionOutput struct {
	ETag string `header:"ETag" doc:"Names this state."`
	Body Version
}

func (a *API) versionOutput(d listing.Dossier) (*versionOutput, error) {
	out := &versionOutput{Body: a.versionOf(d.Version)}
	if r := d.Report; r != nil {
		out.Body.Audit = &Audit{r.Verdict, r.Blockers, r.Warnings, r.RulesVersion, r.CreatedAt.UTC()}
	}
	var err error
	out.ETag, err = etagOf(out.Body)
	return out, err
}

type versionsInput struct {
	ListingPath
	PageInput
}

func (a *API) versions() {
	register(a, account.ReadListings, huma.Operation{
		OperationID: "list-versions", Method: http.MethodGet, Path: "/listings/{listing}/versions", Tags: []string{tagVersions},
		Summary: "List the versions of a data set", Description: "The newest first.", Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, a.listVersions)

	type getInput struct {
		VersionPath
		ReadInput
	}
	register(a, account.ReadListings, huma.Operation{
		OperationID: "get-version", Method: http.MethodGet, Path: "/versions/{version}", Tags: []string{tagVersions},
		Summary: "Read a version", Description: "Its state, and what its audit concluded. To wait for the audit, ask again with If-None-Match.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, b account.Bearer, in *getInput) (*versionOutput, error) {
		d, err := a.ownVersion(ctx, b, in.VersionPath)
		if err != nil {
			return nil, err
		}
		out, err := a.versionOutput(d)
		if err == nil {
			err = in.fresh(out.ETag)
		}
		return out, err
	})

	a.reports()
	register(a, account.WriteListings, huma.Operation{
		OperationID: "submit-version", Method: http.MethodPost, Path: "/versions/{version}/submit", Tags: []string{tagVersions},
		Summary:     "Submit a version for review",
		Description: "The newest version, passed, or flagged with every warning answered. A second or later version says what changed: without a note the answer is 422. Its claims are final from then on. A seller who has earned it is approved at once.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity},
	}, a.submitVersion)
}

// Submission is what goes with a version to review.
type Submission struct {
	ChangeNote string `json:"change_note,omitempty" maxLength:"4000" example:"Two studies added." doc:"What changed since the version before, unless it was said when the upload began. A second or later version needs it."`
}

type submitInput struct {
	VersionPath
	Body *Submission `required:"false"`
}

func (a *API) submitVersion(ctx context.Context, b account.Bearer, in *submitInput) (*versionOutput, error) {
	d, err := a.ownVersion(ctx, b, in.VersionPath)
	if err != nil {
		return nil, err
	}
	if in.Body != nil && in.Body.ChangeNote != "" {
		if err := a.Listings.SetChangeNote(ctx, b.Actor(), d.Version.ID, in.Body.ChangeNote); err != nil {
			return nil, inBody(err)
		}
	}
	if _, err := a.Listings.Submit(ctx, b.Actor(), d.Version.ID); err != nil {
		return nil, inBody(err)
	}
	if d, err = a.ownVersion(ctx, b, in.VersionPath); err != nil {
		return nil, err
	}
	return a.versionOutput(d)
}

func (a *API) listVersions(ctx context.Context, b account.Bearer, in *versionsInput) (*listOutput[Version], error) {
	l, err := in.id()
	if err != nil {
		return nil, err
	}
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	below := 0
	if after != "" {
		if below, err = strconv.Atoi(after); err != nil || below < 1 {
			return nil, errBadCursor
		}
	}
	list, err := a.Listings.VersionsBelow(ctx, b.Actor(), l, below, in.Limit+1) // one more tells of a next page
	if err != nil {
		return nil, err
	}
	var out listOutput[Version]
	out.Body.Items = []Version{}
	for i, v := range list { // the newest first
		if i == in.Limit {
			out.Body.NextCursor = cursorOf(strconv.Itoa(list[i-1].Number))
			break
		}
		out.Body.Items = append(out.Body.Items, a.versionOf(v))
	}
	out.Link = a.linkTo("/listings/"+string(l)+"/versions", in.Limit, out.Body.NextCursor)
	return &out, nil
}

// reports serves the seller's report as it is kept.
func (a *API) reports() {
	type output struct {
		ContentType string `header:"Content-Type"`
		Body        func(huma.Context)
	}
	op := huma.Operation{
		OperationID: "get-report", Method: http.MethodGet, Path: "/versions/{version}/report", Tags: []string{tagVersions},
		Summary: "Read the report of the audit", Description: "The whole report, with every place of every finding. It may hold text of the files: it is for the seller alone.",
		Errors: []int{http.StatusNotFound},
		Responses: map[string]*huma.Response{"200": {Description: "The report, assay-report/1.", Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "assay-report/1, as `lqs audit --json` writes it.", AdditionalProperties: true}},
		}}},
	}
	register(a, account.ReadReports, op, func(ctx context.Context, b account.Bearer, in *VersionPath) (*output, error) {
		d, err := a.ownVersion(ctx, b, *in)
		if err != nil {
			return nil, err
		}
		body, err := a.openReport(ctx, d)
		if err != nil {
			return nil, err
		}
		return &output{Body: func(out huma.Context) {
			defer body.Close()
			out.SetHeader("Content-Type", "application/json")
			if _, err := io.Copy(out.BodyWriter(), body); err != nil {
				a.log.Debug("client went away", "request", requestNumber(ctx), "error", err)
			}
		}}, nil
	})
}

// openReport opens the whole report, or the one of the database, which names the
// first places of each finding, if there is no other.
func (a *API) openReport(ctx context.Context, d listing.Dossier) (io.ReadCloser, error) {
	if d.Report == nil {
		return nil, errs.New(errs.NotFound, "This version has no report yet.")
	}
	body, err := a.Audits.Report(ctx, d.Report.ID)
	if errs.KindOf(err) == errs.NotFound {
		return io.NopCloser(bytes.NewReader(d.Report.Body)), nil
	}
	return body, err
}
