package fence

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// toolsRun says that external programs can be fenced on this system.
const toolsRun = true

// toolVariable names the variable that makes a child become a program.
const toolVariable = "ASSAY_FENCED_PROGRAM"

// toolRun is one run of an external program.
type toolRun struct {
	path   string
	args   []string
	env    []string
	files  []*os.File // its descriptors from 3 on
	stdout io.Writer
	cpu    time.Duration
	fsize  int64 // bytes of a file that it may write
	memory int64 // bytes of address space; 0 for toolMemory
}

// toolOrder is what the child is told.
type toolOrder struct {
	Path   string
	Args   []string
	Env    []string
	CPUs   uint64 // seconds of processor time
	FSize  uint64
	Memory uint64
}

// toolEnd is how a program ended that did not do its work.
type toolEnd struct {
	signal    syscall.Signal // 0 if it ended by itself
	wall      bool           // it took too long
	output    bool           // it wrote too much
	memory    bool           // it ran out of memory
	unstarted bool           // the fence could not be set up
}

func (e *toolEnd) Error() string { return "the program did not end well" }

// exitUnfenced is the code of a child that could not become the program.
const exitUnfenced = 121

// run runs a program behind the fence and waits for it. It returns nil, a
// *toolEnd, or the error of ctx. What the program writes to its standard
// error is kept short, searched for the kind of failure and never shown.
func (t *Tools) run(ctx context.Context, r toolRun) error {
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.slots }()
	if r.memory == 0 {
		r.memory = toolMemory
	}
	order, err := json.Marshal(toolOrder{
		Path: r.path, Args: r.args, Env: r.env,
		CPUs: uint64(r.cpu.Seconds()), FSize: uint64(r.fsize), Memory: uint64(r.memory),
	})
	if err != nil {
		return err
	}
	wall, cancel := context.WithTimeout(ctx, wallOfCPU*r.cpu)
	defer cancel()
	var stderr tail
	cmd := exec.CommandContext(wall, t.config.Command[0], t.config.Command[1:]...)
	cmd.Env = append([]string{toolVariable + "=" + string(order), "GOTRACEBACK=none", "GOMAXPROCS=1"}, t.config.Env...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = r.stdout, &stderr
	cmd.ExtraFiles = r.files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = stopTime
	err = onOneThread(cmd.Run)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	end := &toolEnd{
		wall:   wall.Err() != nil,
		output: errors.Is(err, errReplyTooLarge),
		memory: stderr.contains("bad_alloc", "out of memory", "annot allocate memory"),
	}
	var exit *exec.ExitError
	switch {
	case !errors.As(err, &exit):
		end.unstarted = !end.output
	case exit.ExitCode() == exitUnfenced:
		end.unstarted = true
	default:
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			end.signal = status.Signal()
		}
	}
	return end
}

// onOneThread runs f on a thread that does not end before f does: the signal
// at the parent's death is sent when the thread that started the child ends.
func onOneThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- f()
	}()
	return <-done
}

func (t *tail) contains(any ...string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range any {
		if strings.Contains(string(t.text), s) {
			return true
		}
	}
	return false
}

// becomeProgram fences this process in and turns it into the program that
// the order names. It returns only if that fails.
func becomeProgram(order string) error {
	var o toolOrder
	if err := json.Unmarshal([]byte(order), &o); err != nil {
		return err
	}
	if err := leaveRoot(); err != nil {
		return err
	}
	runtime.LockOSThread()
	// After the change of user, which takes the signal away.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_SET_PDEATHSIG)", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_SET_NO_NEW_PRIVS)", err)
	}
	// Without the filter the program would have sockets: do not run it, unless
	// this is an architecture for which there is none.
	if err := install(toolFilter(os.Getpid())); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	for _, l := range []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, 256},
		{unix.RLIMIT_CPU, max(1, o.CPUs)},
		{unix.RLIMIT_FSIZE, o.FSize},
		{unix.RLIMIT_AS, o.Memory}, // last: this process may hold more than the program may
	} {
		hard := l.value
		if l.resource == unix.RLIMIT_CPU {
			hard++ // at the soft limit comes a signal that tells which limit it was
		}
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: l.value, Max: hard}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	return syscall.Exec(o.Path, append([]string{o.Path}, o.Args...), o.Env)
}

// programMain becomes the program of the order and exits if that fails.
func programMain(order string) {
	_ = becomeProgram(order) // the cause is told by the exit code alone
	os.Exit(exitUnfenced)
}
