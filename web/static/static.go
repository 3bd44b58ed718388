package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"assay/web/style"
)

//go:embed *.js *.svg fonts vendor wasm
var files embed.FS

// Prefix is where Handler is mounted.
const Prefix = "/static/"

// policies are those of scripts that run by themselves: a worker that reads the
// files of a visitor may connect to nothing at all.
var policies = map[string]string{
	"lqs_worker.js": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'none'",
}

const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheCheck   = "no-cache"
)

// contentTypes are the kinds of file that are served; others are not.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".wasm":  "application/wasm",
	".woff2": "font/woff2",
}

// asset is one file with its digest.
type asset struct {
	name        string // "fonts/x.woff2"
	hashed      string // "fonts/x.0123456789.woff2"
	contentType string
	body        []byte
	zipped      func() []byte // nil if compressing gains nothing
	brotli      []byte        // as the build compressed it; nil if it did not
	policy      string        // a Content-Security-Policy of its own
}

// shelf holds every asset by its plain name and by its hashed name.
type shelf struct{ plain, hashed map[string]*asset }

var load = sync.OnceValue(func() *shelf { return newShelf(files, style.Files) })

// newShelf reads all assets. The style sheets are a set of their own and come
// last, since their bytes name the hashed URLs of what they refer to.
func newShelf(assets, styles fs.FS) *shelf {
	s := &shelf{map[string]*asset{}, map[string]*asset{}}
	for _, f := range []fs.FS{assets, styles} {
		err := fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || contentTypes[path.Ext(name)] == "" {
				return err
			}
			return s.add(f, name)
		})
		if err != nil {
			panic(fmt.Sprintf("static: embedded files: %v", err)) // a broken build
		}
	}
	return s
}

func (s *shelf) add(f fs.FS, name string) error {
	body, err := fs.ReadFile(f, name)
	if err != nil {
		return err
	}
	ext := path.Ext(name)
	if ext == ".css" {
		for plain, a := range s.plain {
			body = bytes.ReplaceAll(body, []byte(`"`+Prefix+plain+`"`), []byte(`"`+Prefix+a.hashed+`"`))
		}
	}
	digest := sha256.Sum256(body)
	a := &asset{
		name:        name,
		hashed:      strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(digest[:5]) + ext,
		contentType: contentTypes[ext],
		body:        body,
	}
	if ext != ".woff2" {
		a.zipped = sync.OnceValue(func() []byte { return zip(body) })
	}
	a.policy = policies[name]
	// Without such a file there is none.
	a.brotli, _ = fs.ReadFile(f, name+".br")
	s.plain[a.name], s.hashed[a.hashed] = a, a
	return nil
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	// Writing to memory does not fail.
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// URL returns the lasting URL of an asset, "/static/app.0123456789.css". A
// name that does not exist is a mistake of the caller; its plain URL answers
// 404, and a test holds that no page asks for one.
func URL(name string) string {
	if a, ok := load().plain[name]; ok {
		return Prefix + a.hashed
	}
	return Prefix + name
}

// Has tells whether an asset is part of this build.
func Has(name string) bool {
	_, ok := load().plain[name]
	return ok
}

// Handler serves the assets below Prefix. A hashed name may be kept for ever;
// a plain one is checked each time.
func Handler() http.Handler { return handler{load} }

type handler struct{ load func() *shelf }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are possible here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	cache := cacheForever
	a, ok := h.load().hashed[name]
	if !ok {
		cache = cacheCheck
		if a, ok = h.load().plain[name]; !ok {
			http.Error(w, "There is no such file.", http.StatusNotFound)
			return
		}
	}
	serve(w, r, a, cache)
}

func serve(w http.ResponseWriter, r *http.Request, a *asset, cache string) {
	header := w.Header()
	header.Set("Cache-Control", cache)
	header.Set("Content-Type", a.contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	body, tag := a.body, `"`+a.hashed+`"`
	if a.policy != "" {
		header.Set("Content-Security-Policy", a.policy)
	}
	if a.zipped != nil {
		header.Set("Vary", "Accept-Encoding")
		switch {
		case a.brotli != nil && accepts(r, "br"):
			body, tag = a.brotli, `"`+a.hashed+`-br"`
			header.Set("Content-Encoding", "br")
		case accepts(r, "gzip"):
			body, tag = a.zipped(), `"`+a.hashed+`-gz"`
			header.Set("Content-Encoding", "gzip")
		}
	}
	header.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the reader went away
}

// accepts reads Accept-Encoding; "gzip;q=0" is a refusal.
func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), encoding) {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
