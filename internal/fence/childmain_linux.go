package fence

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"assay/internal/audit"
)

// socketFD is the child's descriptor of the socket on which it gets the
// descriptors of files: the first after the standard three.
const socketFD = 3

// ChildMain is the whole life of a child: it fences itself in and inspects
// files until r ends. The commands server and lqs call it, with their
// standard input and output, for the subcommand audit-child.
//
// If the parent asks for it, the child becomes an external program instead.
func ChildMain(r io.Reader, w io.Writer) error {
	return childMain(r, w, audit.Inspect)
}

func childMain(r io.Reader, w io.Writer, inspect audit.InspectFunc) error {
	if order, ok := os.LookupEnv(toolVariable); ok {
		programMain(order)
	}
	enc := gob.NewEncoder(w)
	filtered, err := confine()
	h := hello{Seccomp: filtered}
	if err != nil {
		h.Problem = err.Error()
	}
	if err := errors.Join(err, enc.Encode(h)); err != nil {
		return err
	}
	c := &inside{enc: enc, inspect: inspect}
	for b := range batches(r) {
		if err := c.serve(b); err != nil {
			return err
		}
	}
	return nil
}

// batches decodes ahead, so that the end of r, which means that the parent is
// gone, ends the process even while it is deep in a file.
func batches(r io.Reader) <-chan batch {
	c := make(chan batch)
	go func() {
		dec := gob.NewDecoder(r)
		for {
			var b batch
			if err := dec.Decode(&b); err != nil {
				os.Exit(0)
			}
			c <- b
		}
	}()
	return c
}

// inside is a child at work.
type inside struct {
	enc     *gob.Encoder
	inspect audit.InspectFunc
	options audit.InspectOptions
	packer  packer
}

func (c *inside) serve(b batch) error {
	if b.Options != nil {
		c.options = *b.Options
	}
	fds, err := receiveDescriptors(len(b.Files))
	if err != nil {
		return err
	}
	for i, f := range b.Files {
		debug.SetGCPercent(gcPercent(f.SizeBytes))
		content := io.NewSectionReader(descriptor(fds[i]), f.Offset, f.SizeBytes)
		facts, err := c.inspect(context.Background(), audit.File{Path: f.Path, SizeBytes: f.SizeBytes, Content: content, HeaderOnly: f.HeaderOnly}, c.options)
		unix.Close(fds[i])
		rep := reply{Facts: c.packer.pack(facts)}
		if err != nil {
			rep = reply{Error: err.Error()}
		}
		if err := c.enc.Encode(rep); err != nil {
			return err
		}
	}
	return nil
}

// Small files leave little garbage, and it may grow up to the limit of memory.
// What a large one leaves is collected early: it may be read into as much as is
// allowed.
const (
	largeBytes   = 8 << 20
	smallPercent = 400
	largePercent = 25
)

func gcPercent(sizeBytes int64) int {
	if sizeBytes < largeBytes {
		return smallPercent
	}
	return largePercent
}

// receiveDescriptors takes n descriptors from the socket.
func receiveDescriptors(n int) ([]int, error) {
	var one [1]byte
	control := make([]byte, unix.CmsgSpace(batchSize*4))
	_, k, _, _, err := unix.Recvmsg(socketFD, one[:], control, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("recvmsg", err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:k])
	if err != nil {
		return nil, err
	}
	var fds []int
	for i := range messages {
		more, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return nil, err
		}
		fds = append(fds, more...)
	}
	if len(fds) != n {
		return nil, fmt.Errorf("%d descriptors for %d files", len(fds), n)
	}
	return fds, nil
}

// descriptor reads at random from a file descriptor, without the runtime's
// poller.
type descriptor int

func (d descriptor) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		k, err := unix.Pread(int(d), p[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case k == 0:
			return n, io.EOF
		default:
			n += k
		}
	}
	return n, nil
}
