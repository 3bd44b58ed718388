package fence

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// Limits that a child sets for itself before it reads anything.
const (
	addressSpace = 4 << 30 // a Go program needs address space far beyond its heap
	dataBytes    = 1 << 30 // a hard stop behind the parent's watch
	processorS   = 3600    // over its whole life; the parent counts it by file
	descriptors  = 64
	maxStack     = 64 << 20
	nobody       = 65534
)

// confine sets the limits of this process and takes away what a parser does
// not need. It reports whether the kernel filters its system calls.
func confine() (filtered bool, err error) {
	debug.SetMaxStack(maxStack)
	if err := setLimits(); err != nil {
		return false, err
	}
	if err := leaveRoot(); err != nil {
		return false, err
	}
	runtime.LockOSThread() // the thread that asks to share the filter with the others
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return false, os.NewSyscallError("prctl(PR_SET_PDEATHSIG)", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return false, os.NewSyscallError("prctl(PR_SET_DUMPABLE)", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return false, os.NewSyscallError("prctl(PR_SET_NO_NEW_PRIVS)", err)
	}
	filtered = filterCalls() == nil
	runtime.UnlockOSThread()
	return filtered, nil
}

func setLimits() error {
	limits := []struct {
		name     string
		resource int
		value    uint64
	}{
		{"RLIMIT_CORE", unix.RLIMIT_CORE, 0},
		{"RLIMIT_FSIZE", unix.RLIMIT_FSIZE, 0},
		{"RLIMIT_NOFILE", unix.RLIMIT_NOFILE, descriptors},
		{"RLIMIT_CPU", unix.RLIMIT_CPU, processorS},
	}
	for _, l := range limits {
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.value, Max: l.value}); err != nil {
			return fmt.Errorf("set %s: %w", l.name, err)
		}
	}
	if raceDetector {
		return nil // it maps terabytes
	}
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: addressSpace, Max: addressSpace}); err != nil {
		return fmt.Errorf("set RLIMIT_AS: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: dataBytes, Max: dataBytes}); err != nil {
		return fmt.Errorf("set RLIMIT_DATA: %w", err)
	}
	return nil
}

// leaveRoot becomes nobody if this process is root. In a container that does
// not allow it, the other fences hold.
func leaveRoot() error {
	if os.Geteuid() != 0 {
		return nil
	}
	if err := syscall.Setgroups(nil); err != nil {
		return nil
	}
	if err := syscall.Setresgid(nobody, nobody, nobody); err != nil {
		return nil
	}
	if err := syscall.Setresuid(nobody, nobody, nobody); err != nil {
		return nil
	}
	if os.Geteuid() == 0 {
		return fmt.Errorf("still root after giving it up")
	}
	return nil
}
