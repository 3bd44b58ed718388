package fence

import (
	"os"

	"golang.org/x/sys/unix"
)

// ends are both sides of the three ways between a parent and its child.
type ends struct {
	in, out, socket                *os.File
	childIn, childOut, childSocket *os.File
}

func pipes() (*ends, error) {
	var e ends
	var err error
	if e.childIn, e.in, err = os.Pipe(); err != nil {
		return nil, err
	}
	if e.out, e.childOut, err = os.Pipe(); err != nil {
		e.closeAll()
		return nil, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		e.closeAll()
		return nil, os.NewSyscallError("socketpair", err)
	}
	e.socket = os.NewFile(uintptr(pair[0]), "parent socket")
	e.childSocket = os.NewFile(uintptr(pair[1]), "child socket")
	return &e, nil
}

// closeChild closes the child's sides in the parent.
func (e *ends) closeChild() {
	for _, f := range []*os.File{e.childIn, e.childOut, e.childSocket} {
		if f != nil {
			f.Close()
		}
	}
}

func (e *ends) closeAll() {
	e.closeChild()
	for _, f := range []*os.File{e.in, e.out, e.socket} {
		if f != nil {
			f.Close()
		}
	}
}
