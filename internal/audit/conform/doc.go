// Package conform checks data elements one by one against the rules of the
// standard for value representations, value multiplicity, unique identifiers,
// character sets and the order of elements.
//
// It promises one finding for each rule, attribute and message of a file,
// however often the fault occurs, and never a value: only the attribute, the
// place and a masked shape. It does not know modules (which attribute an
// object must have) nor sets of files; package dicom tells what is wrong with
// the encoding itself.
package conform
