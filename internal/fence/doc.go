// Package fence runs parsers of untrusted files behind a fence: long-lived
// children of the same binary, each with limits on memory, time, descriptors
// and system calls. It is the only package that starts processes.
//
// A Pool inspects files for audit.Run. A child that dies, hangs or grows too
// large costs one file a finding (fmt-parser-crash) and is replaced; the
// other files go on.
//
// On Linux a child
//   - gets read-only descriptors of the files, and opens nothing itself,
//   - has GOMEMLIMIT 384 MiB, RLIMIT_AS 4 GiB, no core dumps, and is killed
//     by its parent over 512 MB resident or 10 s of processor time a file,
//   - may use only the system calls that a running Go program needs: no
//     socket, no open, no exec,
//   - gives up root for nobody, and dies with its parent.
//
// Elsewhere the files are inspected in the same process; Pool.Isolated says
// which of the two holds.
package fence
