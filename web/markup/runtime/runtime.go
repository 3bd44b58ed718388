// Package runtime is what the generated files of web/ui need of templ's package
// of this name; see package markup.
package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"assay/web/markup"
)

// GeneratedComponentInput is where a component is drawn.
type GeneratedComponentInput struct {
	Context context.Context
	Writer  io.Writer
}

// GeneratedTemplate makes a component.
func GeneratedTemplate(f func(GeneratedComponentInput) error) markup.Component {
	return markup.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return f(GeneratedComponentInput{ctx, w})
	})
}

// Buffer collects what a component and those inside it write.
type Buffer struct {
	bytes.Buffer
	to io.Writer
}

// GetBuffer returns w if it is a buffer of another component.
func GetBuffer(w io.Writer) (b *Buffer, existing bool) {
	if b, ok := w.(*Buffer); ok {
		return b, true
	}
	return &Buffer{to: w}, false
}

// ReleaseBuffer writes what was collected.
func ReleaseBuffer(b *Buffer) error {
	_, err := b.WriteTo(b.to)
	return err
}

// WriteString writes a part of the template.
func WriteString(w io.Writer, _ int, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

// AttributeExpression is the value of an attribute.
type AttributeExpression struct {
	text string
	safe bool
	err  error
}

// NewAttributeExpression makes one of text or a number.
func NewAttributeExpression[T ~string | ~int](v T, errs ...error) AttributeExpression {
	_, safe := any(v).(markup.SafeURL)
	return AttributeExpression{fmt.Sprint(v), safe, errors.Join(errs...)}
}

// Resolve returns the value escaped.
func (e AttributeExpression) Resolve(context.Context) (string, error) {
	return html.EscapeString(e.text), e.err
}

// badURL stands for a URL of a scheme that could run a script.
const badURL = "about:invalid#TemplFailedSanitizationURL"

// schemes are those that a URL may have.
var schemes = []string{"http", "https", "mailto", "tel", "ftp", "ftps"}

// ResolveURL returns the URL escaped, if its scheme is known or it is safe.
func (e AttributeExpression) ResolveURL(ctx context.Context) (string, error) {
	scheme, _, has := strings.Cut(e.text, ":")
	if !e.safe && has && !strings.Contains(scheme, "/") &&
		!slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, scheme) }) {
		return badURL, e.err
	}
	return e.Resolve(ctx)
}

// RenderAttributes writes text over an element under names of ARIA, in their
// order; others are an error.
func RenderAttributes(_ context.Context, w, _ io.Writer, element string, attributes markup.Attributes) error {
	var names []string
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text, ok := attributes[name].(string)
		if !ok || !strings.HasPrefix(name, "aria-") {
			return fmt.Errorf("%q of <%s> is not drawn in a browser", name, element)
		}
		if _, err := fmt.Fprintf(w, ` %s="%s"`, name, html.EscapeString(text)); err != nil {
			return err
		}
	}
	return nil
}
