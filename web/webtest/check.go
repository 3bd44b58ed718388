package webtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe-core is MPL-2.0 and stays outside the tree.
const (
	axeVersion = "4.14.1"
	axeSHA256  = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
)

// View is a size of the window and a color scheme.
type View struct {
	Width, Height int
	Dark          bool
}

// String names the view in messages and file names, "390-dark".
func (v View) String() string {
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	return fmt.Sprintf("%d-%s", v.Width, scheme)
}

// Views returns the sizes that every page is checked at, light and dark.
func Views() []View {
	var list []View
	for _, v := range []View{{Width: 390, Height: 844}, {Width: 768, Height: 1024}, {Width: 1440, Height: 900}} {
		list = append(list, v, View{v.Width, v.Height, true})
	}
	return list
}

// SetView changes size and color scheme of the tab; motion is always reduced.
func (p *Page) SetView(v View) {
	p.t.Helper()
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	p.view = v
	p.do("set the view "+v.String(),
		chromedp.EmulateViewport(int64(v.Width), int64(v.Height)),
		chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: scheme},
					{Name: "prefers-reduced-motion", Value: "reduce"},
				},
			})
			return err
		}))
}

// Check fails the test if the page so far wrote an error to the console, asked
// another host, scrolls sideways, or if axe-core finds a violation.
func (p *Page) Check() {
	p.t.Helper()
	p.CheckRecord()
	p.checkView()
}

// CheckViews is Check in every view. It takes a screenshot of each, called
// after name, and leaves the tab at 1440 pixels, light.
func (p *Page) CheckViews(name string) {
	p.t.Helper()
	for _, v := range Views() {
		p.SetView(v)
		p.checkView()
		p.Screenshot(name)
	}
	p.SetView(View{Width: 1440, Height: 900})
	p.CheckRecord()
}

// CheckRecord fails the test if the page so far wrote an error to the console,
// a breach of its content policy among them, or asked another host: for pages
// that are not ours to judge otherwise.
func (p *Page) CheckRecord() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.console {
		p.t.Errorf("console: %s", line)
	}
	for _, u := range p.outside {
		p.t.Errorf("request to another host: %s", u)
	}
	p.console, p.outside = nil, nil
}

func (p *Page) checkView() {
	p.t.Helper()
	if wide := p.EvalText(overflowing); wide != "" {
		p.t.Errorf("%s at %s scrolls sideways: %s", p.Path(), p.view, wide)
	}
	for _, v := range p.Axe() {
		p.t.Errorf("%s at %s: %s", p.Path(), p.view, v)
	}
}

// overflowing names the elements that reach past the window, unless a box of
// their own scrolls them.
const overflowing = `(() => {
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= width) return "";
	const clipped = e => { for (let x = e.parentElement; x; x = x.parentElement) if (getComputedStyle(x).overflowX !== "visible") return true; return false };
	return [...document.body.querySelectorAll("*")]
		.filter(e => { const r = e.getBoundingClientRect(); return Math.max(r.right, r.left + e.scrollWidth) > width + 1 && !clipped(e); })
		.reverse()
		.slice(0, 5).map(e => e.tagName.toLowerCase() + "." + e.className).join(", ") || "unknown element";
})()`

// Violation is something that axe-core found.
type Violation struct {
	Rule, Impact, Help string
	Nodes              []string // selector and reason of each element, at most 5
}

// String tells the violation in a few lines.
func (v Violation) String() string {
	return fmt.Sprintf("axe %s (%s): %s\n\t%s", v.Rule, v.Impact, v.Help, strings.Join(v.Nodes, "\n\t"))
}

const runAxe = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	rules: {"target-size": {enabled: true}},
	resultTypes: ["violations"],
}).then(r => JSON.stringify(r.violations.map(v => ({
	Rule: v.id, Impact: v.impact, Help: v.help,
	Nodes: v.nodes.slice(0, 5).map(n => n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ")),
}))))`

// Axe runs axe-core over the page: WCAG 2.2 A and AA and its best practices.
// Without axe-core it finds nothing and says so in the test's log.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	source, ok := axeSource(p.t)
	if !ok || p.noScript {
		return nil
	}
	if !p.Eval("typeof axe === 'object'") {
		run(p, "load axe-core", chromedp.Evaluate[chromedp.Void](source+";0"))
	}
	text := run(p, "run axe-core", chromedp.Evaluate[string](runAxe, chromedp.EvalAwaitPromise))
	var list []Violation
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		p.t.Fatalf("answer of axe-core: %v", err)
	}
	return list
}

// AxePath returns where axe-core is looked for: ASSAY_AXE, or the place in the
// user's cache where .ci/axe puts it.
func AxePath() string {
	if path := os.Getenv("ASSAY_AXE"); path != "" && path != "require" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "assay", "axe-core-"+axeVersion, "axe.min.js")
}

func axeSource(t testing.TB) (string, bool) {
	t.Helper()
	path := AxePath()
	b, err := os.ReadFile(path)
	if err != nil {
		if os.Getenv("ASSAY_AXE") != "" {
			t.Fatalf("axe-core: %v", err)
		}
		t.Logf("accessibility not checked: no axe-core at %s; .ci/axe fetches it", path)
		return "", false
	}
	digest := sha256.Sum256(b)
	if got := hex.EncodeToString(digest[:]); got != axeSHA256 {
		t.Fatalf("%s is not axe-core %s: its SHA-256 is %s", path, axeVersion, got)
	}
	return string(b), true
}

// Screenshot takes a picture of the whole page, name-390-dark.png, in the
// folder that ASSAY_SCREENSHOTS names.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	dir := os.Getenv("ASSAY_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture := run(p, "take a screenshot", chromedp.FullScreenshot(100))
	p.save(dir, fmt.Sprintf("%s-%s.png", name, p.view), picture)
}

// Print renders the page for paper, name.pdf, in the folder that
// ASSAY_SCREENSHOTS names, and returns the bytes.
func (p *Page) Print(name string) []byte {
	p.t.Helper()
	pdf := run(p, "print", chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if dir := os.Getenv("ASSAY_SCREENSHOTS"); dir != "" {
		p.save(dir, name+".pdf", pdf)
	}
	return pdf
}

func (p *Page) save(dir, name string, b []byte) {
	p.t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
