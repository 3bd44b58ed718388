package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/finding"
	"assay/internal/fence"
)

// auditOne audits one file behind the fence, and says how long it took.
func auditOne(ctx context.Context, pool *fence.Pool, name string, data []byte) (*audit.Report, time.Duration, error) {
	start := time.Now()
	r, err := audit.RunFile(ctx, name, bytes.NewReader(data), int64(len(data)), audit.Options{
		Inspect: pool.Inspect, Parallel: pool.Parallel(), AllLocations: true, Scratch: fence.NewScratch(os.TempDir()),
	})
	return r, time.Since(start), err
}

func dicomFiles(ctx context.Context, folder string) error {
	files, err := audittest.Instances(folder)
	if err != nil {
		return err
	}
	pool, err := fence.New(fence.Config{})
	if err != nil {
		return err
	}
	defer pool.Close()
	both, read, identifiers, named := 0, 0, 0, 0
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(folder, "dicom", filepath.FromSlash(f.Path)))
		if err != nil {
			return err
		}
		r, _, err := auditOne(ctx, pool, "file.dcm", data)
		if err != nil {
			return err
		}
		if f.BothRead {
			both++
			if r.Files[0].Status == audit.Read {
				read++
			}
		}
		for _, keyword := range f.Identifiers {
			identifiers++
			if slices.ContainsFunc(r.Findings, func(x finding.Finding) bool { return strings.HasSuffix(x.Path, " "+keyword) }) {
				named++
			}
		}
	}
	fmt.Printf("\n### DICOM files of many origins (n = %d)\n\n", len(files))
	fmt.Printf("- read, of those that pydicom and dcmdump read: %d of %d (%.1f %%)\n", read, both, percent(read, both))
	fmt.Printf("- filled identifiers of the header that a finding names: %d of %d (%.1f %%)\n", named, identifiers, percent(named, identifiers))
	return nil
}

func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

// tally is what became of the hostile files of one family.
type tally struct {
	files, misses int
	verdicts      map[audit.Verdict]int
	slowest       time.Duration
	maxRSS        int64
}

func hostileFiles(ctx context.Context, folder string) error {
	files, err := audittest.HostileFiles(folder)
	if err != nil {
		return err
	}
	families := map[string]*tally{}
	var order []string
	for _, h := range files {
		family, _, _ := strings.Cut(h.Kind, "-")
		t := families[family]
		if t == nil {
			t = &tally{verdicts: map[audit.Verdict]int{}}
			families[family] = t
			order = append(order, family)
		}
		if err := t.add(ctx, h); err != nil {
			return err
		}
	}
	fmt.Printf("\n### Hostile files (n = %d), each in a child of its own\n\n", len(files))
	fmt.Print("| family | files | failed | flagged | unrecognized | passed | not as expected | largest child | slowest |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, family := range order {
		t := families[family]
		fmt.Printf("| %s | %d | %d | %d | %d | %d | %d | %d MB | %d ms |\n", family, t.files,
			t.verdicts[audit.Failed], t.verdicts[audit.Flagged], t.verdicts[audit.Unrecognized], t.verdicts[audit.Passed],
			t.misses, t.maxRSS/1_000_000, t.slowest.Milliseconds())
	}
	return nil
}

func (t *tally) add(ctx context.Context, h audittest.Hostile) error {
	pool, err := fence.New(fence.Config{Children: 1})
	if err != nil {
		return err
	}
	defer pool.Close()
	// The child is up before the clock starts.
	if _, _, err := auditOne(ctx, pool, "warm", []byte("up")); err != nil {
		return err
	}
	r, took, err := auditOne(ctx, pool, h.Name, h.Data)
	if err != nil {
		return err
	}
	pool.Close()
	var text strings.Builder
	if err := r.WriteJSON(&text); err != nil {
		return err
	}
	t.files++
	t.verdicts[r.Verdict]++
	t.slowest = max(t.slowest, took)
	t.maxRSS = max(t.maxRSS, pool.Stats().MaxRSS)
	if h.Misses(r, text.String()) != "" {
		t.misses++
	}
	return nil
}
