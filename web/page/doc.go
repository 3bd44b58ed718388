// Package page draws whole pages, one file a page. Each takes one view struct,
// defined on top of its file, with fields in reading order and already
// formatted. A page calls no service and decides nothing.
package page
