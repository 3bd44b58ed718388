// Package dicomtest builds DICOM files from text that a radiology data manager
// can read, for tests:
//
//	# a comment
//	(0002,0010) UI ImplicitVRLittleEndian
//	(0008,0016) UI CTImageStorage
//	(0010,0010) PN Doe^Jane
//	(0040,0275) SQ
//	  - (0040,0007) LO CT of the chest
//	    (0040,0009) SH 12345
//	  - (0040,0007) LO second item
//	(0040,0275)[2]/(0040,000B) PN Roe^Richard
//	(0009,0010) LO ACME 1.1
//	(0009,1001) UN hex:0102
//	(0028,0010) US 16
//	(7FE0,0010) OW zeros:512
//
// An element is a tag, a VR and a value; several values are joined by "\". A
// value in double quotes is a Go string, so "caf\xe9" is four bytes. Numbers
// are written as numbers, UIDs of the standard by keyword. The values of OB,
// OW, UN and their like are hex:…, zeros:N, text:… or, for encapsulated pixel
// data, fragments:hex|hex|….
//
// The items of a sequence are indented under it; "-" starts an item. A path
// reaches into an item as well. Elements are written in the order given.
package dicomtest
