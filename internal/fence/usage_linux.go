package fence

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// usage is what a process has taken so far.
type usage struct {
	rss int64
	cpu time.Duration
}

// clockTicks is USER_HZ, which is 100 on every Linux that Go runs on.
const clockTicks = 100

var pageSize = int64(os.Getpagesize())

// readUsage reads the memory and processor time of a process; ok is false
// once it has ended.
//
// Source: proc(5), /proc/pid/stat fields 14 (utime), 15 (stime), 24 (rss).
func readUsage(pid int) (u usage, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, false
	}
	// The name in field 2 may hold anything but ends in the last parenthesis.
	_, rest, found := bytes.Cut(data[bytes.LastIndexByte(data, ')')+1:], []byte(" "))
	fields := bytes.Fields(rest)
	if !found || len(fields) < 22 {
		return usage{}, false
	}
	number := func(field int) int64 {
		n, err := strconv.ParseInt(string(fields[field-3]), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return usage{
		rss: number(24) * pageSize,
		cpu: time.Duration(number(14)+number(15)) * time.Second / clockTicks,
	}, true
}
