package mutate_test

import (
	"bytes"
	"slices"
	"testing"

	"assay/internal/audit"
	"assay/internal/audit/mutate"
)

func TestSourcesAreValid(t *testing.T) {
	sources, err := mutate.Sources()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range sources {
		if seen[s.Name] {
			t.Errorf("two sources named %q", s.Name)
		}
		seen[s.Name] = true
		r, err := audit.RunFile(t.Context(), s.Name, bytes.NewReader(s.Data), int64(len(s.Data)), audit.Options{AllLocations: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Files {
			if f.Status == audit.Refused {
				t.Errorf("%s: %s is %s: %s", s.Name, f.Path, f.Status, f.Reason)
			}
		}
	}
}

func TestMutantsAreRepeatableAndDiffer(t *testing.T) {
	one, err := mutate.Sources()
	if err != nil {
		t.Fatal(err)
	}
	two, err := mutate.Sources()
	if err != nil {
		t.Fatal(err)
	}
	a, b := mutate.New(3, one), mutate.New(3, two)
	same, ways := 0, map[string]bool{}
	for n := range 2000 {
		x, y := a.Mutant(n), b.Mutant(n)
		if !bytes.Equal(x.Data, y.Data) || !slices.Equal(x.Ways, y.Ways) {
			t.Fatalf("mutant %d differs between two runs of one seed", n)
		}
		if bytes.Equal(x.Data, one[n%len(one)].Data) {
			same++
		}
		for _, w := range x.Ways {
			ways[w] = true
		}
	}
	if same > 100 {
		t.Errorf("%d of 2000 mutants equal their source", same)
	}
	if len(ways) < 21 {
		t.Errorf("%d kinds of damage in 2000 mutants: %v", len(ways), ways)
	}
}
