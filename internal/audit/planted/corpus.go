package planted

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"assay/internal/audit/finding"
)

// corpusFile is an entry of truth.json.
type corpusFile struct {
	File  string
	Clean bool
	Items []struct{ Kind, Path string }
}

// corpusRules are the rules meant for a kind of the corpus, by the beginning of
// their ids; any rule that names the attribute counts for the others.
var corpusRules = map[string][]string{
	"age_over_89": {"phi-age-over-89"}, "file_name": {"name-in-path"}, "free_text": {"text-", "phi-", "name-"}, "charset": {"text-", "phi-"},
	"sr_text": {"text-"}, "sr_pname": {"phi-sr-content", "text-name"}, "overlay_label": {"text-name"}, "preamble": {"text-"}, "uid": {"phi-uid-original"},
	"file_meta": {"phi-file-meta"}, "encapsulated_pdf": {"report-text"}, "private": {"phi-private", "text-", "phi-nested"},
	"burned_in_pixels": {"pix-ocr-text"}, "overlay_pixels": {"phi-overlay"}, "icon_pixels": {"phi-icon"},
}

func measureCorpus(w io.Writer, corpus fs.FS, bench Bench) error {
	raw, err := fs.ReadFile(corpus, "phi/truth.json")
	if err != nil {
		return err
	}
	var truth struct{ Files []corpusFile }
	if err := json.Unmarshal(raw, &truth); err != nil {
		return fmt.Errorf("phi/truth.json: %w", err)
	}
	byKind := map[string]*tally{}
	var order []string
	var clean cleanTally
	for _, f := range truth.Files {
		content, err := fs.ReadFile(corpus, "phi/"+f.File)
		if err != nil {
			return err
		}
		all, err := bench.findings(f.File, content)
		if err != nil {
			return err
		}
		if f.Clean {
			clean.take(all, f.File)
		}
		for _, planted := range f.Items {
			if byKind[planted.Kind] == nil {
				byKind[planted.Kind] = &tally{kind: planted.Kind}
				order = append(order, planted.Kind)
			}
			byKind[planted.Kind].takeCorpus(planted.Kind, planted.Path, all)
		}
	}
	fmt.Fprintf(w, "\n### Planted identifiers of the corpus (phi)\n\nAn item counts if a finding of at least a warning under the rule meant for its kind names its attribute; text in pixels, if words of it were read there.\n\n")
	slices.Sort(order)
	tallies := make([]tally, len(order))
	for i, kind := range order {
		tallies[i] = *byKind[kind]
	}
	writeTallies(w, tallies)
	fmt.Fprintf(w, "\nClean files, which come without claims: %s.\n", clean.String())
	for _, b := range clean.blockers {
		fmt.Fprintf(w, "- blocker: %s\n", b)
	}
	if bench.Tools.ReadText == nil {
		fmt.Fprint(w, "Text in pixels was not read: there is no reader of text on this machine.\n")
	}
	writeAbout(w, &clean)
	return nil
}

// writeAbout lists what the warnings on clean files are about, the most frequent
// first.
func writeAbout(w io.Writer, t *cleanTally) {
	rules := map[string]int{}
	for about, n := range t.about {
		rule, _, _ := strings.Cut(about, " ")
		rules[rule] += n
	}
	var names []string
	for rule := range rules {
		names = append(names, rule)
	}
	slices.SortFunc(names, func(a, b string) int { return rules[b] - rules[a] })
	said := make([]string, len(names))
	for i, rule := range names {
		said[i] = fmt.Sprintf("%s %d", rule, rules[rule])
	}
	fmt.Fprintf(w, "Warnings on them by rule: %s.\n", strings.Join(said, ", "))
}

func (t *tally) takeCorpus(kind, path string, all []finding.Finding) {
	t.planted++
	rules := corpusRules[kind]
	if rules == nil {
		rules = []string{""}
	}
	found, blocker := false, false
	for _, rule := range rules {
		it := item{place: corpusPlace(path), rule: rule}
		f, b := it.match(all)
		if strings.HasSuffix(kind, "_pixels") {
			f, b = it.matchRead(all)
		}
		found, blocker = found || f, blocker || b
	}
	if found {
		t.found++
	}
	if blocker {
		t.blockers++
	}
}

// corpusPlace turns a path of truth.json into a part of a finding's path.
func corpusPlace(p string) string {
	last := p[strings.LastIndexByte(p, '.')+1:]
	switch {
	case strings.HasPrefix(p, "private("):
		return "(" + p[len("private("):len("private(")+4] + ","
	case strings.HasPrefix(last, "OverlayLabel"):
		return "OverlayLabel"
	case strings.HasPrefix(last, "OverlayData"):
		return "OverlayData"
	case strings.HasPrefix(p, "IconImageSequence"):
		return "(0088,0200)"
	}
	if last == "file name" || last == "preamble" || last == "EncapsulatedDocument" {
		return last
	}
	return " " + last // the whole keyword
}
