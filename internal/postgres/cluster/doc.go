// Package cluster starts a private Postgres that needs no set-up: it finds the
// programs (or fetches them once), makes the data folder, runs the postmaster
// as an unprivileged user, and stops it with its parent, kill -9 included.
//
// It is for the demo and for tests. A server in production names its database
// with DATABASE_URL and never comes here.
package cluster
