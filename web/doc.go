// Package web is the HTTP side of Assay: routes, handlers, forms and the
// frame around pages. A handler parses, calls one method of a feature and
// renders; it holds no rule and no SQL.
//
// A request goes one way: routes.go → a handler → a feature → a view struct of
// web/page → HTML.
package web
