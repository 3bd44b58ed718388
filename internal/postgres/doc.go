// Package postgres is the way to the database: it opens the pool with the
// least-privileged role, sets the tenant of a transaction in one place, brings
// the schema up to date, and turns database errors into kinds.
//
// Row-level security holds even if a statement forgets its organization: the
// server refuses to start as a role that could by-pass it.
package postgres
