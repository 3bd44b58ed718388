// Package errs gives failures that cross a package boundary a kind and a
// sentence for the user; the cause stays for the log.
//
// It knows no HTTP: only web/errors.go turns a Kind into a status code.
package errs
