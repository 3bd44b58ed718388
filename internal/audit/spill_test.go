package audit_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/archive"
	"assay/internal/audit/audittest"
)

// TestConclusionIsTheSameInMemoryAndOnDisk compares sets that fit into memory
// with the same sets sorted in temporary space.
func TestConclusionIsTheSameInMemoryAndOnDisk(t *testing.T) {
	for _, many := range []audittest.Many{{Folders: 100, Files: 100}, {Folders: 1000, Files: 300}} {
		n := many.Folders * many.Files
		if testing.Short() && n > 10_000 {
			t.Skip("a set of 300,000 files takes some seconds")
		}
		limits := audit.Limits{Files: n}
		all := run(t, many, audit.Options{Inspect: many.Inspect, Limits: audit.SortBytes(limits, 1<<30), AllLocations: n <= 10_000})
		few := run(t, many, audit.Options{
			Inspect: many.Inspect, Limits: audit.SortBytes(limits, 1<<20), AllLocations: n <= 10_000, Parallel: 3,
			Scratch: &archive.Memory{Limit: 1 << 30},
		})
		if diff := cmp.Diff(jsonOf(t, all), jsonOf(t, few)); diff != "" {
			t.Errorf("%d files (-in memory +on disk):\n%s", n, diff)
		}
		if !slices.Equal(all.PixelDigests, few.PixelDigests) {
			t.Errorf("%d files: the digests of pixels differ between memory and disk", n)
		}
		found := map[string]int{}
		for _, f := range all.Findings {
			found[f.Rule] += f.Count
		}
		for _, rule := range []string{"set-duplicate-uid", "set-duplicate-pixels", "set-mixed-patient", "set-series-geometry"} {
			if found[rule] == 0 {
				t.Errorf("%d files: nothing found by %s, so that nothing was compared", n, rule)
			}
		}
		if all.Measured.Instances != n || all.Measured.Series != many.Folders {
			t.Errorf("measured %d instances in %d series, want %d in %d", all.Measured.Instances, all.Measured.Series, n, many.Folders)
		}
	}
}
