// Package api is the JSON API under /api/v1, for programs that act for a person
// by a token (see account.Bearer).
//
// A resource is a file of its own: it registers its operations with [register],
// which names the scope that each needs, and its handlers call one method of a
// feature, as pages do. The description (OpenAPI 3.1) is made from the same
// types that are read and written, so the two cannot drift.
//
// The package owns what every operation shares: who asks (bearer.go), how often
// one may (limit.go), that a request sent twice has one effect (once.go), pages
// of lists (page.go), versions of what may change (etag.go), and how a refusal
// looks (problem.go). It reads no cookie, so no page of another site can use it.
package api
