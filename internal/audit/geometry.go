package audit

import (
	"slices"

	"assay/internal/audit/finding"
	"assay/internal/audit/series"
)

// maxNumbered is how many findings on geometry name their numbers; those of
// further series are joined by what they say.
const maxNumbered = 500

// frames compares the frames of a multi-frame instance with each other.
func (i *inspection) frames(r *headerReader) {
	seen := r.place.Frames()
	for _, fault := range seen.Faults {
		f := geometryFinding(fault, fault.Message)
		f.Locations = nil
		for n, frame := range fault.At {
			if n == firstLocations {
				break
			}
			f.Locations = append(f.Locations, finding.Location{Frame: frame + 1})
		}
		i.add(f)
	}
	if seen.Beyond {
		i.notChecked("geometry of frames", "There are more frames than are compared.")
	}
	i.facts.Instance.Place.FrameStepMM = seen.StepMM
}

func geometryFinding(fault series.Fault, message string) finding.Finding {
	f := ruleSeriesGeometry.New(fault.Path, "", message, finding.Location{})
	if fault.Info {
		f.Severity = finding.Info
	}
	return f
}

// geometry compares the instances of one series, and counts it.
func (s *set) geometry(g []member, found *collector) {
	g = withoutCopies(g)
	s.sizes.put(sizeBin(len(g)))
	places := make([]series.Place, len(g))
	step := 0.0
	for i := range g {
		places[i] = g[i].place
		if step == 0 {
			step = g[i].place.FrameStepMM
		}
	}
	r := series.Check(s.modalityName(g[0].modality), places)
	if slices.ContainsFunc(places, func(p series.Place) bool { return p.InSpace() }) && len(g) > 1 {
		s.compared.Series(filesOf(g), r.Faults)
	}
	if r.StepMM > 0 {
		step = r.StepMM
	}
	if step > 0 {
		s.spacing.put(stepBin(step))
	}
	for _, fault := range r.Faults {
		message := fault.Message
		if s.numbered++; s.numbered > maxNumbered {
			message = fault.Plain
		}
		f := geometryFinding(fault, message)
		found.add(int(g[fault.At[0]].file), f)
		for _, i := range fault.At[1:] {
			found.place(int(g[i].file), f)
		}
	}
}

// filesOf returns the files of members.
func filesOf(g []member) []int32 {
	files := make([]int32, len(g))
	for i := range g {
		files[i] = g[i].file
	}
	return files
}

// withoutCopies leaves out files that are byte for byte another one of the
// series, which set-duplicate-uid tells.
func withoutCopies(g []member) []member {
	seen := make(map[[16]byte]bool, len(g))
	return slices.DeleteFunc(g, func(m member) bool {
		if seen[m.content] {
			return true
		}
		seen[m.content] = true
		return false
	})
}
