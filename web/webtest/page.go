package webtest

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
)

// stepTimeout bounds one step of a visitor.
const stepTimeout = time.Minute

// Option changes a visitor.
type Option func(*Page)

// NoScript is a visitor whose browser runs no script.
func NoScript(p *Page) { p.noScript = true }

// Beside is a visitor who also goes to another server, over TLS with a
// certificate that nobody signed. Requests to it are not outside ones.
func Beside(address string) Option {
	return func(p *Page) {
		if u, err := url.Parse(address); err == nil {
			p.beside = u.Host
		}
	}
}

// Page is the tab of one visitor, who has cookies of their own.
type Page struct {
	t        testing.TB
	ctx      context.Context
	base     *url.URL
	noScript bool
	beside   string // another host that is part of the visit
	view     View

	mu       sync.Mutex
	console  []string // errors of scripts, of the log and of the content security policy
	outside  []string // requests to other hosts
	requests []string // all since Requests was called
	document map[network.RequestID]string
	status   int
}

// Visitor opens a tab for a new person at the server base.
func (b *Browser) Visitor(t testing.TB, base string, options ...Option) *Page {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("address of the server: %v", err)
	}
	p := &Page{t: t, base: u, document: map[network.RequestID]string{}}
	for _, o := range options {
		o(p)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.listen))
	t.Cleanup(cancel)
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // opens the tab, without a time limit that would end it
		t.Fatalf("open a tab: %v", err)
	}
	p.do("set up the tab", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: p.noScript})
		if err != nil || p.beside == "" {
			return err
		}
		_, err = cdp.Call(ctx, tab, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
		return err
	}))
	p.SetView(View{Width: 1440, Height: 900})
	return p
}

// listen notes what a page should not do. It runs on the goroutine that reads
// the browser's messages.
func (p *Page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.console = append(p.console, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" {
			p.console = append(p.console, "console.error")
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && !p.isOwnStatus(e.Entry) {
			p.console = append(p.console, strings.TrimSpace(e.Entry.Text+" "+e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			p.document[e.RequestID] = e.Request.URL
		}
		p.requests = append(p.requests, e.Request.URL)
		if u, err := url.Parse(e.Request.URL); err == nil && u.Host != "" && u.Host != p.base.Host && u.Host != p.beside {
			p.outside = append(p.outside, e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument && e.Response != nil {
			p.status = int(e.Response.Status)
		}
	}
}

// isOwnStatus tells the browser's remark that a page itself answered with 4xx
// or 5xx, which is no mistake of the page.
func (p *Page) isOwnStatus(e *log.Entry) bool {
	if e.Source != "network" {
		return false
	}
	for _, u := range p.document {
		if u == e.URL {
			return true
		}
	}
	return false
}

// Requests returns the addresses that the page, and those of its workers that
// Workers has found, asked for since the last call.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.requests
	p.requests = nil
	return list
}

// Worker is a worker that a page has started.
type Worker struct {
	page *Page
	ctx  context.Context
}

// Workers finds the workers of the browser and listens to them: what they ask
// for counts as the page's.
func (p *Page) Workers() []Worker {
	p.t.Helper()
	targets, err := chromedp.Targets(p.ctx)
	if err != nil {
		p.t.Fatalf("look for workers: %v", err)
	}
	var list []Worker
	for _, target := range targets {
		if target.Type != "worker" {
			continue
		}
		ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithTargetID(target.TargetID), chromedp.WithListener(p.listen))
		p.t.Cleanup(cancel)
		if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, w *chromedp.Target) error {
			_, err := cdp.Call(ctx, w, network.Enable, network.EnableParams{})
			return err
		})); err != nil {
			p.t.Fatalf("listen to a worker: %v", err)
		}
		list = append(list, Worker{p, ctx})
	}
	return list
}

// EvalText evaluates an expression in the worker, waits if it is a promise, and
// returns a text.
func (w Worker) EvalText(expression string) string {
	w.page.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, stepTimeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.page.t.Fatalf("evaluate %s in a worker: %v", expression, err)
	}
	return v
}

// Drop drops files and folders of this machine onto an element.
func (p *Page) Drop(selector string, paths ...string) {
	p.t.Helper()
	p.do("bring "+selector+" into view", chromedp.ScrollIntoView(chromedp.CSS(selector)))
	at := run(p, "find "+selector, chromedp.Evaluate[[]float64](fmt.Sprintf(
		`(() => { const r = document.querySelector(%s).getBoundingClientRect(); return [r.left + 8, r.top + 8]; })()`, strconv.Quote(selector))))
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: paths, DragOperationsMask: 1}
	p.do("drop onto "+selector, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for _, kind := range []input.DispatchDragEventType{"dragEnter", "dragOver", "drop"} {
			if _, err := cdp.Call(ctx, tab, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: at[0], Y: at[1], Data: data}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (p *Page) step() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, stepTimeout)
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := p.step()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v\n%s", what, err, p.where())
	}
}

func run[T any](p *Page, what string, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := p.step()
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", what, err, p.where())
	}
	return v
}

// where tells on which page a step failed.
func (p *Page) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.href + " · " + document.title + "\n" + (document.querySelector("main")||document.body).innerText.slice(0, 600)`))
	if err != nil {
		return "on a page that does not answer"
	}
	return "on " + text
}

// Go opens a path of the server and waits until it has loaded.
func (p *Page) Go(path string) {
	p.t.Helper()
	u, err := p.base.Parse(path)
	if err != nil {
		p.t.Fatalf("path %q: %v", path, err)
	}
	p.load("open "+path, chromedp.Navigate(u.String()))
}

// load runs steps that lead to another page and waits for it.
func (p *Page) load(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := p.step()
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v\n%s", what, err, p.where())
	}
}

// Click clicks the first element that the CSS selector finds, and does not
// wait for another page.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Follow clicks and waits until the next page has loaded.
func (p *Page) Follow(selector string) {
	p.t.Helper()
	p.load("follow "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// FollowText clicks the first link or button in sight with this text and waits
// for the next page.
func (p *Page) FollowText(text string) {
	p.t.Helper()
	p.Follow(p.byText(text))
}

// byText marks the first visible link or button with this text and returns a
// selector for it.
func (p *Page) byText(text string) string {
	p.t.Helper()
	found := run(p, "look for "+text, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
		document.querySelectorAll("[data-webtest]").forEach(e => e.removeAttribute("data-webtest"));
		const e = [...document.querySelectorAll("a,button,summary")].find(e => e.checkVisibility() && e.innerText.trim().replace(/\s+/g, " ") === %s);
		if (e) e.setAttribute("data-webtest", "");
		return !!e;
	})()`, strconv.Quote(text))))
	if !found {
		p.t.Fatalf("no link or button reads %q\n%s", text, p.where())
	}
	return "[data-webtest]"
}

// Submit clicks the last submit button of the form and waits for the next
// page.
func (p *Page) Submit(form string) {
	p.t.Helper()
	found := run(p, "look for the button of "+form, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
		document.querySelectorAll("[data-webtest]").forEach(e => e.removeAttribute("data-webtest"));
		const f = document.querySelector(%s);
		const b = f && [...f.elements].filter(e => e.type === "submit" && e.checkVisibility()).pop();
		if (b) b.setAttribute("data-webtest", "");
		return !!b;
	})()`, strconv.Quote(form))))
	if !found {
		p.t.Fatalf("no form %s with a button\n%s", form, p.where())
	}
	p.Follow("[data-webtest]")
}

// Fill writes into the field with this name, in place of what it holds.
func (p *Page) Fill(name, value string) {
	p.t.Helper()
	field := chromedp.CSS(`[name="` + name + `"]`)
	p.do("fill "+name,
		chromedp.Clear(field, chromedp.NodeVisible),
		chromedp.SendKeys(field, value, chromedp.NodeVisible))
}

// Set gives the field with this name a value at once, without typing: for
// lists, dates and long texts.
func (p *Page) Set(name, value string) {
	p.t.Helper()
	p.do("set "+name, chromedp.SetValue(chromedp.CSS(`[name="`+name+`"]`), value))
}

// Choose ticks the checkbox or radio button with this name and value.
func (p *Page) Choose(name, value string) {
	p.t.Helper()
	selector := fmt.Sprintf(`input[name=%q][value=%q]`, name, value)
	if !p.Eval(fmt.Sprintf(`!!document.querySelector(%q)?.checked`, selector)) {
		p.do("choose "+name+" "+value,
			chromedp.ScrollIntoView(chromedp.CSS(selector)),
			chromedp.Click(chromedp.CSS(selector)))
	}
}

// Attach puts files into the file field with this name.
func (p *Page) Attach(name string, files ...string) {
	p.t.Helper()
	p.do("attach to "+name, chromedp.SetUploadFiles(chromedp.CSS(`input[type=file][name="`+name+`"]`), files))
}

// Press sends keys to the element in focus: kb.Tab, kb.Enter, "abc".
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do("press keys", chromedp.KeyEvent(keys))
}

// Eval evaluates an expression that gives a truth value.
func (p *Page) Eval(expression string) bool {
	p.t.Helper()
	return run(p, "evaluate "+expression, chromedp.Evaluate[bool]("Boolean("+expression+")"))
}

// EvalText evaluates an expression that gives a text.
func (p *Page) EvalText(expression string) string {
	p.t.Helper()
	return run(p, "evaluate "+expression, chromedp.Evaluate[string]("String("+expression+")"))
}

// Has tells whether an element is there, seen or not.
func (p *Page) Has(selector string) bool {
	p.t.Helper()
	return p.Eval(fmt.Sprintf("document.querySelector(%s)", strconv.Quote(selector)))
}

// Count counts elements.
func (p *Page) Count(selector string) int {
	p.t.Helper()
	return run(p, "count "+selector, chromedp.Evaluate[int](fmt.Sprintf("document.querySelectorAll(%s).length", strconv.Quote(selector))))
}

// Text returns the text of the first element that the selector finds, as seen.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	if !p.Has(selector) {
		p.t.Fatalf("no %s\n%s", selector, p.where())
	}
	return p.EvalText(fmt.Sprintf("document.querySelector(%s).innerText.trim()", strconv.Quote(selector)))
}

// WantText fails unless the element's text contains want.
func (p *Page) WantText(selector, want string) {
	p.t.Helper()
	if got := p.Text(selector); !strings.Contains(got, want) {
		p.t.Errorf("text of %s = %q, want %q in it\n%s", selector, got, want, p.where())
	}
}

// Wait waits until an element is in sight.
func (p *Page) Wait(selector string) {
	p.t.Helper()
	p.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// WaitFor waits until an expression holds, across page loads, and fails after
// the limit.
func (p *Page) WaitFor(what, expression string, limit time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		ctx, cancel := p.step()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		cancel()
		if err == nil && ok {
			return
		}
	}
	p.t.Fatalf("waited %v for %s\n%s", limit, what, p.where())
}

// Path returns path and query of the page.
func (p *Page) Path() string {
	p.t.Helper()
	return p.EvalText("location.pathname + location.search")
}

// Status returns the HTTP status of the page.
func (p *Page) Status() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// HTML returns the page as the browser holds it.
func (p *Page) HTML() string {
	p.t.Helper()
	return p.EvalText("document.documentElement.outerHTML")
}

// Reload loads the page again.
func (p *Page) Reload() {
	p.t.Helper()
	p.load("reload", chromedp.Reload())
}

// Run runs chromedp actions of the caller's own.
func (p *Page) Run(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.do(what, steps...)
}
