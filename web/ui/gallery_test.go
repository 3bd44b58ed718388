package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"

	"assay/web/static"
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
