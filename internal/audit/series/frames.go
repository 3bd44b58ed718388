package series

import (
	"hash/fnv"
	"slices"

	"assay/internal/audit/dicom"
)

// maxFrames bounds the frames of an instance that are compared.
const maxFrames = 1 << 15

// Sequences of the functional groups of multi-frame objects.
//
// Source: DICOM PS3.3 Section C.7.6.16.
const (
	sharedGroups   = 0x52009229
	perFrameGroups = 0x52009230
)

// frames collects the places of the frames of one instance.
type frames struct {
	list   []Place
	shared Place
	more   bool // frames beyond maxFrames
}

// element takes one element of a sequence.
func (f *frames) element(e *dicom.Element, text string) {
	var p *Place
	switch e.Parents[0].Tag {
	case sharedGroups:
		p = &f.shared
	case perFrameGroups:
		n := e.Parents[0].Item
		if n < 1 || n > maxFrames {
			f.more = true
			return
		}
		for len(f.list) < n {
			f.list = append(f.list, Place{})
		}
		p = &f.list[n-1]
	default:
		return
	}
	switch e.Tag {
	case 0x00200032:
		p.HasPosition = numbers(p.Position[:], text)
	case 0x00200037:
		p.HasOrientation = numbers(p.Orientation[:], text) && perpendicular(p.Orientation)
	case 0x00280030:
		if !numbers(p.SpacingMM[:], text) {
			p.SpacingMM = [2]float64{}
		}
	case 0x00089007, 0x00089208, 0x00209056: // FrameType, ComplexImageComponent, StackID
		p.Type = mix(p.Type, e)
	case 0x00209128, 0x00209156, 0x0020930D, 0x00209153, 0x00209241, 0x00189074, 0x00189151, 0x00181060,
		0x00189082, 0x00189079, 0x00189087, 0x00189089, 0x00181314, 0x00180060, 0x00181210:
		// Position and time of the frame, then echo, weighting, tube and kernel.
		p.Phase = mix(p.Phase, e)
	}
}

// mix adds an element to the hash of what tells frames apart. It stays inside
// the process, and so needs no key.
func mix(h Hash, e *dicom.Element) Hash {
	sum := fnv.New64a()
	sum.Write(h[:])
	sum.Write(e.Tag.AppendTo(nil))
	sum.Write(e.Value[:min(len(e.Value), 64)])
	return Hash(sum.Sum(nil))
}

func mixed(a, b Hash) Hash {
	for i := range a {
		a[i] ^= b[i]
	}
	return a
}

// FrameResult is what the frames of one instance tell. The indexes of its
// faults are frames from 0.
type FrameResult struct {
	Result
	Beyond bool // there were more frames than are compared
}

// Frames compares the frames of a multi-frame instance of which the Reader saw
// the functional groups.
func (r *Reader) Frames() FrameResult {
	if !Stacks(r.modality) || len(r.frames.list) < 2 {
		return FrameResult{}
	}
	list := slices.Clone(r.frames.list)
	for i := range list {
		p, s := &list[i], &r.frames.shared
		if !p.HasOrientation {
			p.Orientation, p.HasOrientation = s.Orientation, s.HasOrientation
		}
		if p.SpacingMM == ([2]float64{}) {
			p.SpacingMM = s.SpacingMM
		}
		p.Localizer = r.place.Localizer
		p.Phase = mixed(p.Type, p.Phase)
		// The number of a frame is its place in the object.
		p.Number, p.HasNumber = i+1, true
	}
	out := Check(r.modality, list)
	for i := range out.Faults {
		out.Faults[i].Path = pathsOfFrames[out.Faults[i].Path]
	}
	return FrameResult{Result: out, Beyond: r.frames.more}
}

// pathsOfFrames are the places of the attributes in functional groups.
var pathsOfFrames = map[string]string{
	pathOrientation: "(5200,9230)/(0020,9116)/(0020,0037) ImageOrientationPatient",
	pathPosition:    "(5200,9230)/(0020,9113)/(0020,0032) ImagePositionPatient",
	pathSpacing:     "(5200,9230)/(0028,9110)/(0028,0030) PixelSpacing",
	pathRows:        pathRows,
	pathFrame:       pathFrame,
	pathNumber:      "(5200,9230) PerFrameFunctionalGroupsSequence",
}
