package audit

import (
	"fmt"
	"math"
	"slices"

	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
	"assay/internal/audit/series"
)

// Bounds of the rule on faces. A surface drawn from slices over 3 mm apart, or
// from fewer than 60, is too coarse to recognize somebody by.
const (
	faceThicknessMM = 3.0
	faceSlices      = 60
	maxFaceSeries   = 100_000
)

// faces collects, for each series of slices, what decides whether a face could
// be drawn from it. It holds at most 1 KiB a series.
type faces struct {
	series  map[Hash]*faceSeries
	order   []Hash
	dropped int // images of series beyond the bound
}

// faceSeries is one series of CT, MR or PET.
type faceSeries struct {
	file               int // the first one
	head, said         bool
	untreated, visible bool
	images             int     // frames of all instances
	places             []int32 // distinct places along the normal in 0.1 mm, sorted; at most faceSlices
	low, high          float64 // extent of the places in mm
	thicknessMM        float64 // the smallest stated
	widthMM, heightMM  float64 // field of view
	placed             bool
}

// add takes the facts of one file.
func (f *faces) add(file int, facts *Facts) {
	i := facts.Instance
	if i == nil || i.Series == (Hash{}) || i.Frames == 0 || !slices.Contains([]string{"CT", "MR", "PT"}, i.Modality) {
		return
	}
	s := f.series[i.Series]
	if s == nil {
		if len(f.series) >= maxFaceSeries {
			f.dropped++
			return
		}
		if f.series == nil {
			f.series = map[Hash]*faceSeries{}
		}
		s = &faceSeries{file: file, low: math.Inf(1), high: math.Inf(-1)}
		f.series[i.Series] = s
		f.order = append(f.order, i.Series)
	}
	s.images += i.Frames
	s.head = s.head || i.Face.Region == pixel.RegionHead
	s.said = s.said || i.Face.Region != pixel.RegionUnsaid
	s.untreated = s.untreated || !i.Face.Treated
	s.visible = s.visible || i.Face.Visible
	if t := i.SliceThicknessMM; t > 0 && (s.thicknessMM == 0 || t < s.thicknessMM) {
		s.thicknessMM = t
	}
	s.place(&i.Place, i.Rows, i.Columns)
}

// place keeps where a slice lies along the normal of its plane.
//
// Source: DICOM PS3.3 Section C.7.6.2.1.1.
func (s *faceSeries) place(p *series.Place, rows, columns int) {
	if p.SpacingMM[0] > 0 {
		s.heightMM, s.widthMM = float64(rows)*p.SpacingMM[0], float64(columns)*p.SpacingMM[1]
	}
	if !p.HasPosition || !p.HasOrientation {
		return
	}
	s.placed = true
	o := p.Orientation
	normal := [3]float64{o[1]*o[5] - o[2]*o[4], o[2]*o[3] - o[0]*o[5], o[0]*o[4] - o[1]*o[3]}
	at := 0.0
	for k := range normal {
		at += normal[k] * p.Position[k]
	}
	if math.Abs(at) > 1e6 || math.IsNaN(at) {
		return
	}
	s.low, s.high = min(s.low, at), max(s.high, at)
	key := int32(math.Round(at * 10))
	if i, found := slices.BinarySearch(s.places, key); !found && len(s.places) < faceSlices {
		s.places = slices.Insert(s.places, i, key)
	}
}

// slices returns how many different slices the series has, as far as it
// matters: images at one place, as of a time course, count once.
func (s *faceSeries) slices() int {
	if s.placed && len(s.places) > 1 {
		return len(s.places)
	}
	return s.images
}

// isFine reports whether the slices are thin and many enough for a face.
func (s *faceSeries) isFine() bool {
	n := s.slices()
	thickness := s.thicknessMM
	if thickness == 0 && n > 1 && s.high > s.low && n < faceSlices {
		thickness = (s.high - s.low) / float64(n-1)
	}
	return n >= faceSlices && thickness <= faceThicknessMM
}

// fitsHead reports whether the volume has the size of a head and little else,
// for a series of which nothing says what it shows.
func (s *faceSeries) fitsHead() bool {
	inPlane := func(mm float64) bool { return mm >= 180 && mm <= 300 }
	depth := s.high - s.low
	return inPlane(s.widthMM) && inPlane(s.heightMM) && depth >= 120 && depth <= 300
}

// message says why a face can be drawn from a series; empty if none can.
func (s *faceSeries) message() string {
	switch {
	case !s.untreated, !s.visible && !s.isFine():
	case s.visible:
		return "The images are marked as showing recognizable features."
	case s.head:
		return "A series of thin slices of the head; a face can be drawn from them."
	case !s.said && s.fitsHead():
		return "A series of thin slices in a field of view the size of a head, of which no attribute says what it shows."
	}
	return ""
}

// judgeFaces reports series from which a face could be drawn, and those that
// were not looked at.
func (a *run) judgeFaces() {
	a.faces.report(a.found, a.opts.Claims)
	if a.faces.dropped > 0 {
		a.unseen.add(NotChecked{
			What: facesWhat, Count: a.faces.dropped,
			Why: fmt.Sprintf("The set has more than %d series of slices; images of those beyond were not judged as a series.", maxFaceSeries),
		})
	}
}

// report adds a finding for each series from which a face could be drawn.
func (f *faces) report(found *collector, claims *Claims) {
	if pixel.HasFacesTreated(claims) {
		return
	}
	rule := pixel.RuleFace()
	for _, h := range f.order {
		s := f.series[h]
		message := s.message()
		if message == "" {
			continue
		}
		path := "(0018,0015) BodyPartExamined"
		if s.visible {
			path = "(0028,0302) RecognizableVisualFeatures"
		}
		found.add(s.file, rule.New(path, "", message, finding.Location{}))
	}
}
