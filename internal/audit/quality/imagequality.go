package quality

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// Rules of image quality.
var (
	ruleBitsUsed = score.Rule{
		Code: "Q-401", Level: score.Warning, Title: "Image that uses few of its bits", Of: "images of 10 to 16 bits",
		Cap: 2, Full: 0.1,
		Pixels: true,
		Fix:    "Check whether the image was made from a picture of 8 bits, and deliver the original.",
		Source: "log2(max-min+1) of at most 8, beside BitsStored of 10 or more",
	}
	ruleConstant = score.Rule{
		Code: "Q-402", Level: score.Warning, Title: "Image of one value", Of: "images whose pixels were read",
		Cap: 3, Full: 0.1,
		Pixels: true,
		Fix:    "Take empty images out, or export them anew.",
		Source: "the smallest and largest sample",
	}
	ruleClipped = score.Rule{
		Code: "Q-403", Level: score.Warning, Title: "Image that is clipped", Of: "images whose pixels were read",
		Cap: 2, Full: 0.1,
		Pixels: true,
		Fix:    "Export the image with the full range of its values instead of a window.",
		Source: "more than 5 % of the samples at the smallest or the largest value, if that is neither padding nor what surrounds the object",
	}
	rulePhotometric = score.Rule{
		Code: "Q-404", Level: score.Warning, Title: "Image whose grays run the other way", Of: "monochrome images",
		Cap: 2, Full: 0.1,
		Fix:    "Invert MONOCHROME1 images when they are read, and say so in the documentation: in one set, white is bone here and air there.",
		Source: "DICOM PS3.3 Section C.7.6.3.1.2",
	}
	ruleSpacingSpread = score.Rule{
		Code: "Q-405", Level: score.Warning, Title: "Image with a pixel spacing far from most", Of: "images with a pixel spacing",
		Cap: 1.5, Full: 0.1,
		Fix:    "Resample the images to one spacing, or check that the header is right.",
		Source: "less than half or more than twice the median of the modality",
	}
	ruleThicknessSpread = score.Rule{
		Code: "Q-406", Level: score.Warning, Title: "Image with a slice thickness far from most", Of: "images with a slice thickness",
		Cap: 1, Full: 0.1,
		Fix:    "Group the images by slice thickness, or resample them.",
		Source: "less than half or more than twice the median of the modality",
	}
	ruleLossyImage = score.Rule{
		Code: "Q-407", Level: score.Warning, Title: "Image compressed with loss", Of: "images",
		Cap: 1, Full: 0.5,
		Fix:    "Deliver the original, or say how the images were compressed.",
		Source: "DICOM PS3.3 Section C.7.6.1.1.5; JPEG pictures",
	}
	ruleNotFinite = score.Rule{
		Code: "Q-408", Level: score.Error, Title: "Image with samples that are no number", Of: "volumes whose voxels were read",
		Cap: 4, Full: 0.05,
		Pixels: true,
		Fix:    "Replace NaN and infinite values by what they stand for, most often background.",
		Source: "IEEE 754",
	}
)

var imageRules = []score.Rule{
	ruleBitsUsed, ruleConstant, ruleClipped, rulePhotometric, ruleSpacingSpread, ruleThicknessSpread, ruleLossyImage, ruleNotFinite,
}

// Thresholds of image quality.
const (
	fewBits     = 8    // an image of more than that and few used was made from 8
	manyBits    = 10   // BitsStored from which that is asked
	clippedOver = 0.05 // share of samples
	farFactor   = 2    // of the median
)

// imageQuality holds the images of a set against the rules of this file, and
// returns their histograms.
func imageQuality(set *annotation.Set) ImageFigures {
	q := imageLook{set: set}
	spacing, thickness := q.medians(spacingOf), q.medians(thicknessOf)
	other := q.otherGrays()
	for i := range set.Items {
		it := &set.Items[i]
		if it.Quality == nil {
			continue
		}
		q.header(it, other)
		q.spread(it, ruleSpacingSpread, spacing, spacingOf)
		q.spread(it, ruleThicknessSpread, thickness, thicknessOf)
		if it.Quality.Looked {
			q.pixels(it)
		}
	}
	return q.figures()
}

// imageLook is a look at the images of a set.
type imageLook struct {
	set *annotation.Set
}

// hold counts one image against a rule.
func (q *imageLook) hold(r score.Rule, it *annotation.Item, broken bool, pointer string) {
	q.set.Book.Check(r, 1)
	if broken {
		q.set.Book.Find(r, score.Example{File: it.File, Pointer: pointer})
	}
}

// header judges what is known without the pixels.
func (q *imageLook) header(it *annotation.Item, other string) {
	q.hold(ruleLossyImage, it, it.Quality.Lossy, "")
	if p := it.Quality.Photometric; p == "MONOCHROME1" || p == "MONOCHROME2" {
		q.hold(rulePhotometric, it, p == other, "(0028,0004)")
	}
}

// otherGrays is the photometric interpretation that fewer monochrome images
// have, "" if all have one.
func (q *imageLook) otherGrays() string {
	counts := map[string]int{}
	for i := range q.set.Items {
		if s := q.set.Items[i].Quality; s != nil {
			counts[s.Photometric]++
		}
	}
	one, two := counts["MONOCHROME1"], counts["MONOCHROME2"]
	switch {
	case one == 0 || two == 0:
		return ""
	case one <= two:
		return "MONOCHROME1"
	}
	return "MONOCHROME2"
}

// pixels judges what was measured.
func (q *imageLook) pixels(it *annotation.Item) {
	s := it.Quality
	q.hold(ruleConstant, it, s.Constant, "")
	if s.Photometric == "" && s.BitsStored > 8 { // volumes
		q.hold(ruleNotFinite, it, s.NotFinite > 0, "")
	}
	if s.Constant {
		return
	}
	q.hold(ruleClipped, it, max(s.ClippedLow, s.ClippedHigh) > clippedOver, "")
	if s.BitsStored >= manyBits && s.BitsStored <= 16 && s.BitsUsed > 0 {
		q.hold(ruleBitsUsed, it, s.BitsUsed <= fewBits, "")
	}
}

func spacingOf(it *annotation.Item) float64 { return float64(it.Quality.ColMM) }

func thicknessOf(it *annotation.Item) float64 { return float64(it.Quality.ThicknessMM) }

func modalityOf(it *annotation.Item) string {
	if it.Instance == nil {
		return ""
	}
	return it.Instance.Modality
}

// medians returns the median of a figure by modality; images without it, at 0,
// are left out.
func (q *imageLook) medians(figure func(*annotation.Item) float64) map[string]float64 {
	all := map[string][]float64{}
	for i := range q.set.Items {
		it := &q.set.Items[i]
		if it.Quality != nil && figure(it) > 0 {
			all[modalityOf(it)] = append(all[modalityOf(it)], figure(it))
		}
	}
	out := map[string]float64{}
	for modality, list := range all {
		slices.Sort(list)
		out[modality] = list[(len(list)-1)/2]
	}
	return out
}

func (q *imageLook) spread(it *annotation.Item, r score.Rule, medians map[string]float64, figure func(*annotation.Item) float64) {
	v, m := figure(it), medians[modalityOf(it)]
	if v > 0 {
		q.hold(r, it, v > farFactor*m || v < m/farFactor, "")
	}
}

// figures are the histograms.
func (q *imageLook) figures() ImageFigures {
	var f ImageFigures
	var width, height, spacing, thickness, bits []float64
	add := func(list *[]float64, v float64) {
		if v > 0 {
			*list = append(*list, v)
		}
	}
	for i := range q.set.Items {
		it := &q.set.Items[i]
		add(&width, float64(it.Width))
		add(&height, float64(it.Height))
		s := it.Quality
		if s == nil {
			continue
		}
		add(&spacing, float64(s.ColMM))
		add(&thickness, float64(s.ThicknessMM))
		if s.Looked {
			f.Looked++
			add(&bits, math.Ceil(float64(s.BitsUsed)))
		}
	}
	f.Width, f.Height = histogram(width), histogram(height)
	f.SpacingMM, f.ThicknessMM, f.BitsUsed = histogram(spacing), histogram(thickness), histogram(bits)
	return f
}

// maxBins is how many bins a histogram has at most.
const maxBins = 12

// histogram counts values: one bin for each if they are few, otherwise bins of
// equal width.
func histogram(values []float64) []Bin {
	counts := map[float64]int{}
	for _, v := range values {
		if len(counts) <= maxBins {
			counts[roundTo3(v)]++
		}
	}
	bins := []Bin{}
	if len(counts) <= maxBins {
		for _, v := range slices.Sorted(maps.Keys(counts)) {
			bins = append(bins, Bin{Label: shortNumber(v), Count: counts[v]})
		}
		return bins
	}
	low, high := slices.Min(values), slices.Max(values)
	step := (high - low) / maxBins
	for i := range maxBins {
		bins = append(bins, Bin{Label: fmt.Sprintf("%s to %s", shortNumber(low+step*float64(i)), shortNumber(low+step*float64(i+1)))})
	}
	for _, v := range values {
		bins[min(int((v-low)/step), maxBins-1)].Count++
	}
	return bins
}

// roundTo3 keeps three significant digits of what is below 100.
func roundTo3(v float64) float64 {
	if v >= 100 || v <= 0 {
		return math.Round(v)
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	return math.Round(v/unit) * unit
}

// shortNumber writes a number with three significant digits, whole from 100 on.
func shortNumber(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
