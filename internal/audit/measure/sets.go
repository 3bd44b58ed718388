package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing/fstest"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/finding"
)

// perFault is how many sets are made of each fault.
const perFault = 40

// faultySets audits made sets with one fault each, and clean ones.
func faultySets(ctx context.Context) error {
	const seed = 20_261
	sets, err := audittest.FaultySets(seed, perFault)
	if err != nil {
		return err
	}
	fmt.Printf("\n### Faults of sets, made by code (seed %d, series of CT and MR of other lengths)\n\n", seed)
	fmt.Print("| fault | rule | n | found | with every file of the fault | findings of other set rules |\n|---|---|---|---|---|---|\n")
	for len(sets) > 0 {
		fault := sets[0]
		n, found, named, others := 0, 0, 0, 0
		for n < len(sets) && sets[n].Fault == fault.Fault {
			r, err := auditSet(ctx, sets[n])
			if err != nil {
				return err
			}
			files := filesOf(r, fault.Rule)
			if len(files) > 0 {
				found++
			}
			if !slices.ContainsFunc(sets[n].Bear, func(path string) bool { return !files[path] }) && len(files) > 0 {
				named++
			}
			for _, f := range r.Findings {
				if strings.HasPrefix(f.Rule, "set-") && f.Rule != fault.Rule && f.Severity != finding.Info {
					others++
				}
			}
			n++
		}
		fmt.Printf("| %s | %s | %d | %d | %d | %d |\n", fault.Fault, fault.Rule, n, found, named, others)
		sets = sets[n:]
	}
	return nil
}

func auditSet(ctx context.Context, s audittest.FaultySet) (*audit.Report, error) {
	set := fstest.MapFS{}
	for _, f := range s.Files {
		set[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return audit.Run(ctx, set, audit.Options{AllLocations: true, NoOCR: true})
}

// filesOf returns the files that a rule names.
func filesOf(r *audit.Report, rule string) map[string]bool {
	files := map[string]bool{}
	for _, f := range r.Findings {
		if f.Rule == rule && f.Severity != finding.Info {
			for _, l := range f.Locations {
				files[l.File] = true
			}
		}
	}
	return files
}
