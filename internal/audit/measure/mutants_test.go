package main

import (
	"os"
	"testing"

	"assay/internal/audit/mutate"
	"assay/internal/fence"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "audit-child" {
		if err := fence.ChildMain(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A damaged file gets a verdict; it takes down neither the audit nor the child
// that reads it. "go run ./internal/audit/measure -only mutants" tries more.
func TestMutantsAreJudgedWithoutACrash(t *testing.T) {
	sources, err := mutate.Sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) < 20 {
		t.Fatalf("%d valid files, want at least 20", len(sources))
	}
	pool, err := fence.New(fence.Config{Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	programs, err := fence.NewTools(fence.ToolsConfig{Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	tools := programs.Audit()
	tools.ReadText = nil // slow, and it sees no byte of the file
	m := mutate.New(7, sources)
	for n := range 400 {
		mutant := m.Mutant(n)
		o := auditMutant(t.Context(), pool, mutant, tools)
		if o.err != nil || o.verdict == "" {
			t.Errorf("mutant %d of %q (%q) has no verdict: %v", n, mutant.Source, mutant.Ways, o.err)
		}
	}
	pool.Close()
	if s := pool.Stats(); s.Died+s.Killed > 0 || s.MaxRSS >= 512_000_000 {
		t.Errorf("children: %+v; want none dead, and all under 512 MB", s)
	}
}
