package fence

import (
	"os"
	"runtime"
	"time"

	"assay/internal/audit"
)

// Config says how a pool runs its children. Zero fields take their default.
type Config struct {
	// Command starts a child; the default is this program with the argument
	// "audit-child". Env is added to the child's otherwise empty environment.
	Command []string
	Env     []string

	Children  int           // how many at once; default one for each processor
	MaxFiles  int           // a child is replaced after so many files; default 2,000
	MaxRSS    int64         // bytes resident over which a child is killed; default 512 MB
	CPUTime   time.Duration // processor time for one small file, see cpuTime; default 10 s
	WallClock time.Duration // time for one small file, waiting included; default 60 s

	// Scratch is the folder for files that are too large to be handed over
	// in memory; default os.TempDir().
	Scratch string
}

func (c Config) orDefault() (Config, error) {
	if len(c.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return c, err
		}
		c.Command = []string{self, "audit-child"}
	}
	if c.Children <= 0 {
		c.Children = runtime.GOMAXPROCS(0)
	}
	if c.MaxFiles <= 0 {
		c.MaxFiles = 2000
	}
	if c.MaxRSS <= 0 {
		c.MaxRSS = 512_000_000
	}
	if c.CPUTime <= 0 {
		c.CPUTime = 10 * time.Second
	}
	if c.WallClock <= 0 {
		c.WallClock = 60 * time.Second
	}
	if c.Scratch == "" {
		c.Scratch = os.TempDir()
	}
	return c, nil
}

// Readers of text go over every byte, several times: a label file of 500 MB is
// no attack. The slowest of them reads 20 MB a second on one busy core of 2020,
// so that half of that is allowed, up to a bound; what takes longer than that
// for its size is a file made to take long.
const (
	bytesPerSecond = 10_000_000
	maxExtraTime   = 2 * time.Minute
)

// extraTime is what a file gets beyond the limit of a small one.
func extraTime(sizeBytes int64) time.Duration {
	if sizeBytes > int64(maxExtraTime/time.Second)*bytesPerSecond {
		return maxExtraTime
	}
	return time.Duration(max(sizeBytes, 0)) * (time.Second / bytesPerSecond)
}

// cpuTime is the processor time that a file may take.
func (c Config) cpuTime(sizeBytes int64) time.Duration { return c.CPUTime + extraTime(sizeBytes) }

// wallClock is the time that a file may take, on a machine that does other
// work as well.
func (c Config) wallClock(sizeBytes int64) time.Duration {
	return c.WallClock + 3*extraTime(sizeBytes)
}

// Stats say what a pool has done since it was made.
type Stats struct {
	Files    int   // inspected
	Started  int   // children
	Killed   int   // children killed over a limit
	Died     int   // children that crashed by themselves
	MaxRSS   int64 // most bytes resident of any child, as seen
	Seccomp  bool  // every child has its system calls filtered
	Isolated bool
}

var _ audit.InspectFunc = (*Pool)(nil).Inspect
