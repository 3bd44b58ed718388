package annotation

import (
	"strings"

	"assay/internal/audit/score"
	"assay/internal/audit/series"
)

// Rules of DICOM images.
var (
	ruleSameUID = score.Rule{
		Code: "F-560", Level: score.Error, Title: "SOPInstanceUID of an image with other pixels", Of: "instances",
		Says: "share their SOPInstanceUID with other pixels",
		Cap:  6, Full: 0.05, AnyHard: true,
		Fix:    "Give each image a SOPInstanceUID of its own, and let the labels name the one they were drawn on.",
		Source: "DICOM PS3.3 Section C.12.1, PS3.5 Section 9",
	}
	ruleUIDTwice = score.Rule{
		Code: "F-561", Level: score.Error, Title: "SOPInstanceUID of two instances that differ besides their pixels", Of: "instances",
		Says: "share their SOPInstanceUID with another header",
		Cap:  4, Full: 0.05,
		Fix:    "Keep one of the files, or give the other a SOPInstanceUID of its own.",
		Source: "DICOM PS3.3 Section C.12.1, PS3.5 Section 9",
	}
	ruleCopies = score.Rule{
		Code: "F-562", Level: score.Warning, Title: "The same instance twice", Of: "instances",
		Says: "are in the set more than once, byte for byte",
		Cap:  2, Full: 0.1,
		Fix:    "Take the copies out.",
		Source: "the bytes of the files",
	}
	rulePixelLength = score.Rule{
		Code: "F-563", Level: score.Error, Title: "Length of the pixel data does not fit the header", Of: "DICOM images",
		Cap: 6, Full: 0.05,
		Fix:    "Correct Rows, Columns, NumberOfFrames and the bits, or export the pixel data again.",
		Source: "DICOM PS3.5 Section 8",
	}
	ruleFrameItems = score.Rule{
		Code: "F-564", Level: score.Error, Title: "NumberOfFrames of an image is not the number of frame items", Of: "multi-frame images",
		Cap: 5, Full: 0.05,
		Fix:    "Write NumberOfFrames, as many as PerFrameFunctionalGroupsSequence has items.",
		Source: "DICOM PS3.3 Sections C.7.6.6 and C.7.6.16",
	}
	ruleMissingSlices = score.Rule{
		Code: "F-565", Level: score.Error, Title: "Slices are missing in a series", Of: "series of slices",
		Says: "lack slices",
		Cap:  5, Full: 0.05,
		Fix:    "Export the series again, or take it out: volumes made of it are bent.",
		Source: "ImagePositionPatient of the slices along their normal",
	}
	ruleMixedSlices = score.Rule{
		Code: "F-566", Level: score.Error, Title: "Slices of a series do not fit together", Of: "series of slices",
		Says: "mix orientations, spacings, matrices or frames of reference",
		Cap:  5, Full: 0.05,
		Fix:    "Divide the series, so that each is one volume.",
		Source: "ImageOrientationPatient, PixelSpacing, Rows, Columns and FrameOfReferenceUID of the slices",
	}
	ruleUnevenSlices = score.Rule{
		Code: "F-567", Level: score.Warning, Title: "Slices of a series are uneven or misnumbered", Of: "series of slices",
		Cap: 2, Full: 0.1,
		Fix:    "Check the positions and InstanceNumbers of the slices named.",
		Source: "ImagePositionPatient and InstanceNumber of the slices",
	}
)

var instanceRules = []score.Rule{
	ruleSameUID, ruleUIDTwice, ruleCopies, rulePixelLength, ruleFrameItems, ruleMissingSlices, ruleMixedSlices, ruleUnevenSlices,
}

// Compared counts what the audit finds by holding the instances of a set
// against each other, so that Join need not do it again. Nil counts nothing.
type Compared struct{ book score.Book }

// SameUID takes the files that share a SOPInstanceUID. pixels says that their
// pixels differ, content that their bytes do.
func (c *Compared) SameUID(files []int32, pixels, content bool) {
	if c == nil {
		return
	}
	rule := ruleCopies
	switch {
	case pixels:
		rule = ruleSameUID
	case content:
		rule = ruleUIDTwice
	}
	for _, f := range files {
		c.book.Find(rule, score.Example{File: f, Pointer: "(0008,0018)"})
	}
}

// Series takes the faults of one series of slices whose places were compared,
// each at the first of its files: faults speak of them by index.
func (c *Compared) Series(files []int32, faults []series.Fault) {
	if c == nil {
		return
	}
	found := map[string]bool{}
	for _, f := range faults {
		if f.Info {
			continue
		}
		rule := ruleUnevenSlices
		switch tag, _, _ := strings.Cut(f.Path, " "); {
		case f.Missing:
			rule = ruleMissingSlices
		case tag != "(0020,0032)" && tag != "(0020,0013)":
			rule = ruleMixedSlices
		}
		if found[rule.Code] {
			continue
		}
		found[rule.Code] = true
		tag, _, _ := strings.Cut(f.Path, " ")
		c.book.Find(rule, score.Example{File: files[f.At[0]], Pointer: tag})
	}
	for _, rule := range []score.Rule{ruleMissingSlices, ruleMixedSlices, ruleUnevenSlices} {
		c.book.Check(rule, 1)
	}
}

// joinInstances counts the faults of single images and those that the audit
// found among all.
func joinInstances(j *joiner) {
	instances := 0
	for i := range j.members {
		in := j.members[i].Instance
		if in == nil {
			continue
		}
		instances++
		if !in.isImage() {
			continue
		}
		j.check(rulePixelLength, 1)
		if in.LengthDiffers {
			j.find(rulePixelLength, i, "(7FE0,0010)", "", "")
		}
		if in.FrameItems > 0 {
			j.check(ruleFrameItems, 1)
			if in.FrameItems != in.Frames {
				j.find(ruleFrameItems, i, "(0028,0008)", "", "")
			}
		}
	}
	if c := j.opts.Compared; c != nil && instances > 0 {
		for _, rule := range []score.Rule{ruleSameUID, ruleUIDTwice, ruleCopies} {
			j.check(rule, instances)
		}
		j.set.Book.Merge(&c.book)
	}
}
