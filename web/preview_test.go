package web_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
)

// ocrReport has text in a frame.
func ocrReport() audit.Report {
	r := flaggedReport()
	r.Findings = append(r.Findings, finding.Finding{Rule: "pix-ocr-text", Severity: finding.Warning, Path: "(7FE0,0010) PixelData", Shape: "AAA: 9999999",
		Count: 1, Message: "A frame shows text.", Fix: "Blank the region.", Locations: []finding.Location{{File: "us/1.dcm", Frame: 3}}})
	finding.Sort(r.Findings)
	return r
}

// givePreviews keeps two pictures with the report of a version.
func givePreviews(t *testing.T, s site, owner postgres.Actor, v listing.Version) []byte {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 256, 192))); err != nil {
		t.Fatal(err)
	}
	d, err := s.Listings.Version(t.Context(), owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	for number, frame := range map[int]int{1: 3, 2: 0} {
		exec(t, s, listingtest.Worker, `INSERT INTO audit_preview (report_id, organization_id, version_id, number, path, source, frame, severity, rules, width, height, image)
			VALUES ($1, $2, $3, $4, 'us/1.dcm', '(7FE0,0010) PixelData', $5, 'warning', '{pix-ocr-text}', 256, 192, $6)`,
			d.Report.ID, owner.Organization, v.ID, number, frame, picture.Bytes())
	}
	return picture.Bytes()
}

// The seller, and a reviewer once it is submitted, see where a frame shows
// text; nobody else gets the picture.
func TestPicturesOfTextAreForSellerAndReviewer(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	s.reviewer(t, "rita@example.org")
	s.owner(t, "other@example.org", "Elsewhere")
	d := listingtest.Complete(t, s.DB, owner)
	v := sendVersion(t, s, owner, d, ocrReport())
	picture := givePreviews(t, s, owner, v)
	seller, reviewer, other, stranger := s.person(t), s.person(t), s.person(t), s.person(t)
	seller.signIn("seller@example.org")
	reviewer.signIn("rita@example.org")
	other.signIn("other@example.org")

	url, desk := "/seller/versions/"+string(v.ID), "/review/versions/"+string(v.ID)
	shown := seller.get(url).Page.Find("[data-rule=pix-ocr-text] [data-testid=previews] img")
	if shown.Length() != 2 || shown.First().AttrOr("alt", "") == "" || shown.First().AttrOr("width", "") != "256" {
		t.Fatalf("%d pictures under the finding, want 2 with words and size", shown.Length())
	}
	shown.Each(func(_ int, img *goquery.Selection) {
		a := seller.get(img.AttrOr("src", ""))
		if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "image/png" || a.Header.Get("Cache-Control") != "no-store" ||
			a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Body != string(picture) {
			t.Errorf("picture: %d %v", a.Status, a.Header)
		}
	})
	if a := reviewer.get(desk + "/previews/1"); a.Status != http.StatusNotFound {
		t.Errorf("a reviewer before submission: %d", a.Status)
	}
	for _, f := range ocrReport().Findings[:3] {
		if err := s.Listings.AnswerFinding(t.Context(), owner, v.ID, f.Key(), "The text names the transducer."); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Listings.Submit(t.Context(), owner, v.ID); err != nil {
		t.Fatal(err)
	}
	if n := reviewer.get(desk).Page.Find("[data-testid=previews] img").Length(); n != 2 {
		t.Errorf("a reviewer sees %d pictures, want 2", n)
	}
	if a := reviewer.get(desk + "/previews/2"); a.Status != http.StatusOK || a.Body != string(picture) {
		t.Errorf("a reviewer after submission: %d", a.Status)
	}
	for _, path := range []string{"/previews/3", "/previews/0", "/previews/x", "/previews/99999999"} {
		if a := seller.get(url + path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.Status)
		}
	}
	if a := other.get(url + "/previews/1"); a.Status != http.StatusNotFound {
		t.Errorf("another seller: %d", a.Status)
	}
	if a := stranger.get(url + "/previews/1"); a.Status != http.StatusSeeOther {
		t.Errorf("a stranger: %d", a.Status)
	}
}
