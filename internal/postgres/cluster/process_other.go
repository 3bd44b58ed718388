//go:build !linux

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// attributes puts the program in a process group of its own. This platform
// cannot tie its life to ours; Stop ends it.
func (a account) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func runTied(cmd *exec.Cmd, started chan<- error, exited chan<- struct{}) {
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
	return f, nil
}
