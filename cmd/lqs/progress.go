package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"assay/internal/audit"
)

// progress shows how far an audit is, on one line of a terminal. On anything
// else it shows nothing.
type progress struct {
	out     io.Writer
	shown   bool
	last    time.Time
	started time.Time // of the stage
	stage   audit.Stage
	done    func()
	update  func(audit.Progress)
}

// between is the time between two looks of the line.
const between = 100 * time.Millisecond

func newProgress(out io.Writer) *progress {
	p := &progress{out: out}
	p.update, p.done = func(audit.Progress) {}, func() {}
	if isTerminal(out) {
		p.update, p.done = p.show, p.clear
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

func (p *progress) show(a audit.Progress) {
	now := time.Now()
	if a.Stage != p.stage {
		p.stage, p.started = a.Stage, now
	} else if now.Sub(p.last) < between {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprintf(p.out, "\r\x1b[K%s", line(a, now.Sub(p.started)))
}

// say shows a line of other work.
func (p *progress) say(text string) {
	if isTerminal(p.out) {
		p.shown = true
		fmt.Fprintf(p.out, "\r\x1b[K%s", text)
	}
}

// line is one look of the progress: files, bytes, rate and the time left.
func line(a audit.Progress, elapsed time.Duration) string {
	if a.TotalFiles == 0 {
		return string(a.Stage)
	}
	text := fmt.Sprintf("%s: %d of %d (%s of %s)", a.Stage, a.Files, a.TotalFiles,
		audit.FormatBytes(a.Bytes), audit.FormatBytes(a.TotalBytes))
	seconds := elapsed.Seconds()
	if seconds < 1 || a.Files == 0 || a.Files == a.TotalFiles {
		return text
	}
	// Bytes tell more of the time left than files of unequal size do.
	done := float64(a.Files) / float64(a.TotalFiles)
	if a.Bytes > 0 {
		done = float64(a.Bytes) / float64(a.TotalBytes)
	}
	left := time.Duration(seconds * (1 - done) / done * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s, %.0f files/s, %v left", text, float64(a.Files)/seconds, left)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
