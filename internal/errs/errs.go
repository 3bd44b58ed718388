package errs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what the caller can do about a failure.
type Kind int

// Kinds of failure, by what the caller can do about them.
const (
	Internal        Kind = iota // a bug or a broken dependency: logged, never shown
	Invalid                     // the input is wrong; Field names it
	NotFound                    // absent, or hidden from this organization
	Conflict                    // the row changed, or its state forbids the step
	Unauthenticated             // nobody is signed in
	Forbidden                   // signed in, without the right
	TooLarge                    // over a limit that the message states
	Unavailable                 // a retry may succeed
)

var kindNames = [...]string{
	"Internal", "Invalid", "NotFound", "Conflict",
	"Unauthenticated", "Forbidden", "TooLarge", "Unavailable",
}

// String returns the name of the kind, such as "NotFound".
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// Error is a failure with a kind. Message is a sentence for the user and
// never quotes a patient identifier; Cause is for the log alone.
type Error struct {
	Kind    Kind
	Field   string // the form field at fault; empty if none
	Message string
	Cause   error
}

// Error returns the message and the cause, for the log.
func (e *Error) Error() string {
	text := e.Message
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns a failure of the given kind with a sentence for the user.
func New(kind Kind, message string) error {
	return &Error{Kind: kind, Message: message}
}

// Newf is New with a format.
func Newf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives cause a kind and a sentence for the user.
func Wrap(kind Kind, message string, cause error) error {
	return &Error{Kind: kind, Message: message, Cause: cause}
}

// FieldError is one mistake in a form.
type FieldError struct {
	Field   string // name of the form field
	Message string // a sentence to stand beside it
}

// Fields collects the mistakes of a form, in reading order. The zero value is
// ready to use.
type Fields struct{ list []FieldError }

// Add notes a mistake in a field.
func (f *Fields) Add(field, message string) {
	f.list = append(f.list, FieldError{field, message})
}

// Addf is Add with a format.
func (f *Fields) Addf(field, format string, args ...any) {
	f.Add(field, fmt.Sprintf(format, args...))
}

// Err returns nil without mistakes, else one Invalid error that holds them.
func (f *Fields) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &fieldsError{f.list}
}

type fieldsError struct{ list []FieldError }

func (e *fieldsError) Error() string {
	parts := make([]string, len(e.list))
	for i, m := range e.list {
		parts[i] = m.Field + ": " + m.Message
	}
	return strings.Join(parts, "; ")
}

// FieldsOf returns the mistakes that err holds, in reading order: those of a
// Fields, or the one of an Error with a Field. It is nil for any other error.
func FieldsOf(err error) []FieldError {
	var many *fieldsError
	if errors.As(err, &many) {
		return many.list
	}
	var one *Error
	if errors.As(err, &one) && one.Field != "" {
		return []FieldError{{one.Field, one.Message}}
	}
	return nil
}

// KindOf returns the kind of err. An error without a kind is Internal, except
// a context that ended, which is Unavailable.
func KindOf(err error) Kind {
	var one *Error
	var many *fieldsError
	switch {
	case errors.As(err, &one):
		return one.Kind
	case errors.As(err, &many):
		return Invalid
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// MessageOf returns the sentence for the user. An Internal error never shows
// its own text.
func MessageOf(err error) string {
	var many *fieldsError
	if errors.As(err, &many) {
		return "Some answers need another look."
	}
	var one *Error
	if errors.As(err, &one) && one.Kind != Internal {
		return one.Message
	}
	return "Something went wrong on our side. Please try again."
}

// IsPlainLine reports whether s is valid text without control characters and
// without marks that turn its reading direction.
func IsPlainLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}
