package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"assay/web/api"
)

// isText reports whether the database takes s as text: it stores no zero byte
// and nothing but UTF-8, and nobody types either.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// onlyText lets handlers see text alone. An address with other bytes is one
// where there is nothing, for a browser a page and for a program a problem.
// Values of a query lose such bytes, as those of a form do (see parseForm); the
// API judges its queries itself.
func onlyText(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isProgram := strings.HasPrefix(r.URL.Path, api.Prefix+"/")
		u := *r.URL
		switch {
		case !isText(u.Path) && isProgram:
			u.Path, u.RawPath = api.Prefix+"/-", ""
		case !isText(u.Path):
			u.Path, u.RawPath = "/-", ""
		}
		if query := u.Query(); !isProgram && keepText(query) {
			u.RawQuery = query.Encode()
		}
		if u != *r.URL {
			r = r.WithContext(r.Context()) // a copy
			r.URL = &u
		}
		next.ServeHTTP(w, r)
	})
}

// keepText leaves in values what is text and reports whether it took anything.
func keepText(values url.Values) (took bool) {
	for _, list := range values {
		for i, v := range list {
			if !isText(v) {
				list[i], took = strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\x00", ""), true
			}
		}
	}
	return took
}
