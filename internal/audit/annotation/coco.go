package annotation

import "assay/internal/audit/score"

// Rules of COCO, as indexes into cocoRules.
const (
	cocoAnnotationID = iota
	cocoImageID
	cocoCategoryID
	cocoFileName
	cocoImageUnknown
	cocoCategoryUnknown
	cocoBox
	cocoPolygon
	cocoRuns
	cocoBeyond
	cocoOutside
	cocoCrowd
	cocoArea
	cocoCrossing
	cocoSampled
	cocoKeys
	cocoVisibility
	cocoKeyCount
	cocoSkeleton
	cocoSegmentPicture
	cocoSegmentAbsent
	cocoSegmentUnlisted
	cocoSegmentArea
	cocoRecord
	cocoNoSize
	cocoModelResults
	cocoRuleCount
)

const (
	cocoFormat  = "cocodataset.org, data format"
	cocoMaskAPI = "cocodataset/cocoapi, common/maskApi.c"
)

// cocoRules are the rules of COCO's formats.
var cocoRules = [cocoRuleCount]score.Rule{
	cocoAnnotationID: {
		Code: "F-100", Level: score.Error, Title: "Annotation id used twice", Of: "annotations", Cap: 4, Full: 0.05,
		Fix: "Give each annotation an id of its own: readers that index by id keep only one of them.", Source: cocoFormat,
	},
	cocoImageID: {
		Code: "F-101", Level: score.Error, Title: "Image id used twice", Of: "images", Cap: 5, Full: 0.05,
		Fix: "Give each image an id of its own, and correct the image_id of its annotations.", Source: cocoFormat,
	},
	cocoCategoryID: {
		Code: "F-102", Level: score.Error, Title: "Category id or name used twice", Of: "categories", Cap: 4, Full: 0.05,
		Fix: "Give each category one id and one name.", Source: cocoFormat,
	},
	cocoFileName: {
		Code: "F-103", Level: score.Error, Title: "File name listed twice", Of: "images", Cap: 4, Full: 0.05,
		Fix: "List each image once, and bring the annotations of both entries together.", Source: cocoFormat,
	},
	cocoImageUnknown: {
		Code: "F-104", Level: score.Error, Title: "image_id names no image", Of: "annotations", Cap: 6, Full: 0.05,
		Fix: "List the image, or take the annotation out.", Source: cocoFormat,
	},
	cocoCategoryUnknown: {
		Code: "F-105", Level: score.Error, Title: "category_id names no category", Of: "labels", Cap: 6, Full: 0.05, Hard: 0.01,
		Fix: "Add the category, or correct the id.", Source: cocoFormat,
	},
	cocoBox: {
		Code: "F-106", Level: score.Error, Title: "Box is not x, y, width and height above 0", Of: "boxes", Cap: 5, Full: 0.05,
		Fix: "Write bbox as [x, y, width, height] in pixels; take boxes without an area out.", Source: cocoFormat,
	},
	cocoPolygon: {
		Code: "F-107", Level: score.Error, Title: "Polygon with an odd number of values, or fewer than six", Of: "labels with polygons", Cap: 4, Full: 0.05,
		Fix: "Write each polygon as x, y pairs of three vertices or more.", Source: cocoFormat,
	},
	cocoRuns: {
		Code: "F-108", Level: score.Error, Title: "Run lengths do not fit their image", Of: "labels with run lengths", Cap: 5, Full: 0.05,
		Fix: "Write size as [height, width] of the image, and counts that add up to height times width, column by column.", Source: cocoMaskAPI,
	},
	cocoBeyond: {
		Code: "F-109", Level: score.Warning, Title: "Box reaches beyond its image by more than a pixel", Of: "boxes", Cap: 2, Full: 0.1,
		Fix: "Clip the box to the image.", Source: "the boxes beside the sizes of their images",
	},
	cocoOutside: {
		Code: "F-110", Level: score.Error, Title: "More than 5 % of a box lie outside its image", Of: "boxes", Cap: 5, Full: 0.05,
		Fix: "Check that the box was drawn on this image, at this size.", Source: "the boxes beside the sizes of their images",
	},
	cocoCrowd: {
		Code: "F-111", Level: score.Warning, Title: "iscrowd does not fit the kind of mask", Of: "masks with iscrowd", Cap: 1, Full: 0.1,
		Fix: "Set iscrowd to 0 for polygons, to 1 for the run lengths of a group.", Source: cocoFormat,
	},
	cocoArea: {
		Code: "F-112", Level: score.Warning, Title: "Area differs from the mask by more than 1 %", Of: "masks with an area", Cap: 2, Full: 0.1,
		Fix: "Reckon area anew from the mask: evaluation by object size depends on it.", Source: cocoFormat,
	},
	cocoCrossing: {
		Code: "F-113", Level: score.Warning, Title: "Polygon crosses itself", Of: "labels with polygons", Cap: 2, Full: 0.1,
		Fix: "Draw the outline anew: where it crosses itself, what is inside turns outside.", Source: "the even-odd rule by which " + cocoMaskAPI + " fills polygons",
	},
	cocoSampled: {
		Code: "F-114", Level: score.Info, Title: "Polygon too large to be held against all of itself", Of: "labels with polygons",
		Fix: "Nothing: its edges were compared in a sample.", Source: "the limits of the audit",
	},
	cocoKeys: {
		Code: "F-115", Level: score.Error, Title: "Keypoints are not three values for each of the category", Of: "labels with keypoints", Cap: 5, Full: 0.05,
		Fix: "Write x, y and v for each keypoint that the category names, 0, 0, 0 for those not labeled.", Source: cocoFormat,
	},
	cocoVisibility: {
		Code: "F-116", Level: score.Error, Title: "Visibility of a keypoint is not 0, 1 or 2", Of: "labels with keypoints", Cap: 4, Full: 0.05,
		Fix: "Write v as 0 (not labeled), 1 (labeled, hidden) or 2 (labeled, visible).", Source: cocoFormat,
	},
	cocoKeyCount: {
		Code: "F-117", Level: score.Error, Title: "num_keypoints is not how many are labeled", Of: "labels with keypoints", Cap: 3, Full: 0.05,
		Fix: "Set num_keypoints to the number of keypoints with v above 0.", Source: cocoFormat,
	},
	cocoSkeleton: {
		Code: "F-118", Level: score.Error, Title: "Skeleton names a keypoint that is not there", Of: "edges of skeletons", Cap: 3, Full: 0.05,
		Fix: "Write the skeleton as pairs of keypoints, counted from 1.", Source: cocoFormat,
	},
	cocoSegmentPicture: {
		Code: "F-120", Level: score.Error, Title: "Picture of segments is missing", Of: "panoptic annotations", Cap: 6, Full: 0.05,
		Fix: "Add the PNG, or take the annotation out.", Source: cocoFormat,
	},
	cocoSegmentAbsent: {
		Code: "F-121", Level: score.Error, Title: "Segment has no pixel in its picture", Of: "segments", Cap: 4, Full: 0.05,
		Pixels: true,
		Fix:    "Correct the id, or take the segment out: a pixel's id is R + 256 G + 65536 B.", Source: cocoFormat,
	},
	cocoSegmentUnlisted: {
		Code: "F-122", Level: score.Error, Title: "Picture holds an id that segments_info lacks", Of: "ids in pictures", Cap: 4, Full: 0.05,
		Pixels: true,
		Fix:    "List the segment, or set its pixels to 0.", Source: cocoFormat,
	},
	cocoSegmentArea: {
		Code: "F-123", Level: score.Error, Title: "Area of a segment is not its number of pixels", Of: "segments", Cap: 3, Full: 0.05,
		Pixels: true,
		Fix:    "Reckon area anew from the picture.", Source: cocoFormat,
	},
	cocoRecord: {
		Code: "F-124", Level: score.Error, Title: "Entry lacks what COCO requires, or has it in another type", Of: "images, annotations and categories", Cap: 5, Full: 0.05,
		Fix: "Give each entry its id as a whole number, an image its file_name, a category its name, a result its score.", Source: cocoFormat,
	},
	cocoNoSize: {
		Code: "F-125", Level: score.Warning, Title: "Image without width and height", Of: "images", Cap: 1, Full: 0.1,
		Fix: "Write the width and height of each image: masks cannot be drawn without them.", Source: cocoFormat,
	},
	cocoModelResults: {
		Code: "F-126", Level: score.Info, Title: "Results of a model, not labels", Of: "label files",
		Fix: "Nothing; they are not counted as labels.", Source: "cocodataset.org, results format",
	},
}

// cocoReader reads every kind of COCO file.
var cocoReader = reader{detect: detectCOCO, read: readCOCO}

// detectCOCO tells COCO by the keys of its images and annotations.
func detectCOCO(in *input) ([]Match, error) {
	o := in.outline()
	if o.is(jsonArray) {
		if first := o.at(0); isCOCOResult(first) {
			return []Match{{COCOResults, 0.9}}, nil
		}
		return nil, nil
	}
	images, annotations, categories := o.get("images"), o.get("annotations"), o.get("categories")
	image, annotation := images.at(0), annotations.at(0)
	ofImage := image.has("id", "file_name") || image.has("id", "coco_url")
	ofLabel := annotation.has("image_id")
	others := 0
	for _, n := range []*node{images, annotations, categories, o.get("licenses"), o.get("info")} {
		if n != nil {
			others++
		}
	}
	switch {
	case ofImage && ofLabel, ofImage && others >= 2, ofLabel && others >= 2:
		return []Match{{cocoFormatOf(annotation, categories.at(0)), 0.95}}, nil
	case ofImage, ofLabel:
		return []Match{{cocoFormatOf(annotation, categories.at(0)), 0.8}}, nil
	case images.is(jsonArray) && annotations.is(jsonArray) && categories.is(jsonArray):
		return []Match{{COCOInstances, 0.7}}, nil
	}
	return nil, nil
}

func isCOCOResult(n *node) bool {
	if !n.has("image_id") {
		return false
	}
	if n.has("caption") || n.has("segments_info") {
		return true
	}
	return n.has("category_id") && (n.has("bbox") || n.has("segmentation") || n.has("keypoints"))
}

// cocoFormatOf guesses the format by the first annotation and category; the
// whole file tells better, once it was read.
func cocoFormatOf(annotation, category *node) Format {
	switch {
	case annotation == nil:
		return COCOImageInfo
	case annotation.has("segments_info"):
		return COCOPanoptic
	case annotation.has("caption"):
		return COCOCaptions
	case annotation.has("keypoints"), category.has("keypoints"):
		return COCOKeypoints
	case annotation.has("bbox"), annotation.has("segmentation"):
		return COCOInstances
	}
	return COCOLabels
}
