package fence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"assay/internal/audit"
)

// childEnv makes the test binary a child, whose reader does what the content
// of a file says.
const childEnv = "ASSAY_FENCE_TEST_CHILD"

func TestMain(m *testing.M) {
	if order := os.Getenv(programEnv); order != "" {
		os.Exit(program(order))
	}
	if os.Getenv(childEnv) != "" {
		if err := childMain(os.Stdin, os.Stdout, obey); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// obey is a reader with the faults that a real one may have.
func obey(_ context.Context, f audit.File, _ audit.InspectOptions) (audit.Facts, error) {
	content, err := io.ReadAll(io.NewSectionReader(f.Content, 0, f.SizeBytes))
	if err != nil {
		return audit.Facts{}, err
	}
	answer := "ok"
	switch order := string(content); order {
	case "panic":
		panic("the value of a patient")
	case "overflow the stack":
		overflow(1)
	case "take 2 GiB at once":
		sink = make([]byte, 2<<30)
	case "take memory slowly":
		for i := 0; ; i++ {
			hoard = append(hoard, make([]byte, 8<<20))
			for j := range hoard[i] {
				hoard[i][j] = 1
			}
			time.Sleep(2 * time.Millisecond)
		}
	case "segmentation fault":
		*nowhere = 1
	case "spin":
		for {
			spins++
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "exit":
		os.Exit(3)
	case "fail to read":
		return audit.Facts{}, errors.New("no such sector")
	default:
		answer = forbidden(order, f)
	}
	return audit.Facts{Status: audit.Read, Reason: answer}, nil
}

var (
	sink    []byte
	hoard   [][]byte
	spins   int
	nowhere *int
)

func overflow(n int) int {
	if n < 0 {
		return 0
	}
	var pad [1024]byte
	pad[n%1024] = byte(n)
	return overflow(n+1) + int(pad[(n+1)%1024])
}

// forbidden tries what a child must not be able to do, and says how it went.
func forbidden(order string, f audit.File) string {
	var err error
	switch order {
	case "open a socket":
		_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	case "open a unix socket":
		_, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	case "open a file":
		_, err = os.ReadFile("/etc/passwd")
	case "create a file":
		err = os.WriteFile(filepath.Join(os.TempDir(), "from-the-child"), nil, 0o600)
	case "start a program":
		err = syscall.Exec("/bin/true", []string{"true"}, nil)
	case "fork":
		_, _, errno := syscall.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		err = errno
	case "kill the parent":
		err = unix.Kill(os.Getppid(), unix.SIGKILL)
	case "write to the file":
		err = writeTo(f)
	case "say who you are":
		return fmt.Sprintf("uid %d, thread count is none of your business", os.Geteuid())
	default:
		return order
	}
	if err == nil {
		return order + ": allowed"
	}
	return order + ": " + err.Error()
}

// writeTo writes to every descriptor that may be the file's.
func writeTo(f audit.File) error {
	for fd := socketFD + 1; fd < 32; fd++ {
		if _, err := unix.Pwrite(fd, []byte("x"), 0); err == nil {
			return nil
		}
	}
	_, _, errno := unix.Syscall(unix.SYS_FTRUNCATE, uintptr(socketFD+1), 0, 0)
	if errno == 0 {
		return nil
	}
	return errors.New("refused")
}

func testPool(t *testing.T, c Config) *Pool {
	t.Helper()
	c.Command = []string{os.Args[0]}
	c.Env = append(c.Env, childEnv+"=1")
	if c.Scratch == "" {
		c.Scratch = t.TempDir()
	}
	p, err := New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(p.Close)
	return p
}

// content is a file that only exists in memory.
func content(text string) audit.File {
	return audit.File{Path: "f", SizeBytes: int64(len(text)), Content: strings.NewReader(text)}
}

// ask inspects all files at once and returns the answers in order.
func ask(t *testing.T, p *Pool, files ...string) []audit.Facts {
	t.Helper()
	answers := make([]audit.Facts, len(files))
	var all sync.WaitGroup
	for i, text := range files {
		all.Go(func() {
			facts, err := p.Inspect(t.Context(), content(text), audit.InspectOptions{})
			if err != nil {
				t.Errorf("Inspect(%q): %v", text, err)
			}
			answers[i] = facts
		})
	}
	all.Wait()
	return answers
}

func TestEveryWayOfDyingIsAFindingOfItsFileAlone(t *testing.T) {
	tests := []struct {
		order string
		want  string
	}{
		{"panic", "The reader crashed on this file."},
		{"segmentation fault", "The reader crashed on this file."},
		{"exit", "The reader crashed on this file."},
		{"overflow the stack", "The reader overflowed its stack on this file."},
		{"take 2 GiB at once", "The reader ran out of memory on this file."},
		{"take memory slowly", "The reader needed more than 512 MB of memory for this file and was stopped."},
		{"spin", "The reader needed more than 1s of processor time for this file and was stopped."},
		{"sleep", "The reader did not finish this file within 3s and was stopped."},
	}
	for _, tt := range tests {
		t.Run(tt.order, func(t *testing.T) {
			if raceDetector && strings.HasPrefix(tt.order, "take 2 GiB") {
				t.Skip("no limit on address space under the race detector")
			}
			c := Config{Children: 1}
			switch tt.order {
			case "spin":
				c.CPUTime = time.Second
			case "sleep":
				c.WallClock = 3 * time.Second
			}
			p := testPool(t, c)
			files := make([]string, 40)
			for i := range files {
				files[i] = fmt.Sprintf("file %d", i)
			}
			files[17] = tt.order
			for i, got := range ask(t, p, files...) {
				switch {
				case i != 17 && (got.Status != audit.Read || got.Reason != files[i]):
					t.Errorf("file %d beside it: %q %q, want it read", i, got.Status, got.Reason)
				case i == 17 && got.Status != audit.Crashed:
					t.Errorf("status = %q (%s), want crashed", got.Status, got.Reason)
				case i == 17 && got.Reason != tt.want:
					t.Errorf("reason = %q, want %q", got.Reason, tt.want)
				case i == 17 && (len(got.Findings) != 1 || got.Findings[0].Rule != "fmt-parser-crash"):
					t.Errorf("findings = %v, want fmt-parser-crash", got.Findings)
				}
			}
		})
	}
}

func TestChildMayDoNothingButRead(t *testing.T) {
	p := testPool(t, Config{Children: 1})
	ask(t, p, "hello")
	if !p.Stats().Seccomp {
		t.Skip("this kernel does not filter system calls")
	}
	for _, order := range []string{
		"open a socket", "open a unix socket", "open a file", "create a file",
		"start a program", "fork", "kill the parent", "write to the file",
	} {
		got := ask(t, p, order)[0]
		if got.Status == audit.Crashed || strings.HasSuffix(got.Reason, ": allowed") || !strings.HasPrefix(got.Reason, order+": ") {
			t.Errorf("%s: %q %q, want a refusal", order, got.Status, got.Reason)
		}
	}
}

func TestChildIsNotRoot(t *testing.T) {
	p := testPool(t, Config{Children: 1})
	if got := ask(t, p, "say who you are")[0].Reason; strings.HasPrefix(got, "uid 0,") {
		t.Errorf("the child is root: %s", got)
	}
}

func TestFilesOfEveryOriginReachTheChild(t *testing.T) {
	p := testPool(t, Config{Children: 1})
	path := filepath.Join(t.TempDir(), "data")
	large := strings.Repeat("0123456789", inMemory/10+1)
	if err := os.WriteFile(path, []byte("head|the middle|tail"), 0o600); err != nil {
		t.Fatal(err)
	}
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	writable, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writable.Close()
	tests := []struct {
		name string
		file audit.File
		want string
	}{
		{"a file opened for reading", audit.File{Content: readOnly, SizeBytes: 20}, "head|the middle|tail"},
		{"a file opened for writing is handed over read-only", audit.File{Content: writable, SizeBytes: 20}, "head|the middle|tail"},
		{"a section of a file", audit.File{Content: io.NewSectionReader(readOnly, 5, 10), SizeBytes: 10}, "the middle"},
		{"a section of a section", audit.File{Content: io.NewSectionReader(io.NewSectionReader(readOnly, 5, 10), 4, 6), SizeBytes: 6}, "middle"},
		{"bytes in memory", content("only here"), "only here"},
		{"more than stays in memory", content(large), large},
		{"an empty file", content(""), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := p.Inspect(t.Context(), tt.file, audit.InspectOptions{})
			if err != nil || got.Reason != tt.want {
				t.Errorf("Inspect = %.40q, %v; want %.40q", got.Reason, err, tt.want)
			}
		})
	}
}

func TestContentThatCannotBeReadIsAnError(t *testing.T) {
	p := testPool(t, Config{Children: 1})
	if _, err := p.Inspect(t.Context(), content("fail to read"), audit.InspectOptions{}); err == nil {
		t.Error("Inspect: no error for content that could not be read")
	}
}

func TestChildIsReplacedAfterItsShareOfFiles(t *testing.T) {
	p := testPool(t, Config{Children: 1, MaxFiles: 5})
	for range 12 {
		ask(t, p, "a file")
	}
	if got := p.Stats(); got.Started != 3 || got.Died != 0 || got.Files != 12 {
		t.Errorf("Stats = %+v, want 3 children started for 12 files", got)
	}
}

func TestCanceledFileLeavesThePoolUsable(t *testing.T) {
	p := testPool(t, Config{Children: 1, WallClock: 300 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := p.Inspect(ctx, content("sleep"), audit.InspectOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Inspect: %v, want context canceled", err)
	}
	if got := ask(t, p, "next")[0].Reason; got != "next" {
		t.Errorf("the next file: %q, want it read", got)
	}
}

func TestCloseEndsFilesInWork(t *testing.T) {
	p := testPool(t, Config{Children: 1})
	ask(t, p, "hello")
	failed := make(chan error)
	go func() {
		_, err := p.Inspect(context.Background(), content("sleep"), audit.InspectOptions{})
		failed <- err
	}()
	time.Sleep(50 * time.Millisecond)
	p.Close()
	if err := <-failed; err == nil {
		t.Error("Inspect: no error after Close")
	}
}

func TestProgramThatIsNoChildIsAnError(t *testing.T) {
	p, err := New(Config{Command: []string{"/bin/true"}, Children: 1, Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Inspect(t.Context(), content("x"), audit.InspectOptions{}); err == nil {
		t.Error("Inspect: no error without a child")
	}
}
