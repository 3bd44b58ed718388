package main

import (
	"syscall"
	"time"
)

// processor returns the processor time of this process and of those that it
// started and that ended.
func processor() (self, children time.Duration) {
	of := func(who int) time.Duration {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) != nil {
			return 0
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return of(syscall.RUSAGE_SELF), of(syscall.RUSAGE_CHILDREN)
}
