package annotation

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"

	"assay/internal/audit/score"
)

// Rules of masks: pictures or volumes whose values are classes.
var (
	ruleMaskPart = score.Rule{
		Code: "F-410", Level: score.Error, Title: "Mask with voxels that are no whole number", Of: "masks of volumes",
		Cap: 5, Full: 0.05,
		Pixels: true,
		Fix:    "Write the mask anew as whole numbers; it was most likely resampled with interpolation. Resample masks by nearest neighbor.",
		Source: "nnU-Net, documentation/dataset_format.md: segmentations are integer maps",
	}
	ruleMaskNaN = score.Rule{
		Code: "F-411", Level: score.Error, Title: "Mask with voxels that are no number", Of: "masks of volumes",
		Cap: 5, Full: 0.05,
		Pixels: true,
		Fix:    "Write the mask anew as whole numbers, without NaN.",
		Source: "nnU-Net, nnunetv2/experiment_planning/verify_dataset_integrity.py",
	}
	ruleMaskValue = score.Rule{
		Code: "F-412", Level: score.Error, Title: "Mask value that is not declared", Of: "values in masks",
		Cap: 6, Full: 0.05, Hard: 0.01,
		Pixels: true,
		Fix:    "Declare the value with its class, or correct the mask.",
		Source: "the values of the masks beside the declared classes",
	}
	ruleMaskSize = score.Rule{
		Code: "F-413", Level: score.Error, Title: "Mask of another size than its image", Of: "masks with an image",
		Cap: 8, Full: 0.05, Hard: 0.01,
		Fix:    "Make the mask on the grid of its image: the first three axes must have equal sizes.",
		Source: "nnU-Net, documentation/dataset_format.md: segmentations share the geometry of their images",
	}
	ruleMaskSpace = score.Rule{
		Code: "F-414", Level: score.Error, Title: "Mask in another place than its image", Of: "masks of volumes with an image",
		Cap: 8, Full: 0.05, Hard: 0.01,
		Fix:    "Copy origin, spacing and direction from the image into the mask, if the voxels match; otherwise resample the mask by nearest neighbor.",
		Source: "nnU-Net, documentation/dataset_format.md: segmentations share the geometry of their images; tolerance 0.001 mm",
	}
	ruleChannelSpace = score.Rule{
		Code: "F-415", Level: score.Error, Title: "Volumes of one case with different geometry", Of: "volumes of cases with several",
		Cap: 6, Full: 0.05,
		Fix:    "Resample the volumes of a case to one grid.",
		Source: "nnU-Net, documentation/dataset_format.md: input channels must have the same geometry; tolerance 0.001 mm",
	}
	ruleMaskColor = score.Rule{
		Code: "F-421", Level: score.Error, Title: "Mask in color without a color map", Of: "masks that are pictures",
		Cap: 5, Full: 0.05,
		Fix:    "Write the mask as gray or indexed PNG whose values are the classes.",
		Source: "PNG (Third Edition), section 11.2.1, color types",
	}
	ruleMaskEdges = score.Rule{
		Code: "F-422", Level: score.Warning, Title: "Mask with blurred edges", Of: "masks that are pictures",
		Cap: 2, Full: 0.1,
		Pixels: true,
		Fix:    "Write the mask without anti-aliasing and without lossy compression: every value is one class.",
		Source: "more than 8 values outside the map, or more than 16 without a map, in less than a fifth of the pixels",
	}
	ruleMaskAlone = score.Rule{
		Code: "F-438", Level: score.Error, Title: "Mask without an image", Of: "masks",
		Cap: 5, Full: 0.05,
		Fix:    "Add the image, or take the mask out.",
		Source: "the names of masks beside those of images",
	}
	ruleMaskEmpty = score.Rule{
		Code: "C-403", Level: score.Warning, Title: "Mask of background only", Of: "masks",
		Cap: 2, Full: 0.1,
		Pixels: true,
		Fix:    "Check that the image shows nothing to be labeled, and say so in the documentation; otherwise add the labels.",
		Source: "the values of the masks",
	}
	ruleMaskMissing = score.Rule{
		Code: "C-401", Level: score.Error, Title: "Image without a mask", Of: "images of sets with masks",
		Cap: 6, Full: 0.05,
		Fix:    "Add the mask, one of zeros if there is nothing to be labeled, or take the image out.",
		Source: "the names of masks beside those of images",
	}
	ruleLabelAbsent = score.Rule{
		Code: "C-402", Level: score.Warning, Title: "Declared label that a case does not have", Of: "labels of cases",
		Cap: 2, Full: 0.5,
		Pixels: true,
		Fix:    "Check that the case lacks the structure. Masks that are not empty hide this: look label by label.",
		Source: "the values of each mask beside the declared labels",
	}
)

var maskRules = []score.Rule{
	ruleMaskPart, ruleMaskNaN, ruleMaskValue, ruleMaskSize, ruleMaskSpace, ruleChannelSpace, ruleMaskColor,
	ruleMaskEdges, ruleMaskAlone, ruleMaskEmpty, ruleMaskMissing, ruleLabelAbsent,
}

// Bounds of anti-aliasing.
const (
	edgeValues  = 8  // undeclared values that a blurred mask has more than
	edgeUnnamed = 16 // values that one without a map has more than
	edgeShare   = 0.2
)

// maskNames say what the values of masks mean. Nil names: nobody says it.
type maskNames struct {
	names   map[int64]string
	absence bool // each case should have each label
}

// knows reports whether a value is declared; the background always is.
func (n maskNames) knows(v int64) bool {
	if n.names == nil || v == 0 {
		return true
	}
	_, ok := n.names[v]
	return ok
}

// mask labels an item by a mask, whose image is the member reference, -1 if it
// is not there.
func (j *joiner) mask(mask int, item int32, reference int, names maskNames) {
	m := &j.members[mask]
	j.roles[mask] = maskRole
	if f := m.Facts; f == nil || f.Picture == nil && f.Volume == nil {
		return
	}
	if reference >= 0 {
		j.sameGrid(mask, reference)
	}
	if m.Facts.Volume != nil {
		j.maskVolume(mask, item, names)
	} else {
		j.maskPicture(mask, item, names)
	}
	if item >= 0 {
		j.set.Items[item].Labeled = true
	}
}

// grid is the size of a picture or volume: the first three axes.
func grid(m *Member) (size [3]int64, ok bool) {
	size = [3]int64{1, 1, 1}
	switch {
	case m.Instance != nil:
		return [3]int64{int64(m.Instance.Columns), int64(m.Instance.Rows), max(int64(m.Instance.Frames), 1)}, m.Instance.Rows > 0
	case m.Facts == nil:
		return size, false
	case m.Facts.Picture != nil:
		return [3]int64{int64(m.Facts.Picture.Width), int64(m.Facts.Picture.Height), 1}, true
	case m.Facts.Volume != nil && len(m.Facts.Volume.Dims) > 0:
		copy(size[:], m.Facts.Volume.Dims)
		return size, true
	}
	return size, false
}

// sameGrid holds a mask against its image.
func (j *joiner) sameGrid(mask, image int) {
	a, ok := grid(&j.members[mask])
	b, known := grid(&j.members[image])
	if !ok || !known {
		return
	}
	j.check(ruleMaskSize, 1)
	if a != b {
		j.find(ruleMaskSize, mask, "size", "", "")
		return
	}
	x, y := j.volumeOf(mask), j.volumeOf(image)
	if x == nil || y == nil {
		return
	}
	j.check(ruleMaskSpace, 1)
	if note := elsewhere(x, y); note != "" {
		j.find(ruleMaskSpace, mask, note, "", "")
	}
}

func (j *joiner) volumeOf(member int) *Volume {
	if f := j.members[member].Facts; f != nil {
		return f.Volume
	}
	return nil
}

// elsewhere tells in which field two volumes of one size differ in space, ""
// if they do not.
func elsewhere(a, b *Volume) string {
	for i := range 3 {
		if x, y := a.SpacingMM[i], b.SpacingMM[i]; math.Abs(x-y) > formTolerance+1e-5*math.Abs(y) {
			return "spacing"
		}
	}
	if a.HasAffine && b.HasAffine && far(a.Affine, b.Affine, a.Dims) {
		return "affine"
	}
	return ""
}

// maskVolume takes the labels of a volume.
func (j *joiner) maskVolume(mask int, item int32, names maskNames) {
	v := j.members[mask].Facts.Volume
	if !v.Read {
		return
	}
	j.check(ruleMaskPart, 1)
	if !v.Integer {
		j.find(ruleMaskPart, mask, voxel(v.PartAt), "", "")
	}
	j.check(ruleMaskNaN, 1)
	if v.NaN > 0 {
		j.find(ruleMaskNaN, mask, voxel(v.NaNAt), "", "")
	}
	ml := v.SpacingMM[0] * v.SpacingMM[1] * v.SpacingMM[2] / 1000
	for i, x := range v.Values {
		if x.Value == 0 {
			continue
		}
		j.check(ruleMaskValue, 1)
		class := int32(-1)
		if names.knows(x.Value) {
			class = j.class(names.name(x.Value, len(v.Values)), names.names != nil, false)
			c := &j.set.Classes[class]
			c.Voxels += x.Count
			c.ML += float64(x.Count) * ml
			c.Parts += countOf(v.Parts, x.Value)
		} else {
			j.find(ruleMaskValue, mask, voxel(place(v.Firsts[i], v.Dims)), "", "")
		}
		j.maskLabel(mask, item, class, shapeOf(v.Runs, x.Value))
	}
	j.seenNothing(mask, item, v.Values)
	j.absence(mask, v.Values, names)
}

// maskLabel says that a class is in an item, and where if that is known.
func (j *joiner) maskLabel(mask int, item, class int32, where *Shape) {
	l := SetLabel{
		Item: item, Class: class, Reader: j.maskReaders[mask], Unit: -1, Shape: -1, File: j.members[mask].Index,
		Kind: Mask, State: Positive, Value: float32(math.NaN()),
	}
	if l.Reader >= 0 {
		l.Origin = Human
	}
	if where != nil && l.Reader >= 0 {
		l.Shape = int32(len(j.set.Shapes))
		j.set.Shapes = append(j.set.Shapes, *where)
	}
	j.label(l)
}

// seenNothing notes that a reader looked at an item and drew nothing.
func (j *joiner) seenNothing(mask int, item int32, values []Value) {
	if j.maskReaders[mask] < 0 || len(values) != 1 || values[0].Value != 0 {
		return
	}
	if item >= 0 {
		j.set.Blanks = append(j.set.Blanks, Blank{Image: item, Reader: j.maskReaders[mask]})
	}
}

// absence finds masks of background only, and labels that are not there.
func (j *joiner) absence(mask int, values []Value, names maskNames) {
	if len(values) == 0 {
		return
	}
	j.check(ruleMaskEmpty, 1)
	if len(values) == 1 && values[0].Value == 0 {
		j.find(ruleMaskEmpty, mask, "", "", "")
		return
	}
	if !names.absence {
		return
	}
	for _, n := range sortedValues(names.names) {
		if n == 0 || names.names[n] == "ignore" {
			continue
		}
		j.check(ruleLabelAbsent, 1)
		if countOf(values, n) == 0 {
			j.find(ruleLabelAbsent, mask, "label "+strconv.FormatInt(n, 10), "", "")
		}
	}
}

// name is the class of a value. Without a map, the one value of a mask is the
// foreground.
func (n maskNames) name(v int64, values int) string {
	if name, ok := n.names[v]; ok {
		return name
	}
	if values <= 2 {
		return "foreground"
	}
	return "value " + strconv.FormatInt(v, 10)
}

func sortedValues(m map[int64]string) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func countOf(list []Value, v int64) int64 {
	i, ok := slices.BinarySearchFunc(list, v, func(x Value, v int64) int { return int(x.Value - v) })
	if !ok {
		return 0
	}
	return list[i].Count
}

// voxel writes a place as a pointer.
func voxel(at [3]int64) string { return fmt.Sprintf("voxel %d,%d,%d", at[0], at[1], at[2]) }

// place turns the index of a voxel into x, y, z.
func place(index int64, dims []int64) [3]int64 {
	w, h, d := dims[0], dimOf(dims, 1), dimOf(dims, 2)
	return [3]int64{index % w, index / w % h, index / w / h % d}
}

// maskPicture takes the labels of a picture.
func (j *joiner) maskPicture(mask int, item int32, names maskNames) {
	p := j.members[mask].Facts.Picture
	j.check(ruleMaskColor, 1)
	values := p.Values
	if p.Depth >= 3 {
		j.find(ruleMaskColor, mask, "", "", "")
		values = grays(values)
		if slices.ContainsFunc(values, func(v Value) bool { return !names.knows(v.Value) }) {
			values = nil // grays that once were indices
		}
	}
	if values == nil {
		return
	}
	j.check(ruleMaskEdges, 1)
	if blurred(values, p, names) {
		j.find(ruleMaskEdges, mask, "", "", "")
		values = slices.DeleteFunc(slices.Clone(values), func(v Value) bool { return !names.knows(v.Value) })
		if names.names == nil {
			values = extremes(values)
		}
	}
	for _, v := range values {
		if v.Value == 0 {
			continue
		}
		j.check(ruleMaskValue, 1)
		class := int32(-1)
		if names.knows(v.Value) {
			class = j.class(names.name(v.Value, len(values)), names.names != nil, false)
		} else {
			j.find(ruleMaskValue, mask, "value "+strconv.FormatInt(v.Value, 10), "", "")
		}
		j.maskLabel(mask, item, class, shapeOf(p.Runs, v.Value))
	}
	j.seenNothing(mask, item, values)
	j.absence(mask, values, names)
}

// grays returns the values of a color picture that shows gray alone, nil if it
// shows color.
func grays(values []Value) []Value {
	var out []Value
	for _, v := range values {
		if v.Value%0x010101 != 0 {
			return nil
		}
		out = append(out, Value{v.Value / 0x010101, v.Count})
	}
	return out
}

// blurred reports whether a mask has many values in few pixels.
func blurred(values []Value, p *Picture, names maskNames) bool {
	strange, pixels, total := 0, int64(0), int64(p.Width)*int64(p.Height)
	for _, v := range values {
		if names.names == nil && v.Value != 0 && v.Value != values[len(values)-1].Value || !names.knows(v.Value) {
			strange++
			pixels += v.Count
		}
	}
	most := edgeValues
	if names.names == nil {
		most = edgeUnnamed
	}
	return strange > most && float64(pixels) < edgeShare*float64(total)
}

// extremes are the first and the last of values.
func extremes(values []Value) []Value {
	return slices.Compact([]Value{values[0], values[len(values)-1]})
}

// caseOf joins the volumes of one case to one item: the first is its image,
// the others are parts of it. It returns the item and the member that masks
// are held against.
func (j *joiner) caseOf(members []int) (int32, int) {
	item := j.item(members[0])
	for _, m := range members[1:] {
		j.roles[m], j.items[m] = ignoredRole, item
	}
	it := &j.set.Items[item]
	if len(members) > 1 {
		for _, m := range members {
			it.Files = append(it.Files, j.members[m].Index)
		}
	}
	return item, j.sameCase(members)
}

// maxVotes bounds the volumes of a case that are asked what most have.
const maxVotes = 64

// sameCase finds the volumes of a case whose geometry differs from that of
// most, and returns one of the most.
func (j *joiner) sameCase(members []int) int {
	votes := make([]int, min(len(members), maxVotes))
	for i := range votes {
		for k := range votes {
			if j.alike(members[i], members[k]) {
				votes[i]++
			}
		}
	}
	best := slices.Index(votes, slices.Max(votes))
	if len(members) > 1 {
		for _, m := range members {
			j.check(ruleChannelSpace, 1)
			if !j.alike(m, members[best]) {
				j.find(ruleChannelSpace, m, j.differs(m, members[best]), "", "")
			}
		}
	}
	return members[best]
}

func (j *joiner) alike(a, b int) bool { return a == b || j.differs(a, b) == "" }

// differs tells in which field two images of a case differ, "" if in none.
func (j *joiner) differs(a, b int) string {
	x, ok := grid(&j.members[a])
	y, known := grid(&j.members[b])
	if !ok || !known {
		return ""
	}
	if x != y {
		return "size"
	}
	if v, w := j.volumeOf(a), j.volumeOf(b); v != nil && w != nil {
		return elsewhere(v, w)
	}
	return ""
}

// isAppleDouble reports whether a name is of the kind that macOS leaves beside
// files.
func isAppleDouble(p string) bool {
	base := path.Base(p)
	return len(base) > 2 && base[:2] == "._"
}
