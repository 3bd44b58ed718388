package webtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// record takes the place of a test, to see what a check reports.
type record struct {
	testing.TB
	errors []string
}

func (r *record) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func serve(t *testing.T, pages map[string]string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'")
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>t</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width"></head><body><main><h1>Page</h1>%s%s</main></body></html>`, body, r.FormValue("q"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestCheckFindsEachFault(t *testing.T) {
	b := Start(t)
	url := serve(t, map[string]string{
		"/good":   `<p>Fine.</p>`,
		"/script": `<script>document.title = "x"</script>`,
		"/style":  `<p style="color:red">x</p>`,
		"/image":  `<img alt="" src="http://other.test/x.png">`,
		"/wide":   `<pre>` + strings.Repeat("x", 2000) + `</pre>`,
		"/label":  `<input name="q">`,
	})
	tests := []struct{ name, path, want string }{
		{"a good page passes", "/good", ""},
		{"a missing page is no fault of its own", "/missing", ""},
		{"an inline script breaks the policy", "/script", "console:"},
		{"an inline style breaks the policy", "/style", "console:"},
		{"an image of another host is an outside request", "/image", "other.test"},
		{"a long line scrolls sideways", "/wide", "scrolls sideways: pre"},
		{"a field without a label fails axe-core", "/label", "axe label"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &record{TB: t}
			p := b.Visitor(r, url)
			if _, ok := axeSource(t); !ok && strings.HasPrefix(tt.want, "axe") {
				t.Skip("no axe-core")
			}
			p.Go(tt.path)
			p.Check()
			got := strings.Join(r.errors, "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("Check reports %q, want %q in it", got, tt.want)
			}
		})
	}
}

func TestVisitorFillsAndSubmitsWithoutScripts(t *testing.T) {
	b := Start(t)
	url := serve(t, map[string]string{"/form": `<form action="/answer"><label>Q <input name="q" value="old"></label><button>Go</button></form><noscript>no script here</noscript>`, "/answer": "Answer: "})
	p := b.Visitor(t, url, NoScript)
	p.Go("/form")
	p.WantText("main", "no script here")
	p.Fill("q", "lung nodule")
	p.Submit("form")
	p.WantText("main", "Answer: lung nodule")
	if p.Status() != http.StatusOK || p.Path() != "/answer?q=lung+nodule" {
		t.Errorf("arrived at %s with %d", p.Path(), p.Status())
	}
}
