package quality

import "assay/internal/audit/score"

// Rules on completeness that hold for every format.
//
// Boxes are told by the rules of their format where it has any; the ones here
// hold for the others, so that no box counts twice (see badBox).
var (
	ruleUnlabeled = score.Rule{
		Code: "C-010", Level: score.Warning, Title: "Image without a label record", Says: "have no label record", Of: "images",
		Cap: 10, Full: 0.5,
		Fix:    "Label the image, or record that nothing is there: an explicit negative counts as a label.",
		Source: "the label files beside the images",
	}
	ruleHeldBack = score.Rule{
		Code: "C-017", Level: score.Info, Title: "Test split without any label", Of: "images of the test split", Says: "have no label, as where labels are held back",
		Fix:    "Nothing, if the labels are held back on purpose; the set cannot tell how good a model is without them.",
		Source: "the practice of challenges, as nnU-Net's imagesTs",
	}
	ruleFlatBox = score.Rule{
		Code: "C-011", Level: score.Error, Title: "Box that covers less than a pixel", Says: "cover less than a pixel", Of: "boxes",
		Cap: 4, Full: 0.05,
		Fix:    "Draw the box anew or take it out: its width or height is 0 or less, or its area is under 1 pixel.",
		Source: "a box has an area",
	}
	ruleOutBox = score.Rule{
		Code: "C-012", Level: score.Warning, Title: "Box beyond the edge of its image", Says: "reach beyond their image", Of: "boxes of images with a size",
		Cap: 2, Full: 0.1,
		Fix:    "Clip the box to the image; it reaches more than 1 pixel beyond.",
		Source: "a box lies within its image",
	}
	ruleFarBox = score.Rule{
		Code: "C-013", Level: score.Error, Title: "Box of which more than 5 % lies outside of its image", Of: "boxes of images with a size",
		Cap: 4, Full: 0.05,
		Fix:    "Check that the box belongs to this image and is in its pixels, then draw it anew.",
		Source: "a box lies within its image",
	}
	ruleEmptyMask = score.Rule{
		Code: "C-014", Level: score.Warning, Title: "Mask without a pixel", Says: "have no pixel", Of: "masks whose pixels are known",
		Pixels: true, Cap: 2, Full: 0.1,
		Fix:    "Draw the mask, or take the label out.",
		Source: "a mask covers something",
	}
	ruleOtherLabels = score.Rule{
		Code: "C-015", Level: score.Error, Title: "Equal images with different labels", Of: "images whose pixels are known",
		Pixels: true, Cap: 4, Full: 0.05,
		Fix:    "Decide which labels are right and give them to all copies, or keep one copy.",
		Source: "the digests of the decoded pixels",
	}
	ruleTwin = score.Rule{
		Code: "C-016", Level: score.Warning, Title: "Image that is in the set more than once", Says: "are copies of another", Of: "images whose pixels are known",
		Pixels: true, Cap: 2, Full: 0.1,
		Fix:    "Keep one copy: the others weigh twice in training and add nothing to a test.",
		Source: "the digests of the decoded pixels",
	}
)

// Rules on the spread of labels over classes.
var (
	ruleEmptyClass = score.Rule{
		Code: "D-010", Level: score.Warning, Title: "Declared class without a label", Says: "have no label", Of: "classes",
		Cap: 6, Full: 0.5,
		Fix:    "Label images of the class, or take it out of the list of classes.",
		Source: "the list of classes beside the labels",
	}
	ruleFewTest = score.Rule{
		Code: "D-011", Level: score.Warning, Title: "Class with fewer than 35 labels in the test split", Says: "have fewer than 35 labels there", Of: "classes in sets with a test split",
		Cap: 2, Full: 1,
		Fix:    "Add labels of the class to the test split: a sensitivity of 0.9 is known to ± 0.10 from 35 positives on, to ± 0.05 from 139.",
		Source: "n = 1.96² × 0.9 × 0.1 ÷ d², the normal approximation of a share",
	}
	ruleFewTrain = score.Rule{
		Code: "D-012", Level: score.Warning, Title: "Class with fewer than 100 labels in the training split", Says: "have fewer than 100 labels there", Of: "classes in sets with a training split",
		Cap: 2, Full: 1,
		Fix:    "Add labels of the class, or join it with another.",
		Source: "our own choice",
	}
	ruleLargeDrift = score.Rule{
		Code: "D-013", Level: score.Warning, Title: "Classes are spread otherwise in another split", Of: "pairs of splits",
		Cap: 4, Full: 1,
		Fix:    "Split anew, stratified by class: the Jensen-Shannon divergence is 0.05 or more, or the stability index 0.25 or more, and not by chance.",
		Source: "bands in common use; chance by the test of independence at 5 %",
	}
	ruleSmallDrift = score.Rule{
		Code: "D-014", Level: score.Warning, Title: "Classes are spread somewhat otherwise in another split", Of: "pairs of splits",
		Cap: 1, Full: 1,
		Fix:    "Look at the classes that differ: the Jensen-Shannon divergence is 0.01 or more, or the stability index 0.1 or more, and not by chance.",
		Source: "bands in common use; chance by the test of independence at 5 %",
	}
	ruleOutweighed = score.Rule{
		Code: "D-015", Level: score.Warning, Title: "Class outweighed 50 times by another", Of: "classes with labels",
		Cap: 3, Full: 1,
		Fix:    "Nothing, if the finding is rare: weigh the classes in training. Otherwise add labels of the class.",
		Source: "imbalance is no fault of medicine; 50 is a bound in common use",
	}
)

// Rules on what splits share.
var (
	rulePatientTest = score.Rule{
		Code: "S-010", Level: score.Error, Title: "Patient in the training and the test split", Says: "are in training and test", Of: "patients of the two splits",
		Cap: 6, Full: 0.05, AnyHard: true,
		Fix:    "Move all images of the patient into one split; what was trained on cannot test.",
		Source: "PatientID, the key that label files give, or the paths",
	}
	rulePatientVal = score.Rule{
		Code: "S-011", Level: score.Error, Title: "Patient in the training and the validation split", Says: "are in training and validation", Of: "patients of the two splits",
		Cap: 5, Full: 0.05,
		Fix:    "Move all images of the patient into one split.",
		Source: "PatientID, the key that label files give, or the paths",
	}
	rulePatientOther = score.Rule{
		Code: "S-012", Level: score.Warning, Title: "Patient in two splits", Says: "are in both", Of: "patients of the two splits",
		Cap: 3, Full: 0.1,
		Fix:    "Move all images of the patient into one split or fold.",
		Source: "PatientID, the key that label files give, or the paths",
	}
	ruleTwinTest = score.Rule{
		Code: "S-013", Level: score.Error, Title: "Test image that is in the training split too", Says: "are in training and test", Of: "images whose pixels are known",
		Pixels: true, Cap: 6, Full: 0.02, AnyHard: true,
		Fix:    "Take the copy out of the test split.",
		Source: "the digests of the decoded pixels",
	}
	ruleTwinOther = score.Rule{
		Code: "S-014", Level: score.Error, Title: "Image that is in two splits", Says: "are in two splits", Of: "images whose pixels are known",
		Pixels: true, Cap: 4, Full: 0.05,
		Fix:    "Take the copy out of one of the splits.",
		Source: "the digests of the decoded pixels",
	}
	ruleNearTwin = score.Rule{
		Code: "S-015", Level: score.Warning, Title: "Image nearly equal to one of another split", Of: "images with a perceptual hash",
		Pixels: true, Cap: 2, Full: 0.1,
		Fix:    "Look at both: a copy saved anew or cropped belongs into one split.",
		Source: "perceptual hashes within 4 of 64 bits, and a correlation of 0.99 or more of the small pictures",
	}
)

// Rules on where labels come from and how readers agree.
var (
	ruleOrigin = score.Rule{
		Code: "P-010", Level: score.Warning, Title: "Label of unknown origin", Says: "are of unknown origin", Of: "labels",
		Cap: 1, Full: 1,
		Fix:    "Say who or what made the labels: a reader, a model, or software that reads reports.",
		Source: "what the label files say of readers and software",
	}
	ruleOneReader = score.Rule{
		Code: "P-011", Level: score.Warning, Title: "Image with a single reader", Says: "have one alone", Of: "images with known readers",
		Cap: 0.5, Full: 1,
		Fix:    "Have a second reader read at least a sample, so that agreement is known.",
		Source: "the readers that label files name",
	}
	ruleDisagree = score.Rule{
		Code: "P-012", Level: score.Warning, Title: "Class on which readers hardly agree", Of: "classes with readings of 30 things or more",
		Cap: 1.5, Full: 1,
		Fix:    "Define the class more sharply, and have the cases adjudicated: agreement is below 0.4, fair at best.",
		Source: "Landis & Koch 1977, Biometrics 33(1)",
	}
	rulePerfect = score.Rule{
		Code: "P-013", Level: score.Warning, Title: "Agreement without a flaw, as of readings that were adjudicated or filtered", Of: "classes with readings of 100 things or more",
		Cap: 1.5, Full: 0.5,
		Fix:    "Publish the readings as they were made, or say that they were filtered: independent readers never agree on every case.",
		Source: "VinBigData, whose class No finding has a kappa of 1.0 in 15,000 images by its making",
	}
)

var metricRules = []score.Rule{
	ruleUnlabeled, ruleHeldBack, ruleFlatBox, ruleOutBox, ruleFarBox, ruleEmptyMask, ruleOtherLabels, ruleTwin,
	ruleEmptyClass, ruleFewTest, ruleFewTrain, ruleLargeDrift, ruleSmallDrift, ruleOutweighed,
	rulePatientTest, rulePatientVal, rulePatientOther, ruleTwinTest, ruleTwinOther, ruleNearTwin,
	ruleOrigin, ruleOneReader, ruleDisagree, rulePerfect,
}
