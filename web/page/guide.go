package page

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"assay/web/ui"
)

//go:embed guide/*.md
var guideFiles embed.FS

// guideSlugs are the guides in reading order. Each is guide/SLUG.md: a title,
// one paragraph that sums it up, then sections. Those of drawnGuides are no
// text.
var guideSlugs = []string{"hipaa", "irb", "de-identification", RulesSlug, ScoreSlug, "fda-samd", "market"}

// drawnGuides are drawn from a registry: Rules and ScoreRules do.
var drawnGuides = map[string]Guide{
	RulesSlug: {Slug: RulesSlug, Title: RulesTitle, Summary: RulesSummary},
	ScoreSlug: {Slug: ScoreSlug, Title: ScoreTitle, Summary: ScoreSummary},
}

// Guide is a text about the rules around medical data.
type Guide struct {
	Slug, Title, Summary string
	Sections             []ui.Crumb // heading and its fragment
	body                 templ.Component
}

// URL is the path of the guide's page.
func (g Guide) URL() string { return "/guides/" + g.Slug }

// Guides returns all guides in reading order.
func Guides() []Guide { return guides() }

// GuideBySlug finds one guide that is a text; those drawn from a registry are
// not.
func GuideBySlug(slug string) (Guide, bool) {
	for _, g := range guides() {
		if g.Slug == slug && g.body != nil {
			return g, true
		}
	}
	return Guide{}, false
}

var guides = sync.OnceValue(func() []Guide {
	list := make([]Guide, 0, len(guideSlugs))
	for _, slug := range guideSlugs {
		if drawn, ok := drawnGuides[slug]; ok {
			list = append(list, drawn)
			continue
		}
		source, err := guideFiles.ReadFile("guide/" + slug + ".md")
		if err != nil {
			panic(fmt.Sprintf("page: embedded guide: %v", err)) // a broken build
		}
		list = append(list, newGuide(slug, source))
	}
	return list
})

// newGuide draws a guide from Markdown. The text is ours; raw HTML in it would
// be left out all the same.
func newGuide(slug string, source []byte) Guide {
	g := Guide{Slug: slug}
	md := goldmark.New(
		goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	doc := md.Parser().Parse(text.NewReader(source))
	title := doc.FirstChild()
	summary := title.NextSibling()
	g.Title, g.Summary = plain(title, source), plain(summary, source)
	doc.RemoveChild(doc, title)
	doc.RemoveChild(doc, summary)
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 2 {
			id, _ := h.AttributeString("id")
			g.Sections = append(g.Sections, ui.Crumb{Label: plain(h, source), URL: fmt.Sprintf("#%s", id)})
		}
	}
	var body bytes.Buffer
	if err := md.Renderer().Render(&body, source, doc); err != nil {
		panic(fmt.Sprintf("page: guide %s: %v", slug, err))
	}
	html := boxTables(body.String())
	g.body = templ.Raw(html)
	return g
}

// plain is the text of a node without marks.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// boxTables lets each table scroll in a box of its own, as ui.TableBox does.
func boxTables(html string) string {
	n := 0
	for {
		i := strings.Index(html, "<table>")
		if i < 0 {
			return html
		}
		n++
		html = html[:i] + fmt.Sprintf(`<div class="scroll" role="region" tabindex="0" aria-label="Table %d"><table class="grid">`, n) + html[i+len("<table>"):]
		html = strings.Replace(html, "</table>\n", "</table></div>\n", 1)
	}
}
