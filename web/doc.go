// Package web is the HTTP side of Assay: routes, handlers, forms and the
// frame around pages. A handler parses, calls one method of a feature and
// renders; it holds no rule and no SQL.
//
// A request goes one way: route → handler → feature → view struct of web/page →
// HTML. All routes stand in routes.go, grouped by who may use them; what a group
// holds stands beside it in routes_public.go, routes_account.go,
// routes_seller.go, routes_review.go and routes_admin.go, and what lets somebody
// into a group in gate.go. Those of the JSON API are in web/api.
package web
