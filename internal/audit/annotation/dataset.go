package annotation

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"

	"assay/internal/audit/score"
)

// Rules of dataset.json.
var (
	ruleDatasetKey = score.Rule{
		Code: "F-430", Level: score.Error, Title: "dataset.json lacks a key that nnU-Net requires", Of: "required keys",
		Cap: 4, Full: 0.25,
		Fix:    "Add channel_names, labels, numTraining and file_ending to dataset.json.",
		Source: nnunetSource,
	}
	ruleBackground = score.Rule{
		Code: "F-433", Level: score.Error, Title: "Background is not the label 0", Of: "dataset.json files",
		Cap: 4, Full: 0.05,
		Fix:    "Declare \"background\": 0, and use 0 for nothing else.",
		Source: nnunetSource,
	}
	ruleConsecutive = score.Rule{
		Code: "F-434", Level: score.Error, Title: "Labels are not consecutive numbers from 0", Of: "declared labels",
		Cap: 4, Full: 0.25,
		Fix:    "Number the labels 0, 1, 2, … without a gap, in dataset.json and in the label files alike.",
		Source: nnunetSource,
	}
	ruleRegions = score.Rule{
		Code: "F-435", Level: score.Error, Title: "regions_class_order does not fit the regions", Of: "dataset.json files with regions",
		Cap: 3, Full: 0.05,
		Fix:    "Give regions_class_order one number for each region, in the order in which they are written over each other.",
		Source: "nnU-Net, documentation/region_based_training.md",
	}
	ruleVersion1 = score.Rule{
		Code: "F-436", Level: score.Error, Title: "dataset.json of nnU-Net version 1 in a data set of version 2", Of: "dataset.json files",
		Cap: 4, Full: 0.05,
		Fix:    "Write channel_names for modality, labels as name: number, and file_ending; or convert the folder with nnUNetv2_convert_old_nnUNet_dataset.",
		Source: nnunetSource,
	}
)

const nnunetSource = "nnU-Net, documentation/dataset_format.md"

var datasetRules = []score.Rule{ruleDatasetKey, ruleBackground, ruleConsecutive, ruleRegions, ruleVersion1}

var datasetReader = reader{detect: detectDataset, read: readDataset}

// nnunetFolder is how nnU-Net names the folder of a data set.
var nnunetFolder = regexp.MustCompile(`^Dataset\d{3}_`)

// detectDataset knows dataset.json of nnU-Net and of the Medical Segmentation
// Decathlon by its keys, whatever the file is called.
func detectDataset(in *input) ([]Match, error) {
	top := in.outline()
	if !top.get("labels").is(jsonObject) {
		return nil, nil
	}
	version2 := 0
	for _, k := range []string{"channel_names", "file_ending", "numTraining"} {
		if top.get(k) != nil {
			version2++
		}
	}
	inFolder := nnunetFolder.MatchString(path.Base(path.Dir(in.Path)))
	switch {
	case version2 >= 2 && top.get("modality") == nil:
		return []Match{{NNUNet, 0.95}}, nil
	case top.has("modality", "training") && inFolder:
		return []Match{{NNUNet1, 0.95}}, nil
	case top.has("modality", "training"):
		return []Match{{MSD, 0.95}}, nil
	case version2 >= 1 && inFolder:
		return []Match{{NNUNet, 0.9}}, nil
	}
	return nil, nil
}

// readDataset reads the file and holds it against the rules of its format.
func readDataset(in *input) error {
	root, err := in.tree()
	if err != nil {
		return err
	}
	d := &dataset{input: in, config: &Config{
		Names: map[int64]string{}, Channels: map[string]string{}, Pointer: map[string]string{},
		Count: -1, Training: -1, Test: -1,
	}}
	in.facts.Config = d.config
	d.common(root)
	if in.facts.Formats[0].Format == NNUNet {
		d.version2(root)
	} else {
		d.decathlon(root)
	}
	d.classes()
	return in.ctx.Err()
}

// dataset is a dataset.json that is being read.
type dataset struct {
	*input
	config *Config
}

// common reads what all versions have.
func (d *dataset) common(root *node) {
	if n, ok := root.get("numTraining").integer(); ok {
		d.config.Training = n
		d.config.Pointer["numTraining"] = "/numTraining"
	}
	if n, ok := root.get("numTest").integer(); ok {
		d.config.Test = n
		d.config.Pointer["numTest"] = "/numTest"
	}
	channels := root.get("channel_names")
	if channels == nil {
		channels = root.get("modality")
	}
	for i, c := range channels.members() {
		key := c.key
		if channels.is(jsonArray) {
			key = strconv.Itoa(i)
		}
		if len(d.config.Channels) < d.Limits.Classes {
			d.config.Channels[key] = c.text()
		}
	}
}

// version2 reads what nnU-Net 2 has.
func (d *dataset) version2(root *node) {
	for _, key := range []string{"channel_names", "labels", "numTraining", "file_ending"} {
		d.check(ruleDatasetKey, 1)
		if root.get(key) == nil {
			d.find(ruleDatasetKey, pointerTo(key), "", "")
		}
	}
	d.config.FileEnding = root.get("file_ending").text()
	labels := root.get("labels")
	d.check(ruleVersion1, 1)
	if len(labels.members()) > 0 && byNumber(labels) {
		d.find(ruleVersion1, "/labels", "", "labels are number: name, as in version 1")
		d.numbered(labels)
		return
	}
	d.labels(labels, root.get("regions_class_order"))
}

// byNumber reports whether all labels are written "1": "name".
func byNumber(labels *node) bool {
	for _, l := range labels.members() {
		if _, err := strconv.ParseInt(l.key, 10, 64); err != nil || !l.is(jsonText) {
			return false
		}
	}
	return true
}

// labels reads "name": number, or "name": [numbers] of a region.
func (d *dataset) labels(labels, order *node) {
	values := map[int64]string{} // number to the name that has it first
	regions := 0
	for _, l := range labels.members() {
		numbers := l.members()
		if !l.is(jsonArray) {
			numbers = []node{l}
		} else if len(numbers) > 1 {
			d.config.Regions = true
		}
		if l.key != "background" && l.key != "ignore" {
			regions++
		}
		for i := range numbers {
			n, ok := numbers[i].integer()
			if !ok || len(d.config.Names) >= d.Limits.Classes {
				continue
			}
			if _, taken := values[n]; !taken {
				values[n] = l.key
			}
			if !l.is(jsonArray) || len(numbers) == 1 {
				d.config.Names[n] = l.key
			}
		}
	}
	d.background(labels, values)
	d.consecutive(values)
	if d.config.Regions {
		for n := range values {
			if _, ok := d.config.Names[n]; !ok {
				d.config.Names[n] = "label " + strconv.FormatInt(n, 10)
			}
		}
		d.check(ruleRegions, 1)
		if len(order.members()) != regions {
			d.find(ruleRegions, "/regions_class_order", "", "")
		}
	}
}

func (d *dataset) background(labels *node, values map[int64]string) {
	d.check(ruleBackground, 1)
	back := labels.get("background")
	n, ok := back.integer()
	switch {
	case back == nil:
		at := "/labels"
		if name, taken := values[0]; taken {
			at = pointerTo("labels", name)
		}
		d.find(ruleBackground, at, "", "")
	case !ok || n != 0:
		d.find(ruleBackground, "/labels/background", "", "")
	}
}

// consecutive finds the numbers that do not follow the one before.
func (d *dataset) consecutive(values map[int64]string) {
	want := int64(0)
	if _, ok := values[0]; !ok {
		want = 1 // the missing background is told elsewhere
	}
	for _, n := range slices.Sorted(maps.Keys(values)) {
		d.check(ruleConsecutive, 1)
		if n != want {
			d.find(ruleConsecutive, pointerTo("labels", values[n]), "", "")
		}
		want = n + 1
	}
}

// numbered reads labels as version 1 and the Decathlon write them.
func (d *dataset) numbered(labels *node) {
	for _, l := range labels.members() {
		if n, err := strconv.ParseInt(l.key, 10, 64); err == nil && len(d.config.Names) < d.Limits.Classes {
			d.config.Names[n] = l.text()
		}
	}
}

// decathlon reads what the Decathlon and nnU-Net 1 have.
func (d *dataset) decathlon(root *node) {
	if d.facts.Formats[0].Format == NNUNet1 {
		d.check(ruleVersion1, 1)
		d.find(ruleVersion1, "/modality", "", "the folder is named as in version 2")
	}
	d.numbered(root.get("labels"))
	for _, e := range root.get("training").members() {
		d.pair(ImagePair{Image: e.get("image").text(), Label: e.get("label").text(), Split: Train})
	}
	for _, e := range root.get("test").members() {
		image := e.text()
		if image == "" {
			image = e.get("image").text()
		}
		d.pair(ImagePair{Image: image, Split: Test})
	}
}

func (d *dataset) pair(p ImagePair) {
	if len(d.config.Images) >= d.Limits.Records {
		d.facts.Beyond++
		return
	}
	d.config.Images = append(d.config.Images, p)
}

// classes declares the labels but the background.
func (d *dataset) classes() {
	for _, n := range slices.Sorted(maps.Keys(d.config.Names)) {
		if name := d.config.Names[n]; n != 0 && name != "ignore" {
			d.facts.Classes = append(d.facts.Classes, Class{Name: name, Declared: true, ID: n})
		}
	}
}
