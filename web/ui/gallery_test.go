package ui_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp/kb"

	"assay/web/static"
	"assay/web/ui"
	"assay/web/ui/uitest"
	"assay/web/webtest"
)

// policy is the content security policy of the server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

var gallery = map[string]templ.Component{
	"gallery": uitest.Gallery(),
	"forms":   uitest.Forms(),
	"report":  uitest.Report(),
	"search":  uitest.Search(),

	"quality-rich":   uitest.Quality(uitest.RichQuality(), nil),
	"quality-plain":  uitest.Quality(uitest.PlainQuality(), nil),
	"quality-empty":  uitest.Quality(uitest.EmptyQuality(), nil),
	"quality-failed": uitest.Quality(uitest.FailedQuality(), &ui.QualityFilter{Action: "/quality-failed", Level: "E"}),
	"quality-wide":   uitest.Quality(uitest.WideQuality(), nil),
	"quality-no":     uitest.Quality(nil, nil),
}

func serveGallery(t *testing.T) string {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	for name, c := range gallery {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			if err := c.Render(r.Context(), w); err != nil {
				t.Error(err)
			}
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestComponentsPassInEveryView(t *testing.T) {
	b := webtest.Start(t)
	url := serveGallery(t)
	for name := range gallery {
		t.Run(name, func(t *testing.T) {
			p := b.Visitor(t, url)
			p.Go("/" + name)
			p.CheckViews(name)
		})
	}
}

func TestMenuAndFiltersWorkWithoutScripts(t *testing.T) {
	b := webtest.Start(t)
	p := b.Visitor(t, serveGallery(t), webtest.NoScript)
	visible := func(selector string) bool {
		return p.Eval(`document.querySelector("` + selector + `").checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})`)
	}
	p.Go("/search")
	if !visible("nav[aria-label=Main] a") || !visible(".facet input") || visible(".menu > summary") {
		t.Error("on a wide screen navigation and filters must stand open")
	}
	p.Screenshot("noscript-search")

	p.SetView(webtest.View{Width: 390, Height: 844})
	if visible("nav[aria-label=Main] a") || visible(".facet input") {
		t.Error("on a phone navigation and filters must start closed")
	}
	p.Click(".menu > summary")
	if !visible("nav[aria-label=Main] a") {
		t.Error("the menu does not open")
	}
	p.Screenshot("noscript-menu")
	p.Go("/search")
	p.Click(".filters > summary")
	if !visible(".facet input") {
		t.Error("the filters do not open")
	}
	p.Choose("modality", "MR")
	p.Submit("form[role=search]")
	if got, want := p.Path(), "/datasets?q=lung+nodule&sort=newest&use=train_commercial_model&modality=CT&modality=MR"; got != want {
		t.Errorf("applied filters lead to %s, want %s", got, want)
	}
}

func TestPageReflowsAt320Pixels(t *testing.T) {
	b := webtest.Start(t)
	url := serveGallery(t)
	for name := range gallery {
		t.Run(name, func(t *testing.T) {
			p := b.Visitor(t, url)
			p.Go("/" + name)
			p.SetView(webtest.View{Width: 320, Height: 640}) // 1280 px at 400 % zoom
			p.Check()
		})
	}
}

func TestAccountMenuClosesOnEscape(t *testing.T) {
	b := webtest.Start(t)
	p := b.Visitor(t, serveGallery(t))
	p.Go("/gallery")
	p.Click(".account > summary")
	p.Wait(".account .panel")
	p.Check()
	p.Screenshot("account-menu")
	p.Press(kb.Escape)
	if p.Eval(`document.querySelector(".account").open`) {
		t.Error("Escape leaves the account menu open")
	}
	if !p.Eval(`document.activeElement.matches(".account > summary")`) {
		t.Error("focus does not go back to the menu's summary")
	}
}

func TestEveryTabStopShowsItsFocus(t *testing.T) {
	b := webtest.Start(t)
	p := b.Visitor(t, serveGallery(t))
	for _, name := range []string{"gallery", "forms", "search", "report"} {
		p.Go("/" + name)
		p.Eval(`document.activeElement.blur() || true`)
		first := ""
		for i := 0; i < 80; i++ {
			p.Press(kb.Tab)
			at := p.EvalText(`(e => e === document.body ? "" : e.tagName + "." + e.className + "#" + e.id + " " + e.textContent.trim().slice(0, 30))(document.activeElement)`)
			if at == "" || at == first {
				break
			}
			if i == 0 && name != "forms" {
				first = at
			}
			if p.EvalText(`getComputedStyle(document.activeElement).outlineStyle`) == "none" {
				t.Errorf("%s: no focus ring on %s", name, at)
			}
			if !p.Eval(`(r => r.bottom > 0 && r.top < innerHeight)(document.activeElement.getBoundingClientRect())`) {
				t.Errorf("%s: focus out of sight on %s", name, at)
			}
		}
	}
}

func TestProgressRenewsInPlaceUntilItEnds(t *testing.T) {
	var n atomic.Int32
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("/progress", func(w http.ResponseWriter, r *http.Request) {
		shell := ui.Shell{Title: "Progress", Refresh: 1}
		done := int(n.Add(1))
		if done >= 3 {
			shell.Refresh = 0
		}
		w.Header().Set("Content-Security-Policy", policy)
		_ = ui.Page(shell).Render(templ.WithChildren(r.Context(), ui.Progress(ui.ProgressProps{Label: "Checking", Done: done, Total: 3, Unit: "files"})), w)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	b := webtest.Start(t)

	p := b.Visitor(t, s.URL)
	p.Go("/progress")
	p.Eval(`window.sameDocument = true`)
	p.WaitFor("the last state", `document.querySelector("progress").value === 3`, 30*time.Second)
	if !p.Eval(`window.sameDocument`) {
		t.Error("the page was loaded anew")
	}
	if !p.Eval(`document.body.dataset.refresh === ""`) {
		t.Error("the page goes on renewing itself")
	}

	n.Store(0)
	p = b.Visitor(t, s.URL, webtest.NoScript)
	p.Go("/progress")
	p.WaitFor("the last state without scripts", `document.querySelector("progress").value === 3`, 30*time.Second)
}

func TestDigestCanBeCopiedAndPrintsWhole(t *testing.T) {
	b := webtest.Start(t)
	p := b.Visitor(t, serveGallery(t))
	p.Go("/report")
	if n := p.Count(".copy"); n != 3 {
		t.Errorf("%d copy buttons, want 3", n)
	}
	if pdf := p.Print("report"); len(pdf) < 1000 {
		t.Errorf("the printed report has %d bytes", len(pdf))
	}
}
