package page_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"assay/web/page"
	"assay/web/static"
	"assay/web/ui"
	"assay/web/webtest"
)

var statuses = []int{400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503, 507}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEachErrorPageSaysWhatHappenedAndWhatToDo(t *testing.T) {
	seen := map[string]int{}
	for _, status := range statuses {
		title := page.ErrorTitle(status)
		if other, twice := seen[title]; twice {
			t.Errorf("%d and %d share the title %q", status, other, title)
		}
		seen[title] = status
		html := render(t, page.Error(page.ErrorView{Status: status, Message: "The reason.", RequestID: "abc123"}))
		for _, want := range []string{"The reason.", "abc123", "Error " + strconv.Itoa(status), "<h1>"} {
			if !strings.Contains(html, want) {
				t.Errorf("page %d lacks %q", status, want)
			}
		}
	}
}

// drawn reports whether a guide comes from a registry instead of a text.
func drawn(g page.Guide) bool { _, text := page.GuideBySlug(g.Slug); return !text }

func TestGuidesHaveSectionsAndNoRawMarks(t *testing.T) {
	for _, g := range page.Guides() {
		if drawn(g) {
			continue // TestEveryRuleIsExplained
		}
		html := render(t, page.GuidePage(page.NewGuideView(ui.Shell{Title: g.Title}, g)))
		if g.Summary == "" || len(g.Sections) < 3 {
			t.Errorf("guide %s: summary %q, %d sections", g.Slug, g.Summary, len(g.Sections))
		}
		for _, s := range g.Sections {
			if id := strings.TrimPrefix(s.URL, "#"); !strings.Contains(html, `id="`+id+`"`) {
				t.Errorf("guide %s: no section %q", g.Slug, id)
			}
		}
		if m := regexp.MustCompile(`\*\*|\]\(|<!-- raw|\n\|`).FindString(html); m != "" {
			t.Errorf("guide %s shows the raw mark %q", g.Slug, m)
		}
	}
	if _, ok := page.GuideBySlug("nothing"); ok {
		t.Error("a guide that does not exist was found")
	}
}

func TestErrorAndGuidePagesPassInEveryView(t *testing.T) {
	pages := map[string]templ.Component{
		"guides":    page.GuideIndex(page.GuidesView{Shell: ui.Shell{Title: "Guides", Nav: "guides"}, Guides: page.Guides()}),
		"error-404": page.Error(page.ErrorView{Status: 404, Message: "There is no page at this address.", RequestID: "9f2c41d70b6ae5d3"}),
		"error-503": page.Error(page.ErrorView{Shell: ui.Shell{Path: "/datasets"}, Status: 503, RequestID: "9f2c41d70b6ae5d3"}),
	}
	for _, g := range page.Guides() {
		if drawn(g) {
			continue // TestReportPagesInABrowser
		}
		pages["guide-"+g.Slug] = page.GuidePage(page.NewGuideView(ui.Shell{Title: g.Title, Nav: "guides"}, g))
	}
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	for name, c := range pages {
		mux.Handle("/"+name, templ.Handler(c))
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	b := webtest.Start(t)
	for name := range pages {
		t.Run(name, func(t *testing.T) {
			p := b.Visitor(t, s.URL)
			p.Go("/" + name)
			p.CheckViews(name)
		})
	}
}
