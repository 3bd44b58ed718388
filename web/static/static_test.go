package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, h http.Handler, url, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHashedNameMayBeKeptForEver(t *testing.T) {
	url := URL("app.css")
	if !regexp.MustCompile(`^/static/app\.[0-9a-f]{10}\.css$`).MatchString(url) {
		t.Fatalf("URL(app.css) = %q, want a name with a digest", url)
	}
	res := get(t, Handler(), url, "")
	if got, want := res.Header.Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
		t.Errorf("Cache-Control = %q, want %q", got, want)
	}
	if got, want := res.Header.Get("Content-Type"), "text/css; charset=utf-8"; got != want {
		t.Errorf("Content-Type = %q, want %q", got, want)
	}
}

func TestPlainNameIsCheckedEachTime(t *testing.T) {
	res := get(t, Handler(), "/static/app.css", "")
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("GET /static/app.css = %d %q, want 200 no-cache", res.StatusCode, res.Header.Get("Cache-Control"))
	}
}

func TestStyleSheetRefersToHashedFontsThatExist(t *testing.T) {
	css := read(t, get(t, Handler(), URL("app.css"), "").Body)
	urls := regexp.MustCompile(`url\("([^"]+)"\)`).FindAllSubmatch(css, -1)
	if len(urls) == 0 {
		t.Fatal("the style sheet names no font")
	}
	for _, m := range urls {
		res := get(t, Handler(), string(m[1]), "gzip")
		if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("GET %s = %d %q, want 200 immutable", m[1], res.StatusCode, res.Header.Get("Cache-Control"))
		}
		if res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed twice", m[1])
		}
	}
}

func TestCompressedBytesAreTheSameBytes(t *testing.T) {
	plain := read(t, get(t, Handler(), URL("app.css"), "").Body)
	res := get(t, Handler(), URL("app.css"), "br, gzip;q=0.8")
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("Content-Encoding = %q, want gzip", res.Header.Get("Content-Encoding"))
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, z), plain) {
		t.Error("the compressed style sheet differs from the plain one")
	}
	if got := get(t, Handler(), URL("app.css"), "gzip;q=0").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a browser that refuses gzip got %q", got)
	}
}

func TestKnownETagIsNotSentAgain(t *testing.T) {
	first := get(t, Handler(), "/static/app.js", "gzip")
	r := httptest.NewRequest(http.MethodGet, "/static/app.js", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("If-None-Match", first.Header.Get("ETag"))
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("answer = %d with %d bytes, want 304 with none", w.Code, w.Body.Len())
	}
}

func TestOtherFilesAndMethodsAreRefused(t *testing.T) {
	for _, url := range []string{"/static/static.go", "/static/wasm/README.md", "/static/../go.mod", "/static/", "/static/app.0000000000.css"} {
		if res := get(t, Handler(), url, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", url, res.StatusCode)
		}
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/static/app.css", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d, want 405", w.Code)
	}
}

func TestSmallBudgetsHold(t *testing.T) {
	for name, limit := range map[string]int{"app.css": 26_000, "app.js": 5_500, "passkey.js": 2_500} {
		if got := len(load().plain[name].body); got > limit {
			t.Errorf("%s has %d bytes, the budget is %d", name, got, limit)
		}
	}
	if got := len(load().plain["app.js"].body) + len(load().plain["desk.js"].body); got > 8_000 {
		t.Errorf("a page of the desk loads %d bytes of scripts, the budget is 8000", got)
	}
}

func TestChangedFontChangesTheNameOfTheStyleSheet(t *testing.T) {
	name := func(font string) string {
		s := newShelf(
			fstest.MapFS{"fonts/f.woff2": {Data: []byte(font)}},
			fstest.MapFS{"a.css": {Data: []byte(`x{src:url("/static/fonts/f.woff2")}`)}})
		return s.plain["a.css"].hashed
	}
	if one, two := name("one"), name("two"); one == two {
		t.Errorf("both style sheets are called %s", one)
	}
}
