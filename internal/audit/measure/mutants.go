package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/finding"
	"assay/internal/audit/mutate"
	"assay/internal/fence"
)

// mutantSeed makes the mutants that are reported on; readSample is how many of
// them have their text read too.
const (
	mutantSeed = 20_262
	readSample = 500
)

// outcome is what became of one mutant.
type outcome struct {
	mutate.Mutant
	verdict audit.Verdict
	took    time.Duration
	died    string // the reader's or decoder's end, in words
	err     error
}

// mutantTally counts the mutants of one source.
type mutantTally struct {
	n        int
	verdicts map[audit.Verdict]int
	died     int
	slowest  outcome
}

// mutants audits n mutants behind the fence with pixels on. Of those in the
// sample the text is read as well.
func mutants(ctx context.Context, n int, folder string) error {
	sources, err := mutate.Sources()
	if err != nil {
		return err
	}
	made := len(sources)
	if folder != "" {
		more, err := compressedSources(folder)
		if err != nil {
			return err
		}
		sources = append(sources, more...)
	}
	pool, err := fence.New(fence.Config{})
	if err != nil {
		return err
	}
	defer pool.Close()
	programs, err := fence.NewTools(fence.ToolsConfig{})
	if err != nil {
		return err
	}
	m := mutate.New(mutantSeed, sources)
	tallies, deaths, ways := map[string]*mutantTally{}, map[string]int{}, map[string]int{}
	var slow []outcome
	without := 0
	start, watch := time.Now(), watchResident()
	for i := range n {
		tools := programs.Audit()
		if i%max(1, n/readSample) != 0 {
			tools.ReadText = nil
		}
		o := auditMutant(ctx, pool, m.Mutant(i), tools)
		t := tallies[o.Source]
		if t == nil {
			t = &mutantTally{verdicts: map[audit.Verdict]int{}}
			tallies[o.Source] = t
		}
		t.n++
		t.verdicts[o.verdict]++
		for _, w := range o.Ways {
			ways[w]++
		}
		if o.took > t.slowest.took {
			t.slowest = o
		}
		if o.took > 2*time.Second {
			slow = append(slow, o)
		}
		if o.died != "" {
			t.died++
			deaths[o.died]++
			fmt.Fprintf(os.Stderr, "measure: mutant %d of %q (%s): %s\n", i, o.Source, strings.Join(o.Ways, ", "), o.died)
		}
		if o.err != nil || o.verdict == "" {
			without++
			fmt.Fprintf(os.Stderr, "measure: mutant %d of %q has no verdict: %v\n", i, o.Source, o.err)
		}
	}
	parent, reader, decoder, ocr := watch.done()
	pool.Close()
	stats := pool.Stats()
	fmt.Printf("\n### Mutants (n = %d of %d valid files, %d of them made by code; seed %d; %.0f s)\n\n", n, len(sources), made, mutantSeed, time.Since(start).Seconds())
	fmt.Print("| source | mutants | failed | flagged | unrecognized | passed | reader died | slowest |\n|---|---|---|---|---|---|---|---|\n")
	for _, s := range sources {
		if t := tallies[s.Name]; t != nil {
			fmt.Printf("| %s | %d | %d | %d | %d | %d | %d | %d ms |\n", s.Name, t.n, t.verdicts[audit.Failed], t.verdicts[audit.Flagged],
				t.verdicts[audit.Unrecognized], t.verdicts[audit.Passed], t.died, t.slowest.took.Milliseconds())
		}
	}
	fmt.Printf("\n- without a verdict: %d; the auditing process crashed: 0, or this would not be printed\n", without)
	fmt.Printf("- children that died: %d, killed over a limit: %d; files over 2 s: %d\n", stats.Died, stats.Killed, len(slow))
	fmt.Printf("- most memory resident: this process %d MB, a child %d MB, gdcmconv %d MB, tesseract %d MB\n",
		parent/1_000_000, max(reader, stats.MaxRSS)/1_000_000, decoder/1_000_000, ocr/1_000_000)
	for _, cause := range sortedKeys(deaths) {
		fmt.Printf("- %d: %s\n", deaths[cause], cause)
	}
	for _, o := range slow {
		fmt.Printf("- slow: %s (%s), %v\n", o.Source, strings.Join(o.Ways, ", "), o.took.Round(10*time.Millisecond))
	}
	var said []string
	for _, w := range sortedKeys(ways) {
		said = append(said, fmt.Sprintf("%s %d", w, ways[w]))
	}
	fmt.Printf("- damage: %s\n", strings.Join(said, ", "))
	return nil
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func auditMutant(ctx context.Context, pool *fence.Pool, m mutate.Mutant, tools audit.Tools) outcome {
	o := outcome{Mutant: m}
	start := time.Now()
	r, err := audit.RunFile(ctx, m.Name, bytes.NewReader(m.Data), int64(len(m.Data)), audit.Options{
		Inspect: pool.Inspect, Parallel: pool.Parallel(), AllLocations: true, Scratch: fence.NewScratch(os.TempDir()), Tools: tools,
	})
	o.took = time.Since(start)
	if o.err = err; err != nil {
		return o
	}
	o.verdict = r.Verdict
	if err := r.WriteJSON(new(bytes.Buffer)); err != nil {
		o.err = errors.Join(o.err, err)
	}
	for _, f := range r.Findings {
		if f.Rule == "fmt-parser-crash" || f.Rule == "pix-decode" && f.Severity == finding.Blocker && strings.Contains(f.Message, "decoder") {
			o.died = f.Rule + ": " + f.Message
		}
	}
	return o
}

// compressedSources are files of the corpus in the encodings that no encoder
// here writes: JPEG 2000, JPEG-LS and lossless JPEG, one small file of each
// folder at most.
func compressedSources(folder string) ([]Source, error) {
	files, err := audittest.Instances(folder)
	if err != nil {
		return nil, err
	}
	var list []Source
	seen := map[string]int{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(folder, "dicom", filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, err
		}
		syntax := syntaxOf(data)
		if !strings.HasPrefix(syntax, "1.2.840.10008.1.2.4.") || len(data) > 200_000 || seen[syntax] >= 2 {
			continue
		}
		seen[syntax]++
		list = append(list, Source{Name: fmt.Sprintf("corpus %s (%d)", syntax, seen[syntax]), Data: data})
	}
	return list, nil
}

// Source is a valid file to be damaged.
type Source = mutate.Source

// syntaxOf finds the transfer syntax in the first bytes of a file.
func syntaxOf(data []byte) string {
	head := data[:min(len(data), 1024)]
	i := bytes.Index(head, []byte("\x02\x00\x10\x00UI"))
	if i < 0 || i+8 > len(head) {
		return ""
	}
	n := int(head[i+6]) | int(head[i+7])<<8
	return strings.TrimRight(string(head[i+8:min(len(head), i+8+n)]), "\x00 ")
}
