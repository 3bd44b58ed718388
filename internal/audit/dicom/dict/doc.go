// Package dict is the DICOM data dictionary: data elements, transfer syntaxes
// and SOP Classes, generated from the tables in data/ (their README states
// editions and sources).
//
// The tables are constant data, so importing the package costs nothing at
// start. It knows no files; see package dicom for the reader.
package dict

//go:generate go run generate.go

// Edition is the edition of DICOM PS3.6 that the tables follow.
const Edition = "2024d"
