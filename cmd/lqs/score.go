package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/annotation"
	"assay/internal/audit/quality"
	"assay/internal/fence"
	"assay/web/ui"
)

type scoreCmd struct {
	Paths      []string `arg:"" name:"path" help:"A file, a folder or an archive; several are scored as one set."`
	Format     string   `default:"auto" placeholder:"NAME" help:"The format of label files that may be in several; auto takes the one that fits best."`
	FailUnder  float64  `placeholder:"N" help:"Exit with 1 if the score is below N, or too little could be measured for a grade."`
	JSON       string   `name:"json" placeholder:"FILE" help:"Write the report (lqs-report/1) to FILE; - is standard output, without the summary."`
	HTML       string   `name:"html" placeholder:"FILE" help:"Write the report as one page that holds all it needs to FILE."`
	SARIF      string   `name:"sarif" placeholder:"FILE" help:"Write the findings as SARIF 2.1.0 to FILE."`
	Sample     int      `placeholder:"N" help:"Look at the pixels of N images, and at the headers of all."`
	Seed       uint64   `placeholder:"S" help:"Chooses the sample: the same images for the same seed."`
	Splits     string   `placeholder:"FOLDER=SPLIT,…|CSV" help:"Which folders are train, val and test; or a table with a column of paths and a column of splits."`
	PatientKey string   `placeholder:"COLUMN|/REGEXP/" help:"The column or key of label files that names the patient; or a regular expression on the paths of images, of which the first group does."`
	OCR        bool     `name:"ocr" help:"Read text in images too, for the gate of identifiers: slow."`
	Jobs       int      `short:"j" default:"0" help:"Fenced children at once; default one for each processor."`
}

// Run scores, writes the reports and the summary, and returns the exit code.
func (c *scoreCmd) Run(ctx context.Context, s *streams) error {
	scoring, err := c.scoring()
	if err != nil {
		return usageError{err}
	}
	// Nearly all that this process holds are the labels of the set, which stay:
	// to collect early costs little, and keeps garbage from doubling them.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	pool, err := fence.New(fence.Config{Children: c.Jobs})
	if err != nil {
		return err
	}
	defer pool.Close()
	programs, err := fence.NewTools(fence.ToolsConfig{Processes: c.Jobs})
	if err != nil {
		return err
	}
	tools := programs.Audit()
	if !c.OCR {
		tools.ReadText = nil
	}
	show := newProgress(s.err)
	report, err := auditPaths(ctx, c.Paths, audit.Options{
		Version: version(), Scoring: scoring,
		Inspect: pool.Inspect, Parallel: pool.Parallel(), Tools: tools,
		Scratch:  fence.NewScratch(os.TempDir()),
		Progress: show.update,
	})
	show.done()
	if err != nil {
		return err
	}
	if err := c.write(ctx, report.Quality, s.out); err != nil {
		return err
	}
	return c.exit(report.Quality)
}

// scoring reads what the flags say of the set.
func (c *scoreCmd) scoring() (*audit.Scoring, error) {
	if c.FailUnder < 0 || c.FailUnder > 100 {
		return nil, fmt.Errorf("--fail-under is %g, and a score 0 to 100", c.FailUnder)
	}
	if c.Sample < 0 {
		return nil, fmt.Errorf("--sample is %d, less than 0", c.Sample)
	}
	s := &audit.Scoring{Sample: c.Sample, Seed: c.Seed}
	if c.Format != "auto" {
		if s.Format = annotation.Format(c.Format); !slices.Contains(annotation.Formats, s.Format) {
			return nil, fmt.Errorf("--format %q is none of auto, %s", c.Format, formatNames())
		}
	}
	var err error
	if s.Splits, err = readSplits(c.Splits); err != nil {
		return nil, fmt.Errorf("--splits: %w", err)
	}
	expression, isPath := strings.CutPrefix(c.PatientKey, "/")
	if !isPath {
		s.PatientKey = c.PatientKey
		return s, nil
	}
	if s.Patient, err = patientOfPath(strings.TrimSuffix(expression, "/")); err != nil {
		return nil, fmt.Errorf("--patient-key: %w", err)
	}
	return s, nil
}

func formatNames() string {
	names := make([]string, len(annotation.Formats))
	for i, f := range annotation.Formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// patientOfPath reads the patient from the path of an image: the first group
// of an expression, or all that it matches.
func patientOfPath(expression string) (func(string) string, error) {
	re, err := regexp.Compile(expression)
	if err != nil {
		return nil, err
	}
	return func(path string) string {
		switch m := re.FindStringSubmatch(path); {
		case m == nil:
			return ""
		case len(m) > 1:
			return m[1]
		default:
			return m[0]
		}
	}, nil
}

// write writes the reports that were asked for, and the summary unless the
// JSON goes to standard output.
func (c *scoreCmd) write(ctx context.Context, r *quality.Report, out io.Writer) error {
	page := func(w io.Writer) error { return ui.QualityDocument(ui.QualityProps{Report: r}).Render(ctx, w) }
	log := func(w io.Writer) error { return writeSARIF(w, r) }
	if err := errors.Join(writeAsked(c.HTML, page), writeAsked(c.SARIF, log)); err != nil {
		return err
	}
	if c.JSON == "-" {
		return r.WriteJSON(out)
	}
	if err := writeAsked(c.JSON, r.WriteJSON); err != nil {
		return err
	}
	return summarizeScore(out, r)
}

// writeAsked has a file written if one was asked for.
func writeAsked(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	return writeFile(name, write)
}

// exit returns the exit code: a set in which nothing is known has no score
// that could be held against anything, and a hard fault comes before a bound.
// A score of which too little was measured for a grade keeps no bound.
func (c *scoreCmd) exit(r *quality.Report) error {
	switch {
	case len(r.Input.Formats) == 0 && r.Input.Images == 0:
		return exitError(exitUnrecognized)
	case len(r.Score.HardFails) > 0:
		return exitError(exitFailed)
	case c.FailUnder > 0 && (r.Score.Value < c.FailUnder || r.Score.Grade == ""):
		return exitError(exitFlagged)
	}
	return nil
}
