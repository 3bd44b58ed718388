package annotation

import (
	"math"
	"path"
	"strconv"
	"strings"

	"assay/internal/audit/score"
)

// Rules of YOLO and Darknet. Those of rows need to know the task and the
// classes, which the description of the set tells: see yolojoin.go.
const yoloSource = "Ultralytics documentation, dataset formats; ultralytics/data/utils.py, verify_image_label and check_det_dataset"

const yoloDrops = " Ultralytics drops the whole image when it trains, and says so only in its log."

var yoloRules = []score.Rule{
	ruleYOLOColumns, ruleYOLOMixed, ruleYOLOClass, ruleYOLOUnknown, ruleYOLORange, ruleYOLOVisible, ruleYOLOCount, ruleYOLOPath,
	ruleYOLORepeated, ruleYOLOFlat, ruleYOLOOrphan, ruleYOLONames, ruleYOLOBackground, ruleYOLONegative, ruleYOLOLeak, ruleYOLOTwoSplits,
}

var (
	ruleYOLOColumns = score.Rule{
		Code: "F-200", Level: score.Error, Title: "Label row with a wrong number of columns", Of: "YOLO rows",
		Cap: 6, Full: 0.05,
		Fix:    "Write a class and 4 numbers for a box, 8 for an oriented box, 2 for each of 3 or more corners, or 4 and the keypoints of kpt_shape." + yoloDrops,
		Source: yoloSource,
	}
	ruleYOLOMixed = score.Rule{
		Code: "F-201", Level: score.Error, Title: "Label row of another task than its set", Of: "YOLO rows",
		Cap: 5, Full: 0.05,
		Fix:    "Keep boxes, outlines and keypoints in sets of their own: a box among outlines is read as an outline of 2 corners.",
		Source: yoloSource,
	}
	ruleYOLOClass = score.Rule{
		Code: "F-202", Level: score.Error, Title: "Class that is not an integer", Of: "YOLO rows",
		Cap: 6, Full: 0.05,
		Fix:    "Start each row with the number of its class, from 0." + yoloDrops,
		Source: yoloSource,
	}
	ruleYOLOUnknown = score.Rule{
		Code: "F-203", Level: score.Error, Title: "Class number that the set does not declare", Of: "YOLO rows",
		Cap: 6, Full: 0.05, Hard: 0.01,
		Fix:    "Add the class to names, or correct the row: classes run from 0 to one less than their count." + yoloDrops,
		Source: yoloSource,
	}
	ruleYOLORange = score.Rule{
		Code: "F-204", Level: score.Error, Title: "Coordinate that is not between 0 and 1", Of: "YOLO rows",
		Cap: 6, Full: 0.05,
		Fix:    "Divide x and width by the width of the image, y and height by its height, and clip what lies outside." + yoloDrops + " Newer versions let 1 % pass.",
		Source: yoloSource,
	}
	ruleYOLOVisible = score.Rule{
		Code: "F-205", Level: score.Error, Title: "Visibility of a keypoint is not 0, 1 or 2", Of: "YOLO rows",
		Cap: 4, Full: 0.05,
		Fix:    "Write 0 for a keypoint that is not labeled, 1 for one that is hidden, 2 for one that is seen.",
		Source: yoloSource + "; COCO keypoints",
	}
	ruleYOLOCount = score.Rule{
		Code: "F-206", Level: score.Error, Title: "Count of classes differs from their names", Of: "descriptions of YOLO sets",
		Cap: 4, Full: 0.05,
		Fix:    "Let nc (classes, in Darknet) be the number of names, or leave nc out.",
		Source: yoloSource,
	}
	ruleYOLOPath = score.Rule{
		Code: "F-207", Level: score.Error, Title: "Path of a set description that does not exist", Of: "paths in descriptions of YOLO sets",
		Cap: 4, Full: 0.05,
		Fix:    "Write paths from the folder of the description, with / between folders, and ship what they name.",
		Source: yoloSource,
	}
	ruleYOLORepeated = score.Rule{
		Code: "F-208", Level: score.Warning, Title: "Label row repeated in its file", Of: "YOLO rows",
		Cap: 2, Full: 0.1,
		Fix:    "Take the copy out.",
		Source: yoloSource,
	}
	ruleYOLOFlat = score.Rule{
		Code: "F-209", Level: score.Warning, Title: "Box without width or height", Of: "YOLO rows with a box",
		Cap: 2, Full: 0.1,
		Fix:    "Draw the box again, or take it out.",
		Source: yoloSource,
	}
	ruleYOLOOrphan = score.Rule{
		Code: "F-210", Level: score.Warning, Title: "Label file without its image", Of: "YOLO label files",
		Cap: 3, Full: 0.1,
		Fix:    "Add the image of the same name, in the folder images where the labels are in labels, or take the file out.",
		Source: yoloSource,
	}
	ruleYOLONames = score.Rule{
		Code: "F-211", Level: score.Error, Title: "Key of a set description has a wrong value", Of: "descriptions of YOLO sets",
		Cap: 4, Full: 0.05,
		Fix:    "Write names as a list or numbered from 0 without gaps, nc as a number, kpt_shape as [points, 2 or 3], and paths as text or lists of it.",
		Source: yoloSource,
	}
	ruleYOLOBackground = score.Rule{
		Code: "C-200", Level: score.Info, Title: "Image without a label file, which trains as background", Of: "images of YOLO sets",
		Fix:    "If somebody looked and found nothing, say so with an empty label file; otherwise label it.",
		Source: yoloSource,
	}
	ruleYOLOLeak = score.Rule{
		Code: "S-200", Level: score.Error, Title: "Image in the training and the test part of a YOLO set", Of: "images of YOLO sets",
		Cap: 6, Full: 0.02, AnyHard: true,
		Fix:    "Let train and test name different folders, none within the other.",
		Source: yoloSource,
	}
	ruleYOLOTwoSplits = score.Rule{
		Code: "S-201", Level: score.Error, Title: "Image in validation and another part of a YOLO set", Of: "images of YOLO sets",
		Cap: 4, Full: 0.05,
		Fix:    "Let train, val and test name different folders, none within the other.",
		Source: yoloSource,
	}
	ruleYOLONegative = score.Rule{
		Code: "C-201", Level: score.Info, Title: "Image with an empty label file: an explicit negative", Of: "images of YOLO sets",
		Fix:    "Nothing.",
		Source: yoloSource,
	}
)

// yoloReader reads label files of rows: a class and numbers.
var yoloReader = reader{detect: detectYOLO, read: readYOLO}

// detectYOLO takes a file of which at least half of the lines are rows; in a
// folder for labels, one whose lines are numbers, or that is blank.
func detectYOLO(in *input) ([]Match, error) {
	h, err := in.headText()
	if err != nil || hasExtension(in.Path, ".csv", ".tsv", ".yaml", ".yml", ".data", ".names") {
		return nil, err
	}
	lines, rows, numbers := 0, 0, 0
	for _, line := range h.Lines {
		if line == "" {
			continue
		}
		lines++
		fields := strings.Fields(line)
		row, numeric := looksLikeRow(fields)
		if row {
			rows++
		}
		if numeric {
			numbers++
		}
	}
	labels := inFolder(in.Path, "labels")
	switch {
	case lines == 0 && labels && h.Whole:
		return []Match{{YOLO, 0.6}}, nil
	case lines == 0:
		return nil, nil
	case 2*rows >= lines:
		return []Match{{YOLO, 0.85}}, nil
	case labels && 2*numbers >= lines:
		return []Match{{YOLO, 0.7}}, nil
	}
	return nil, nil
}

// looksLikeRow reports whether fields are a row as it should be, within
// bounds, and whether all after the first are numbers.
func looksLikeRow(fields []string) (row, numeric bool) {
	if len(fields) < 2 {
		return false, false
	}
	within := 0
	for _, f := range fields[1:] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return false, false
		}
		if v >= 0 && v <= 2 { // the visibility of a keypoint is up to 2
			within++
		}
	}
	class, err := strconv.ParseFloat(fields[0], 64)
	return err == nil && class >= 0 && class < 100_000 && class == math.Trunc(class) && len(fields) >= 5 && 2*within >= len(fields)-1, true
}

func readYOLO(in *input) error {
	rows := &Rows{}
	in.facts.Rows = rows
	in.facts.At.Label = "%d:1"
	seen := map[string]bool{}
	points := 0
	return in.eachLine(func(n int, line string) {
		fields := strings.Fields(line)
		points += len(fields)
		if len(rows.Rows) >= in.Limits.Records || points > in.Limits.Points {
			in.facts.Beyond++
			return
		}
		row := readRow(fields)
		row.Line = int32(n)
		key := strings.Join(fields, " ")
		row.Repeated = seen[key]
		seen[key] = true
		rows.Rows = append(rows.Rows, row)
	})
}

func readRow(fields []string) Row {
	row := Row{Columns: int32(len(fields)), Class: rowClass(fields[0]), Values: make([]float32, 0, len(fields)-1)}
	for _, f := range fields[1:] {
		v, err := strconv.ParseFloat(f, 32)
		if math.IsNaN(v) || math.IsInf(v, 0) && err == nil || err != nil && !math.IsInf(v, 0) {
			row.Wrong = true
			v = 0
		}
		if math.IsInf(v, 0) { // a number, too large for 32 bits
			v = math.Copysign(math.MaxFloat32, v)
		}
		row.Values = append(row.Values, float32(v))
	}
	return row
}

// rowClass reads a class: "3", and "3.0" as training reads it. A negative one
// is -2.
func rowClass(s string) int32 {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil && !math.IsInf(v, 0), math.IsNaN(v), err == nil && (math.IsInf(v, 0) || v != math.Trunc(v)):
		return -1
	case v < 0:
		return -2
	case v > math.MaxInt32:
		return math.MaxInt32
	}
	return int32(v)
}

// namesReader reads the classes of Darknet, obj.names, and classes.txt as
// labelImg and Label Studio write it: one a line, numbered from 0.
var namesReader = reader{detect: detectNames, read: readNames}

func detectNames(in *input) ([]Match, error) {
	format := Darknet
	switch {
	case strings.EqualFold(path.Base(in.Path), "classes.txt"):
		format = YOLO
	case !hasExtension(in.Path, ".names"):
		return nil, nil
	}
	h, err := in.headText()
	if err != nil || !h.Whole {
		return nil, err
	}
	names := 0
	for _, line := range h.Lines {
		if line == "" {
			continue
		}
		if _, numeric := looksLikeRow(strings.Fields(line)); numeric || len(line) > 200 {
			return nil, nil
		}
		names++
	}
	if names == 0 {
		return nil, nil
	}
	return []Match{{format, 0.9}}, nil
}

func readNames(in *input) error {
	c := &Config{Count: -1, Names: map[int64]string{}}
	in.facts.Config = c
	return in.eachLine(func(_ int, line string) {
		if len(c.Names) < in.Limits.Classes {
			c.Names[int64(len(c.Names))] = line
		} else {
			in.facts.Beyond++
		}
	})
}

// darknetDataReader reads obj.data: keys and values.
//
// Source: AlexeyAB/darknet, README, "How to train (to detect your custom
// objects)".
var darknetDataReader = reader{detect: detectDarknetData, read: readDarknetData}

func detectDarknetData(in *input) ([]Match, error) {
	h, err := in.headText()
	if err != nil {
		return nil, err
	}
	known := 0
	for _, line := range h.Lines {
		key, _, ok := strings.Cut(line, "=")
		switch key = strings.TrimSpace(key); {
		case line == "" || strings.HasPrefix(line, "#"):
		case !ok:
			return nil, nil
		case key == "classes", key == "names", key == "train", key == "valid", key == "test":
			known++
		}
	}
	if known < 2 {
		return nil, nil
	}
	return []Match{{Darknet, 0.9}}, nil
}

func readDarknetData(in *input) error {
	c := &Config{Count: -1, Pointer: map[string]string{}}
	in.facts.Config = c
	parts := map[string]Split{"train": Train, "valid": Validation, "test": Test}
	return in.eachLine(func(n int, line string) {
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || value == "" {
			return
		}
		c.Pointer[key] = linePointer(n)
		switch split, isPart := parts[key]; {
		case key == "classes":
			count, err := strconv.ParseInt(value, 10, 32)
			in.check(ruleYOLONames, 1)
			if err != nil || count < 0 {
				in.find(ruleYOLONames, linePointer(n), "", "the count of classes is no number")
				return
			}
			c.Count = count
		case key == "names":
			c.NamesFile = value
		case isPart && len(c.Splits) < in.Limits.Classes:
			c.Splits = append(c.Splits, SplitPath{split, value, linePointer(n)})
		}
	})
}
