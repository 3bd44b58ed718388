// Package ui holds the components that Assay's pages are made of: the frame
// around a page, forms and their messages, tags, tables, findings, progress
// and charts.
//
// A component takes plain values and draws them; it calls no service and
// decides nothing. It writes no style attribute and no inline script, because
// the content security policy allows neither. Every form field has the element
// id "f-" + its name, its message "f-" + name + "-error", so that the error
// summary can link to it.
package ui
