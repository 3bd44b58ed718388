//go:build linux || darwin

package blob

import (
	"fmt"
	"syscall"
)

func roomOf(folder string) (Room, bool, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return Room{}, false, fmt.Errorf("room on the disk of the object store: %w", err)
	}
	unit := uint64(s.Bsize)
	return Room{Free: int64(uint64(s.Bavail) * unit), Total: int64(uint64(s.Blocks) * unit)}, true, nil
}
