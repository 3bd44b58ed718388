package fence

import "golang.org/x/sys/unix"

// refused are the system calls that no decoder or reader needs: the network,
// other processes, the kernel's own doors. Programs of others use too many
// calls, and change them too often, for a list of what they may do.
var refused = append([]uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG,
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_KCMP,
	unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL,
	unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN, unix.SYS_FSMOUNT, unix.SYS_FSCONFIG, unix.SYS_FSPICK,
	unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_FANOTIFY_INIT,
	unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_OPENAT2,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT,
	unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_ACCT, unix.SYS_QUOTACTL,
	unix.SYS_MQ_OPEN, unix.SYS_SHMGET, unix.SYS_SEMGET, unix.SYS_MSGGET,
}, archRefused...)

// toolFilter is a classic BPF program: another architecture dies, the refused
// calls fail, clone passes for threads only, a signal reaches the process
// itself alone, the rest passes. A file under a new name of its own (O_EXCL, as
// mkstemp asks) cannot be made either: results go to descriptors handed over,
// and gdcmconv would leave compressed pixels in the system's temporary folder
// before it tries a decoder that it may not start.
func toolFilter(pid int) []unix.SockFilter {
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		same  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atOr  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		bits  = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret   = unix.BPF_RET | unix.BPF_K
		no    = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		other = 0x40000000 // __X32_SYSCALL_BIT: the calls of x32 under the same architecture
	)
	p := []unix.SockFilter{
		{Code: load, K: offsetArch},
		{Code: same, K: auditArch, Jt: 1},
		{Code: ret, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: load, K: offsetCall},
		{Code: atOr, K: other, Jf: 1},
		{Code: ret, K: no},
	}
	for _, c := range refused {
		p = append(p, unix.SockFilter{Code: same, K: c, Jf: 1}, unix.SockFilter{Code: ret, K: no})
	}
	return append(p,
		// clone3 hides its flags in memory: say that it does not exist, so
		// that a C library falls back to clone.
		unix.SockFilter{Code: same, K: unix.SYS_CLONE3, Jf: 1},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		unix.SockFilter{Code: same, K: unix.SYS_CLONE, Jf: 4},
		unix.SockFilter{Code: load, K: offsetArg0},
		unix.SockFilter{Code: bits, K: unix.CLONE_THREAD, Jf: 1},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: ret, K: no},
		unix.SockFilter{Code: same, K: unix.SYS_OPENAT, Jf: 4},
		unix.SockFilter{Code: load, K: offsetArg2},
		unix.SockFilter{Code: bits, K: unix.O_EXCL, Jf: 1},
		unix.SockFilter{Code: ret, K: no},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: same, K: unix.SYS_TGKILL, Jf: 4},
		unix.SockFilter{Code: load, K: offsetArg0},
		unix.SockFilter{Code: same, K: uint32(pid), Jf: 1},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: ret, K: no},
		unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW},
	)
}
