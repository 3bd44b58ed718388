package web_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/audit/quality"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// places are what a quality report says of files, each with a mark of its own.
var places = []string{"secret-folder", "annotations[77]", "A99-A99", "a note on one file", "copy-of-secret"}

// scoredReport is an LQS with figures, a finding that names a place, and copies.
func scoredReport(score float64, grade string) quality.Report {
	third, wilson := 1.0/3, [2]float64{0.2, 0.5}
	classes := []quality.Class{{Name: "Nodule", Declared: true, Labels: 40, Images: 40, Splits: map[string]quality.Count{"train": {Labels: 30, Images: 30, Of: 80}}, Prevalence: &third, CI: &wilson},
		{Name: "Pleural_Effusion", Declared: true, Labels: 20, Images: 20, Splits: map[string]quality.Count{}}}
	return quality.Report{
		Schema: quality.Schema, Tool: quality.Tool{Name: "assay", Version: "0.1.0", Score: "LQS-M 1.0", RulesSHA256: strings.Repeat("ab", 32)},
		Input:    quality.Input{ManifestSHA256: strings.Repeat("cd", 32), Files: 124, Bytes: 5000, Images: 120, Labels: 60, Formats: []quality.Format{{Name: "coco-instances", Files: 1}}},
		Score:    quality.Score{Value: score, Low: score, High: score, Grade: grade, MeasuredPoints: 80, HardFails: []quality.HardFail{}},
		Pillars:  []quality.Pillar{{ID: "F", Name: "Format and integrity", Points: 20, Kept: 18, Measured: true}},
		Losses:   []quality.Loss{{Points: 100 - score, Code: "F-003", Message: "Boxes reach past their image", Gain: 2}},
		Findings: []quality.Finding{{Code: "F-003", Level: "E", Severity: "warning", Pillar: "F", Affected: 1, Eligible: 60, Loss: 2, Message: "Boxes reach past their image", Examples: []quality.Example{{Path: "secret-folder/a.png", Pointer: "/annotations[77]/bbox", Shape: "A99-A99", Note: "a note on one file"}}}},
		Classes:  classes,
		Metrics: quality.Metrics{
			Completeness: quality.Completeness{Images: 120, Labeled: 60}, Distribution: quality.Distribution{Classes: 2, Labels: 60},
			Splits:     []quality.SplitCount{{Split: "train", Images: 80, Labels: 50}, {Split: "test", Images: 40, Labels: 10}},
			Duplicates: &quality.Duplicates{Compared: 120, Exact: 1, Groups: []quality.DupGroup{{Paths: []string{"secret-folder/a.png", "copy-of-secret/b.png"}, Count: 2}}},
		},
		Gates: quality.Gates{PHI: quality.Gate{State: "clear", Message: "No blocker of identifiers was found in what was checked."}},
	}
}

// giveScore stores r as the LQS of an audited version.
func giveScore(t *testing.T, s site, owner postgres.Actor, v id.Version, r quality.Report) {
	t.Helper()
	d, err := s.Listings.Version(t.Context(), owner, v)
	if err != nil {
		t.Fatal(err)
	}
	err = s.DB.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO quality_report (report_id, version_id, organization_id, body) VALUES ($1, $2, $3, $4)`,
			d.Report.ID, v, owner.Organization, asText(t, r))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// publishScored is publish of a version with an LQS.
func publishScored(t *testing.T, s site, owner postgres.Actor, d listing.Description, r quality.Report) listing.Version {
	t.Helper()
	return publishWith(t, s, owner, d, func(v listing.Version) { giveScore(t, s, owner, v.ID, r) })
}

// badge reads a badge and holds its headers against what one needs to stand on
// other pages.
func badge(t *testing.T, p *person, slug string) (title, body string) {
	t.Helper()
	a := p.get("/datasets/" + slug + "/quality/badge.svg")
	var svg struct {
		Label string `xml:"aria-label,attr"`
		Title string `xml:"title"`
	}
	if err := xml.Unmarshal([]byte(a.Body), &svg); err != nil || svg.Label != svg.Title {
		t.Fatalf("badge of %s: %v, label %q, title %q", slug, err, svg.Label, svg.Title)
	}
	for name, part := range map[string]string{"Content-Type": "image/svg+xml; charset=utf-8", "Content-Security-Policy": "sandbox",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"} {
		if got := a.Header.Get(name); !strings.Contains(got, part) {
			t.Errorf("badge of %s: %s = %q, want %s in it", slug, name, got, part)
		}
	}
	if a.Status != http.StatusOK || a.Header.Get("Set-Cookie") != "" || strings.Contains(a.Body, "<script") || strings.Contains(a.Body, "style=") {
		t.Errorf("badge of %s: status %d, cookie %q, or script or style in it", slug, a.Status, a.Header.Get("Set-Cookie"))
	}
	return svg.Title, a.Body
}

// Anybody reads the figures of a live version's LQS, on the page, as JSON and
// as a badge; nobody reads a place. What was not scored has none of it, older
// versions lead to the newest, and what is withdrawn leaves its reason.
func TestAnybodyReadsThePublicPartOfAnLQS(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	slug := d.Listing.Slug
	p, url := s.person(t), "/datasets/"+slug
	absent, gray := badge(t, p, "no-such-data-set")
	if absent != "LQS: no score" || !strings.Contains(gray, "#59626b") {
		t.Errorf("the badge of nothing reads %q, want a gray one that is verified by nobody", absent)
	}

	publish(t, s, owner, d)
	if _, body := badge(t, p, slug); body != gray {
		t.Error("the badge of a version that was not scored differs from that of none")
	}
	for _, path := range []string{"/quality", "/quality.json"} {
		if a := p.get(url + path); a.Status != http.StatusNotFound {
			t.Errorf("%s of a version that was not scored: %d", path, a.Status)
		}
	}
	if box := p.get(url).Page.Find("[data-testid=lqs-box]"); box.Length() != 0 {
		t.Errorf("a version that was not scored has a box: %q", words(box))
	}

	publishScored(t, s, owner, d, scoredReport(71, "C"))
	last := publishScored(t, s, owner, d, scoredReport(88.4, "B"))
	listed := p.get(url)
	if got := words(listed.Page.Find("[data-testid=lqs-box]").Parent()); !strings.Contains(got, "Grade B") || !strings.Contains(got, "88.4 of 100") || !strings.Contains(got, "pleural effusion") {
		t.Errorf("the box says %q", got)
	}
	if got := listed.Page.Find("[data-testid=quality-link]").AttrOr("href", ""); got != url+"/quality" {
		t.Errorf("the box leads to %q", got)
	}
	if got := words(p.get("/datasets?kind=hosted").Page.Find("[data-testid=result]")); !strings.Contains(got, "LQS B") {
		t.Errorf("the result of a search says %q, want its grade", got)
	}
	for _, link := range []string{"/datasets?label=pleural+effusion", "/datasets?lqs=B", "/datasets?label=nodule&lqs=B&lqs=A"} {
		if a := p.get(link); words(a.Page.Find("h1")) != "1 data set" {
			t.Errorf("%s finds %q", link, words(a.Page.Find("h1")))
		}
	}
	relax := p.get("/datasets?label=nodule&lqs=A").Page.Find("[data-testid=no-results] li")
	if relax.Length() != 1 || relax.Find("a").AttrOr("href", "") != "/datasets?label=nodule" {
		t.Errorf("a search without results offers %q, want the other grades", words(relax))
	}

	for path, want := range map[string]string{"/quality": "88.4", "/quality?version=2": "71", "/quality.json": "88.4", "/quality.json?version=2": "71", "/quality?pillar=F&level=E": "88.4"} {
		a := p.get(url + path)
		if a.Status != http.StatusOK || !strings.Contains(a.Body, want) {
			t.Fatalf("%s: status %d, says %s: %v", path, a.Status, want, strings.Contains(a.Body, want))
		}
		for _, place := range places {
			if strings.Contains(a.Body, place) {
				t.Errorf("%s tells %q", path, place)
			}
		}
		older := a.Page.Find("main a:contains('Read its quality report')").Length() == 1
		if want := path == "/quality?version=2"; older != want {
			t.Errorf("%s says that there is a newer version: %v", path, older)
		}
	}
	var public quality.Report
	if err := json.Unmarshal([]byte(p.get(url+"/quality.json").Body), &public); err != nil || public.Input.Images != 120 || public.Findings[0].Affected != 1 || public.Metrics.Duplicates.Exact != 1 {
		t.Errorf("JSON lost its figures: %v %+v", err, public.Findings)
	}
	if got, _ := badge(t, p, slug); got != "LQS: 88 · B · n = 120 · verified" {
		t.Errorf("badge reads %q", got)
	}
	if code := p.get(url + "/quality").Page.Find("pre code").Text(); !strings.Contains(code, s.URL+url+"/quality/badge.svg") {
		t.Errorf("the code for other pages is %q", code)
	}
	for _, path := range []string{"/quality?version=1", "/quality?version=4", "/quality?version=x", "/quality.json?version=0"} {
		if a := p.get(url + path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.Status)
		}
	}

	reviewer := accounttest.Reviewer(t, s.DB)
	if err := s.Listings.Suspend(t.Context(), reviewer, last.ID, "A buyer reported a name in an image."); err != nil {
		t.Fatal(err)
	}
	check := func(status int, reason string) {
		t.Helper()
		for _, path := range []string{"/quality", "/quality?version=2"} {
			if a := p.get(url + path); a.Status != status || !strings.Contains(a.Body, reason) || strings.Contains(a.Body, "Boxes reach") {
				t.Errorf("%s: status %d, want %d with the reason and no figures", path, a.Status, status)
			}
		}
		if a := p.get(url + "/quality.json"); a.Status != http.StatusGone || strings.Contains(a.Body, "lqs-report") {
			t.Errorf("JSON: status %d", a.Status)
		}
		if _, body := badge(t, p, slug); body != gray {
			t.Error("the badge differs from that of a data set that is none")
		}
	}
	check(http.StatusOK, "A buyer reported a name in an image.")
	if err := s.Listings.Restore(t.Context(), reviewer, last.ID); err != nil {
		t.Fatal(err)
	}
	if got, _ := badge(t, p, slug); !strings.HasSuffix(got, "verified") {
		t.Errorf("restored, the badge reads %q", got)
	}
	if err := s.Listings.Withdraw(t.Context(), owner, last.ID, "The hospital ended the contract."); err != nil {
		t.Fatal(err)
	}
	check(http.StatusGone, "The hospital ended the contract.")
}

// The seller's members and reviewers read the whole LQS of a version, as a
// page and in three forms; a stranger reads none of it.
func TestSellerAndReviewerReadTheWholeLQS(t *testing.T) {
	t.Parallel()
	s, owner, v, _ := reviewSite(t)
	giveScore(t, s, owner, v.ID, scoredReport(88.4, "B"))
	addMember(t, s, owner, s.user(t, "viewer@example.org"), account.Viewer)
	s.owner(t, "stranger@example.org", "Hollins Cross Radiology")
	as := map[string]*person{}
	for _, who := range []string{"seller", "viewer", "reviewer", "stranger"} {
		as[who] = s.person(t)
		as[who].signIn(who + "@example.org")
	}
	sold, reviewed := "/seller/versions/"+string(v.ID), reviewPath(v.ID)
	for who, base := range map[string]string{"seller": sold, "viewer": sold, "reviewer": reviewed} {
		if got := as[who].get(base).Page.Find("[data-testid=quality-link]").AttrOr("href", ""); got != base+"/quality" {
			t.Errorf("the report of the %s leads to %q", who, got)
		}
		for path, kind := range map[string]string{"": "text/html", "/lqs.json": "application/json", "/findings.csv": "text/csv", "/report.html": "text/html"} {
			a := as[who].get(base + "/quality" + path)
			if a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), kind) || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s%s as %s: status %d, %s, %s", base, path, who, a.Status, a.Header.Get("Content-Type"), a.Header.Get("Cache-Control"))
			}
			for _, place := range []string{"secret-folder/a.png", "/annotations[77]/bbox", "A99-A99"} {
				if !strings.Contains(a.Body, place) {
					t.Errorf("quality%s as %s does not tell %q", path, who, place)
				}
			}
		}
		if a := as[who].get(base + "/quality/lqs.xml"); a.Status != http.StatusNotFound {
			t.Errorf("a form that there is not, as %s: %d", who, a.Status)
		}
	}
	for who, base := range map[string]string{"stranger": sold, "seller": reviewed} {
		for _, path := range []string{"", "/lqs.json"} {
			if a := as[who].get(base + "/quality" + path); a.Status != http.StatusNotFound || strings.Contains(a.Body, "secret-folder") {
				t.Errorf("%s/quality%s as %s: status %d, want 404", base, path, who, a.Status)
			}
		}
	}
	if a := s.person(t).get(sold + "/quality"); a.Status != http.StatusSeeOther {
		t.Errorf("without signing in: %d", a.Status)
	}
}

// The panel of filters folds sixty classes away and keeps the chosen one in
// sight.
func TestManyClassesFoldAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	r := scoredReport(88.4, "B")
	for i := range 70 {
		r.Classes = append(r.Classes, quality.Class{Name: "rib " + string(rune('a'+i/26)) + string(rune('a'+i%26)), Labels: 1})
	}
	publishScored(t, s, owner, listingtest.Complete(t, s.DB, owner), r)
	page := s.person(t).get("/datasets?label=rib+bb").Page
	boxes := page.Find("input[name=label]")
	folded := page.Find("details details input[name=label]")
	if boxes.Length() != 60 || folded.Length() < 50 {
		t.Errorf("%d classes, %d of them folded away; want 60 and most", boxes.Length(), folded.Length())
	}
	if chosen := page.Find("input[name=label][checked]"); chosen.AttrOr("value", "") != "rib bb" || slices.Contains(folded.Nodes, chosen.Nodes[0]) {
		t.Error("the chosen class is folded away, or not ticked")
	}
}

// The pages in every view, with and without scripts.
func TestQualityPagesInABrowser(t *testing.T) {
	s, owner, v, _ := reviewSite(t)
	giveScore(t, s, owner, v.ID, scoredReport(88.4, "B"))
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	publishScored(t, s, owner, d, scoredReport(88.4, "B"))
	b := webtest.Start(t)
	public := b.Visitor(t, s.URL, webtest.NoScript)
	public.Go("/datasets/" + d.Listing.Slug)
	public.CheckViews("quality-listing")
	public.Follow("[data-testid=quality-link]")
	public.WantText("h1", "Quality of")
	public.CheckViews("quality-public")
	public.Go("/datasets?label=nodule")
	public.CheckViews("quality-search")
	for who, base := range map[string]string{"seller": "/seller/versions/" + string(v.ID), "reviewer": reviewPath(v.ID)} {
		p := b.Visitor(t, s.URL)
		s.signInPage(t, p, who+"@example.org")
		p.Go(base)
		p.Follow("[data-testid=quality-link]")
		p.CheckViews("quality-" + who)
	}
}
