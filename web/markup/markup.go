// Package markup is what the components of web/ui need of templ to be drawn in
// a browser: the same names and the same bytes, without the parts of templ that
// bring an HTTP server, TLS and html/template into a program of some megabytes.
//
// Only the build of cmd/lqswasm uses it, in place of github.com/a-h/templ (see
// cmd/lqswasm/lean); pages of the server are drawn by templ itself. What a
// component must not do there, it cannot: scripts of templ, styles and raw
// text have no function here, so that such a component does not compile.
package markup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"sync"
)

// Component draws itself.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// ComponentFunc is a function as a Component.
type ComponentFunc func(ctx context.Context, w io.Writer) error

// Render calls the function.
func (f ComponentFunc) Render(ctx context.Context, w io.Writer) error { return f(ctx, w) }

// ComponentScript stands for a script of templ, of which there is none.
type ComponentScript struct{}

// RenderScriptItems writes nothing.
func RenderScriptItems(context.Context, io.Writer, ...ComponentScript) error { return nil }

// RenderCSSItems writes nothing: the classes are names.
func RenderCSSItems(context.Context, io.Writer, ...any) error { return nil }

// SafeURL is a URL that is written as it stands, escaped.
type SafeURL string

// Attributes are spread over an element.
type Attributes map[string]any

// KeyValue is a pair.
type KeyValue[K comparable, V any] struct {
	Key   K
	Value V
}

// KV makes a pair.
func KV[K comparable, V any](key K, value V) KeyValue[K, V] { return KeyValue[K, V]{key, value} }

// CSSClasses are names of classes: strings, and pairs of one and whether it is
// meant.
type CSSClasses []any

// String returns the names once each, in order. One that is said several times
// is there if it was meant the last time.
func (c CSSClasses) String() string {
	meant := map[string]bool{}
	var order []string
	for _, v := range c {
		pair, ok := v.(KeyValue[string, bool])
		if name, is := v.(string); is {
			pair, ok = KV(name, true), true
		}
		if !ok {
			pair = KV("--templ-css-class-unknown-type", true)
		}
		meant[pair.Key] = pair.Value
		order = append(order, pair.Key)
	}
	var names []string
	for _, name := range order {
		if meant[name] {
			names = append(names, name)
			meant[name] = false
		}
	}
	return strings.Join(names, " ")
}

// Error is a failure at a place of a template.
type Error struct {
	Err       error
	FileName  string
	Line, Col int
}

func (e Error) Error() string {
	return fmt.Sprintf("%s: error at line %d, col %d: %v", e.FileName, e.Line, e.Col, e.Err)
}

func (e Error) Unwrap() error { return e.Err }

// EscapeString escapes text for HTML.
func EscapeString[T ~string](s T) string { return html.EscapeString(string(s)) }

// JoinStringErrs returns text and the failure to make it.
func JoinStringErrs[T ~string | ~int](s T, errs ...error) (string, error) {
	return fmt.Sprint(s), errors.Join(errs...)
}

type childrenKey struct{}

// InitializeContext returns ctx: there is no state of a page.
func InitializeContext(ctx context.Context) context.Context { return ctx }

// WithChildren hands children to the component that is drawn next.
func WithChildren(ctx context.Context, children Component) context.Context {
	return context.WithValue(ctx, childrenKey{}, children)
}

// ClearChildren takes them away.
func ClearChildren(ctx context.Context) context.Context {
	if ctx.Value(childrenKey{}) == nil {
		return ctx
	}
	return context.WithValue(ctx, childrenKey{}, nil)
}

// GetChildren returns the children, or a component that writes nothing.
func GetChildren(ctx context.Context) Component {
	if c, ok := ctx.Value(childrenKey{}).(Component); ok {
		return c
	}
	return ComponentFunc(func(context.Context, io.Writer) error { return nil })
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// GetBuffer returns an empty buffer.
func GetBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

// ReleaseBuffer takes it back.
func ReleaseBuffer(b *bytes.Buffer) {
	b.Reset()
	buffers.Put(b)
}
