package fence

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// archCalls are calls that only this architecture has.
var archCalls = []uint32{}

// archRefused are calls that only this architecture has.
var archRefused = []uint32{}
