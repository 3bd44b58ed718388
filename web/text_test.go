package web_test

import (
	"net/http"
	"net/url"
	"testing"
)

// The database takes neither a zero byte nor what is no UTF-8. An address with
// such bytes leads nowhere, and filters and forms lose them.
func TestBytesThatAreNoTextReachNoHandler(t *testing.T) {
	t.Parallel()
	s, _, _, slug := reportSite(t)
	p := s.person(t)
	token := p.token("/register")
	const html, problem = "text/html; charset=utf-8", "application/problem+json"
	tests := []struct {
		name   string
		path   string
		form   url.Values // nil for a GET
		status int
		kind   string
		field  string // and what stands in it afterwards
		value  string
	}{
		{"a page with a zero byte at its end", "/datasets/" + slug + "%00", nil, http.StatusNotFound, html, "", ""},
		{"a page that is no UTF-8", "/datasets/%ff", nil, http.StatusNotFound, html, "", ""},
		{"a form with a zero byte at its end", "/report/" + slug + "%00", nil, http.StatusNotFound, html, "", ""},
		{"a secret with a zero byte", "/report/r/%00", nil, http.StatusNotFound, html, "", ""},
		{"a picture", "/badge/%00.svg", nil, http.StatusNotFound, html, "", ""},
		{"a resource of the API with a zero byte", "/api/v1/listings/%00", nil, http.StatusNotFound, problem, "", ""},
		{"an address of the API that is no UTF-8", "/api/v1/%ff%fe?limit=%00", nil, http.StatusNotFound, problem, "", ""},
		{"a filter with both", "/datasets?q=a%00b%ff%fe", nil, http.StatusOK, html, "q", "ab"},
		{"a filter with nothing else", "/datasets?modality=%00&q=%ff", nil, http.StatusOK, html, "q", ""},
		{"a filter of text", "/datasets?q=Kn%C3%B6chel", nil, http.StatusOK, html, "q", "Knöchel"},
		{"a form with both", "/register", url.Values{"csrf": {token}, "name": {"A\x00d\xffa"}, "email": {"nobody"}, "password": {"short77"}}, http.StatusUnprocessableEntity, html, "name", "Ada"},
	}
	for _, tt := range tests {
		got := p.get(tt.path)
		if tt.form != nil {
			got = p.send(tt.path, tt.form)
		}
		if kind := got.Header.Get("Content-Type"); got.Status != tt.status || kind != tt.kind {
			t.Errorf("%s: %d as %s, want %d as %s", tt.name, got.Status, kind, tt.status, tt.kind)
		}
		if tt.field == "" {
			continue
		}
		if value := got.Page.Find("main input[name="+tt.field+"]").First().AttrOr("value", ""); value != tt.value {
			t.Errorf("%s: %s holds %q, want %q", tt.name, tt.field, value, tt.value)
		}
	}
}
