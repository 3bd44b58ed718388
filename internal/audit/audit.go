package audit

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"runtime"
	"sync/atomic"
	"time"

	"assay/internal/audit/annotation"
	"assay/internal/audit/archive"
	"assay/internal/audit/text"
)

// memoryScratch bounds the temporary space in memory, in bytes.
const memoryScratch = 1 << 30

// Options say how an audit runs. The zero value inspects in this process.
type Options struct {
	Version string // of the tool, for the report
	Claims  *Claims
	Limits  Limits // zero fields take their default

	// Inspect looks at one file; nil is Inspect of this package.
	Inspect InspectFunc
	// Parallel is how many files may be in work at once; 0 is one for each
	// processor.
	Parallel int

	// NoOCR leaves out what images show: text in pixels, and whether frames
	// decode. The report says so.
	NoOCR bool
	// Tools are programs to decode pixels and to read text in them.
	Tools Tools

	// Now is the time of the audit, for the rule on dates in the future; only
	// its day counts, and the report states it. Zero means not to look, and
	// makes the report the same on any day.
	Now time.Time

	// ListTexts asks for a finding, masked, on the texts of headers that hold
	// words outside the vocabulary. Residual, if not nil, takes such texts
	// themselves, of documents too: it is for the eyes of the seller alone.
	ListTexts bool
	Residual  *Residual

	// Scoring asks for the LQS; nil is without.
	Scoring *Scoring

	// Samples is how many small pictures of frames to offer, for a seller to
	// choose from; 0 is none.
	Samples int

	// AllLocations puts every file of every finding, and the status of every
	// file, into the report.
	AllLocations bool

	// Scratch holds the bytes of a file that cannot be read at random, such
	// as a compressed entry of an archive; nil is memory.
	Scratch archive.Scratch

	// Progress is called after each file and at the start of each stage, by
	// one goroutine at a time; nil is nobody.
	Progress func(Progress)
}

// Progress says how far an audit is.
type Progress struct {
	Stage      Stage
	Files      int // done
	TotalFiles int
	Bytes      int64 // done
	TotalBytes int64
}

// Stage is a part of an audit.
type Stage string

// Stages, in the order in which they run.
const (
	Listing       Stage = "listing files"
	Inspecting    Stage = "inspecting files"
	ReadingImages Stage = "reading text in images"
	SecondLook    Stage = "looking again for shared names"
	Concluding    Stage = "comparing files"
)

// Run audits the files below the root of fsys: it plans, has every file
// inspected, and concludes. It returns an error only if it could not finish;
// everything wrong with the data is a Finding.
func Run(ctx context.Context, fsys fs.FS, opts Options) (*Report, error) {
	a, err := newRun(fsys, opts)
	if err != nil {
		return nil, err
	}
	defer a.set.close()
	a.tell(Listing)
	if a.files, err = plan(ctx, fsys, a.opts.Limits); err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	a.total()
	a.sample()
	a.tell(Inspecting)
	a.images = newImages(ctx, a)
	defer a.images.close()
	if err := a.inspectAll(ctx); err != nil {
		return nil, err
	}
	if err := a.images.finish(ctx); err != nil {
		return nil, err
	}
	if err := a.lookAgain(ctx); err != nil {
		return nil, err
	}
	a.images.lookAgain()
	a.tell(Concluding)
	if a.quick() {
		if err := a.confirm(ctx); err != nil {
			return nil, err
		}
	}
	report, err := a.conclude()
	if err != nil {
		return nil, err
	}
	report.Samples, err = a.drawSamples(ctx)
	return report, err
}

// run is one audit under way. Results are taken in the order of the plan, so
// that what many goroutines found in any order gives one report.
type run struct {
	fsys     fs.FS
	opts     Options
	end      time.Time // of Limits.SetTime
	inspect  InspectOptions
	files    []planned
	results  results
	found    *collector
	unseen   *omissions
	set      *set
	faces    faces
	samples  *samples // nil unless asked for
	scored   scored
	images   *images
	previews []Preview
	progress Progress
	unread   bool          // the reader died on a file: a header that says which numbers are a patient's may be missing
	known    *text.Scanner // of the words of names found in the set
	crashes  int
	stopped  atomic.Bool // too many crashes
}

func newRun(fsys fs.FS, opts Options) (*run, error) {
	opts.Limits = opts.Limits.orDefault()
	if opts.Inspect == nil {
		opts.Inspect = Inspect
	}
	if opts.Parallel <= 0 {
		opts.Parallel = runtime.GOMAXPROCS(0)
	}
	if opts.Scratch == nil {
		opts.Scratch = &archive.Memory{Limit: memoryScratch}
	}
	a := &run{
		fsys: fsys, opts: opts, end: time.Now().Add(opts.Limits.SetTime),
		inspect: InspectOptions{Claims: opts.Claims, Limits: opts.Limits, Now: opts.Now, NoPixels: opts.NoOCR, ListTexts: opts.ListTexts, KeepTexts: opts.Residual != nil},
		found:   newCollector(opts.Limits.Findings, opts.AllLocations),
		unseen:  &omissions{},
		set:     newSet(opts.Scratch, opts.Limits.sortBytes),
	}
	if s := opts.Scoring; s != nil {
		a.set.compared = new(annotation.Compared)
		a.inspect.Labels, a.inspect.Quick = true, a.quick()
		a.inspect.PatientKey, a.inspect.LabelFormat = s.PatientKey, s.Format
	}
	if _, err := rand.Read(a.inspect.Key[:]); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return a, nil
}

func (a *run) total() {
	a.results = newResults(len(a.files))
	if a.opts.Samples > 0 {
		a.samples = &samples{tainted: make([]uint8, len(a.files)), series: map[Hash]int32{}}
		a.found.seen = a.samples.taint
	}
	a.progress.TotalFiles = len(a.files)
	for _, f := range a.files {
		a.progress.TotalBytes += f.size
	}
	a.inspect.SecondReader = uint32((len(a.files) + confirmed - 1) / confirmed)
}

// confirmed is about how many files of a large set a second reader confirms:
// it takes longer than everything else that is done with a header.
const confirmed = 200

func (a *run) tell(s Stage) {
	a.progress.Stage = s
	if a.opts.Progress != nil {
		a.opts.Progress(a.progress)
	}
}
