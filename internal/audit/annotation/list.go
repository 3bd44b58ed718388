package annotation

import (
	"path"
	"strings"
)

// listReader reads lists of names of images, one a line: the splits of Pascal
// VOC in ImageSets, where a list of a class gives each name a 1, 0 or -1, and
// of sets that keep them elsewhere.
//
// Source: The PASCAL Visual Object Classes Challenge 2012 Development Kit,
// section 4.1.1 (image sets).
var listReader = reader{detect: detectList, read: readList}

func detectList(in *input) ([]Match, error) {
	h, err := in.headText()
	if err != nil {
		return nil, err
	}
	names, pictures := 0, 0
	for _, line := range h.Lines {
		if line == "" {
			continue
		}
		name, ok := listedName(line)
		if !ok {
			return nil, nil
		}
		names++
		if hasExtension(name, pictureExtensions...) {
			pictures++
		}
	}
	switch {
	case names == 0:
		return nil, nil
	case inFolder(in.Path, "ImageSets"):
		return []Match{{VOCImageSet, 0.9}}, nil
	case pictures == names:
		return []Match{{ImageList, 0.8}}, nil
	case splitOfName(path.Base(in.Path)) != NoSplit:
		return []Match{{ImageList, 0.6}}, nil
	}
	return nil, nil
}

// pictureExtensions are those of files that hold an image or volume.
var pictureExtensions = []string{
	".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".jp2", ".dcm", ".dicom", ".nii", ".gz", ".nrrd", ".mha", ".mhd",
}

// listedName returns the name on a line of a list: a word alone, one with the
// 1, 0 or -1 of a class, or a path of an image, which may hold blanks.
func listedName(line string) (string, bool) {
	fields := strings.Fields(line)
	switch {
	case len(line) > 1024:
		return "", false
	case len(fields) == 1:
		return fields[0], true
	case len(fields) == 2 && (fields[1] == "1" || fields[1] == "-1" || fields[1] == "0"):
		return fields[0], true
	}
	return line, hasExtension(line, pictureExtensions...) && !strings.ContainsAny(line, "\t,;")
}

func readList(in *input) error {
	list := &List{Split: splitOfList(in.Path)}
	in.facts.List = list
	odd := false
	return in.eachLine(func(n int, line string) {
		name, ok := listedName(line)
		switch {
		case !ok && !odd:
			in.find(ruleUnread, linePointer(n), "", "the line is no name of an image")
			odd = true
		case !ok:
		case len(list.Names) >= in.Limits.Records:
			in.facts.Beyond++
		default:
			list.Names = append(list.Names, name)
			list.Lines = append(list.Lines, int32(n))
		}
	})
}

// splitOfList reads the split from the name of a list, or from its folders,
// the nearest first.
func splitOfList(p string) Split {
	for ; p != "." && p != "/" && p != ""; p = path.Dir(p) {
		if s := splitOfName(path.Base(p)); s != NoSplit {
			return s
		}
	}
	return NoSplit
}

// splitWords are the words by which names tell splits.
var splitWords = map[string]Split{
	"train": Train, "training": Train, "trn": Train, "trainval": Train,
	"val": Validation, "valid": Validation, "validation": Validation, "dev": Validation,
	"test": Test, "testing": Test, "tst": Test, "holdout": Test,
}

// splitOfName reads the split from the words of a name. What is for training
// and validation both is for training; of test and another it is none.
func splitOfName(name string) Split {
	found := map[Split]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if s, ok := splitWords[w]; ok {
			found[s] = true
		}
	}
	switch {
	case found[Test] && len(found) > 1:
		return NoSplit
	case found[Train]:
		return Train
	case found[Validation]:
		return Validation
	case found[Test]:
		return Test
	}
	return NoSplit
}
