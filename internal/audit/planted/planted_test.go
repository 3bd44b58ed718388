package planted

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestNamesAreOfManyLocales(t *testing.T) {
	seen := map[string]bool{}
	all := locales()
	for _, l := range all {
		if len(l.given) == 0 || len(l.family) == 0 {
			t.Errorf("locale %s lacks given or family names", l.id)
		}
		for _, n := range append(l.given, l.family...) {
			seen[n] = true
		}
	}
	if len(seen) < 5000 || len(all) < 40 {
		t.Errorf("%d names of %d locales, want at least 5,000 of 40", len(seen), len(all))
	}
}

func TestItemsAreRepeatable(t *testing.T) {
	a, b := items(7), items(7)
	for i := range a {
		if !bytes.Equal(a[i].content, b[i].content) || a[i].path != b[i].path {
			t.Fatalf("item %d of kind %s differs between two runs of one seed", i, a[i].kind)
		}
	}
}

// Header kinds may not be missed, and clean files have no blocker. For free
// text the floor is what is reached today: it may only rise.
func TestPlantedIdentifiersAreFound(t *testing.T) {
	floor := map[string]float64{
		"free_text name": 0.95, "free_text name without a word for it": 0.4, "free_text date": 0.95, "free_text number": 0.95, "free_text contact": 0.95,
		"free_text address": 0.9, "free_text age": 0.95, "sr_text": 0.95, "sr_pname": 1, "file_name": 0.95,
		"charset": 0.95, "trailing_padding": 1, "preamble": 0.9, "overlay_label": 0.9, "name of another file": 0.85,
	}
	tallies, err := recall(items(Seed))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range tallies {
		rate := float64(k.found) / float64(k.planted)
		t.Logf("%s: %d of %d, %d as a blocker", k.kind, k.found, k.planted, k.blockers)
		if k.planted < 30 {
			t.Errorf("%s: only %d items", k.kind, k.planted)
		}
		want := floor[k.kind]
		if headerKinds[k.kind] {
			want = 1
		}
		if rate < want {
			t.Errorf("%s: recall %.3f, want at least %.3f", k.kind, rate, want)
		}
		for _, it := range k.missed {
			t.Logf("missed: %s at %s: %s", it.kind, it.place, it.value)
		}
	}
}

func TestHeaderKindsAreNotMissedWithOtherSeeds(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 4} {
		var list []item
		for _, it := range items(seed) {
			if headerKinds[it.kind] {
				list = append(list, it)
			}
		}
		tallies, err := recall(list)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range tallies {
			for _, it := range k.missed {
				t.Errorf("seed %d: missed: %s at %s: %s", seed, it.kind, it.place, it.value)
			}
		}
	}
}

func TestCleanFilesAreLeftInPeace(t *testing.T) {
	for _, seed := range []uint64{Seed, 1, 2, 3, 4} {
		c, err := calm(cleanFiles(seed), cleanClaims())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range c.blockers {
			t.Errorf("blocker on a clean file: %s", b)
		}
		if rate := float64(len(c.alarms)) / float64(c.files); rate > 0.05 {
			t.Errorf("%.3f false alarms a file, want at most 0.05: %q", rate, c.alarms)
		}
		if c.median() > 1 {
			t.Errorf("%d warnings at the median, want at most 1: %v", c.median(), c.about)
		}
		t.Log(c.String(), c.about)
	}
}

func TestMeasureWritesTables(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	var corpus fs.FS
	if dir := os.Getenv("ASSAY_CORPUS"); dir != "" {
		corpus = os.DirFS(dir)
	}
	var b strings.Builder
	if err := Measure(&b, corpus, Bench{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "| standard_tag |") {
		t.Errorf("no table in:\n%s", b.String())
	}
	t.Log("\n" + b.String())
}
