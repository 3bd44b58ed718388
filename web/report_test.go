package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/listing/listingtest"
)

// longReport has n findings: each third a warning on dates, the others remarks
// on text, in files of ten folders.
func longReport(n int) audit.Report {
	r := flaggedReport()
	r.Findings = nil
	for i := range n {
		f := finding.Finding{Rule: "fmt-charset", Severity: finding.Info, Path: "(0008,0005) SpecificCharacterSet", Count: 1,
			Message: fmt.Sprintf("Remark %d", i), Fix: "Say the character set.", Locations: []finding.Location{{File: fmt.Sprintf("case-%d/%d.dcm", i%10, i)}}}
		if i%3 == 0 {
			f.Rule, f.Severity, f.HIPAA, f.Message = "phi-date-real", finding.Warning, []string{"C"}, fmt.Sprintf("Date %d", i)
		}
		r.Findings = append(r.Findings, f)
	}
	finding.Sort(r.Findings)
	return r
}

func reportPage(t *testing.T, r audit.Report) (p *person, url string) {
	t.Helper()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	v := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), r)
	p = s.person(t)
	p.signIn("seller@example.org")
	return p, "/seller/versions/" + string(v.ID)
}

func rulesOn(page *goquery.Selection) map[string]int {
	counts := map[string]int{}
	page.Find("[data-testid=finding]").Each(func(_ int, f *goquery.Selection) { counts[f.AttrOr("data-rule", "")]++ })
	return counts
}

func TestFindingsAreNarrowedByTheAddressAlone(t *testing.T) {
	t.Parallel()
	p, url := reportPage(t, longReport(30))
	for _, tt := range []struct {
		query string
		want  map[string]int
	}{
		{"", map[string]int{"phi-date-real": 10, "fmt-charset": 20}},
		{"?severity=warning", map[string]int{"phi-date-real": 10}},
		{"?family=fmt", map[string]int{"fmt-charset": 20}},
		{"?hipaa=C", map[string]int{"phi-date-real": 10}},
		{"?file=CASE-3/", map[string]int{"phi-date-real": 1, "fmt-charset": 2}},
		{"?severity=warning&file=case-3/", map[string]int{"phi-date-real": 1}},
		{"?severity=warning&family=fmt", map[string]int{}},
		{"?severity=nonsense", map[string]int{}},
	} {
		a := p.get(url + tt.query)
		if a.Status != http.StatusOK {
			t.Fatalf("%s: %d", tt.query, a.Status)
		}
		if diff := cmp.Diff(tt.want, rulesOn(a.Page.Selection)); diff != "" {
			t.Errorf("%q shows other findings: %s", tt.query, diff)
		}
		if all := a.Page.Find("[data-testid=show-all]"); (all.Length() == 1) != (tt.query != "") {
			t.Errorf("%q: %d links that show all", tt.query, all.Length())
		}
	}
}

// Each choice says how many findings it leaves, and leads to as many.
func TestEachFilterLeavesAsManyFindingsAsItSays(t *testing.T) {
	t.Parallel()
	p, url := reportPage(t, longReport(30))
	tried := 0
	for _, from := range []string{url, url + "?severity=warning", url + "?file=case-3"} {
		p.get(from).Page.Find("[data-testid=finding-filter] a.chip").Each(func(_ int, chip *goquery.Selection) {
			if chip.AttrOr("aria-current", "") != "" {
				return
			}
			said, found := words(chip.Find(".num")), p.get(chip.AttrOr("href", "")).Page.Find("[data-testid=finding]").Length()
			if said != fmt.Sprint(found) {
				t.Errorf("from %s, %q leads to %d findings", from, words(chip), found)
			}
			tried++
		})
	}
	if tried < 9 {
		t.Errorf("%d choices tried, want at least 9", tried)
	}
}

func TestLongReportsAreShownFiftyFindingsAtATime(t *testing.T) {
	t.Parallel()
	p, url := reportPage(t, longReport(1200))
	a := p.get(url)
	for want := 50; want <= 150; want += 50 {
		if got := a.Page.Find("[data-testid=finding]").Length(); got != want {
			t.Fatalf("%d findings on the page, want %d", got, want)
		}
		if want == 50 && !strings.Contains(words(a.Page.Find("#findings-warning")), "400 warnings") {
			t.Errorf("the heading counts %q", words(a.Page.Find("#findings-warning")))
		}
		next, _, _ := strings.Cut(a.Page.Find("[data-testid=show-more]").AttrOr("href", ""), "#")
		a = p.get(next)
	}
	a = p.get(url + "?show=99999")
	if got := a.Page.Find("[data-testid=finding]").Length(); got != 1000 || !strings.Contains(words(a.Page.Find("[data-testid=findings]")), "200 more findings are not shown") {
		t.Errorf("%d findings on the longest page, want 1,000 and word of the rest", got)
	}
}

func TestAnEmptyReportSaysSo(t *testing.T) {
	t.Parallel()
	r := flaggedReport()
	r.Findings, r.Verdict, r.NotChecked = nil, audit.Passed, nil
	p, url := reportPage(t, r)
	page := p.get(url).Page
	if got := words(page.Find("[data-testid=findings]")); !strings.Contains(got, "No findings") || page.Find("[data-testid=finding-filter]").Length() != 0 {
		t.Errorf("a report without findings says %q", got)
	}
	if got := words(page.Find("[data-testid=report-verdict]")); !strings.Contains(got, "found neither a blocker nor a warning") {
		t.Errorf("verdict %q", got)
	}
}

// Each finding spells letter and action out and leads to its rule.
func TestFindingsExplainLetterActionAndRule(t *testing.T) {
	t.Parallel()
	r := flaggedReport()
	r.Findings = []finding.Finding{{Rule: "phi-birth-date", Severity: finding.Warning, HIPAA: []string{"C"}, Action: "Z", Count: 1, Message: "A date", Fix: "Empty it.",
		Path: "(0010,0030) PatientBirthDate", Locations: []finding.Location{{File: "a.dcm", Frame: 2, Offset: 1204}}}}
	p, url := reportPage(t, r)
	page := p.get(url).Page
	rule := page.Find("[data-testid=rule]")
	if got := rule.Find("a").First().AttrOr("href", ""); got != "/guides/audit-rules#phi-birth-date" {
		t.Errorf("the rule leads to %q", got)
	}
	for _, want := range []string{"Birth date present", "dates other than the year, and ages over 89", "empty, or replace by a dummy", "Empty it.", "a.dcm, frame 2, byte 1,204"} {
		if got := words(rule); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	if n := rule.Find("abbr[title]").Length(); n != 2 {
		t.Errorf("%d abbreviations are spelled out, want 2", n)
	}
}

func TestFindingsAsCSVHoldNoFormula(t *testing.T) {
	t.Parallel()
	r := flaggedReport()
	dangerous := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"}
	for _, d := range dangerous {
		r.Findings[0].Locations = append(r.Findings[0].Locations, finding.Location{File: d})
	}
	p, url := reportPage(t, r)
	a := p.get(url + "/report.csv")
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(a.Header.Get("Content-Disposition"), ".csv") {
		t.Fatalf("CSV: %d %s %s", a.Status, a.Header.Get("Content-Type"), a.Header.Get("Content-Disposition"))
	}
	rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 2 + len(dangerous) + 1 + 1; len(rows) != want {
		t.Errorf("%d rows, want %d: a head and one a place", len(rows), want)
	}
	quoted := 0
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("cell %q begins like a formula", cell)
			}
			if strings.HasPrefix(cell, "'") {
				quoted++
			}
		}
	}
	if quoted != len(dangerous) {
		t.Errorf("%d cells were quoted, want %d", quoted, len(dangerous))
	}
}

// The figures of each plot stand in a table beside it.
func TestEachPlotHasItsTable(t *testing.T) {
	t.Parallel()
	r := flaggedReport()
	r.Measured.AgeBands = map[string]int{"0-9": 3, "90+": 1, "10-19": 9, "not stated": 4}
	r.Measured.Manufacturers = map[string]int{"A maker with a very long name that no phone has the room to show in one line": 2, "Philips": 1}
	r.Measured.InstancesPerSeries = []audit.Bin{{Low: 1, High: 2, Count: 4}, {Low: 2, High: 4, Count: 0}, {Low: 4, High: 8, Count: 1}}
	for i := range 30 {
		r.Measured.SliceSpacingMM = append(r.Measured.SliceSpacingMM, audit.Bin{Low: float64(i) / 2, High: float64(i+1) / 2, Count: i})
	}
	p, url := reportPage(t, r)
	page := p.get(url).Page
	plots := page.Find("[data-testid=plot]")
	if plots.Length() < 5 {
		t.Errorf("%d plots, want those of age, sex, manufacturer, kind, spacing and instances", plots.Length())
	}
	plots.Each(func(_ int, plot *goquery.Selection) {
		title := words(plot.Find(".plot-title"))
		if bars, rows := plot.Find("rect.plot-bar").Length(), plot.Find("tbody tr").Length(); bars != rows || rows == 0 {
			t.Errorf("%s: %d bars, %d rows", title, bars, rows)
		}
		svg := plot.Find("svg")
		for _, id := range strings.Fields(svg.AttrOr("aria-labelledby", "")) {
			if words(page.Find("#"+id)) == "" {
				t.Errorf("%s: nothing is called %s", title, id)
			}
		}
		if svg.AttrOr("role", "") != "img" || !strings.Contains(words(plot), "n = ") {
			t.Errorf("%s: role %q, text %q", title, svg.AttrOr("role", ""), words(plot))
		}
	})
	for term, want := range map[string]string{"Modality": "CT in 2 instances"} {
		if got := words(page.Find("[data-testid=measured] > .pairs")); !strings.Contains(got, term+want) {
			t.Errorf("facts %q lack %s %s", got, term, want)
		}
	}
	if n := page.Find("#plot-slice-spacing-t").Parent().Find("rect").Length(); n < 2 || n > 12 {
		t.Errorf("30 bins are drawn as %d columns, want at most 12", n)
	}
	if got := words(page.Find("#plot-age-t").Parent().Parent()); !strings.Contains(got, "n = 17 patients; 4 not stated") {
		t.Errorf("ages: %q", got)
	}
}
