package planted

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing/fstest"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/audit/pixel/pixeltest"
)

// Seed makes the files that Measure reports on.
const Seed = 41

// tally counts the items of one kind.
type tally struct {
	kind                     string
	planted, found, blockers int
	missed                   []item

	named, unlisted, unlistedFound int // persons in free text; those of whom no name is on the rules' list
}

// cleanTally counts what is reported on clean files.
type cleanTally struct {
	files    int
	blockers []string       // rule, path and the trap
	alarms   []string       // hits of text rules
	warnings []int          // of each file, but those about a missing declaration
	conform  []int          // of them, those about conformance to an object definition
	about    map[string]int // warnings by rule and attribute
	declare  int            // warnings about a missing declaration
}

// aboutDeclaration reports a finding that would not be a warning if the seller
// had declared, and coded in the file, the option under which the value stays.
func aboutDeclaration(f finding.Finding) bool {
	return strings.HasSuffix(f.Message, "not declared.") || strings.HasSuffix(f.Message, "not declared in the claims.") || strings.HasSuffix(f.Message, "not coded in the file.")
}

// take counts the findings of one clean file.
func (t *cleanTally) take(all []finding.Finding, why string) {
	t.files++
	n, conform := 0, 0
	for _, f := range all {
		said := fmt.Sprintf("%s at %s (%s)", f.Rule, f.Path, why)
		switch {
		case f.Severity == finding.Blocker:
			t.blockers = append(t.blockers, said)
		case f.Severity != finding.Warning:
		case aboutDeclaration(f):
			t.declare++
		default:
			n++
			if strings.HasPrefix(f.Rule, "iod-") {
				conform++
			}
			if t.about == nil {
				t.about = map[string]int{}
			}
			t.about[f.Rule+" "+f.Path]++
			if strings.HasPrefix(f.Rule, "text-") || f.Rule == "name-in-path" {
				t.alarms = append(t.alarms, said)
			}
		}
	}
	t.warnings, t.conform = append(t.warnings, n), append(t.conform, conform)
}

// median of the warnings of a file.
func (t *cleanTally) median() int {
	if len(t.warnings) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(t.warnings))[len(t.warnings)/2]
}

// medianButConformance is the median without the rules iod-*.
func (t *cleanTally) medianButConformance() int {
	rest := make([]int, len(t.warnings))
	for i, n := range t.warnings {
		rest[i] = n - t.conform[i]
	}
	slices.Sort(rest)
	if len(rest) == 0 {
		return 0
	}
	return rest[len(rest)/2]
}

// String says what was reported on clean files.
func (t *cleanTally) String() string {
	return fmt.Sprintf("n = %d, blockers %d, false alarms of text rules %d; warnings a file, but those about a missing declaration: median %d (%d without those about conformance, iod-*), at most %d; about a missing declaration: %.1f a file",
		t.files, len(t.blockers), len(t.alarms), t.median(), t.medianButConformance(), slices.Max(append(t.warnings, 0)), float64(t.declare)/float64(max(1, t.files)))
}

// findings audits one file by itself, or with another one beside it.
func findings(path string, content, beside []byte, claims *audit.Claims) ([]finding.Finding, error) {
	set := fstest.MapFS{path: {Data: content, Mode: 0o444}}
	if beside != nil {
		set["series/beside.dcm"] = &fstest.MapFile{Data: beside, Mode: 0o444}
	}
	report, err := audit.Run(context.Background(), set, audit.Options{Version: "measure", Parallel: 1, Claims: claims})
	if err != nil {
		return nil, err
	}
	return report.Findings, nil
}

// match reports whether one of the findings, of at least a warning, is the
// item's, and whether one of them is a blocker.
func (it item) match(list []finding.Finding) (found, blocker bool) {
	for _, f := range list {
		if f.Severity == finding.Info || !strings.Contains(f.Path, it.place) {
			continue
		}
		found = found || strings.HasPrefix(f.Rule, it.rule)
		blocker = blocker || f.Severity == finding.Blocker
	}
	return found, blocker
}

// recall audits every planted item.
func recall(list []item) ([]tally, error) {
	var tallies []tally
	for _, it := range list {
		if n := len(tallies); n == 0 || tallies[n-1].kind != it.kind {
			tallies = append(tallies, tally{kind: it.kind})
		}
		t := &tallies[len(tallies)-1]
		all, err := findings(it.path, it.content, it.beside, nil)
		if err != nil {
			return nil, err
		}
		t.planted++
		found, blocker := it.match(all)
		if it.named {
			t.named++
		}
		if it.unlisted {
			t.unlisted++
			if found {
				t.unlistedFound++
			}
		}
		switch {
		case !found:
			t.missed = append(t.missed, it)
		case blocker:
			t.blockers++
			fallthrough
		default:
			t.found++
		}
	}
	return tallies, nil
}

// calm audits every clean file with the claims of its seller.
func calm(list []cleanItem, claims *audit.Claims) (cleanTally, error) {
	var t cleanTally
	for _, c := range list {
		all, err := findings(c.path, c.content, nil, claims)
		if err != nil {
			return t, err
		}
		t.take(all, c.why)
	}
	return t, nil
}

// Bench is what a measurement of pixels needs and what a test may do without.
type Bench struct {
	Inspect audit.InspectFunc // behind a fence; nil for this process
	Tools   audit.Tools
	Fonts   *pixeltest.Fonts

	// Compress is nil without a program that compresses.
	Compress Compressor

	// Readable tells for each frame whether the reader of text gives back one
	// of the words in any of its settings, asked directly; nil without it.
	Readable func(frames []Frame) ([]bool, error)
}

// Measure writes, as Markdown, the recall by kind on files made by code and
// what is reported on clean ones; then the same for the folder "phi" of the
// corpus, if corpus is not nil.
func Measure(w io.Writer, corpus fs.FS, bench Bench) error {
	tallies, err := recall(items(Seed))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "### Planted identifiers, made by code (seed %d)\n\n", Seed)
	fmt.Fprintf(w, "Names of %d locales, from another source than the list of the rules. Header kinds count if a finding of at least a warning names the attribute; the others only if the rule for that kind of identifier hits it.\n\n", len(locales()))
	writeTallies(w, tallies)
	writeOverlap(w, tallies)
	if err := writeOtherSeeds(w); err != nil {
		return err
	}
	clean, err := calm(cleanFiles(Seed), cleanClaims())
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nClean files with traps, with the claims of their seller: %s.\n", clean.String())
	if clean, err = calm(cleanFiles(Seed), nil); err != nil {
		return err
	}
	fmt.Fprintf(w, "The same without claims: %s.\n", clean.String())
	if err := measurePixels(w, bench); err != nil {
		return err
	}
	if corpus == nil {
		fmt.Fprintf(w, "\nCorpus: not measured (ASSAY_CORPUS is not set).\n")
		return nil
	}
	return measureCorpus(w, corpus, bench)
}

// otherSeeds make further files of the same kinds, so that one lucky draw does
// not pass for a rate.
var otherSeeds = []uint64{1001, 1002, 1003, 1004, 1005}

// writeOtherSeeds says what is missed with other seeds.
func writeOtherSeeds(w io.Writer) error {
	planted, found := map[string]int{}, map[string]int{}
	var order []string
	for _, seed := range otherSeeds {
		tallies, err := recall(items(seed))
		if err != nil {
			return err
		}
		for _, t := range tallies {
			if planted[t.kind] == 0 {
				order = append(order, t.kind)
			}
			planted[t.kind] += t.planted
			found[t.kind] += t.found
		}
	}
	fmt.Fprintf(w, "\nWith %d other seeds, n = %d of each kind, these are not found whole:", len(otherSeeds), planted[order[0]])
	for _, kind := range order {
		if found[kind] < planted[kind] {
			fmt.Fprintf(w, " %s %.1f %%,", kind, 100*float64(found[kind])/float64(planted[kind]))
		}
	}
	fmt.Fprintf(w, " and no other kind.\n")
	return nil
}

// writeOverlap says how far the names that are planted are on the list that
// the rules use, and what is found without it.
func writeOverlap(w io.Writer, tallies []tally) {
	listed, names := overlap(locales())
	fmt.Fprintf(w, "\nOf the %d names, %d (%.0f %%) are on the list of the rules as well, which was made from other sources.", names, listed, 100*float64(listed)/float64(names))
	named, unlisted, found := 0, 0, 0
	for _, t := range tallies {
		named, unlisted, found = named+t.named, unlisted+t.unlisted, found+t.unlistedFound
	}
	fmt.Fprintf(w, " Of the %d persons planted in free text, %d have no name on it; %d of those (%.1f %%) are found by their shape alone.\n", named, unlisted, found, 100*float64(found)/float64(max(1, unlisted)))
}

func writeTallies(w io.Writer, tallies []tally) {
	fmt.Fprintf(w, "| kind | n | found | recall | as a blocker |\n|---|---|---|---|---|\n")
	for _, t := range tallies {
		fmt.Fprintf(w, "| %s | %d | %d | %.1f %% | %d |\n", t.kind, t.planted, t.found, 100*float64(t.found)/float64(t.planted), t.blockers)
	}
}
