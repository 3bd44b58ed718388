package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// attributes puts the program in a process group of its own, so that Ctrl-C
// reaches only us.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// runTied starts cmd and asks the kernel to interrupt it when we die. It waits
// on one locked thread, since Pdeathsig fires when the *thread* that started
// the process ends.
func runTied(cmd *exec.Cmd, started chan<- error, exited chan<- struct{}) {
	runtime.LockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	err := cmd.Start()
	started <- err
	if err == nil {
		cmd.Wait()
	}
	close(exited)
}

func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the cluster's lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another process already runs the Postgres cluster in %s: stop it first, or set ASSAY_VAR to another folder", path[:len(path)-len("/lock")])
	}
	return f, nil
}
