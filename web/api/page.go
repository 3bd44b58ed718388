package api

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"assay/internal/errs"
)

// PageInput is what asks for a page of a list.
type PageInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Most items of the page."`
	Cursor string `query:"cursor" maxLength:"200" doc:"Where the page begins: take it from the Link header or from next_cursor of the page before."`
}

// List is a page of a list.
type List[T any] struct {
	Items      []T    `json:"items" nullable:"false" doc:"The items of this page."`
	NextCursor string `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last."`
}

type listOutput[T any] struct {
	Link string `header:"Link" doc:"The next page, if there is one."`
	Body List[T]
}

// after returns the key that the cursor names; empty for the first page.
func (p PageInput) after() (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return "", errBadCursor
	}
	return string(key), nil
}

var errBadCursor = &errs.Error{Kind: errs.Invalid, Field: "query.cursor", Message: "This is no cursor: take it from the page before."}

// cursorOf names the last item of a page for the next one.
func cursorOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// linkTo is the Link header that leads to the next page; empty without a cursor.
//
// Source: RFC 8288.
func (a *API) linkTo(path string, limit int, cursor string) string {
	if cursor == "" {
		return ""
	}
	return fmt.Sprintf(`<%s?%s>; rel="next"`, a.url(path), url.Values{"limit": {fmt.Sprint(limit)}, "cursor": {cursor}}.Encode())
}

// url is the address of a path of the API.
func (a *API) url(path string) string { return a.options.PublicURL + Prefix + path }

// site is the address of a page.
func (a *API) site(path string) string { return strings.TrimSuffix(a.options.PublicURL, "/") + path }
