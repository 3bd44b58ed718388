package fence

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

// archCalls are calls that only this architecture has.
var archCalls = []uint32{unix.SYS_EPOLL_WAIT, unix.SYS_ARCH_PRCTL}

// archRefused are calls that only this architecture has: they start processes.
var archRefused = []uint32{unix.SYS_FORK, unix.SYS_VFORK}
