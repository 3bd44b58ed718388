package fence

import (
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"assay/internal/audit"
)

// Limits over which a parent kills its child.
const (
	limitMemory = "memory"
	limitCPU    = "processor time"
	limitWall   = "time"
	limitStart  = "start"
)

// Times of a child's life.
const (
	startTime = 30 * time.Second      // for the hello
	stopTime  = 2 * time.Second       // to end after its input was closed
	watchTick = 20 * time.Millisecond // between two looks at memory and time
)

// child is the parent's side of one process.
type child struct {
	pool   *Pool
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *os.File
	socket *os.File
	stderr tail
	exited chan struct{}

	enc      *gob.Encoder
	dec      *gob.Decoder
	reading  *limitedReader
	unpacker unpacker
	options  *audit.InspectOptions // of the last batch
	files    int                   // answered
	large    bool                  // an answer was: both sides hold room for it

	answered atomic.Int64
	mu       sync.Mutex
	limit    string  // why it was killed
	sizes    []int64 // of the files of the last batch
	before   int64   // answered before it
}

// startChild starts a process and waits for its hello.
func startChild(p *Pool) (*child, error) {
	c := &child{pool: p, exited: make(chan struct{})}
	if err := c.start(); err != nil {
		return nil, err
	}
	timer := time.AfterFunc(startTime, func() { c.kill(limitStart) })
	defer timer.Stop()
	var h hello
	c.reading.left = maxReplyBytes
	if err := c.dec.Decode(&h); err != nil {
		c.bury()
		return nil, fmt.Errorf("no hello from the child: %w", err)
	}
	if h.Problem != "" {
		c.bury()
		return nil, errors.New(h.Problem)
	}
	p.count(func(s *Stats) {
		s.Started++
		s.Seccomp = s.Seccomp && h.Seccomp
	})
	return c, nil
}

func (c *child) start() error {
	ends, err := pipes()
	if err != nil {
		return err
	}
	command := c.pool.config.Command
	c.cmd = exec.Command(command[0], command[1:]...)
	c.cmd.Env = append([]string{"GOMEMLIMIT=384MiB", "GOMAXPROCS=1", "GOTRACEBACK=none", "LANG=C.UTF-8"}, c.pool.config.Env...)
	c.cmd.Dir = "/"
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = ends.childIn, ends.childOut, &c.stderr
	c.cmd.ExtraFiles = []*os.File{ends.childSocket}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c.stdin, c.stdout, c.socket = ends.in, ends.out, ends.socket
	started := make(chan error)
	go c.keep(started)
	err = <-started
	ends.closeChild()
	if err != nil {
		c.closePipes()
		return err
	}
	c.enc = gob.NewEncoder(c.stdin)
	c.reading = &limitedReader{r: c.stdout}
	c.dec = gob.NewDecoder(c.reading)
	return nil
}

// keep starts the process and waits for it on one thread, since the signal at
// the parent's death is sent when the thread that started the child ends.
func (c *child) keep(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.exited)
	err := c.cmd.Start()
	started <- err
	if err == nil {
		_ = c.cmd.Wait() // how it ended is in cmd.ProcessState
	}
}

// send writes a batch and its descriptors. sent[i] is false for a request
// that nobody waits for any more.
func (c *child) send(list []*request) (sent []bool, err error) {
	sent = make([]bool, len(list))
	var b batch
	var fds []int
	var sizes []int64
	for i, r := range list {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.abandoned {
			continue
		}
		sent[i] = true
		fds = append(fds, int(r.handed.file.Fd()))
		sizes = append(sizes, r.file.SizeBytes)
		b.Files = append(b.Files, fileRequest{r.file.Path, r.handed.offset, r.file.SizeBytes, r.file.HeaderOnly})
	}
	if len(fds) == 0 {
		return sent, nil
	}
	c.mu.Lock()
	c.sizes, c.before = sizes, c.answered.Load()
	c.mu.Unlock()
	if opts := list[0].opts; c.options == nil || !sameOptions(c.options, &opts) {
		b.Options = &opts
		c.options = &opts
	}
	if err := unix.Sendmsg(int(c.socket.Fd()), []byte{0}, unix.UnixRights(fds...), nil, unix.MSG_NOSIGNAL); err != nil {
		return nil, err
	}
	return sent, c.enc.Encode(b)
}

// receive reads the answer to one file: its facts, or that its content could
// not be read.
func (c *child) receive() (facts audit.Facts, unread string, err error) {
	c.reading.left = maxReplyBytes
	var r reply
	if err := c.dec.Decode(&r); err != nil {
		return audit.Facts{}, "", err
	}
	c.large = c.large || c.reading.left < maxReplyBytes-largeReplyBytes
	if facts, err = c.unpacker.unpack(r.Facts); err != nil {
		return audit.Facts{}, "", err
	}
	c.files++
	c.answered.Add(1)
	return facts, r.Error, nil
}

// watch looks at the child's memory and time until the returned function is
// called.
func (c *child) watch() (stop func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(watchTick)
		defer tick.Stop()
		w := watched{file: -1}
		for {
			select {
			case <-tick.C:
				c.look(&w)
			case <-c.pool.closing:
				c.kill("")
				return
			case <-c.exited:
				return
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}

// watched is what the watch remembers of the file in work.
type watched struct {
	file    int64
	cpu     time.Duration // of the child when the file was first seen
	started time.Time
}

func (c *child) look(w *watched) {
	usage, ok := readUsage(c.cmd.Process.Pid)
	if !ok {
		return
	}
	c.pool.count(func(s *Stats) { s.MaxRSS = max(s.MaxRSS, usage.rss) })
	if n := c.answered.Load(); n != w.file {
		*w = watched{file: n, cpu: usage.cpu, started: time.Now()}
	}
	config, size := c.pool.config, c.sizeInWork()
	switch {
	case usage.rss > config.MaxRSS:
		c.kill(limitMemory)
	case usage.cpu-w.cpu > config.cpuTime(size):
		c.kill(limitCPU)
	case time.Since(w.started) > config.wallClock(size):
		c.kill(limitWall)
	}
}

// sizeInWork is the size of the file that the child has in work, 0 for none.
func (c *child) sizeInWork() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.answered.Load() - c.before; i >= 0 && i < int64(len(c.sizes)) {
		return c.sizes[i]
	}
	return 0
}

// kill ends the child at once because of a limit.
func (c *child) kill(limit string) {
	c.mu.Lock()
	if c.limit == "" {
		c.limit = limit
	}
	c.mu.Unlock()
	_ = c.cmd.Process.Kill() // it may have ended already
}

// bury ends a child that does not answer and says why it does not: in a
// sentence, and as the limit for which it was killed if it was.
func (c *child) bury() (message, limit string) {
	// A dying child closes its output first; leave it the time to finish.
	select {
	case <-c.exited:
	case <-time.After(stopTime):
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
	c.closePipes()
	c.noteRSS()
	c.mu.Lock()
	limit = c.limit
	c.mu.Unlock()
	config, size := c.pool.config, c.sizeInWork()
	switch limit {
	case limitMemory:
		return fmt.Sprintf("The reader needed more than %d MB of memory for this file and was stopped.", config.MaxRSS/1_000_000), limit
	case limitCPU:
		return fmt.Sprintf("The reader needed more than %v of processor time for this file and was stopped.", config.cpuTime(size).Round(100*time.Millisecond)), limit
	case limitWall:
		return fmt.Sprintf("The reader did not finish this file within %v and was stopped.", config.wallClock(size).Round(100*time.Millisecond)), limit
	}
	return c.stderr.cause(), limit
}

// stop lets the child end by itself, and kills it if it does not.
func (c *child) stop() {
	c.dec = nil // it holds room for the largest answer
	c.stdin.Close()
	select {
	case <-c.exited:
	case <-time.After(stopTime):
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
	c.closePipes()
	c.noteRSS()
}

func (c *child) closePipes() {
	c.stdin.Close()
	c.stdout.Close()
	c.socket.Close()
}

// noteRSS takes the kernel's own figure of the most memory the child had.
func (c *child) noteRSS() {
	if c.cmd.ProcessState == nil {
		return
	}
	if usage, ok := c.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.pool.count(func(s *Stats) { s.MaxRSS = max(s.MaxRSS, int64(usage.Maxrss)*1024) })
	}
}

// tail keeps the start of what a child wrote to its standard error. It is
// searched for the kind of crash and never shown: it may quote a file.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const maxTail = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := maxTail - len(t.text); room > 0 {
		t.text = append(t.text, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (t *tail) cause() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(t.text)
	switch {
	case strings.Contains(text, "stack overflow"), strings.Contains(text, "stack exceeds"):
		return "The reader overflowed its stack on this file."
	case strings.Contains(text, "out of memory"), strings.Contains(text, "cannot allocate memory"):
		return "The reader ran out of memory on this file."
	}
	return "The reader crashed on this file."
}
