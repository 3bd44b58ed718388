package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// offered are samples of made chest CT, which nobody reads for text: nothing
// is written into it.
func offered(t *testing.T) []audit.Sample {
	t.Helper()
	set := fstest.MapFS{}
	for seed := range uint64(2) {
		files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 5 + seed, Slices: 8, Part: "CHEST"})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			set[f.Path] = &fstest.MapFile{Data: f.Data}
		}
	}
	blind := func(_ context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
		words := make([][]pixel.Word, len(rasters))
		for i := range words {
			words[i] = []pixel.Word{}
		}
		return words, nil
	}
	r, err := audit.Run(t.Context(), set, audit.Options{Samples: 12, Tools: audit.Tools{ReadText: blind},
		Claims: &audit.Claims{Method: deid.SafeHarbor, Codes: synth.Codes()}, Now: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return r.Samples.List
}

// giveSamples has the audit of a version offer pictures and returns how many.
func giveSamples(t *testing.T, s site, owner postgres.Actor, v listing.Version) int {
	t.Helper()
	d, err := s.Listings.Version(t.Context(), owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, s, listingtest.Worker, `INSERT INTO audit_sample_set (report_id, organization_id, version_id, left_out) VALUES ($1, $2, $3, $4)`,
		d.Report.ID, owner.Organization, v.ID, `[{"why": "The pictures hold letters, or what may be letters.", "count": 3}]`)
	list := offered(t)
	for i, x := range list {
		exec(t, s, listingtest.Worker, `INSERT INTO audit_sample (report_id, organization_id, version_id, number, path, frame, modality, plane, width, height, image)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			d.Report.ID, owner.Organization, v.ID, i+1, x.Path, x.Frame, x.Modality, x.Plane, x.Width, x.Height, x.PNG)
	}
	return len(list)
}

// A seller chooses pictures without scripts, buyers see them on the live page,
// and a report of identifiers takes them away at once.
func TestSamplesInABrowser(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "Northfield Imaging")
	s.reviewer(t, "rita@example.org")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	public := "/datasets/" + d.Listing.Slug

	b := webtest.Start(t)
	seller := b.Visitor(t, s.URL, webtest.NoScript)
	seller.Go("/login")
	seller.Fill("email", "ada@example.org")
	seller.Fill("password", goodPassword)
	seller.Submit("#sign-in")
	given := 0
	v := publishWith(t, s, owner, d, func(v listing.Version) {
		given = giveSamples(t, s, owner, v)
		seller.Go("/seller/versions/" + string(v.ID))
		if n := seller.Count("[data-testid=own-samples] input[type=checkbox]"); n != given || given != 6 || seller.Has("[data-testid=own-samples] input[checked]") {
			t.Fatalf("%d pictures to choose of %d given, want 6, and none chosen", n, given)
		}
		for _, n := range []int{1, 2, 4} {
			seller.Click(fmt.Sprintf("#f-sample-%d", n))
		}
		seller.Submit("#samples-form")
		seller.WantText("[data-testid=own-samples] > p", "Once it is live, they see 3.")
		seller.CheckViews("samples-seller")
	})

	buyer := b.Visitor(t, s.URL, webtest.NoScript)
	buyer.Go(public)
	if n := buyer.Count("[data-testid=samples] img"); n != 3 {
		t.Fatalf("a buyer sees %d pictures, want 3", n)
	}
	buyer.CheckViews("samples-public")
	image := public + "/samples/2.png"
	sent := s.person(t).get(image)
	if sent.Status != http.StatusOK || sent.Header.Get("Content-Type") != "image/png" || sent.Header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(sent.Header.Get("Content-Security-Policy"), "sandbox") || sent.Header.Get("Cache-Control") != "public, no-cache" || len(sent.Header.Get("ETag")) != 66 {
		t.Errorf("picture: %d %v", sent.Status, sent.Header)
	}
	if a := s.person(t).get(public + "/samples/3.png"); a.Status != http.StatusNotFound || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a picture that was not chosen: %d %v", a.Status, a.Header)
	}

	reviewer := s.person(t)
	reviewer.signIn("rita@example.org")
	review := "/review/versions/" + string(v.ID)
	a := reviewer.fill(review, review+"/samples", "number", "4", "sample-reason-4", "short")
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find("[name=sample-reason-4]").Text() != "short" {
		t.Errorf("a refusal without a reason: %d", a.Status)
	}
	if a := reviewer.fill(review, review+"/samples", "number", "4", "sample-reason-4", "A marker stands in the corner."); a.Status != http.StatusSeeOther {
		t.Errorf("a refusal: %d %s", a.Status, words(a.Page.Find("main")))
	}
	buyer.Go(public)
	if n := buyer.Count("[data-testid=samples] img"); n != 2 {
		t.Errorf("after a refusal a buyer sees %d pictures, want 2", n)
	}
	seller.Go("/seller/versions/" + string(v.ID))
	if text := seller.Text("[data-testid=own-samples]"); !strings.Contains(text, "A marker stands in the corner.") || !strings.Contains(text, "Buyers see 2.") {
		t.Errorf("the seller reads %q", text)
	}

	buyer.Go("/report/" + d.Listing.Slug)
	buyer.Choose("reason", "phi_suspected")
	buyer.Set("body", "A name stands in the lower left corner.")
	buyer.Submit("#report")
	if a := s.person(t).get(image); a.Status != http.StatusNotFound || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("picture after a report: %d %v", a.Status, a.Header)
	}
	buyer.Go(public)
	if buyer.Has("[data-testid=samples]") || !strings.Contains(buyer.Text("[data-testid=samples-hidden]"), "until a reviewer has looked") {
		t.Errorf("after a report the page says %q", buyer.Text("main"))
	}
	buyer.CheckViews("samples-hidden")
	seller.Go("/seller/versions/" + string(v.ID))
	seller.WantText("[data-testid=own-samples] .notice h2", "Buyers see no picture now")
}
