package fence

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// calls are the system calls that a running Go program needs to read the
// descriptors it has and to answer. All others fail with EPERM: the child
// opens no file or socket, starts no program and signals nobody.
var calls = append([]uint32{
	unix.SYS_PREAD64, unix.SYS_FUTEX, unix.SYS_READ, unix.SYS_WRITE, unix.SYS_RECVMSG, unix.SYS_CLOSE,
	unix.SYS_MADVISE, unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MPROTECT, unix.SYS_MREMAP, unix.SYS_MINCORE, unix.SYS_BRK,
	unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP,
	unix.SYS_CLOCK_GETTIME, unix.SYS_GETTIMEOFDAY, unix.SYS_RESTART_SYSCALL, unix.SYS_RSEQ,
	unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_CREATE1, unix.SYS_EVENTFD2,
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK,
	unix.SYS_GETTID, unix.SYS_GETPID, unix.SYS_TGKILL, unix.SYS_SET_ROBUST_LIST,
	unix.SYS_FSTAT, unix.SYS_LSEEK, unix.SYS_FCNTL, unix.SYS_GETRANDOM, unix.SYS_GETRUSAGE, unix.SYS_PRCTL,
	unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}, archCalls...)

// Offsets in struct seccomp_data, see seccomp(2); little endian.
const (
	offsetCall = 0
	offsetArch = 4
	offsetArg0 = 16
	offsetArg2 = 32
)

// filterCalls installs the filter in all threads of this process.
//
// Source: seccomp(2), SECCOMP_SET_MODE_FILTER with SECCOMP_FILTER_FLAG_TSYNC.
func filterCalls() error { return install(filter()) }

func install(program []unix.SockFilter) error {
	if auditArch == 0 {
		return errors.ErrUnsupported
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	if thread != 0 {
		return errors.New("seccomp: a thread kept its own filter")
	}
	return nil
}

// filter is a classic BPF program: another architecture dies, the calls of
// the list pass, clone passes for threads only, the rest fails.
func filter() []unix.SockFilter {
	const (
		load = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		same = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		bits = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret  = unix.BPF_RET | unix.BPF_K
	)
	p := []unix.SockFilter{
		{Code: load, K: offsetArch},
		{Code: same, K: auditArch, Jt: 1},
		{Code: ret, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: load, K: offsetCall},
	}
	for _, c := range calls {
		p = append(p,
			unix.SockFilter{Code: same, K: c, Jf: 1},
			unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})
	}
	return append(p,
		// clone3 hides its flags in memory: say that it does not exist, so
		// that a C library falls back to clone.
		unix.SockFilter{Code: same, K: unix.SYS_CLONE3, Jf: 1},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		unix.SockFilter{Code: same, K: unix.SYS_CLONE, Jf: 3},
		unix.SockFilter{Code: load, K: offsetArg0},
		unix.SockFilter{Code: bits, K: unix.CLONE_THREAD, Jf: 1},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	)
}
