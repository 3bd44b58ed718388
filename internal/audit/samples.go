package audit

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
	"assay/internal/audit/sniff"
)

// maxSampled bounds the files among which samples are chosen: 16 bytes each.
const maxSampled = 200_000

// Why files are not offered as samples.
const (
	leftFindings = "Something was found in the file that waits for an answer."
	leftText     = "The pictures hold letters, or what may be letters."
	leftUnread   = "Text was not looked for in each of their frames."
	leftFace     = "The pictures show a head, and nothing says that faces were made unrecognizable."
	leftKind     = "Captured screens, reports, overviews and other files that are no plain image."
	leftBlank    = "The pictures could not be drawn, or are of one gray."
	leftBeyond   = "The set has more files than samples are chosen among."
)

// samples collects, while files are inspected, among which frames samples are
// chosen. A nil one collects nothing.
type samples struct {
	tainted []uint8 // by file: 1 and the place in taints; 0 is none
	series  map[Hash]int32
	list    []sampleSeries
	files   []sampleFile
	left    map[string]int
}

// sampleSeries is a series, or an image that belongs to none.
type sampleSeries struct {
	key, patient    Hash
	modality, plane string
	head            bool // shows one whose face nobody treated
}

type sampleFile struct {
	file, series int32
	at           float64 // along the normal of a slice in mm, or the instance number
}

// taints are why a file that could be drawn is left out.
var taints = []string{leftFindings, leftText, leftUnread}

func (s *samples) spoil(file int, why string) {
	if s.tainted[file] == 0 {
		s.tainted[file] = uint8(1 + slices.Index(taints, why))
	}
}

func (s *samples) leave(why string, files int) {
	if s.left == nil {
		s.left = map[string]int{}
	}
	s.left[why] += files
}

// harmless are the beginnings of the rules whose findings say nothing about who
// may be seen: structure of files, and how they stand to each other. A rule
// that is not among them counts.
var harmless = []string{"iod-", "set-series-geometry", "set-duplicate-", "set-split-leakage", "set-manifest", "fmt-uid", "fmt-vr-vm-len", "fmt-trailing-bytes", "sidecar-columns", "pix-lossy"}

// taint is told of each finding of the audit.
func (s *samples) taint(file int, f *finding.Finding) {
	if file < 0 || f.Severity == finding.Info {
		return
	}
	if !slices.ContainsFunc(harmless, func(rule string) bool { return strings.HasPrefix(f.Rule, rule) }) {
		s.spoil(file, leftFindings)
	}
}

// read takes what the reader of text saw in the frames of a file.
func (s *samples) read(file int, one *image) {
	if s == nil {
		return
	}
	isNil := func(words []pixel.Word) bool { return words == nil }
	switch {
	case one.notRun != "" || len(one.words) < len(one.rasters) || slices.ContainsFunc(one.words, isNil):
		s.spoil(file, leftUnread)
	case one.facts.BurnedIn || slices.ContainsFunc(one.words, pixel.HasWords):
		s.spoil(file, leftText)
	}
}

// plainModalities are those whose images are pictures of a body part and, as a
// rule, of nothing else.
var plainModalities = []string{"CT", "MR", "PT", "NM", "CR", "DX", "MG", "US", "IVUS", "XA", "RF", "OP", "OPT", "IO", "PX", "SM"}

// plainRisks are reasons to look for text that keep no frame from being a
// sample in which none was found.
var plainRisks = []string{"ultrasound", "ultrasound without the regions of its image", "angiography or fluoroscopy", "ophthalmic photography", "image type DERIVED", "no manufacturer named"}

// add takes the facts of one file.
func (s *samples) add(file int, facts *Facts) {
	if s == nil || facts.Status != Read || !facts.Data {
		return
	}
	p, i := facts.Pixels, facts.Instance
	isImage := i == nil && sniff.Kind(facts.Kind).Image()
	switch {
	case i == nil && !isImage, i != nil && (i.Frames == 0 || !slices.Contains(plainModalities, i.Modality) || i.Place.Localizer):
		s.leave(leftKind, 1)
	case p == nil, p != nil && (p.Undecoded != "" || p.Skipped > 0):
		s.leave(leftUnread, 1)
	case slices.ContainsFunc(p.Risks, func(r string) bool { return !slices.Contains(plainRisks, r) }):
		s.leave(leftKind, 1)
	case p.Constant:
		s.leave(leftBlank, 1)
	case len(s.files) >= maxSampled:
		s.leave(leftBeyond, 1)
	case isImage:
		s.list = append(s.list, sampleSeries{})
		s.files = append(s.files, sampleFile{file: int32(file), series: int32(len(s.list) - 1)})
	default:
		at := s.seriesOf(i)
		one := &s.list[at]
		one.head = one.head || i.Face.Visible || i.Face.Region == pixel.RegionHead && !i.Face.Treated
		s.files = append(s.files, sampleFile{int32(file), at, placeOf(i)})
	}
}

// seriesOf returns the number of the series of an instance; one without any is
// a series of its own.
func (s *samples) seriesOf(i *Instance) int32 {
	at, ok := s.series[i.Series]
	if !ok || i.Series == (Hash{}) {
		at = int32(len(s.list))
		s.list = append(s.list, sampleSeries{key: i.Series, patient: i.Patient, modality: i.Modality, plane: planeOf(i)})
		if i.Series != (Hash{}) {
			s.series[i.Series] = at
		}
	}
	return at
}

// normalOf returns the normal of the plane of a slice.
//
// Source: DICOM PS3.3 Section C.7.6.2.1.1.
func normalOf(o [6]float64) [3]float64 {
	return [3]float64{o[1]*o[5] - o[2]*o[4], o[2]*o[3] - o[0]*o[5], o[0]*o[4] - o[1]*o[3]}
}

// placeOf returns where a slice lies in its series.
func placeOf(i *Instance) float64 {
	p := &i.Place
	if !p.HasPosition || !p.HasOrientation {
		return float64(p.Number)
	}
	n, at := normalOf(p.Orientation), 0.0
	for k := range n {
		at += n[k] * p.Position[k]
	}
	if math.IsNaN(at) {
		return 0
	}
	return at
}

// planeOf names the plane of a slice: "axial", "sagittal", "coronal" or
// "oblique"; empty if the file does not say.
func planeOf(i *Instance) string {
	if !i.Place.HasOrientation {
		return ""
	}
	n := normalOf(i.Place.Orientation)
	for k, name := range [3]string{"sagittal", "coronal", "axial"} {
		if math.Abs(n[k]) > 0.9 { // within about 25 degrees
			return name
		}
	}
	return "oblique"
}

// chosen returns the files to draw in the order in which to try them: of each
// series the middle one, patients taking turns and spread over the set; then
// those at a quarter and at three quarters of each series.
func (s *samples) chosen(isFace func(*sampleSeries) bool, want int) []sampleFile {
	bySeries := make([][]sampleFile, len(s.list))
	for _, f := range s.files {
		switch {
		case isFace(&s.list[f.series]):
			s.leave(leftFace, 1)
		case s.tainted[f.file] > 0:
			s.leave(taints[s.tainted[f.file]-1], 1)
		default:
			bySeries[f.series] = append(bySeries[f.series], f)
		}
	}
	order := s.turns(bySeries, want)
	var out []sampleFile
	for _, quarter := range []int{2, 1, 3} {
		for _, n := range order {
			list := bySeries[n]
			if quarter == 2 {
				slices.SortFunc(list, func(a, b sampleFile) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.file, b.file)) })
			} else if len(list) < 4 {
				continue
			}
			out = append(out, list[len(list)*quarter/4])
		}
	}
	return out
}

// turns returns the series that have files: one of each patient, then the
// next of each; within a turn first so many as are wanted, evenly apart.
func (s *samples) turns(bySeries [][]sampleFile, want int) []int {
	seen := map[Hash]int{}
	var rounds [][]int
	for n, list := range bySeries {
		if len(list) == 0 {
			continue
		}
		turn, patient := 0, s.list[n].patient
		if patient != (Hash{}) {
			turn = seen[patient]
			seen[patient]++
		}
		for len(rounds) <= turn {
			rounds = append(rounds, nil)
		}
		rounds[turn] = append(rounds[turn], n)
	}
	var out []int
	for _, round := range rounds {
		first := map[int]bool{}
		for k := range min(want, len(round)) {
			at := k * len(round) / min(want, len(round))
			first[at] = true
			out = append(out, round[at])
		}
		for at, n := range round {
			if !first[at] {
				out = append(out, n)
			}
		}
	}
	return out
}

// hasFace reports whether a series may show a face that nobody made
// unrecognizable.
func (a *run) hasFace(one *sampleSeries) bool {
	if pixel.HasFacesTreated(a.opts.Claims) {
		return false
	}
	f := a.faces.series[one.key]
	return one.head || f != nil && f.message() != ""
}
