package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// resident watches the memory of this process and of its children.
type resident struct {
	mu      sync.Mutex
	largest map[string]int64 // most bytes resident of any child, by program
	stop    chan struct{}
	watcher sync.WaitGroup
}

// watchResident starts to watch. What this process held before does not count.
func watchResident() *resident {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // forgets the peak; without it the peak is that of the whole run
	r := &resident{largest: map[string]int64{}, stop: make(chan struct{})}
	r.watcher.Go(func() {
		for {
			r.look()
			select {
			case <-r.stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return r
}

// done ends the watch and returns the most bytes resident of this process, of
// any fenced reader and of the programs that decode and read text.
func (r *resident) done() (parent, reader, decoder, ocr int64) {
	close(r.stop)
	r.watcher.Wait()
	r.look()
	for name, n := range r.largest {
		switch name {
		case "gdcmconv":
			decoder = n
		case "tesseract":
			ocr = n
		default:
			reader = max(reader, n)
		}
	}
	return peak("self"), reader, decoder, ocr
}

func (r *resident) look() {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		pids, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for _, pid := range strings.Fields(string(pids)) {
			name, err := os.ReadFile(fmt.Sprintf("/proc/%s/comm", pid))
			if err != nil {
				continue
			}
			r.mu.Lock()
			key := string(bytes.TrimSpace(name))
			r.largest[key] = max(r.largest[key], peak(pid))
			r.mu.Unlock()
		}
	}
}

// peak returns the most bytes that a process had resident at any time.
//
// Source: proc(5), VmHWM in /proc/pid/status.
func peak(pid string) int64 {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}
