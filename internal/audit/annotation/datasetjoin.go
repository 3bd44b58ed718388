package annotation

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/score"
)

// Rules of the folders of nnU-Net and the Decathlon.
var (
	ruleTrainingCount = score.Rule{
		Code: "F-431", Level: score.Error, Title: "Number of cases that the set does not have", Of: "numbers in dataset.json",
		Cap: 3, Full: 0.5,
		Fix:    "Write the number of cases that are there into numTraining and numTest.",
		Source: nnunetSource,
	}
	ruleCaseName = score.Rule{
		Code: "F-432", Level: score.Error, Title: "Image without the number of its channel", Of: "images in imagesTr and imagesTs",
		Cap: 4, Full: 0.05,
		Fix:    "Name images CASE_0000, CASE_0001, … with the ending that dataset.json declares, and labels CASE.",
		Source: nnunetSource,
	}
	ruleChannelMissing = score.Rule{
		Code: "F-437", Level: score.Error, Title: "Case with other channels than declared", Of: "cases",
		Cap: 5, Full: 0.05,
		Fix:    "Give every case the channels that dataset.json declares, numbered from 0000.",
		Source: nnunetSource,
	}
	ruleFileEnding = score.Rule{
		Code: "F-439", Level: score.Error, Title: "Files with another ending than declared", Of: "images and label files",
		Cap: 4, Full: 0.05,
		Fix:    "Write all images and labels in the format that file_ending names: others are not seen.",
		Source: nnunetSource,
	}
	ruleListedMissing = score.Rule{
		Code: "F-440", Level: score.Error, Title: "Listed file that is not there", Of: "files that dataset.json lists",
		Cap: 6, Full: 0.05,
		Fix:    "Add the file, or take it off the list.",
		Source: "Medical Segmentation Decathlon, dataset.json",
	}
	ruleNotListed = score.Rule{
		Code: "F-441", Level: score.Error, Title: "File that dataset.json does not list", Of: "images and label files",
		Cap: 4, Full: 0.05,
		Fix:    "List the file, or take it out: no reader of the list sees it.",
		Source: "Medical Segmentation Decathlon, dataset.json",
	}
	ruleAppleDouble = score.Rule{
		Code: "F-442", Level: score.Error, Title: "File that macOS left beside an image", Of: "files in the folders of images and labels",
		Cap: 3, Full: 0.05,
		Fix:    "Delete the files whose names begin with ._ : who reads a folder by its endings takes them for images.",
		Source: "RFC 1740, AppleDouble; Medical Segmentation Decathlon archives",
	}
)

var datasetJoinRules = []score.Rule{
	ruleTrainingCount, ruleCaseName, ruleChannelMissing, ruleFileEnding, ruleListedMissing, ruleNotListed, ruleAppleDouble,
}

// joinDatasets reads the folders that a dataset.json describes.
func joinDatasets(j *joiner) {
	for i := range j.members {
		f := j.members[i].Facts
		if f == nil || f.Config == nil {
			continue
		}
		d := &datasetFolder{joiner: j, member: i, config: f.Config, root: path.Dir(j.members[i].Path)}
		d.names = maskNames{names: f.Config.Names, absence: !f.Config.Regions}
		switch f.Formats[0].Format {
		case NNUNet:
			d.gather()
			d.nnunet()
		case NNUNet1, MSD:
			d.gather()
			d.listed()
		}
	}
}

// datasetFolder is a folder with a dataset.json.
type datasetFolder struct {
	*joiner
	member int // dataset.json
	config *Config
	root   string
	names  maskNames

	images, labels, tests, testLabels []int // members in the four folders
}

// gather finds the images and labels, and what macOS left among them.
func (d *datasetFolder) gather() {
	folders := map[string]*[]int{"imagesTr": &d.images, "labelsTr": &d.labels, "imagesTs": &d.tests, "labelsTs": &d.testLabels}
	for i := range d.members {
		p := d.members[i].Path
		list := folders[path.Base(path.Dir(p))]
		if list == nil || path.Dir(path.Dir(p)) != d.root {
			continue
		}
		d.check(ruleAppleDouble, 1)
		switch {
		case isAppleDouble(p):
			d.find(ruleAppleDouble, i, "", "", "")
			d.roles[i] = ignoredRole
		case isImage(&d.members[i]):
			*list = append(*list, i)
		}
	}
}

// endings are the usual ones of images.
var endings = []string{".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".png", ".bmp", ".tif", ".tiff", ".gipl", ".jpg", ".jpeg"}

// caseName takes the ending off a name; the declared one first.
func (d *datasetFolder) caseName(p string) (name string, declared bool) {
	base := path.Base(p)
	if e := d.config.FileEnding; e != "" && strings.HasSuffix(base, e) {
		return base[:len(base)-len(e)], true
	}
	for _, e := range endings {
		if strings.HasSuffix(strings.ToLower(base), e) {
			return base[:len(base)-len(e)], d.config.FileEnding == ""
		}
	}
	return stem(base), false
}

var channelName = regexp.MustCompile(`^(.+)_(\d{4})$`)

// channels groups images by case and sorts them by channel.
func (d *datasetFolder) channels(images []int) map[string][]int {
	cases := map[string][]int{}
	for _, i := range images {
		name, declared := d.caseName(d.members[i].Path)
		d.check(ruleFileEnding, 1)
		d.check(ruleCaseName, 1)
		if !declared {
			d.find(ruleFileEnding, i, "", "", "")
		}
		m := channelName.FindStringSubmatch(name)
		if m == nil {
			d.find(ruleCaseName, i, "", "", "")
			cases[name] = append(cases[name], i)
			continue
		}
		cases[m[1]] = append(cases[m[1]], i)
	}
	for _, list := range cases {
		slices.SortFunc(list, func(a, b int) int { return strings.Compare(d.members[a].Path, d.members[b].Path) })
	}
	return cases
}

// nnunet holds the folder against the rules of version 2.
func (d *datasetFolder) nnunet() {
	training, tests := d.channels(d.images), d.channels(d.tests)
	if d.config.Training >= 0 {
		d.check(ruleTrainingCount, 1)
		if d.config.Training != int64(len(training)) {
			d.find(ruleTrainingCount, d.member, "/numTraining", "", "")
		}
	}
	d.cases(training, d.byCase(d.labels), Train, true)
	d.cases(tests, d.byCase(d.testLabels), Test, len(d.testLabels) > 0)
}

// byCase gives the label file of each case.
func (d *datasetFolder) byCase(labels []int) map[string]int {
	cases := map[string]int{}
	for _, i := range labels {
		name, declared := d.caseName(d.members[i].Path)
		d.check(ruleFileEnding, 1)
		if !declared {
			d.find(ruleFileEnding, i, "", "", "")
		}
		d.roles[i] = maskRole
		cases[name] = i
	}
	return cases
}

// cases makes an item of each case and labels it.
func (d *datasetFolder) cases(images map[string][]int, labels map[string]int, split Split, labeled bool) {
	for _, name := range slices.Sorted(maps.Keys(images)) {
		list := images[name]
		item, reference := d.caseOf(list)
		d.set.Items[item].Split = split
		d.channelsOf(list)
		if !labeled {
			continue
		}
		d.check(ruleMaskMissing, 1)
		if label, ok := labels[name]; ok {
			d.mask(label, item, reference, d.names)
		} else {
			d.find(ruleMaskMissing, list[0], "", "", "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		d.check(ruleMaskAlone, 1)
		if images[name] == nil {
			d.find(ruleMaskAlone, labels[name], "", "", "")
			d.mask(labels[name], d.absent(d.members[labels[name]].Path), -1, d.names)
		}
	}
}

// channelsOf holds the channels of a case against the declared ones.
func (d *datasetFolder) channelsOf(list []int) {
	if len(d.config.Channels) == 0 {
		return
	}
	// The colors of a natural image are in one file.
	if f := d.members[list[0]].Facts; len(list) == 1 && f != nil && f.Picture != nil && int(f.Picture.Depth) == len(d.config.Channels) {
		return
	}
	d.check(ruleChannelMissing, 1)
	have := map[string]bool{}
	for _, i := range list {
		name, _ := d.caseName(d.members[i].Path)
		if m := channelName.FindStringSubmatch(name); m != nil {
			have[strings.TrimLeft(m[2], "0")] = true
		}
	}
	wrong := len(have) != len(d.config.Channels)
	for c := range d.config.Channels {
		wrong = wrong || !have[strings.TrimLeft(c, "0")]
	}
	if wrong && len(have) > 0 {
		d.find(ruleChannelMissing, list[0], "", "", "")
	}
}

// listed holds the folder against the list of the Decathlon.
func (d *datasetFolder) listed() {
	isListed := map[int]bool{}
	counts := map[Split]int64{}
	for _, p := range d.config.Images {
		n := counts[p.Split]
		counts[p.Split]++
		key, image, label := "training", "/image", "/label"
		if p.Split == Test {
			key, image = "test", ""
		}
		at := "/" + key + "/" + strconv.FormatInt(n, 10)
		images := d.filesOf(p.Image, at+image)
		var masks []int
		if p.Split != Test {
			masks = d.filesOf(p.Label, at+label)
		}
		for _, i := range append(slices.Clone(images), masks...) {
			isListed[i] = true
		}
		d.pairListed(p, images, masks)
	}
	d.counts(counts)
	for _, list := range [][]int{d.images, d.labels, d.tests, d.testLabels} {
		for _, i := range list {
			d.check(ruleNotListed, 1)
			if !isListed[i] {
				d.find(ruleNotListed, i, "", "", "")
				if d.roles[i] == unknownRole {
					d.roles[i] = ignoredRole
				}
			}
		}
	}
}

func (d *datasetFolder) counts(counts map[Split]int64) {
	for _, c := range []struct {
		claim int64
		split Split
		key   string
	}{{d.config.Training, Train, "/numTraining"}, {d.config.Test, Test, "/numTest"}} {
		if c.claim < 0 {
			continue
		}
		d.check(ruleTrainingCount, 1)
		if c.claim != counts[c.split] {
			d.find(ruleTrainingCount, d.member, c.key, "", "")
		}
	}
}

// filesOf returns the files of a listed name: itself or, as version 1 of
// nnU-Net has it, one for each channel.
func (d *datasetFolder) filesOf(name, at string) []int {
	d.check(ruleListedMissing, 1)
	p := path.Join(d.root, strings.ReplaceAll(name, `\`, "/"))
	if i, ok := d.byPath[p]; ok && name != "" {
		return []int{i}
	}
	var list []int
	base, _ := d.caseName(p)
	ending := strings.TrimPrefix(path.Base(p), base)
	for c := 0; name != "" && c < 10_000; c++ {
		i, ok := d.byPath[path.Join(path.Dir(p), base+"_"+channelNumber(c)+ending)]
		if !ok {
			break
		}
		list = append(list, i)
	}
	if list == nil {
		d.find(ruleListedMissing, d.member, at, "", "")
	}
	return list
}

// channelNumber writes the number of a channel with four digits.
func channelNumber(c int) string {
	s := strconv.Itoa(c)
	return strings.Repeat("0", max(4-len(s), 0)) + s
}

func (d *datasetFolder) pairListed(p ImagePair, images, masks []int) {
	var item int32
	reference := -1
	if len(images) > 0 {
		item, reference = d.caseOf(images)
	} else {
		item = d.absent(path.Join(d.root, p.Image))
	}
	d.set.Items[item].Split = p.Split
	for _, m := range masks {
		d.mask(m, item, reference, d.names)
	}
}
