package annotation

import (
	"sort"

	"assay/internal/audit/score"
)

// Rules that hold for labels of any format. Those of a format stand on top of
// its file.
var (
	ruleUnread = score.Rule{
		Code: "F-001", Level: score.Error, Title: "Label file that cannot be read", Of: "label files",
		Says: "cannot be read",
		Cap:  15, Full: 0.1, Hard: 0.05,
		Fix:    "Write the file anew with the program that made it, and look at the place named.",
		Source: "the syntax of the format",
	}
	ruleMissing = score.Rule{
		Code: "F-002", Level: score.Error, Title: "Labels for an image that is not there", Of: "images named by labels",
		Says: "are not there",
		Cap:  6, Full: 0.05,
		Fix:    "Add the image, or take its labels out.",
		Source: "the names in the label files beside the files of the set",
	}
	ruleSize = score.Rule{
		Code: "F-003", Level: score.Error, Title: "Declared size differs from the image", Of: "images with a declared size",
		Says: "have another one in their file",
		Cap:  5, Full: 0.05,
		Fix:    "Write the width and height of the image file into the label file, and check that the labels were drawn on this image.",
		Source: "the label files beside the headers of the images",
	}
	ruleLimit = score.Rule{
		Code: "F-004", Level: score.Info, Title: "More records than are compared", Of: "label files",
		Fix:    "Nothing: the records beyond the limit were checked one by one, but not compared with other files.",
		Source: "the limits of the audit",
	}
)

// ruleLists are the rules of all formats.
var ruleLists = [][]score.Rule{
	{ruleUnread, ruleMissing, ruleSize, ruleLimit},
	yoloRules, shapeRules, vocRules, labelMeRules, cvatRules,
	{rulePictureUnread},
	tableRules, croissantRules,
	volumeRules, maskRules, datasetRules, datasetJoinRules, bratsRules,
	segRules, rtRules, srRules, lidcRules, instanceRules,
	cocoRules[:],
	studioRules,
}

// Rules returns every rule of this package, by code. Codes are unique.
func Rules() []score.Rule {
	var all []score.Rule
	for _, list := range ruleLists {
		all = append(all, list...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Code < all[j].Code })
	return all
}
