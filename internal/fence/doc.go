// Package fence runs parsers of untrusted files behind a fence: long-lived
// children of the same binary, each with limits on memory, time, descriptors
// and system calls. It is the only package that starts processes for files.
//
// A Pool inspects files for audit.Run. A child that dies, hangs or grows too
// large costs one file a finding (fmt-parser-crash) and is replaced; the
// other files go on.
//
// On Linux a child
//   - gets read-only descriptors of the files, and opens nothing itself,
//   - has GOMEMLIMIT 384 MiB, RLIMIT_AS 4 GiB, no core dumps, and is killed
//     by its parent over 512 MB resident or 10 s of processor time a file, with
//     a second more for each 10 MB of it,
//   - may use only the system calls that a running Go program needs: no
//     socket, no open, no exec,
//   - gives up root for nobody, and dies with its parent.
//
// External programs (Tools) get bytes of strangers too: gdcmconv decodes
// compressed pixel data, tesseract reads the text in images. Each run is a
// child of this binary that fences itself in and then becomes the program. It
//   - reaches its input and output through descriptors of files without a
//     name, so that nothing is left behind however it ends,
//   - has limits on address space, processor time and bytes written, and is
//     killed when it takes too long or its caller gives up,
//   - may not open a socket, start a process, signal or trace another one, and
//     does not run where that cannot be had,
//   - gives up root for nobody, and dies with its parent.
//
// What such a program says about its failure is never shown or logged.
//
// Elsewhere the files are inspected in the same process; Pool.Isolated says
// which of the two holds. External programs do not run there.
package fence
