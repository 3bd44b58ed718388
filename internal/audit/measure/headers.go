package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	second "github.com/suyashkumar/dicom"
	"golang.org/x/sys/unix"

	"assay/internal/audit"
	"assay/internal/fence"
)

// A set of 2,000 files on disk: PT, MR and CT of suyashkumar/dicom's own test
// files, each with a SOPInstanceUID of its own.
var headerSet = []struct {
	file, uid string
	copies    int
}{
	{"1.dcm", "1.3.6.1.4.1.14519.5.2.1.7009.2401.264581068966524608390523682945", 800},
	{"3.dcm", "1.3.6.1.4.1.14519.5.2.1.9823.1001.100673283425501223987092441879", 800},
	{"5.dcm", "1.3.6.1.4.1.5962.1.1.10.3.1.1166562673.14401", 400},
}

// repeats is how often each way runs; they take turns after a warm-up.
const repeats = 5

// headers compares the header audit with two other readers of headers, the
// audit and its digests with the digests alone, and the fence with this
// process. Where only this process works its processor time counts, which a
// busy machine changes little.
func headers(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "assay-headers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	files, total, err := writeHeaderSet(folder)
	if err != nil {
		return err
	}
	fmt.Printf("\n### Headers and digests (n = %d files on disk, %s; %d rounds in turn after a warm-up, median and range)\n\n", len(files), audit.FormatBytes(total), repeats)
	fmt.Print("| what | files/s | ratio | goal |\n|---|---|---|---|\n")
	if err := headerReaders(ctx, files); err != nil {
		return err
	}
	if err := digests(ctx, folder, files); err != nil {
		return err
	}
	if err := fenced(ctx, folder, len(files)); err != nil {
		return err
	}
	return headerAllocations(ctx, files)
}

func writeHeaderSet(folder string) (files []string, total int64, err error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/suyashkumar/dicom").Output()
	if err != nil {
		return nil, 0, fmt.Errorf("go list: %w", err)
	}
	for _, kind := range headerSet {
		data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "testdata", kind.file))
		if err != nil {
			return nil, 0, err
		}
		series := filepath.Join(folder, strings.TrimSuffix(kind.file, ".dcm"))
		if err := os.Mkdir(series, 0o755); err != nil {
			return nil, 0, err
		}
		for i := range kind.copies {
			uid := fmt.Sprintf("%s%06d", kind.uid[:len(kind.uid)-6], i)
			name := filepath.Join(series, fmt.Sprintf("%04d.dcm", i))
			if err := os.WriteFile(name, bytes.ReplaceAll(data, []byte(kind.uid), []byte(uid)), 0o644); err != nil {
				return nil, 0, err
			}
			files = append(files, name)
			total += int64(len(data))
		}
	}
	// The child reads as another user.
	return files, total, os.Chmod(folder, 0o755)
}

// headerReaders compares by processor time on one core.
func headerReaders(ctx context.Context, files []string) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	opts := audit.InspectOptions{Key: [32]byte{1}, Limits: audit.DefaultLimits(), NoPixels: true, SecondReader: 1 << 31}
	own := func() error {
		return eachFile(files, func(f *os.File, size int64) error {
			_, err := audit.Inspect(ctx, audit.File{Path: "series/0001.dcm", SizeBytes: size, Content: f}, opts)
			return err
		})
	}
	library := func() error {
		return eachFile(files, func(f *os.File, size int64) error {
			_, err := second.Parse(f, size, nil, second.SkipPixelData())
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		})
	}
	t, err := inTurn(processorTime, library, own)
	if err != nil {
		return err
	}
	rate := func(way int) float64 { return float64(len(files)) / t.median(way) }
	fmt.Printf("| suyashkumar/dicom v1.1.0, SkipPixelData, a core | %.0f | 1 | |\n", rate(0))
	fmt.Printf("| header audit, every header rule, a core | %.0f | %s of SkipPixelData | 4 |\n", rate(1), t.ratio(0, 1))
	seconds, err := pydicomWalk(files)
	if err != nil {
		fmt.Printf("| pydicom | not measured: %v | | |\n", err)
		return nil
	}
	slices.Sort(seconds)
	peer := pydicomFiles / seconds[len(seconds)/2]
	fmt.Printf("| pydicom, every header value touched (%d of the files), a core | %.0f | 1 | |\n", pydicomFiles, peer)
	fmt.Printf("| header audit, a core | %.0f | %.1f of pydicom | 40 |\n", rate(1), rate(1)/peer)
	return nil
}

// pydicomFiles is how many files pydicom reads in a round.
const pydicomFiles = 400

const pydicomScript = `
import sys, time, pydicom
files = sys.argv[1:]
def walk(ds):
    for e in ds:
        if e.VR == "SQ":
            for item in e.value:
                walk(item)
        else:
            str(e.value)
for turn in range(6):
    start = time.process_time()
    for f in files:
        walk(pydicom.dcmread(f, stop_before_pixels=True))
    if turn:
        print(time.process_time() - start)
`

// pydicomWalk returns the processor seconds of each round.
func pydicomWalk(files []string) ([]float64, error) {
	var picked []string
	for i := 0; i < len(files) && len(picked) < pydicomFiles; i += len(files) / pydicomFiles {
		picked = append(picked, files[i])
	}
	out, err := exec.Command("/usr/bin/python3", append([]string{"-c", pydicomScript}, picked...)...).Output()
	if err != nil {
		return nil, errors.New("python3 with pydicom did not run")
	}
	var seconds []float64
	for _, line := range strings.Fields(string(out)) {
		s, err := strconv.ParseFloat(line, 64)
		if err != nil {
			return nil, err
		}
		seconds = append(seconds, s)
	}
	return seconds, nil
}

// digests compares, by the clock and on all cores, an audit that also takes the
// SHA-256 of every byte with the SHA-256 alone.
func digests(ctx context.Context, folder string, files []string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	alone := func() error { return sumAll(files) }
	whole := func() error {
		_, err := audit.Run(ctx, root.FS(), audit.Options{NoOCR: true})
		return err
	}
	t, err := inTurn(clock, alone, whole)
	if err != nil {
		return err
	}
	n := float64(len(files))
	fmt.Printf("| SHA-256 of every byte alone, all cores | %.0f | 1 | |\n", n/t.median(0))
	fmt.Printf("| audit with --no-ocr and SHA-256 of every byte, all cores | %.0f | %s of SHA-256 alone | 0.85 |\n", n/t.median(1), t.ratio(0, 1))
	return nil
}

func sumAll(files []string) error {
	work := make(chan string)
	var workers sync.WaitGroup
	errs := make([]error, runtime.GOMAXPROCS(0))
	for i := range errs {
		workers.Go(func() {
			buf := make([]byte, 256<<10)
			h := sha256.New()
			for name := range work {
				h.Reset()
				f, err := os.Open(name)
				if err == nil {
					_, err = io.CopyBuffer(h, struct{ io.Reader }{f}, buf)
					f.Close()
				}
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	for _, name := range files {
		work <- name
	}
	close(work)
	workers.Wait()
	return errors.Join(errs...)
}

// fenced compares, by the clock, one child with the same work in this process.
func fenced(ctx context.Context, folder string, n int) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	pool, err := fence.New(fence.Config{Children: 1})
	if err != nil {
		return err
	}
	defer pool.Close()
	inspect := func(inspect audit.InspectFunc, parallel int) func() error {
		return func() error {
			_, err := audit.Run(ctx, root.FS(), audit.Options{NoOCR: true, Inspect: inspect, Parallel: parallel})
			return err
		}
	}
	t, err := inTurn(clock, inspect(audit.Inspect, 1), inspect(pool.Inspect, pool.Parallel()))
	if err != nil {
		return err
	}
	fmt.Printf("| audit in this process, one at a time | %.0f | 1 | |\n", float64(n)/t.median(0))
	fmt.Printf("| audit through one fenced child | %.0f | %s of this process | 0.8 |\n", float64(n)/t.median(1), t.ratio(0, 1))
	return nil
}

// headerAllocations counts the allocations of a header audit, over files that
// differ as those of a set do.
func headerAllocations(ctx context.Context, files []string) error {
	opts := audit.InspectOptions{Key: [32]byte{1}, Limits: audit.DefaultLimits(), NoPixels: true, SecondReader: 1 << 31}
	var before, after runtime.MemStats
	inspect := func() error {
		return eachFile(files, func(f *os.File, size int64) error {
			_, err := audit.Inspect(ctx, audit.File{Path: "series/0001.dcm", SizeBytes: size, Content: f}, opts)
			return err
		})
	}
	open := func() error { return eachFile(files, func(*os.File, int64) error { return nil }) }
	count := func(f func() error) (float64, error) {
		runtime.ReadMemStats(&before)
		err := f()
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs-before.Mallocs) / float64(len(files)), err
	}
	bare, err := count(open)
	if err != nil {
		return err
	}
	full, err := count(inspect)
	if err != nil {
		return err
	}
	fmt.Printf("\nAllocations of a header audit: %.0f a file (goal: 100), n = %d.\n", full-bare, len(files))
	return nil
}

func eachFile(files []string, f func(file *os.File, size int64) error) error {
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		info, err := file.Stat()
		if err == nil {
			err = f(file, info.Size())
		}
		if err = errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	return nil
}

// clock and processorTime say what counts.
func clock() time.Duration { return time.Duration(time.Now().UnixNano()) }

func processorTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rounds5 are the seconds of two ways in each round.
type rounds5 [repeats][2]float64

func inTurn(now func() time.Duration, one, two func() error) (rounds5, error) {
	var t rounds5
	for round := -1; round < repeats; round++ {
		for i, way := range []func() error{one, two} {
			runtime.GC()
			start := now()
			if err := way(); err != nil {
				return t, err
			}
			if round >= 0 {
				t[round][i] = (now() - start).Seconds()
			}
		}
	}
	return t, nil
}

func (t rounds5) median(way int) float64 {
	var all []float64
	for _, r := range t {
		all = append(all, r[way])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// ratio is how many times faster way two is than way one, with its range.
func (t rounds5) ratio(one, two int) string {
	var all []float64
	for _, r := range t {
		all = append(all, r[one]/r[two])
	}
	slices.Sort(all)
	return fmt.Sprintf("%.2f (%.2f-%.2f)", all[len(all)/2], all[0], all[len(all)-1])
}
