package deid

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"assay/internal/audit/finding"
)

// Set takes the facts of all files and reports what only the whole set tells.
// It is bounded: held findings are kept once for each kind, with 4 bytes a
// file, and at most 1,024 distinct values for each attribute.
type Set struct {
	kinds     map[heldKey]*heldGroup
	spread    map[string]*spread
	instances map[Hash]bool
	refs      []fileRefs
	methods   map[Hash]int32 // first file of each method
	studies   map[Hash]studyDate
	patients  map[Hash]bool
	conflicts []int32

	fullBirthDate bool // in any file
}

type heldKey struct {
	rule, path, shape, message string
	severity                   finding.Severity
	kind                       HeldKind
}

// heldGroup is one held finding and the files that have it.
type heldGroup struct {
	order   int
	place   string
	finding finding.Finding
	kind    HeldKind
	files   []int32
}

// spread says how the values of an attribute spread over patients.
type spread struct {
	values   map[Hash]bool
	patients map[Hash]bool
}

type fileRefs struct {
	file int32
	refs []Hash
}

type studyDate struct {
	date     Hash
	reported bool
}

const (
	maxSpread = 1024
	maxGroups = 8192 // beyond them shapes and item numbers are joined
)

// NewSet returns an empty Set.
func NewSet() *Set {
	return &Set{
		kinds: map[heldKey]*heldGroup{}, spread: map[string]*spread{}, instances: map[Hash]bool{},
		methods: map[Hash]int32{}, studies: map[Hash]studyDate{}, patients: map[Hash]bool{},
	}
}

var itemNumbers = regexp.MustCompile(`\[\d+\]`)

// Add takes the facts of a file. Files are numbered by the caller and added
// in the order of their numbers, so that reports are repeatable.
func (s *Set) Add(file int, f *Facts) {
	n := int32(file)
	if f.Patient != (Hash{}) {
		s.patients[f.Patient] = true
	}
	if f.Instance != (Hash{}) {
		s.instances[f.Instance] = true
	}
	if len(f.Refs) > 0 {
		s.refs = append(s.refs, fileRefs{n, f.Refs})
	}
	if f.Method != (Hash{}) {
		if _, seen := s.methods[f.Method]; !seen {
			s.methods[f.Method] = n
		}
	}
	s.addStudyDate(n, f)
	for i := range f.Findings {
		if f.Findings[i].Rule == ruleBirthDate.ID && f.Findings[i].Severity == finding.Blocker {
			s.fullBirthDate = true
		}
	}
	for i := range f.Held {
		s.hold(n, f.Patient, &f.Held[i])
	}
}

func (s *Set) addStudyDate(file int32, f *Facts) {
	if f.Study == (Hash{}) || f.StudyDate == (Hash{}) {
		return
	}
	known, seen := s.studies[f.Study]
	switch {
	case !seen:
		s.studies[f.Study] = studyDate{date: f.StudyDate}
	case known.date != f.StudyDate && !known.reported:
		s.conflicts = append(s.conflicts, file)
		known.reported = true
		s.studies[f.Study] = known
	}
}

func (s *Set) hold(file int32, patient Hash, h *Held) {
	place := itemNumbers.ReplaceAllString(h.Finding.Path, "")
	key := heldKey{h.Finding.Rule, h.Finding.Path, h.Finding.Shape, h.Finding.Message, h.Finding.Severity, h.Kind}
	g := s.kinds[key]
	if g == nil && len(s.kinds) >= maxGroups {
		key.path, key.shape = place, ""
		h = &Held{h.Finding, h.Kind, h.Value}
		h.Finding.Path, h.Finding.Shape = place, ""
		g = s.kinds[key]
	}
	if g == nil {
		g = &heldGroup{order: len(s.kinds), place: place, finding: h.Finding, kind: h.Kind}
		s.kinds[key] = g
	}
	if n := len(g.files); n == 0 || g.files[n-1] != file {
		g.files = append(g.files, file)
	}
	if h.Kind != ByVariation {
		return
	}
	sp := s.spread[place]
	if sp == nil {
		sp = &spread{map[Hash]bool{}, map[Hash]bool{}}
		s.spread[place] = sp
	}
	if len(sp.values) < maxSpread {
		sp.values[h.Value] = true
	}
	if patient != (Hash{}) && len(sp.patients) < maxSpread {
		sp.patients[patient] = true
	}
}

// Conclude reports the held findings with their final severity and the
// findings of the set itself, each with the number of a file it is in. A
// finding of n files is reported n times.
func (s *Set) Conclude(report func(file int, f finding.Finding)) {
	groups := make([]*heldGroup, 0, len(s.kinds))
	for _, g := range s.kinds {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *heldGroup) int { return cmp.Compare(a.order, b.order) })
	told := map[string]bool{}
	for _, g := range groups {
		f := g.finding
		switch g.kind {
		case ByVariation:
			s.byVariation(g, &f, told, report)
		case ByYear:
			if !s.fullBirthDate {
				f.Severity = finding.Warning
				f.Message = "Birth dates are the first of January throughout, which may say only the year."
			}
		}
		for _, file := range g.files {
			report(int(file), f)
		}
	}
	s.concludeRefs(report)
	for _, file := range s.conflicts {
		report(int(file), ruleDateMixed.New("(0008,0020) StudyDate", "", "One study has more than one StudyDate.", finding.Location{}))
	}
	s.concludeMethods(report)
}

// Numbers of patients from which the spread of a value says something.
const (
	fewPatients  = 3
	mostPatients = 0.8 // of the patients have a value of their own
)

// byVariation lowers a value that is the same for all patients, and raises one
// that was taken for a dummy and varies by patient.
func (s *Set) byVariation(g *heldGroup, f *finding.Finding, told map[string]bool, report func(int, finding.Finding)) {
	sp := s.spread[g.place]
	patients, values := len(sp.patients), len(sp.values)
	if patients < fewPatients {
		return
	}
	message := ""
	switch {
	case values == 1 && f.Severity == finding.Warning:
		f.Severity = finding.Info
		message = fmt.Sprintf("The value is the same for all %d patients: it reads as a dummy.", patients)
	case float64(values) >= mostPatients*float64(patients) && f.Severity == finding.Info && f.Message == messageFor(keywordIn(f.Path), dummy):
		f.Severity = finding.Warning
		message = fmt.Sprintf("The value varies by patient (%d values, %d patients): it is no dummy.", values, patients)
	}
	if message == "" || told[g.place] {
		return
	}
	told[g.place] = true
	report(int(g.files[0]), ruleConstant.New(f.Path, "", message, finding.Location{}))
}

// keywordIn returns the keyword at the end of a path.
func keywordIn(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == ' ' {
			return path[i+1:]
		}
	}
	return ""
}

func (s *Set) concludeRefs(report func(int, finding.Finding)) {
	for _, r := range s.refs {
		if slices.ContainsFunc(r.refs, func(h Hash) bool { return !s.instances[h] }) {
			report(int(r.file), ruleUIDRef.New("(0008,1155) ReferencedSOPInstanceUID", "",
				"The UID of the instance was replaced, but it refers to an original one that is not in the set.", finding.Location{}))
		}
	}
}

func (s *Set) concludeMethods(report func(int, finding.Finding)) {
	if len(s.methods) < 2 {
		return
	}
	files := make([]int32, 0, len(s.methods))
	for _, file := range s.methods {
		files = append(files, file)
	}
	slices.Sort(files)
	message := fmt.Sprintf("The files state %d different ways of de-identification.", len(files))
	for _, file := range files {
		report(int(file), ruleMixedMethod.New(pathMethod, "", message, finding.Location{}))
	}
}
