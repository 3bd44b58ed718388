// Package uitest draws every component of web/ui with sample values, for the
// tests that look at them in a browser. The server never serves it.
package uitest
