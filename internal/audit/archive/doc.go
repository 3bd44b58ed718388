// Package archive shows a zip or a tar (plain, gzip or Zstandard) as one
// fs.FS, and refuses whatever could make two programs see different files:
// names that leave the folder, entries that overlap or repeat, links, devices,
// encryption, and sizes or headers that disagree.
//
// It owns the reading of the archive's structure and the limits on what comes
// out of it. It promises that nothing is allocated by a size that the archive
// claims, that the files stand in a fixed order, and that a file read to its
// end had exactly the size and the checksum that the archive states. An
// archive whose structure cannot be trusted is refused as a whole by Open; an
// entry that cannot be read is refused alone, and the others stay.
//
// Archives inside the archive are plain files here. What the files hold is
// not its business (see sniff, dicom and document).
package archive
