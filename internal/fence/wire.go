package fence

import (
	"errors"
	"io"

	"assay/internal/audit"
)

// The parent writes a batch, then sends the descriptors of its files in one
// message over the socket; the child answers with one hello at its start and
// one reply for each file, in order. All are gob values.

// batchSize is how many files go in one message.
const batchSize = 16

// maxReplyBytes bounds what the parent reads for one reply. The largest are the
// labels of a file, packed: a million images with a label each take under 40 MB.
const maxReplyBytes = 256 << 20

// largeReplyBytes is what makes a reply large. The child is replaced after it,
// since encoder and decoder keep the room for their largest message.
const largeReplyBytes = 4 << 20

type batch struct {
	// Options are nil if they are those of the batch before.
	Options *audit.InspectOptions
	Files   []fileRequest
}

type fileRequest struct {
	Path      string
	Offset    int64 // of the content in the descriptor
	SizeBytes int64

	HeaderOnly bool
}

// hello says which limits the child could set.
type hello struct {
	Seccomp bool
	Problem string // why the child cannot work; empty if it can
}

type reply struct {
	Facts packed
	Error string // the content could not be read
}

// limitedReader fails once more than left bytes were read since left was set.
type limitedReader struct {
	r    io.Reader
	left int64
}

var errReplyTooLarge = errors.New("the child wrote too much for one file")

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errReplyTooLarge
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	return n, err
}
