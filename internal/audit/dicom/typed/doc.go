// Package typed reads a few attributes as typed values and has a second,
// independent reader confirm them: github.com/suyashkumar/dicom.
//
// That reader panics, exhausts memory or overflows the stack on files that a
// hostile sender can make in a few hundred bytes. So it only gets what
// dicom.Scan read without a complaint, with a transfer syntax it knows, and
// only the bytes before the pixel data; all else is not checked, and says so.
// A panic that remains is caught. Its messages quote values and are dropped.
//
// It belongs into the child process of the audit all the same.
package typed
