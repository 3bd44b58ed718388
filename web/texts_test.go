package web_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/account"
	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// textsReport tells of texts to read in two attributes.
func textsReport() audit.Report {
	r := flaggedReport()
	for _, path := range []string{"(0008,103E) SeriesDescription", "(0029,1010)"} {
		r.Findings = append(r.Findings, finding.Finding{Rule: "text-residual-list", Severity: finding.Info, Path: path, Shape: "AAAAAAA AAAA",
			Count: 2, Message: "An attribute holds text for a person to read.", Fix: "Read the texts.", Locations: []finding.Location{{File: "study/1.dcm"}}})
	}
	finding.Sort(r.Findings)
	return r
}

// giveTexts seals a list for the report of a version.
func giveTexts(t *testing.T, s site, secret []byte, owner postgres.Actor, v listing.Version, list ingest.TextList) {
	t.Helper()
	d, err := s.Listings.Version(t.Context(), owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := list.Seal(secret, ingest.TextsOf{Organization: owner.Organization, Version: v.ID, Report: d.Report.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Blobs.Put(t.Context(), ingest.TextsKey(d.Report.ID), bytes.NewReader(sealed)); err != nil {
		t.Fatal(err)
	}
}

var someTexts = ingest.TextList{Texts: []audit.ResidualText{
	{Attribute: "(0029,1010)", Text: "Plimsworth", Count: 3},
	{Attribute: "SeriesDescription", Text: "Quolvex knee", Count: 2},
	{Attribute: "SeriesDescription", Text: "=HYPERLINK(\"http://x\")", Count: 1},
	{Attribute: "SeriesDescription", Text: "<b>Zorbleth</b>\u202e\x00\r\nsecond line", Count: 1},
}, Beyond: 7}

func TestTextsAreReadByEditorsOfTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	s.reviewer(t, "rita@example.org")
	s.owner(t, "other@example.org", "Elsewhere")
	v := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), textsReport())
	giveTexts(t, s, siteSecret, owner, v, someTexts)
	as := map[string]*person{}
	for _, role := range []account.Role{account.Viewer, account.Editor} {
		addMember(t, s, owner, s.user(t, string(role)+"@example.org"), role)
	}
	for _, name := range []string{"seller", "rita", "other", "viewer", "editor", "nobody"} {
		as[name] = s.person(t)
		if name != "nobody" {
			as[name].signIn(name + "@example.org")
		}
	}
	report := "/seller/versions/" + string(v.ID)
	for name, want := range map[string]int{"seller": 200, "editor": 200, "viewer": 403, "other": 404, "rita": 403, "nobody": 303} {
		for _, path := range []string{"/texts", "/texts.csv", "/texts?q=Quolvex"} {
			a := as[name].get(report + path)
			if a.Status != want {
				t.Errorf("%s as %s: %d, want %d", path, name, a.Status, want)
			}
			if want != 200 && strings.Contains(a.Body, "Plimsworth") {
				t.Errorf("%s shows %s a text", path, name)
			}
			if want == 200 && (a.Header.Get("Cache-Control") != "no-store, private" || a.Header.Get("Referrer-Policy") != "no-referrer") {
				t.Errorf("%s as %s: headers %v", path, name, a.Header)
			}
		}
	}
	for _, f := range textsReport().Findings {
		if f.Severity == finding.Warning {
			if err := s.Listings.AnswerFinding(t.Context(), owner, v.ID, f.Key(), "It names the transducer."); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.Listings.Submit(t.Context(), owner, v.ID); err != nil {
		t.Fatal(err)
	}
	desk := as["rita"].get("/review/versions/" + string(v.ID))
	if desk.Status != http.StatusOK || desk.Page.Find("[data-rule=text-residual-list]").Length() == 0 {
		t.Fatalf("the reviewer's page: %d, want the masked findings", desk.Status)
	}
	if n := desk.Page.Find("a[href*='/texts']").Length(); n != 0 {
		t.Errorf("the reviewer's page has %d links to the texts", n)
	}
	if n := as["viewer"].get(report).Page.Find("a[href*='/texts']").Length(); n != 0 {
		t.Errorf("a viewer's page has %d links to the texts", n)
	}
	links := as["editor"].get(report).Page.Find("[data-testid=to-texts]")
	if links.Length() != 2 || as["editor"].get(report).Page.Find("[data-testid=texts]").Length() != 1 {
		t.Fatalf("an editor's page has %d links from findings, want 2", links.Length())
	}
	for i, want := range []string{"SeriesDescription", "(0029,1010)"} {
		group := as["editor"].get(links.Eq(i).AttrOr("href", "")).Page.Find("[data-testid=text-group]")
		if group.Length() != 1 || group.AttrOr("data-attribute", "") != want {
			t.Errorf("link %d leads to %d groups, %q; want %s", i, group.Length(), group.AttrOr("data-attribute", ""), want)
		}
	}
}

func TestTextsAreShownAsTextAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	v := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), textsReport())
	giveTexts(t, s, siteSecret, owner, v, someTexts)
	p := s.person(t)
	p.signIn("seller@example.org")
	url := "/seller/versions/" + string(v.ID) + "/texts"

	a := p.get(url)
	cells := a.Page.Find("td.read")
	if cells.Length() != 4 || cells.Find("*").Length() != 0 || !strings.Contains(cells.Text(), "<b>Zorbleth</b>\ufffd\ufffd\nsecond line") {
		t.Errorf("%d texts, %d elements within: %q", cells.Length(), cells.Find("*").Length(), cells.Text())
	}
	for _, want := range []string{"Only Northfield sees this page.", "7 more texts did not fit", "(0008,103E)", "4 texts"} {
		if !strings.Contains(words(a.Page.Find("main")), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for path, want := range map[string]string{"?q=quolVEX": "Quolvex knee", "?attribute=%280029%2C1010%29": "Plimsworth", "?q=plim&attribute=SeriesDescription": "",
		"?page=99": "Plimsworth", "?page=-1": "Plimsworth", "?q=%ff": "Plimsworth"} {
		a := p.get(url + path)
		if got := a.Page.Find("td.read").First().Text(); a.Status != http.StatusOK || got != want {
			t.Errorf("%s: %d, first text %q, want %q", path, a.Status, got, want)
		}
	}
	a = p.get(url + ".csv")
	rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatalf("csv: %d rows, %v", len(rows), err)
	}
	if diff := cmp.Diff([]string{"SeriesDescription", "'=HYPERLINK(\"http://x\")", "1"}, rows[3]); diff != "" {
		t.Errorf("formula (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("csv: %v", a.Header)
	}
	if rows, _ := csv.NewReader(strings.NewReader(p.get(url + ".csv?q=plim").Body)).ReadAll(); len(rows) != 2 {
		t.Errorf("csv of what was sought: %d rows, want 2", len(rows))
	}
}

func TestTextsThatCannotBeOpenedAreSaidSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	p := s.person(t)
	p.signIn("seller@example.org")
	absent := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), textsReport())
	shut := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), textsReport())
	giveTexts(t, s, []byte(strings.Repeat("x", 32)), owner, shut, someTexts)
	none := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), flaggedReport())
	giveTexts(t, s, siteSecret, owner, none, ingest.TextList{})
	for _, tt := range []struct {
		name        string
		v           listing.Version
		page, table int
		title, text string
	}{
		{"no list", absent, 200, 404, "There is no list for this version", "A new audit makes a new list"},
		{"another key", shut, 200, 409, "The list cannot be opened", "A new audit makes a new list"},
		{"no text", none, 200, 200, "Nothing to read", "name nobody"},
	} {
		url := "/seller/versions/" + string(tt.v.ID) + "/texts"
		a := p.get(url)
		got := words(a.Page.Find("[data-testid=empty]"))
		if a.Status != tt.page || !strings.Contains(got, tt.title) || !strings.Contains(got, tt.text) {
			t.Errorf("%s: %d %q", tt.name, a.Status, got)
		}
		if a := p.get(url + ".csv"); a.Status != tt.table {
			t.Errorf("%s as CSV: %d, want %d", tt.name, a.Status, tt.table)
		}
	}
}

// manyTexts are enough for several pages.
func manyTexts(n int) ingest.TextList {
	list := ingest.TextList{Texts: []audit.ResidualText{{Attribute: "(0029,1010)", Text: "Plimsworth", Count: 3},
		{Attribute: "ImageComments", Text: "Seen with Quolvex, then again\nafter lunch by the other reader, who wrote a line that is long enough to wrap on every screen that we look at", Count: 12},
		{Attribute: "ImageComments", Text: strings.Repeat("Unbroken", 40), Count: 1}}}
	for i := range n {
		list.Texts = append(list.Texts, audit.ResidualText{Attribute: "SeriesDescription", Text: fmt.Sprintf("Zorbleth knee %03d", i), Count: 1})
	}
	return list
}

func TestTextsInABrowser(t *testing.T) {
	s := newSite(t, true)
	owner := s.owner(t, "ada@example.org", "Northfield Imaging Institute of the Free and Hanseatic City")
	full := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), textsReport())
	giveTexts(t, s, siteSecret, owner, full, manyTexts(250))
	shut := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), textsReport())
	giveTexts(t, s, []byte(strings.Repeat("x", 32)), owner, shut, someTexts)

	b := webtest.Start(t)
	signIn := func(p *webtest.Page) {
		p.Go("/login")
		p.Fill("email", "ada@example.org")
		p.Fill("password", goodPassword)
		p.Submit("#sign-in")
	}
	p := b.Visitor(t, s.URL)
	signIn(p)
	url := "/seller/versions/" + string(full.ID)
	p.Go(url + "/texts")
	p.CheckViews("texts")
	p.Go(url + "/texts?attribute=SeriesDescription&q=knee&page=2")
	p.CheckViews("texts-chosen")
	p.Go("/seller/versions/" + string(shut.ID) + "/texts")
	p.CheckViews("texts-shut")
	p.Go(url)
	p.CheckViews("report-texts")

	quiet := b.Visitor(t, s.URL, webtest.NoScript)
	signIn(quiet)
	quiet.Go(url)
	quiet.Follow("[data-testid=texts]")
	quiet.Follow("[rel=next]")
	if n := quiet.Count("td.read"); n != 100 {
		t.Errorf("without scripts, second page: %d texts, want 100", n)
	}
	quiet.Set("q", "Plims")
	quiet.Submit(".texts-search")
	if n := quiet.Count("td.read"); n != 1 {
		t.Errorf("without scripts, sought: %d texts, want 1", n)
	}
}
