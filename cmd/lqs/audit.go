package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"assay/internal/audit"
	"assay/internal/fence"
)

type auditCmd struct {
	Paths        []string `arg:"" name:"path" help:"A file, a folder or an archive; several are audited as one set."`
	JSON         string   `name:"json" placeholder:"FILE" help:"Write the report (assay-report/1) to FILE; - is standard output, without the summary."`
	AllLocations bool     `help:"Put every file of every finding, and the status of every file, into the report."`
	Residual     string   `placeholder:"FILE" help:"Write every text of headers and documents that holds a word outside the vocabulary to FILE, for you to read: it may identify patients, stays on this machine, and only you may read it."`
	Claims       string   `placeholder:"FILE" help:"What the seller claims of de-identification and contents, as JSON."`
	NoOCR        bool     `name:"no-ocr" help:"Leave out what images show: whether frames decode, and text in them."`
	Jobs         int      `short:"j" default:"0" help:"Fenced children at once; default one for each processor."`
}

// Run audits, writes the report and the summary, and returns the exit code.
func (c *auditCmd) Run(ctx context.Context, s *streams) error {
	claims, err := readClaims(c.Claims)
	if err != nil {
		return usageError{err}
	}
	pool, err := fence.New(fence.Config{Children: c.Jobs})
	if err != nil {
		return err
	}
	defer pool.Close()
	programs, err := fence.NewTools(fence.ToolsConfig{Processes: c.Jobs})
	if err != nil {
		return err
	}
	var residual *audit.Residual
	if c.Residual != "" {
		residual = new(audit.Residual)
	}
	show := newProgress(s.err)
	report, err := auditPaths(ctx, c.Paths, audit.Options{
		Version: version(), Claims: claims,
		Inspect: pool.Inspect, Parallel: pool.Parallel(), NoOCR: c.NoOCR, Tools: programs.Audit(),
		Now:          today(),
		AllLocations: c.AllLocations,
		ListTexts:    true,
		Residual:     residual,
		Scratch:      fence.NewScratch(os.TempDir()),
		Progress:     show.update,
	})
	show.done()
	if err != nil {
		return err
	}
	if residual != nil {
		if err := writePrivate(c.Residual, residual); err != nil {
			return err
		}
	}
	if err := c.write(report, s.out); err != nil {
		return err
	}
	return exitOf(report.Verdict)
}

func exitOf(v audit.Verdict) error {
	switch v {
	case audit.Passed:
		return nil
	case audit.Flagged:
		return exitError(exitFlagged)
	case audit.Unrecognized:
		return exitError(exitUnrecognized)
	}
	return exitError(exitFailed)
}

// auditPaths opens the paths and audits them as one set.
func auditPaths(ctx context.Context, paths []string, opts audit.Options) (*audit.Report, error) {
	if len(paths) > 1 {
		set, err := joinPaths(paths)
		if err != nil {
			return nil, usageError{err}
		}
		defer set.close()
		return audit.Run(ctx, set, opts)
	}
	info, err := os.Stat(paths[0])
	if err != nil {
		return nil, usageError{plain(err)}
	}
	if info.IsDir() {
		root, err := os.OpenRoot(paths[0])
		if err != nil {
			return nil, usageError{plain(err)}
		}
		defer root.Close()
		return audit.Run(ctx, root.FS(), opts)
	}
	if !info.Mode().IsRegular() {
		return nil, usageError{fmt.Errorf("%s is neither a file nor a folder", paths[0])}
	}
	f, err := os.Open(paths[0])
	if err != nil {
		return nil, usageError{plain(err)}
	}
	defer f.Close()
	return audit.RunFile(ctx, info.Name(), f, info.Size(), opts)
}

// today is the date alone, so that a report is the same all day.
func today() time.Time { return time.Now().UTC().Truncate(24 * time.Hour) }

// plain leaves the system call out of the message of err.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// write writes the JSON where it was asked for, and the summary unless that
// is standard output.
func (c *auditCmd) write(r *audit.Report, out io.Writer) error {
	switch c.JSON {
	case "-":
		return r.WriteJSON(out)
	case "":
	default:
		if err := writeFile(c.JSON, r.WriteJSON); err != nil {
			return err
		}
	}
	return summarize(out, r)
}

// writeFile has a file written.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return plain(err)
	}
	return errors.Join(write(f), f.Close())
}

// writePrivate writes a file that only its owner may read, whatever the mode
// of one that stands there.
func writePrivate(name string, content io.WriterTo) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return plain(err)
	}
	err = f.Chmod(0o600)
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = content.WriteTo(f)
	}
	return errors.Join(err, f.Close())
}

// readClaims reads a declaration; no name is none.
func readClaims(name string) (*audit.Claims, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	dec := json.NewDecoder(io.LimitReader(f, 1<<20))
	dec.DisallowUnknownFields()
	var claims audit.Claims
	if err := dec.Decode(&claims); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if list := claims.Problems(); len(list) > 0 {
		return nil, fmt.Errorf("%s: %s", name, strings.Join(list, " "))
	}
	return &claims, nil
}
