// Package freeaudit audits what a visitor without an account sends, for those
// whose browser cannot do it: files wait in the object store, a worker scores
// them, and the result lies behind a link that nobody can guess.
//
// It promises that files are deleted as soon as their audit ends, and the
// result an hour after they came or when its holder says so; that the queue is
// bounded, so that visitors cannot crowd each other or sellers out; and that
// nobody reads a result without the secret of its link, of which the database
// has only the digest. Names of files are not kept.
package freeaudit
