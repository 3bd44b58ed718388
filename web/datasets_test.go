package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/config"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/web"
	"assay/web/webtest"
)

// catalogServer serves the external listings and one hosted one, to anybody.
func catalogServer(t *testing.T) (*httptest.Server, *postgres.DB) {
	t.Helper()
	db := postgrestest.New(t)
	if err := catalog.SeedExternal(t.Context(), db, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	hosted := hostedListing()
	project(t, db, hosted)
	s := httptest.NewServer(web.New(config.Config{PublicURL: "http://localhost"}, slog.New(slog.NewTextHandler(io.Discard, nil)),
		web.Services{DB: db, Sessions: scs.New(), Catalog: catalog.NewStore(db)}))
	t.Cleanup(s.Close)
	return s, db
}

func project(t *testing.T, db *postgres.DB, e catalog.Entry) {
	t.Helper()
	actor := postgres.Actor{Organization: e.Organization, Platform: postgres.Worker}
	if err := db.InTx(t.Context(), actor, func(tx pgx.Tx) error { return catalog.Project(t.Context(), tx, e) }); err != nil {
		t.Fatal(err)
	}
}

func hostedListing() catalog.Entry {
	known, _ := license.KnownBySPDX("LicenseRef-Assay-Commercial-1.0")
	said := listing.Assertion{By: listing.BySeller, At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	images, size := int64(1_130_000), int64(496_000_000_000)
	return catalog.Publication{
		Listing: id.New[id.Listing](), Organization: catalog.PlatformOrganization, OrganizationName: "Northfield Imaging Institute",
		OrganizationSlug: "northfield", Demo: true, Slug: "low-dose-chest-ct", PublishedAt: time.Now(),
		Claims: listing.Claims{
			Basics: listing.Basics{Title: "Low-dose chest CT with biopsy-confirmed nodules, 3 sites", Asserted: said,
				Summary:    "Screening CT studies of adults from three hospitals. Every nodule of 4 mm or more is segmented by two thoracic radiologists and settled by a third.",
				Modalities: []listing.Modality{"CT"}, BodyParts: []listing.BodyPart{"lung", "chest"}, Tasks: []listing.Task{"segmentation"}},
			License:          listing.License{Tier: known.Tier, SPDX: known.SPDX, Name: known.Name, Access: known.Access, Grants: []listing.Grant{{Cells: known.Cells}}, Asserted: said},
			Deidentification: listing.Deidentification{Method: listing.SafeHarbor, Codes: []listing.DeidCode{"113100", "113101"}, Dates: "shifted_per_patient", Faces: "not_applicable", Asserted: said},
			Consent:          listing.Consent{IRB: "waived_with_approval", Board: "Northfield IRB", Protocol: "2024-113", Basis: "waiver_of_authorization", Commercial: "waiver_covers_commercial", Asserted: said},
			Labels:           listing.Labels{Provenance: []listing.Provenance{"multi_reader_consensus"}, AnnotationTypes: []listing.AnnotationType{"segmentation_mask"}, Asserted: said},
			Annotators: listing.Annotators{Asserted: said, Groups: []listing.Annotator{
				{Role: "radiologist", Readers: 2, Subspecialty: "thoracic", BoardCertified: listing.Yes, Board: "ABR", Years: 8, Adjudication: "senior_arbiter", Metric: "dice", Agreement: "0.83", Country: "US"}}},
			Coverage:     listing.Coverage{Countries: []string{"DE", "US"}, Sites: 3, Asserted: said},
			Demographics: listing.Demographics{Patients: 3980},
			Caveats:      listing.Caveats{List: []string{"Nodules under 4 mm are not marked."}},
		},
		Images: &images, Bytes: &size,
		Audit: &catalog.Audit{Verdict: "passed", On: "2026-11-20", Warnings: 1, Answered: 1, Infos: 12, Rules: "2026.11, PS3.15 2024b",
			RootDigest: strings.Repeat("9f2c41d7", 8), NotChecked: []string{"burned-in text: tesseract was not there"}},
		Measured: []catalog.Measure{
			{Fact: "Patients", Claimed: "3,980", Measured: "3,980", Outcome: catalog.Confirmed},
			{Fact: "De-identification", Claimed: "Safe Harbor", Measured: "no direct identifier found", Outcome: catalog.NoContradiction},
			{Fact: "Age", Claimed: "50 to 80", Measured: "50 to 83", Outcome: catalog.Contradicted},
			{Fact: "Consent", Claimed: "waiver of authorization", Outcome: catalog.NotCheckable},
		},
		Versions: []catalog.Version{{Number: 2, On: "2026-11-20", State: "live", Note: "Third site added."}, {Number: 1, On: "2026-10-02", State: "superseded"}},
	}.Entry()
}

func get(t *testing.T, s *httptest.Server, path string) (int, *goquery.Document) {
	t.Helper()
	r, err := http.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	d, err := goquery.NewDocumentFromReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, d
}

func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// The page's answer is license.Decide's, for every use of every listing.
func TestMayIAnswersWhatTheLicensePackageDecides(t *testing.T) {
	t.Parallel()
	s, _ := catalogServer(t)
	external, err := catalog.Externals()
	if err != nil {
		t.Fatal(err)
	}
	cells := 0
	for _, e := range append(external, hostedListing()) {
		status, page := get(t, s, "/datasets/"+e.Slug)
		if status != http.StatusOK {
			t.Fatalf("/datasets/%s: %d", e.Slug, status)
		}
		for _, u := range license.AllUses() {
			d := e.Decide(u, license.Context{})
			row := page.Find(`table.rights tr[data-use="` + string(u) + `"]`)
			if got, _ := row.Find("[data-verdict]").Attr("data-verdict"); got != string(d.Verdict) {
				t.Errorf("%s, %s: page says %q, decided %s", e.Slug, u, got, d.Verdict)
			}
			if !strings.Contains(words(row), d.Clause) || !strings.Contains(words(row), d.Reason) {
				t.Errorf("%s, %s: clause %q or reason %q is not on the page", e.Slug, u, d.Clause, d.Reason)
			}
			cells++
		}
		if got, _ := page.Find("[data-commercial-use]").First().Attr("data-commercial-use"); got != string(e.CommercialUse()) {
			t.Errorf("%s: badge %q, want %s", e.Slug, got, e.CommercialUse())
		}
		if e.Kind == catalog.Hosted {
			continue
		}
		if words(page.Find("[data-testid=route]")) != e.Detail.Route {
			t.Errorf("%s: the route to a commercial license is not on the page", e.Slug)
		}
		if href, _ := page.Find("[data-testid=owner-link]").Attr("href"); href != e.Detail.OwnerURL {
			t.Errorf("%s: owner link %q, want %q", e.Slug, href, e.Detail.OwnerURL)
		}
		if n := page.Find("[data-testid=caveats] li").Length(); n != len(e.Detail.Caveats) {
			t.Errorf("%s: %d caveats, want %d", e.Slug, n, len(e.Detail.Caveats))
		}
		if n := page.Find("[data-testid=statements] li").Length(); n != len(e.Detail.Assertions) {
			t.Errorf("%s: %d statements, want %d", e.Slug, n, len(e.Detail.Assertions))
		}
		if disagree := strings.Contains(words(page.Find("[data-testid=statements] h2")), "disagree"); disagree != e.SourcesDisagree() {
			t.Errorf("%s: disagreement shown: %v", e.Slug, disagree)
		}
		if unchecked := page.Find("[data-testid=not-rechecked]").Length() == 1; unchecked != (e.Detail.CheckedOn == "") {
			t.Errorf("%s: “not re-checked with the owner” shown: %v", e.Slug, unchecked)
		}
		if reading := words(page.Find("[data-testid=reading]")); !strings.Contains(reading, "not legal advice") {
			t.Errorf("%s: reading %q", e.Slug, reading)
		}
	}
	t.Logf("%d answers compared", cells)
}

func TestDatasetsPage(t *testing.T) {
	t.Parallel()
	s, db := catalogServer(t)

	status, page := get(t, s, "/datasets?modality=CT&use=ship_model_in_product&sort=title")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if got := words(page.Find("h1")); got != "5 data sets" {
		t.Errorf("heading %q, want 5 data sets", got)
	}
	if n := page.Find("[data-testid=result]").Length(); n != 5 {
		t.Errorf("%d results", n)
	}
	if n := page.Find("[data-testid=chips] .chip").Length(); n != 2 {
		t.Errorf("%d chips to remove a filter, want 2", n)
	}
	if page.Find(`input[name=modality][value=CT][checked]`).Length() != 1 {
		t.Error("the chosen modality is not ticked")
	}
	if v, _ := page.Find(`form#search input[name=sort]`).Attr("value"); v != "title" {
		t.Errorf("the order is lost when filters change: %q", v)
	}

	status, page = get(t, s, "/datasets?modality=US&use=regulatory_submission")
	if status != http.StatusOK || page.Find("[data-testid=no-results]").Length() != 1 {
		t.Fatalf("a search without results: %d", status)
	}
	relax := page.Find("[data-testid=no-results] li")
	if relax.Length() != 2 {
		t.Fatalf("%d conditions to drop, want 2", relax.Length())
	}
	href, _ := relax.First().Find("a").Attr("href")
	_, page = get(t, s, href)
	if got := words(page.Find("h1")); !strings.Contains(words(relax.First()), got) {
		t.Errorf("promised %q, got %q", words(relax.First()), got)
	}

	if status, page = get(t, s, "/datasets?use=fly"); status != http.StatusUnprocessableEntity || !strings.Contains(words(page.Find("main")), "What may I do? has no such value.") {
		t.Errorf("an unknown use: %d, %q", status, words(page.Find("main")))
	}
	if status, _ = get(t, s, "/datasets/no-such-set"); status != http.StatusNotFound {
		t.Errorf("an unknown data set: %d", status)
	}

	e := hostedListing()
	e.Slug, e.State, e.StateReason = "gone", catalog.Withdrawn, "The seller lost the right to offer it."
	project(t, db, e)
	status, page = get(t, s, "/datasets/gone")
	if status != http.StatusGone || words(page.Find("[data-testid=tombstone]")) != e.StateReason || page.Find("table.rights").Length() != 0 {
		t.Errorf("tombstone: %d, %q", status, words(page.Find("main")))
	}
}

// Text of sellers is text: nothing of it becomes markup.
func TestListingPageEscapesWhatSellersWrite(t *testing.T) {
	t.Parallel()
	s, db := catalogServer(t)
	e := hostedListing()
	evil := `<script>alert(1)</script><img src=x onerror=alert(1)>`
	e.Slug, e.Title, e.Summary, e.OrganizationName = "evil", evil, evil, evil
	e.Detail.Caveats = []string{evil}
	e.Detail.Claims = []catalog.Claim{{Subject: evil, Term: evil, Value: evil}}
	e.Detail.Audit.ReportURL = "javascript:alert(1)"
	project(t, db, e)
	for _, path := range []string{"/datasets/evil", "/datasets?q=" + url.QueryEscape(evil), "/datasets?kind=hosted"} {
		_, page := get(t, s, path)
		if page.Find("main script, main img").Length() != 0 {
			t.Errorf("%s: markup of a seller reached the page", path)
		}
		page.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			if href, _ := a.Attr("href"); strings.HasPrefix(href, "javascript:") {
				t.Errorf("%s: link %q", path, href)
			}
		})
	}
}

func TestLinksOfPublicPagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	s, _ := catalogServer(t)
	seen := map[string]bool{}
	var visit func(path string, depth int)
	visit = func(path string, depth int) {
		if seen[path] || depth > 2 {
			return
		}
		seen[path] = true
		status, page := get(t, s, path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
			return
		}
		page.Find("main a[href]").Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			if strings.HasPrefix(href, "/datasets") || strings.HasPrefix(href, "/licenses") {
				visit(href, depth+1)
			}
		})
	}
	visit("/", 0)
	visit("/licenses", 0)
	if len(seen) < 60 {
		t.Errorf("only %d addresses visited", len(seen))
	}
	t.Logf("%d addresses visited", len(seen))
}

func TestPublicPagesInABrowser(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	s, _ := catalogServer(t)
	p := b.Visitor(t, s.URL)
	for name, path := range map[string]string{
		"home":          "/",
		"datasets":      "/datasets",
		"datasets-ct":   "/datasets?q=lung&modality=CT&use=train_commercial_model",
		"datasets-none": "/datasets?modality=US&use=regulatory_submission",
		"chestxray14":   "/datasets/nih-chestx-ray14",
		"kits":          "/datasets/kits",
		"hosted":        "/datasets/low-dose-chest-ct",
		"licenses":      "/licenses",
		"license":       "/licenses/LicenseRef-Assay-Research-DUA-1.0",
	} {
		p.Go(path)
		p.CheckViews(name)
	}
}

func TestFilteringWithoutScripts(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	s, _ := catalogServer(t)
	p := b.Visitor(t, s.URL, webtest.NoScript)
	p.Go("/")
	p.Fill("q", "nodules")
	p.Submit("form[role=search]")
	p.Click(`input[name=modality][value=CT]`)
	p.Follow(".filters-apply .btn")
	if got := p.Path(); !strings.Contains(got, "modality=CT") || !strings.Contains(got, "q=nodules") {
		t.Errorf("the address does not hold the search: %s", got)
	}
	p.Follow("[data-testid=result] h2 a")
	if !strings.HasPrefix(p.Path(), "/datasets/") {
		t.Errorf("a result leads to %s", p.Path())
	}
}
