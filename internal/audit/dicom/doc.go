// Package dicom reads the structure of DICOM files of any origin, hostile
// ones included: one forward pass over an io.ReaderAt, without recursion,
// within stated limits, and without loading pixels.
//
// Scan shows every data element, nested ones too, to a visitor, and collects
// what is wrong with the encoding as Problems; bad data is never an error of
// the program. Text decodes a value by the Specific Character Set in force.
//
// It promises that memory stays bounded whatever the file says, since every
// length is compared with the bytes that are left before anything is
// allocated. It leaves the meaning of values to others: package conform checks
// value representations, package deid looks for identifiers, package typed
// reads again with another reader what passed here.
package dicom
