// Package pdftest writes PDF documents by code, as scanners and report
// printers do: text in plain or compressed streams, properties, images. Tests
// and measurements of what reads PDF use it.
package pdftest
